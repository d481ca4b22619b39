"""Reads cleaned trade. The files are described in `datapackage.json`."""

import csv
import io
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd

from rareearth.errors import Refused
from rareearth.paths import PROCESSED
from rareearth.trade.data import tables
from rareearth.trade.fields import FIELDS


def load_flows(folder: Path = PROCESSED) -> pd.DataFrame:
    """Trade between two countries; columns as in `fields.FIELDS`, years and months Int64, missing text "".

    Raises:
        Refused: data/processed was not made yet.
    """
    return _load(folder, "flows.parquet")


def load_totals(folder: Path = PROCESSED) -> pd.DataFrame:
    """Rows with the world, groups or unnamed areas; columns as in `fields.FIELDS`."""
    return _load(folder, "totals.parquet")


def load_accounting(folder: Path = PROCESSED) -> dict:
    """accounting.json: counts of input rows and the check of World against the sum of partners."""
    return json.loads(_present(folder, "accounting.json").read_text(encoding="utf-8"))


def figure_ids(flows: pd.DataFrame) -> tuple[str, ...]:
    """Figures of data/raw behind rows of flows or totals, in their order; rows of a user's files have none.

    In a wide table the row that holds the value is the figure.
    """
    known = _figures()
    places = zip(flows["source_id"], flows["source_row"], strict=True)
    return tuple(dict.fromkeys(known[place] for place in places if place in known))


def registered(sources: Iterable[str]) -> tuple[str, ...]:
    """The sources that stand in data/raw/sources.csv; a user's own files are given as `user_files`."""
    return tuple(dict.fromkeys("user_files" if source.startswith("file:") else source for source in sources))


@cache
def _figures() -> dict[tuple[str, int], str]:
    found = {}
    for path in tables():
        with path.open(encoding="utf-8", newline="") as stream:
            for number, row in enumerate(csv.DictReader(stream), 2):
                found[row["source_ids"], number] = row["figure_id"]
    return found


def _present(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise Refused(
            f"{path.parent.name}/{name} is not there: run `make data`, or `rareearth clean FILE --out DIR`"
        )
    return path


def _load(folder: Path, name: str) -> pd.DataFrame:
    path = _present(folder, name)
    try:
        frame = pd.read_parquet(
            io.BytesIO(path.read_bytes())
        )  # opened by Python, so that a page knows what it read
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise Refused(f"{path.parent.name}/{name} is damaged ({reason}): make it again") from None
    lacking = [column for column in FIELDS if column not in frame]
    if lacking:
        raise Refused(
            f"{path.parent.name}/{name} has no column {lacking[0]}: make it again with `rareearth clean`"
        )
    frame = frame.astype({"year": "Int64", "month": "Int64"})
    frame["hs6"] = frame["hs6"].fillna("")
    return frame[list(FIELDS)]
