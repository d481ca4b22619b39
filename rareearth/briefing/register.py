"""Figures and sources as the page's lists need them: rows of data/raw by id."""

import csv
from functools import cache

from rareearth.paths import RAW
from rareearth.refusal import Refused


@cache
def sources() -> dict[str, dict[str, str]]:
    """Source id to its row of data/raw/sources.csv."""
    with (RAW / "sources.csv").open(encoding="utf-8", newline="") as stream:
        return {row["source_id"]: row for row in csv.DictReader(stream)}


@cache
def figures() -> dict[str, dict[str, str]]:
    """Figure id to its row, with ``table`` added, over every table of data/raw."""
    found = {}
    for path in sorted(RAW.glob("*/*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if "figure_id" in row:
                    found[row["figure_id"]] = {**row, "table": path.relative_to(RAW.parent.parent).as_posix()}
    return found


def cited(ids: list[str]) -> list[dict[str, str]]:
    """The rows of these sources.

    Raises:
        Refused: a source is not in the register.
    """
    for source in ids:
        if source not in sources():
            raise Refused(f"source {source!r} is not in data/raw/sources.csv: add it there")
    return [sources()[source] for source in ids]


def input_rows(estimate: dict) -> list[dict[str, str]]:
    """The figures that an Estimate was computed from.

    Raises:
        Refused: an input is neither a figure of data/raw nor another Estimate's id.
    """
    rows = []
    for name in estimate["inputs"]:
        if name in figures():
            rows.append(figures()[name])
        elif "." not in name:
            raise Refused(f"{estimate['id']}: input {name!r} is no figure of data/raw")
    return rows
