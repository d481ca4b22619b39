"""UN Comtrade: the API's JSON, the official client's CSV and the web download, 47 columns or some of them."""

import json

from rareearth.refusal import Refused
from rareearth.trade.columns import Reading, taken
from rareearth.trade.engine import Table
from rareearth.trade.readers.source import Sheet, Source, small_sheet, text

NAME = "UN Comtrade API, client or web download"
# Column of the common table -> official names that can serve it, the best first.
_COLUMNS = {
    "year": ("refYear", "period"),
    "reporter": ("reporterCode", "CountryCode", "reporterISO", "reporterDesc"),
    "partner": ("partnerCode", "partnerISO", "partnerDesc"),
    "flow": ("flowCode", "flowDesc"),
    "hs_code": ("cmdCode",),
    "value": ("primaryValue",),
}
_OPTIONAL = {
    "month": ("refMonth",),
    "hs_revision": ("classificationCode",),
    "mass": ("netWgt",),
    "mass_estimated": ("isNetWgtEstimated",),
    "quantity": ("qty",),
    "quantity_unit": ("qtyUnitCode",),
    "alt_quantity": ("altQty",),
    "alt_quantity_unit": ("altQtyUnitCode",),
    "gross_mass": ("grossWgt",),
    "partner2": ("partner2Code",),
    "customs": ("customsCode",),
    "transport": ("motCode",),
    "source_id": ("source_ids",),
}
REQUIRED = {names[0] for names in _COLUMNS.values()}
# Names that older downloads give to a column, for the hint in a refusal.
FORMER_NAMES = {
    "Trade Value (US$)": "primaryValue",
    "TradeValue": "primaryValue",
    "Netweight (kg)": "netWgt",
    "Reporter Code": "reporterCode",
    "Partner Code": "partnerCode",
    "Commodity Code": "cmdCode",
    "Trade Flow Code": "flowCode",
    "Year": "refYear",
}
PREVIEW_CAPS = (500, 100_000, 250_000)


def recognises(header: tuple[str, ...]) -> bool:
    """Whether the columns are Comtrade's."""
    return all(any(name in header for name in names) for names in _COLUMNS.values())


def read(sheet: Sheet) -> Reading:
    """The rows under the common names; a header that stands one column to the right is put in its place."""
    sheet = _in_place(sheet)
    columns = {
        column: next(name for name in names if name in sheet.header)
        for column, names in (_COLUMNS | _OPTIONAL).items()
        if any(name in sheet.header for name in names)
    }
    table = taken(sheet, columns)
    constants = {"value_factor": "1", "mass_factor": "1"}
    if "month" not in columns and columns["year"] == "period":
        table = _with_month(table)
    notes = ()
    if sheet.rows in PREVIEW_CAPS:
        notes = (f"exactly {sheet.rows} rows, where Comtrade cuts its answers: part may be missing",)
    return Reading(table, constants, sheet.rows, notes)


def _in_place(sheet: Sheet) -> Sheet:
    """A web download re-saved by a program that took the first column for row names (pandas issue 14124)."""
    if sheet.header[0] != "typeCode" or "freqCode" not in sheet.header:
        return sheet
    words = sheet.body.select(word=sheet.column("typeCode"))
    if not words.rows("word NOT IN ('A', 'M', 'Q') LIMIT 1"):
        header = (*sheet.header[1:], "")
        return sheet._replace(header=header)
    return sheet


def _with_month(table: Table) -> Table:
    """Splits a period such as 202301; a plain year has no month."""
    is_monthly = "regexp_matches(year, '^[0-9]{6}$')"
    return table.mutate(
        year=f"CASE WHEN {is_monthly} THEN substr(year, 1, 4) ELSE year END",
        month=f"CASE WHEN {is_monthly} THEN substr(year, 5, 2) ELSE '' END",
    )


def json_sheet(source: Source) -> Sheet:
    """The answer of the API as a table of text cells.

    Raises:
        Refused: not JSON, an error answer, or fewer records than it says.
    """
    try:
        answer = json.loads(text(source), parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise Refused(f"{source.name}: no readable JSON (A17): {reason}: fetch it again") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        said = answer.get("error") or answer.get("message") if isinstance(answer, dict) else None
        raise Refused(
            f"{source.name}: no answer of the Comtrade API (A13): {said or 'no list data'}: ask again"
        )
    records = answer["data"]
    if not records:
        raise Refused(f"{source.name}: the answer holds no record (A09): check the query")
    if not all(isinstance(record, dict) for record in records):
        raise Refused(f"{source.name}: data holds more than records (A13): fetch it again")
    count = answer.get("count")
    if count is not None and str(count) != str(len(records)):
        raise Refused(f"{source.name}: {len(records)} records, but it says {count} (A17): fetch it again")
    names = list(dict.fromkeys(name for record in records for name in record))
    return small_sheet(
        (), tuple(names), [[_cell(record.get(name)) for name in names] for record in records], 1
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
