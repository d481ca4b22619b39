"""Cleaned trade on disk: writes it and reads it again; `data` brings data/processed up to date.

The files are described in ``datapackage.json``. Nothing that takes time to import is needed until something has changed.
"""

import csv
import io
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rareearth import files
from rareearth.errors import Refused
from rareearth.paths import INSTALLED, PROCESSED, RAW
from rareearth.text import neutral

if TYPE_CHECKING:
    import pandas as pd

    from rareearth.trade.clean import Cleaned

_QUARANTINE_COLUMNS = ("file", "source_row", "code", "column", "found", "reason", "advice")
_TABLES = {
    "flows.parquet": "trade between two countries, one row a period, reporter, partner, flow, code and source",
    "totals.parquet": "the same columns for the world, groups, unnamed areas and codes that are sums",
}


def write(cleaned: "Cleaned", folder: Path) -> None:
    """Writes flows.parquet, totals.parquet, quarantine.csv and accounting.json, each whole or not at all."""
    for name, query in zip(_TABLES, (cleaned.flows, cleaned.totals), strict=True):
        with files.part(folder / name) as part:
            cleaned.engine.write(query, part)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, _QUARANTINE_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: neutral(cell) for name, cell in row.items()} for row in cleaned.quarantine)
    files.write(folder / "quarantine.csv", buffer.getvalue())
    files.write(folder / "accounting.json", _json(cleaned.accounting))


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def datapackage() -> str:
    """datapackage.json: every field of every file with its unit and meaning."""
    from rareearth.trade.clean import FATES
    from rareearth.trade.columns import FIELDS

    schema = [
        {"name": name, "type": kind, "unit": unit, "description": meaning}
        for name, (kind, unit, meaning) in FIELDS.items()
    ]
    resources = [
        {"name": name.split(".")[0], "path": name, "description": text, "schema": {"fields": schema}}
        for name, text in _TABLES.items()
    ]
    resources.append(
        {
            "name": "quarantine",
            "path": "quarantine.csv",
            "description": "rows that were taken out: file, row, rule, what was found and what to do",
            "schema": {"fields": [{"name": name, "type": "string"} for name in _QUARANTINE_COLUMNS]},
        }
    )
    counts = ", ".join(f"rows_{fate}" for fate in FATES)
    resources.append(
        {
            "name": "accounting",
            "path": "accounting.json",
            "description": f"input rows for each file: rows_read is the sum of {counts}",
        }
    )
    return _json({"name": "rare-earth-briefings-trade", "resources": resources})


def load_flows(folder: Path = PROCESSED) -> "pd.DataFrame":
    """Trade between two countries; columns as in `columns.FIELDS`, years and months Int64, missing text "".

    Raises:
        Refused: data/processed was not made yet.
    """
    return _load(folder, "flows.parquet")


def load_totals(folder: Path = PROCESSED) -> "pd.DataFrame":
    """Rows with the world, groups or unnamed areas; columns as in `columns.FIELDS`."""
    return _load(folder, "totals.parquet")


def load_accounting(folder: Path = PROCESSED) -> dict:
    """accounting.json: counts of input rows and the check of World against the sum of partners."""
    return json.loads(_present(folder, "accounting.json").read_text(encoding="utf-8"))


def _present(folder: Path, name: str) -> Path:
    path = folder / name
    if INSTALLED and folder == PROCESSED:
        from rareearth.trade import data

        data.bring_up_to_date()
    if not path.is_file():
        raise Refused(f"{path.parent.name}/{name} is not there: run `make data`, or `rareearth clean FILE --out DIR`")
    return path


def _load(folder: Path, name: str) -> "pd.DataFrame":
    import pandas as pd

    from rareearth.trade.columns import FIELDS

    path = _present(folder, name)
    try:
        # Opened by Python, so that a page knows what it has read.
        frame = pd.read_parquet(io.BytesIO(path.read_bytes()))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise Refused(f"{path.parent.name}/{name} is damaged ({reason}): make it again") from None
    lacking = [column for column in FIELDS if column not in frame]
    if lacking:
        raise Refused(f"{path.parent.name}/{name} has no column {lacking[0]}: make it again with `rareearth clean`")
    frame = frame.astype({"year": "Int64", "month": "Int64"})
    frame["hs6"] = frame["hs6"].fillna("")
    return frame[list(FIELDS)]


def figure_ids(flows: "pd.DataFrame") -> tuple[str, ...]:
    """Figures of data/raw behind rows of flows or totals, in their order; rows of a user's files have none.

    In a wide table the row that holds the value is the figure.
    """
    known = _figures()
    places = zip(flows["source_id"], flows["source_row"], strict=True)
    return tuple(dict.fromkeys(known[place] for place in places if place in known))


def of_source(table: "pd.DataFrame", source_id: str) -> "pd.DataFrame":
    """The rows of one source, with a user's own reports in the place of its reports.

    A report of the source gives way where a file of the user holds annual rows of the same kind, reconciled or not, by
    the same reporter, of the same year, flow and code.

    Args:
        table: See `load_flows`.
        source_id: An id in data/raw/sources.csv.
    """
    rows = table[table["source_id"] == source_id]
    is_reconciled = (rows["value_basis"] == "reconciled").all()
    own = table[
        table["source_id"].str.startswith("file:")
        & table["month"].isna()
        & ((table["value_basis"] == "reconciled") == is_reconciled)
        & table["year"].isin(rows["year"].unique())
    ]
    if own.empty:
        return rows
    import pandas as pd

    report = ["reporter_iso3", "year", "flow", "hs_code"]
    # Of two files of the user that hold one report the later counts, so that nothing is counted twice.
    last = own.groupby(report)["source_id"].transform("last")
    replaced = pd.MultiIndex.from_frame(rows[report]).isin(pd.MultiIndex.from_frame(own[report]))
    return pd.concat([rows[~replaced], own[own["source_id"] == last]], ignore_index=True)


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


def tables() -> list[Path]:
    """The tables of records: every one with the columns of a publisher, not the figures and codes beside them."""
    return [
        path
        for path in sorted((RAW / "trade").glob("*.csv"))
        if path.name.startswith(("baci_", "comtrade_", "dataweb_"))
    ]
