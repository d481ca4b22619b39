"""The common table of text cells that every reader makes and every rule reads."""

from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir

# Column -> what it holds. All are text but `source_row`; empty is missing. Numbers stand as they were published.
COLUMNS = {
    "source_row": "row of the file, the header being row 1; sheets of a workbook are counted through",
    "file": "name of the file",
    "source_id": "id of the document, or file: and the hash of the file",
    "layout": "layout of the file",
    "year": "year",
    "month": "1 to 12; 52 or empty for a year",
    "reporter": "name or code of the country that reports",
    "partner": "name or code of its partner",
    "flow": "word or code of the flow",
    "hs_code": "code of the product",
    "hs_revision": "revision of the Harmonized System",
    "value": "value, in units of `value_factor` USD",
    "value_factor": "USD in one unit of `value`",
    "value_basis": "cif, fob, customs, fas or reconciled; empty where the flow says it",
    "mass": "net mass, in units of `mass_factor` kg",
    "mass_factor": "kg in one unit of `mass`",
    "mass_estimated": "true where the publisher estimated the mass",
    "quantity": "quantity in the unit of `quantity_unit`",
    "quantity_unit": "Comtrade's code of that unit",
    "alt_quantity": "quantity in another unit",
    "alt_quantity_unit": "Comtrade's code of that unit",
    "gross_mass": "gross mass in kg",
    "partner2": "second partner; 0 or empty is the total",
    "customs": "customs procedure; C00 or empty is the total",
    "transport": "mode of transport; 0 or empty is the total",
    "part": "what a row of a wide layout holds besides its key: data type and unit",
    "suppressed": "true where a part of the quantity is withheld",
    "verdict": "what the reader decided already: detail or quarantined, a colon, and why",
}


class Reading(NamedTuple):
    """What a reader makes of one sheet.

    Attributes:
        table: Some of `COLUMNS`, strings, and source_row as int64.
        constants: The same for all rows: column to text.
        rows: Rows of the sheet below its header.
        notes: What a user should know of the file, a line each.
    """

    table: ir.Table
    constants: dict[str, str]
    rows: int
    notes: tuple[str, ...] = ()


class Part(NamedTuple):
    """A reading with the number of its file, the file itself (a `Source`) and its layout."""

    number: int
    source: Any
    layout: Any
    reading: Reading


def taken(sheet, columns: dict[str, str]) -> ir.Table:
    """Columns of a sheet under the names of `COLUMNS`, with the row numbers.

    Args:
        sheet: A `Sheet`.
        columns: Name in `COLUMNS` to name in the header.
    """
    cells = {name: sheet.column(published) for name, published in columns.items()}
    return sheet.body.select(source_row=sheet.body.place + sheet.first_row, **cells)


def completed(part: Part) -> ir.Table:
    """A reading with every column of `COLUMNS`, those that its layout lacks being constants."""
    table = part.reading.table
    # A table of data/raw has a column with its sources: its own register says where a row is from.
    constants = {"source_id": part.source.source_id, **part.reading.constants}
    constants |= {"file": part.source.name, "layout": part.layout.name}
    absent = {name: ibis.literal(constants.get(name, "")) for name in COLUMNS if name not in table.columns}
    return table.mutate(**absent, keys=ibis.literal(part.layout.keys), file_number=ibis.literal(part.number))
