"""USITC DataWeb: sheets of a workbook, or the CSV of one sheet; a row for each partner, heading and unit.

A year stands in a column, value and quantity in rows or sheets of their own. The sheets with figures to date are
counted as details: a part of a year is no year. A year of which the whole sheet says 0 is not out yet.
"""

import re

from rareearth.refusal import Refused
from rareearth.trade.columns import Reading
from rareearth.trade.engine import Table
from rareearth.trade.readers.source import Sheet

NAME = "USITC DataWeb sheet"
REQUIRED = {"Data Type", "Country", "HTS Number", "Quantity Description"}
_FLOWS = {
    "imports for consumption": "M",
    "general imports": "M",
    "domestic exports": "DX",
    "total exports": "X",
    "foreign exports": "RX",
}
# Kinds of value -> flow that it tells where the sheet has no title, basis.
_VALUES = {
    "customs value": ("M", "customs"),
    "cif value": ("M", "cif"),
    "c.i.f. value": ("M", "cif"),
    "fas value": ("DX", "fas"),
}
_KG = {"kilograms": "1", "metric tons": "1000", "grams": "0.001"}
_RECORD = ("partner", "flow", "hs_code", "part", "year", "value", "value_basis", "mass", "mass_factor")
_NAMES = ("source_row", *_RECORD, "suppressed", "source_id", "verdict")


def flow_of(preamble: tuple[str, ...], rows: list[dict[str, str]]) -> str:
    """Comtrade's code of the flow: from the title, else from the kind of value; empty if neither says it."""
    title = preamble[0].split("|")[0].strip().casefold() if preamble else ""
    if title in _FLOWS:
        return _FLOWS[title]
    kinds = {row["Data Type"].casefold() for row in rows}
    return next((flow for kind, (flow, _) in _VALUES.items() if kind in kinds), "")


def read(sheet: Sheet, name: str) -> Reading:
    """One record for each row and year with trade.

    Raises:
        Refused: the sheet says nowhere whether it holds imports or exports.
    """
    rows = sheet.cells()
    flow = flow_of(sheet.preamble, rows)
    if not flow:
        raise Refused(
            f"{name}: neither a title nor values say whether these are imports or exports (A13): give the sheet "
            "with the values too"
        )
    years = [column for column in sheet.header if re.fullmatch(r"(19|20)\d\d", column)]
    to_date = [column for column in sheet.header if column.casefold().endswith("_year_to_date")]
    started = [year for year in years if any(not _is_zero(row[year]) for row in rows)]
    records = [
        record
        for number, row in enumerate(rows, sheet.first_row)
        for record in _records(number, row, flow, started, bool(to_date and not years))
    ]
    table = Table.of(_NAMES, ([str(record.get(name, "")) for name in _NAMES] for record in records))
    notes = tuple(f"{year} is 0 in every row: not out yet" for year in years if year not in started)
    if to_date:
        notes += ("figures to date are left out: a part of a year is no year",)
    return Reading(
        table.mutate(source_row="CAST(source_row AS BIGINT)"),
        {"reporter": "842", "value_factor": "1"},
        len(rows),
        notes,
    )


def _is_zero(cell: str) -> bool:
    return not re.search(r"[1-9]", cell) and not re.search(r"[^0., -]", cell)


def _records(number: int, row: dict[str, str], flow: str, years: list[str], to_date: bool) -> list[dict]:
    base = {"source_row": number, "flow": flow, "source_id": row.get("source_ids", "")}
    if not row["Country"].strip():
        return [{**base, "verdict": "detail: foot of the sheet, the sum of its rows"}]
    if to_date:
        return [{**base, "verdict": "detail: figures to date, a part of a year"}]
    if row["Data Type"].casefold().startswith("second unit"):
        return [{**base, "verdict": "detail: a second unit for what the first counts already"}]
    kind, unit = row["Data Type"].casefold(), row["Quantity Description"].casefold()
    unit_of_value = unit.removeprefix("value for: ")
    base |= {
        "partner": row["Country"],
        "hs_code": row["HTS Number"],
        "part": f"{kind}; {unit_of_value}",
    }
    found = []
    for year in years:
        if _is_zero(row[year]) and _is_zero(row.get(f"{year}_Suppressed", "0")):
            continue
        record = {**base, "year": year}
        if kind in _VALUES:
            record |= {
                "value": row[year],
                "value_basis": _VALUES[kind][1],
                "mass_factor": _KG.get(unit_of_value, ""),
            }
        elif unit in _KG:
            record |= {"mass": row[year], "mass_factor": _KG[unit]}
        if not _is_zero(row.get(f"{year}_Suppressed", "0")):
            record["suppressed"] = "true"
        found.append(record)
    return found or [{**base, "verdict": "detail: no trade in any year"}]
