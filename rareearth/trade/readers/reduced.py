"""UN Comtrade cut down to six columns for all reporters at once, with the detail rows but without their columns.

Totals and details cannot be told apart by a column here: the largest value of a key is its total.
"""

from rareearth.trade.columns import Reading, taken
from rareearth.trade.readers.source import Sheet

NAME = "reduced UN Comtrade, all reporters"
REQUIRED = {"reporter", "partner", "cmd", "flow", "value", "netwgt"}
_OPTIONAL = {"year": "year", "quantity": "qty", "quantity_unit": "qtyunit"}


def read(sheet: Sheet, year: str) -> Reading:
    """The rows under the common names; `year` serves a file without a column of years."""
    names = {"reporter": "reporter", "partner": "partner", "flow": "flow"}
    columns = names | {"hs_code": "cmd", "value": "value", "mass": "netwgt"}
    columns |= {name: published for name, published in _OPTIONAL.items() if published in sheet.header}
    constants = {"value_factor": "1", "mass_factor": "1"}
    if "year" not in columns:
        constants["year"] = year
    return Reading(taken(sheet, columns), constants, sheet.rows)
