"""Writes cleaned trade and describes the files; `store` reads them again."""

import csv
import io
import json
from pathlib import Path

from rareearth import files
from rareearth.text import neutral
from rareearth.trade import accounting
from rareearth.trade.clean import Cleaned
from rareearth.trade.fields import FIELDS

_QUARANTINE_COLUMNS = ("file", "source_row", "code", "column", "found", "reason", "advice")
_FILES = {
    "flows.parquet": "trade between two countries, one row a period, reporter, partner, flow, code and source",
    "totals.parquet": "the same columns for the world, groups, unnamed areas and codes that are sums",
}


def write(cleaned: Cleaned, folder: Path) -> None:
    """Writes flows.parquet, totals.parquet, quarantine.csv and accounting.json, each whole or not at all."""
    for name, table in (("flows.parquet", cleaned.flows), ("totals.parquet", cleaned.totals)):
        with files.part(folder / name) as part:
            cleaned.engine.write(table, part)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, _QUARANTINE_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: neutral(cell) for name, cell in row.items()} for row in cleaned.quarantine)
    files.write(folder / "quarantine.csv", buffer.getvalue())
    files.write(folder / "accounting.json", accounting.text(cleaned.accounting))


def datapackage() -> str:
    """datapackage.json: every field of every file with its unit and meaning."""
    schema = [
        {"name": name, "type": kind, "unit": unit, "description": meaning}
        for name, (kind, unit, meaning) in FIELDS.items()
    ]
    resources = [
        {"name": name.split(".")[0], "path": name, "description": text, "schema": {"fields": schema}}
        for name, text in _FILES.items()
    ]
    resources.append(
        {
            "name": "quarantine",
            "path": "quarantine.csv",
            "description": "rows that were taken out: file, row, rule, what was found and what to do",
            "schema": {"fields": [{"name": name, "type": "string"} for name in _QUARANTINE_COLUMNS]},
        }
    )
    counts = ", ".join(f"rows_{fate}" for fate in accounting.FATES)
    resources.append(
        {
            "name": "accounting",
            "path": "accounting.json",
            "description": f"input rows for each file: rows_read is the sum of {counts}",
        }
    )
    package = {"name": "rare-earth-briefings-trade", "resources": resources}
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"
