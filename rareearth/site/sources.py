"""Figures and sources as the page's lists need them: rows of data/raw by id."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from rareearth import files
from rareearth.errors import Refused
from rareearth.paths import CITATION, PROCESSED, RAW
from rareearth.text import day


@cache
def sources() -> dict[str, dict[str, str]]:
    """Source id to its row of data/raw/sources.csv or of an edition that a refresh added to it."""
    paths = [RAW / "sources.csv", *sorted(RAW.glob("sources--*.csv"), reverse=True)]
    return {row["source_id"]: row for path in paths for row in _rows(path)}


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


@cache
def figures() -> dict[str, dict[str, str]]:
    """Figure id to its row, with ``table`` added, over every table of data/raw."""
    found = {}
    for path in sorted(RAW.glob("*/*.csv")):
        table = path.relative_to(RAW.parent.parent).as_posix()
        for row in _rows(path):
            if "figure_id" not in row:
                break  # records of trade: long, and no figures
            found[row["figure_id"]] = {**row, "table": table}
    return found


def _behind(estimates: Iterable[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """The figures among the inputs of some Estimates, by id in their order."""
    return {name: figures()[name] for one in estimates for name in one["inputs"] if name in figures()}


@cache
def _hashes() -> dict[str, str]:
    """Path of every table of data/raw to the sha256 of its bytes, with LF line ends as in `checks.content_hash`."""
    return {
        f"data/raw/{path.relative_to(RAW).as_posix()}": sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        for path in sorted(RAW.rglob("*.csv"))
    }


def forget() -> None:
    """Reads every table again when it is next needed: it may have changed since an earlier build of this process."""
    for cached in (sources, figures, _hashes, citation, build_inputs):
        cached.cache_clear()


@cache
def citation() -> dict[str, Any]:
    """CITATION.cff.

    Raises:
        Refused: what a page cites is not in it.
    """
    found: dict[str, Any] = files.read_yaml(CITATION)
    try:
        cited = [found["title"], found["version"], found["date-released"], found["authors"][0]["name"]]
    except (TypeError, KeyError, IndexError):
        cited = []
    if not cited or not all(isinstance(one, str) for one in cited):
        raise Refused(
            "CITATION.cff: title, version, date-released or authors[0].name is missing or no text: fill it in"
        )
    return found


def state(tables_used: Iterable[str]) -> str:
    """One hash for the state of some tables of data/raw."""
    return sha256("".join(_hashes()[table] for table in tables_used).encode()).hexdigest()[:12]


@cache
def build_inputs() -> dict[str, Any]:
    """What the briefings were made from: counts of tables, figures and sources, and one hash for their state."""
    released = {row.get("edition", "") for row in figures().values()}
    return {
        "tables": len(_hashes()),
        "figures": len(figures()),
        "sources": len(sources()),
        "edition": max(edition for edition in released if edition.startswith("MCS")),
        "state": state(_hashes()),
        "version": citation()["version"],
    }


def tables_of(estimates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tables of data/raw behind some Estimates: ``table``, ``figures`` used of it, ``sha256`` of the whole table."""
    counts = Counter(row["table"] for row in _behind(estimates).values())
    return [{"table": table, "figures": counts[table], "sha256": _hashes()[table]} for table in sorted(counts)]


def cited(ids: list[str]) -> list[dict[str, str]]:
    """The rows of these sources; refuses one that is not in the register."""
    if unknown := [source for source in ids if source not in sources()]:
        raise Refused(f"source {unknown[0]!r} is not in data/raw/sources.csv: add it there")
    return [sources()[source] for source in ids]


# Confidence of a figure that nobody has published; a page that rests on one says so at its top.
PLACEHOLDER = "placeholder"
# More inputs than this are listed by table.
_READABLE = 60
# Columns that say what a figure is about, and those that hold it: the first of each that a table has.
_ABOUT = "facility entity name claimant plan_name material mineral reporter batch currency".split()
_WHEN = ("period", "reference_year", "date", "announced_on")
_AMOUNT = "value share_low_pct factor_mode budget_amount coverage_days_target primaryValue v".split()
_UNIT = ("unit", "budget_currency")


def in_words(row: dict[str, str]) -> str:
    """One line that says what a figure is: about what, when, how much, which edition."""

    def said(*parts: Iterable[str]) -> str:
        return " ".join(filter(None, [next((row[column] for column in part if row.get(column)), "") for part in parts]))

    what = ": ".join(filter(None, [said(_ABOUT, _WHEN), said(_AMOUNT, _UNIT)]))
    return ", ".join(filter(None, [what, row.get("edition", "")]))


def input_rows(estimate: dict[str, Any]) -> list[dict[str, str]]:
    """The figures that an Estimate was computed from; by table where they are too many to be read one by one.

    Raises:
        Refused: an input is neither a figure of data/raw nor another Estimate's id.
    """
    if unknown := [name for name in estimate["inputs"] if name not in figures() and "." not in name]:
        raise Refused(f"{estimate['id']}: input {unknown[0]!r} is no figure of data/raw")
    rows = [{**row, "words": in_words(row)} for row in _behind([estimate]).values()]
    return rows if len(rows) <= _READABLE else _by_table(rows)


def placeholders(estimates: list[dict[str, Any]]) -> list[str]:
    """The figures among the inputs that stand in for a source which is not there yet, sorted."""
    return sorted(name for name, row in _behind(estimates).items() if row.get("confidence") == PLACEHOLDER)


def with_user_files(estimates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the estimates that are made with trade files which USER_DATA added."""
    return [estimate for estimate in estimates if "user_files" in estimate["source_ids"]]


def user_files() -> list[str]:
    """Names of the files that USER_DATA added, of those with rare-earth records."""
    accounting = json.loads((PROCESSED / "accounting.json").read_text(encoding="utf-8"))
    return [file["file"] for file in accounting["files"] if file.get("adds")]


def _by_table(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    grouped: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        grouped.setdefault(row["table"], []).append(row)
    return [
        {
            "figure_id": " to ".join(dict.fromkeys([part[0]["figure_id"], part[-1]["figure_id"]])),
            "words": f"{len(part)} figures, each named in results.json",
            "table": table,
            "source_ids": ";".join(sorted({one for row in part for one in row["source_ids"].split(";")})),
        }
        for table, part in grouped.items()
    ]


def edition_in_words(text: str) -> str:
    """An edition as a reader knows it: USGS's releases by year, ids of sources by publisher and date, dates in words."""

    def named(found: re.Match[str]) -> str:
        if row := sources().get(found[0]):
            return f"{row['publisher']} ({day(row['published_on'])})"
        release = re.fullmatch(r"(?:MCS|MYB)(\d{4})", found[0])
        return f"USGS {release[1]} figures" if release else day(found[0])

    return re.sub(r"\w[\w-]*", named, text)
