"""USITC DataWeb: sheets of a workbook, or the CSV of one sheet; a row for each partner, product and unit.

Years or months stand in columns or in rows, values and quantities in rows or sheets of their own. Figures to date are
details: a part of a year is no year. A year of which the whole sheet says 0 is not out yet.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rareearth.errors import Refused
from rareearth.trade.columns import Reading
from rareearth.trade.readers.layout import Layout, of_records
from rareearth.trade.readers.sheets import Sheet

_FLOWS = {
    "imports for consumption": "M",
    "general imports": "M",
    "domestic exports": "DX",
    "total exports": "X",
    "foreign exports": "RX",
}
# Kind of value -> its basis. Of a file that has several, one is taken: the first of `_ORDER`.
_BASES = {"customs value": "customs", "general customs value": "customs", "fas value": "fas", "fas export value": "fas"}
_BASES |= dict.fromkeys(("cif value", "c.i.f. value", "cif import value", "general cif import value"), "cif")
_ORDER = ("customs", "fas", "cif")
_KG = {"kilograms": "1", "metric tons": "1000", "grams": "0.001"}
_MONTHS = "january february march april may june july august september october november december".split()
_PRODUCTS = ("HTS Number", "Schedule B Number", "HS Number", "Commodity Number")
_OTHER_PRODUCTS = {"SITC Number": "SITC", "NAIC Number": "NAICS", "NAICS Number": "NAICS", "End Use Number": "END-USE"}
# What a row says besides its amounts, and what splits a flow into rows.
_ABOUT = (
    "Data Type",
    "Country",
    "Year",
    "Month",
    "Description",
    "Quantity Description",
    "Suppressed",
    "source_ids",
    "figure_id",
)
_SPLITS = (
    "District",
    "Special Import Program",
    "Import Program",
    "Rate Provision",
    "Rate Provision Code",
    "Subprogram",
)


class _Amount(NamedTuple):
    """A column of amounts with its period; "" where the row says it."""

    column: str
    year: str
    month: str


def _amounts(header: Sequence[str]) -> list[_Amount]:
    found = []
    for name in header:
        year = re.fullmatch(r"(?:([A-Za-z]{3,9}\.?)[ -])?((?:19|20)\d\d)", name.strip())
        if year and (not year[1] or _month(year[1])):
            found.append(_Amount(name, year[2], _month(year[1] or "")))
        elif _month(name):
            found.append(_Amount(name, "", _month(name)))
    known = {*_ABOUT, *_SPLITS, *_PRODUCTS, *_OTHER_PRODUCTS, ""}
    others = [
        name for name in header if name not in known and not name.casefold().endswith(("_suppressed", "_year_to_date"))
    ]
    return found or ([_Amount(name, "", "") for name in others] if "Year" in header else [])


def _month(name: str) -> str:
    """The number of a month from its name, of which three letters or more are there; "" where it is none."""
    word = name.strip().rstrip(".").casefold()
    if word.isdigit():
        return word if 1 <= int(word) <= 12 else ""
    months = (number for number, month in enumerate(_MONTHS, 1) if len(word) > 2 and month.startswith(word))
    return str(next(months, ""))


def _kinds(sheet: Sheet) -> set[str]:
    """Every kind of value in the file, from its rows and from the names of its columns."""
    kinds = {name.casefold() for other in sheet.book for name in other.header}
    for other in sheet.book:
        if "Data Type" in other.header:
            place = other.header.index("Data Type")
            kinds |= {row[place].casefold() for row in other.rows}
    return kinds & _BASES.keys()


def _title(sheet: Sheet) -> str:
    """The flow in words: from the title of the sheet, else from the sheet of query parameters."""
    titles = [row[0].split("|")[0] for row in sheet.above]
    titles += [row[1] for other in sheet.book for row in other.rows if row[0].strip() == "Trade Flow" and len(row) > 1]
    return next((title.strip().casefold() for title in titles if title.strip().casefold() in _FLOWS), "")


def _is_zero(cell: str) -> bool:
    return not re.search(r"[1-9]", cell) and not re.search(r"[^0., -]", cell)


def _read(layout: Layout, sheet: Sheet) -> Reading:
    """One record for each row and period with trade.

    Raises:
        Refused: the file says nowhere whether it holds imports or exports.
    """
    bases = {_BASES[kind] for kind in _kinds(sheet)}
    basis = next((one for one in _ORDER if one in bases), "")
    title = _title(sheet)
    flow = _FLOWS.get(title) or ("DX" if basis == "fas" else "M" if basis else "")
    if not flow:
        raise Refused(
            f"{sheet.name}: neither a title nor values say whether these are imports or exports (A13): give the sheet "
            "with the values too"
        )
    amounts = _amounts(sheet.header)
    rows = list(sheet.records())
    started = [amount for amount in amounts if any(not _is_zero(row[amount.column]) for row in rows)]
    notes = tuple(
        f"{amount.column} is 0 in every row: not out yet" for amount in amounts if amount.year and amount not in started
    )
    if any(name.casefold().endswith("_year_to_date") for name in sheet.header):
        notes += ("figures to date are left out: a part of a year is no year",)
    if basis == "cif":
        notes += ("values are CIF: where another file has the customs values of these flows, they are details",)
    records = [
        {"source_row": number, "flow": flow, "source_id": row.get("source_ids", ""), **record}
        for number, row in enumerate(rows, sheet.first_row)
        for record in _records(row, started, basis, title) or [{"verdict": _why_none(amounts, sheet.header)}]
    ]
    return of_records(records, {"reporter": "842"}, sheet.count, notes)


def _why_none(amounts: list[_Amount], header: Sequence[str]) -> str:
    if not amounts and any(name.casefold().endswith("_year_to_date") for name in header):
        return "detail: figures to date, a part of a year"
    return "detail: no trade in any period"


def _records(row: dict[str, str], amounts: list[_Amount], basis: str, title: str) -> Iterator[dict[str, str]] | list:
    """What a row holds, a record for each period."""
    if not row.get("Country", "-").strip() or row["Data Type"].startswith("Total"):
        return [{"verdict": "detail: no trade of its own, the sum of the rows above"}]
    product = next((name for name in (*_PRODUCTS, *_OTHER_PRODUCTS) if name in row), "")
    code = row.get(product, "unstated").strip()
    base = {
        "partner": row.get("Country", "0"),
        "hs_code": "0" + code if code.isdigit() and len(code) % 2 else code,
        "hs_revision": _OTHER_PRODUCTS.get(product, ""),
        "customs": "; ".join(row[name] for name in _SPLITS if name in row),
    }
    # A row with several amounts names their kinds in the header.
    are_kinds = len(amounts) > 1 and not any(amount.year or amount.month for amount in amounts)
    found = []
    for amount in amounts:
        suppressed = row.get(f"{amount.column}_Suppressed", row.get("Suppressed", "0"))
        if _is_zero(row[amount.column]) and _is_zero(suppressed):
            continue
        kind = (amount.column if are_kinds else row["Data Type"]).casefold()
        period = {
            "year": amount.year or row["Year"].removesuffix(".0"),
            "month": amount.month or _month(row.get("Month", "")),
        }
        record = _amount(kind, row.get("Quantity Description", "").casefold(), row[amount.column], basis, title)
        found.append({**base, **period, **record, "suppressed": "" if _is_zero(suppressed) else "true"})
    return found


def _amount(kind: str, unit: str, cell: str, basis: str, title: str) -> dict[str, str]:
    """The columns of one amount: a value, a quantity, or a verdict on what is neither."""
    cell = cell.replace(",", "")  # DataWeb's mark of thousands
    unit_of_value = unit.removeprefix("value for: ")
    if _BASES.get(kind) == basis:
        factor = _KG.get(unit_of_value, "") if unit else "1"
        # Beside the customs value, which another file may hold, the CIF value of a flow is a detail and never added to it.
        more = {"transport": "cif"} if basis == "cif" else {}
        return {
            "part": f"{title}; value; {unit_of_value}",
            "value": cell,
            "value_basis": basis,
            "mass_factor": factor,
        } | more
    if "second unit" in kind:
        return {"verdict": "detail: a second unit for what the first counts already"}
    if "unit of quantity" not in kind and "quantity" not in kind:
        return {"verdict": f"detail: another kind of value, {kind}"}
    part = f"{title}; {kind}; {unit_of_value}"
    return {"part": part, **({"mass": cell, "mass_factor": _KG[unit]} if unit in _KG else {})}


DATAWEB = Layout(
    "USITC DataWeb",
    {},
    required=(),
    marks=("Data Type",),
    like={
        "|".join(("Country", *_PRODUCTS, *_OTHER_PRODUCTS)): "Country",
        rf"year|.*_year_to_date|.*(19|20)\d\d|({'|'.join(month[:3] for month in _MONTHS)})[a-z]*|\d\d?": "Year",
    },
    others=(*_ABOUT, *_SPLITS, *_PRODUCTS, *_OTHER_PRODUCTS),
    read=_read,
    is_wide=True,
    keys="total",
    source="US International Trade Commission, dataweb.usitc.gov: workbook, or one of its sheets as CSV",
    units="value USD, quantity in the unit of Quantity Description, of which masses are kept",
    traps="the flow stands in the title or among the query parameters; values and quantities are rows or sheets of their own; "
    "customs value goes before CIF, duties, charges and dutiable value are details; Total at the foot; figures to date are "
    "no year; the newest year is 0 before it is out",
)
