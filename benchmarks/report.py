"""The tables of README.md, made from what was measured, and what full Comtrade would take at the measured rates."""

import math
import os
import platform
import time
from collections.abc import Mapping
from importlib import metadata

import psutil

_PACKAGES = ("duckdb", "pandas", "pyarrow", "numpy", "papermill", "nbconvert", "ipykernel")
_BEGIN, _END = "<!-- made by python -m benchmarks --write -->", "<!-- end -->"
# "More than 3 billion records" (About page of mtech-app.com, a secondary source).
COMTRADE_RECORDS = 3_000_000_000
BRIEFINGS = 20_000
_NODE = "a machine like this one"
_BREAKS_FIRST = """What breaks first, by reasoning and not measured: the disk for spilled rows, since a
question to plain files groups all of them at once, and to an archive only a few chapters; then the clean, which sorts and writes every row on one machine and costs the most processor time for each.
Shares, pairs and the clean are the same expressions on Spark (`--engine`), where both divide over nodes. Answers come
back through one process."""


def machine() -> dict[str, str]:
    """What is measured on, and how busy it is; no name of the machine."""
    memory_gb = psutil.virtual_memory().total / 2**30
    found = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} processors ({platform.machine()}), {memory_gb:.0f} GB, {platform.system()}",
        "load": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
    }
    return found | {package: metadata.version(package) for package in _PACKAGES}


def table(found: Mapping) -> str:
    """One claim as Markdown.

    Args:
        found: See `benchmarks.__main__.measured`.
    """
    state, rows = found["machine"], found["rows"]
    versions = ", ".join(f"{name} {state[name]}" for name in state if name not in ("date", "machine", "load"))
    rate = f" | {found['units'][1]}/s" if found["units"] else ""
    lines = [
        f"### {found['claim']}",
        "",
        f"{state['date']}, {state['machine']}, load {state['load']} when it began, medians of {rows[0]['rounds']} "
        f"interleaved rounds. {versions}.",
        "",
        f"| | seconds | spread | of the first | run before | processor s | of the first | peak MB{rate} |",
        "|---|---:|---:|---:|---:|---:|---:|---:|" + ("---:|" if rate else ""),
    ]
    before = {row["name"]: row for row in found["before"]}
    for row in rows:
        each = found["units"] and found["units"][0] / row["wall_s"]
        said = f" {each:,.0f} |" if each and each >= 100 else f" {each:.2g} |" if each else ""
        lines.append(
            f"| {row['name']} | {row['wall_s']:.2f} | {row['spread_pct']:.0f} % | {_ratio(row)} "
            f"| {_ratio(before.get(row['name']))} | {row['cpu_s']:.2f} | {row['cpu_ratio']:.2f} | {row['peak_mb']:.0f} |{said}"
        )
    return "\n".join([*lines, ""])


def _ratio(row: Mapping | None) -> str:
    if row is None:
        return ""
    ends = f"{row['ratio_low']:.2f}", f"{row['ratio_high']:.2f}"
    return f"{row['ratio']:.2f}" if ends[0] == ends[1] else f"{row['ratio']:.2f} ({' to '.join(ends)})"


_MEASURES = {
    "wall_s": "{:.2f} s",
    "cpu_s": "{:.2f} processor s",
    "ratio": "{:.2f} of {first}",
    "cpu_ratio": "{:.2f} of the processor time of {first}",
    "peak_mb": "{:.0f} MB",
}


def goals(results: Mapping[str, Mapping]) -> str:
    """A line for each goal: what was measured, in the run before too, and whether the goal is met."""
    lines = ["| wait | measured | run before | goal | met |", "|---|---:|---:|---:|---|"]
    for found in results.values():
        now, before = ({row["name"]: row for row in found[which]} for which in ("rows", "before"))
        first = found["rows"][0]["name"]
        for goal in found.get("goals", ()):
            measured, earlier = (rows.get(goal["row"], {}).get(goal["measure"]) for rows in (now, before))
            said = [
                "" if value is None else _MEASURES[goal["measure"]].format(value, first=first)
                for value in (measured, earlier, goal["at_most"])
            ]
            what = found["claim"] if len(now) == 1 else f"{found['claim']}: {goal['row']}"
            met = "yes" if measured <= goal["at_most"] else "no"
            lines.append(f"| {what} | {said[0]} | {said[1]} | {said[2]} | {met} |")
    return "\n".join([*lines, ""])


