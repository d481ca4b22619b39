"""Rules that need more than one cell of a row: order, repeats, money, licences, dates of reading."""

from pathlib import Path

import pandas as pd
import yaml

from rareearth.paths import RAW

# Columns that must not fall from left to right.
_ORDERED = (
    ("share_low_pct", "share_high_pct"),
    ("factor_low", "factor_mode", "factor_high"),
    ("low", "value", "high"),
    ("value", "value_high"),
    ("depth_low_pct", "depth_pct", "depth_high_pct"),
    ("length_low_days", "length_days", "length_high_days"),
    ("recovery_low_days", "recovery_days", "recovery_high_days"),
)
# Tables of shares that are never below 1 %: there, 0.9 is a fraction.
_LARGE_SHARES = ("claims/claims.csv", "processing/processing_by_country.csv")
_NO_COPIES = "no redistribution"
DEAD_LINKS = "dead_links.yml"


def cell(name: str, index: int, column: str, found: str) -> str:
    """One line that names the cell as a text editor counts rows."""
    return f"data/raw/{name}: row {index + 2}, column {column}: {found}"


def out_of_order(name: str, frame: pd.DataFrame) -> list[str]:
    """Low, central and high of one row in another order (F12)."""
    found = []
    for columns in _ORDERED:
        known = [column for column in columns if column in frame and frame[column].dtype == "float64"]
        for left, right in zip(known, known[1:], strict=False):
            found += [
                cell(
                    name,
                    index,
                    left,
                    f"{frame[left][index]:g} is above {right} {frame[right][index]:g} (F12): swap or correct them",
                )
                for index in frame.index[frame[left] > frame[right]]
            ]
    return found


def repeated(name: str, frame: pd.DataFrame) -> list[str]:
    """One fact under two ids (F26): every cell but the id is the same."""
    if "figure_id" not in frame or "note" not in frame:
        return []
    rows = frame.drop(columns="figure_id").astype(str)
    return [
        cell(name, index, "figure_id", f"{frame['figure_id'][index]} repeats another row (F26): take one out")
        for index in frame.index[rows.duplicated()]
    ]


def fractions(name: str, frame: pd.DataFrame) -> list[str]:
    """A share written as 0.9 for 90 % (F30)."""
    if name not in _LARGE_SHARES:
        return []
    shares = frame[frame["unit"] == "pct"]
    return [
        cell(name, index, column, f"{value:g} looks like a fraction (F30): shares are 0 to 100")
        for column in ("value", "share_low_pct", "share_high_pct")
        if column in shares
        for index, value in shares[column].items()
        if 0 < value < 1
    ]


def money(name: str, frame: pd.DataFrame) -> list[str]:
    """An amount without its currency or without any year (F27)."""
    if "budget_amount" not in frame:
        return []
    dated = (frame[["announced_on", "effective_on", "budget_period"]] != "").any(axis=1)
    amounts = frame["budget_amount"].notna()
    found = [
        cell(name, index, "budget_currency", "is empty beside an amount (F27): write its ISO 4217 code")
        for index in frame.index[amounts & (frame["budget_currency"] == "")]
    ]
    return found + [
        cell(name, index, "budget_amount", "has no year (F27): fill in announced_on or budget_period")
        for index in frame.index[amounts & ~dated]
    ]


def forbidden_copies(name: str, frame: pd.DataFrame, sources: pd.DataFrame) -> list[str]:
    """Figures copied from a source that allows no copy (F28); a derived figure says so in its note."""
    if "source_ids" not in frame or "note" not in frame:
        return []
    closed = set(sources["source_id"][sources["licence"].str.lower().str.contains(_NO_COPIES)])
    return [
        cell(
            name,
            index,
            "source_ids",
            f"{source!r} allows {_NO_COPIES} (F28): only a figure whose note begins "
            "with `derived` may stand here",
        )  # fmt: skip
        for index, ids in frame["source_ids"].items()
        for source in ids
        if source in closed and not frame["note"][index].startswith("derived")
    ]


def read_later_than(day: str, name: str, frame: pd.DataFrame) -> list[str]:
    """Sources that were read after `day`, which is today where a person seals (F29)."""
    if "accessed_on" not in frame:
        return []
    return [
        cell(
            name,
            index,
            "accessed_on",
            f"{read} is after today, {day} (F29): correct it, or this machine's clock",
        )
        for index, read in frame["accessed_on"].items()
        if read > day
    ]


def warnings(frames: dict[str, pd.DataFrame], root: Path = RAW) -> list[str]:
    """What is worth a look and no error: sources without a figure (W01), links that were found dead (W02)."""
    sources = frames["sources.csv"]
    cited = {source for frame in frames.values() for ids in frame.get("source_ids", ()) for source in ids}
    cited |= set(sources["same_as"])
    unused = [source for source in sources["source_id"] if source not in cited]
    found = []
    if unused:
        shown = ", ".join(unused[:5]) + (", ..." if len(unused) > 5 else "")
        found.append(f"data/raw/sources.csv: {len(unused)} sources are cited by no figure (W01): {shown}")
    dead = yaml.safe_load((root.parent / DEAD_LINKS).read_text(encoding="utf-8"))
    return found + [
        f"data/raw/sources.csv: the link of {one['source_id']} was dead on {one['found_on']} (W02): look for another"
        for one in dead
    ]