def repeated(results: Mapping[str, Mapping]) -> str:
    """How many ratios of the last run of each claim the run before bears out: their ranges meet.

    Were both runs alike, each order of all their rounds would be as likely, and the ranges part in two of these.
    """
    met, by_chance = [], 0.0
    for found in results.values():
        before = {row["name"]: row for row in found["before"]}
        for row in found["rows"][1:]:
            if other := before.get(row["name"]):
                met.append(row["ratio_low"] <= other["ratio_high"] and other["ratio_low"] <= row["ratio_high"])
                by_chance += 2 / math.comb(row["rounds"] + other["rounds"], row["rounds"])
    return (
        f"Seconds depend on who else uses the machine; ratios are those of one round, with the range of all rounds. Of "
        f"{len(met)} ratios that were measured in two runs, the ranges of {sum(met)} meet; of two runs that differ in "
        f"nothing, {len(met) - by_chance:.1f} would, as the rounds are few."
    )


def renewed(text: str, results: Mapping[str, Mapping]) -> str:
    """README.md with the tables of the results between its marks.

    Args:
        text: README.md.
        results: Claim to what was measured.
    """
    before, rest = text.split(_BEGIN)
    after = rest.split(_END)[1]
    tables = "\n".join(table(found) for found in results.values())
    return f"{before}{_BEGIN}\n\n## Waits and their goals\n\n{goals(results)}\n## Last results\n\n{repeated(results)}\n\n{tables}\n{after_one_machine(results)}\n{_END}{after}"


def _row(results: Mapping[str, Mapping], claim: str, row: str) -> tuple[Mapping, Mapping] | None:
    """The newest largest claim whose name begins so, and one of its rows."""
    found = [one for name, one in results.items() if name.startswith(claim)]
    found.sort(key=lambda one: one["units"][0] if one["units"] else 0)
    for one in reversed(found):
        for each in one["rows"]:
            if each["name"].startswith(row):
                return one, each
    return None


def _days(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds < 2 * 86_400 else f"{seconds / 86_400:.1f} days"


def after_one_machine(results: Mapping[str, Mapping]) -> str:
    """What every record of Comtrade and 20,000 briefings would take, from the rates of the results."""
    lines = [
        "## After one machine",
        "",
        f"Computed from the rates above: {COMTRADE_RECORDS / 1e9:.0f} billion records of monthly Comtrade (a count by a "
        f"secondary source, mtech-app.com), {BRIEFINGS:,} "
        f"briefings, node meaning {_NODE}. Work by year or chapter is independent, so nodes divide the time.",
        "",
        "| work | one node | nodes for one hour |",
        "|---|---:|---:|",
    ]
    asked = {
        "mirror pairs from CSV": ("Mirror pairs", "rareearth ask pairs, CSV"),
        "mirror pairs from an archive": ("Mirror pairs", "rareearth ask pairs, archive"),
        "reconciled flows from an archive": ("Reconciled", "rareearth ask reconciled"),
        "first pass: archive by chapter": ("First pass", "rareearth archive"),
        "full clean with accounting": ("Full clean", "rareearth clean"),
    }
    for name, (claim, row) in asked.items():
        found = _row(results, claim, row)
        if found:
            seconds = COMTRADE_RECORDS * found[1]["wall_s"] / found[0]["units"][0]
            lines.append(f"| {name} | {_days(seconds)} | {-(-seconds // 3600):.0f} |")
    built = next((one for one in results.values() if (one["units"] or ("", ""))[1] == "briefings"), None)
    if built:
        row = built["rows"][-1]
        seconds = BRIEFINGS * row["wall_s"] / built["units"][0]
        lines.append(f"| {BRIEFINGS:,} briefings ({row['name']}) | {_days(seconds)} | {-(-seconds // 3600):.0f} |")
    stored = _row(results, "First pass", "rareearth archive")
    if stored:
        each_b = 1e6 * stored[1]["answer"]["mb"] / stored[0]["units"][0]
        lines += [
            "",
            f"The archive has {each_b:.0f} bytes a record: {each_b * COMTRADE_RECORDS / 1e9:.0f} GB for all of them.",
        ]
    lines += ["", _BREAKS_FIRST]
    return "\n".join([*lines, ""])
