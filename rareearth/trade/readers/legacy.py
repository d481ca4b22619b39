"""UN Comtrade before 2022: the old database (11 columns) and the site of 2014 to 2022 (35 columns).

The second was built from one published sample row: no file with trade in our codes was found.
"""

from rareearth.trade.columns import Reading, taken
from rareearth.trade.readers.source import Sheet

NAME_11 = "legacy UN Comtrade, 11 columns"
NAME_35 = "legacy UN Comtrade, 35 columns"
_COLUMNS_11 = {
    "year": "Year",
    "reporter": "Reporter Code",
    "flow": "Trade Flow Code",
    "partner": "Partner Code",
    "hs_revision": "Classification",
    "hs_code": "Commodity Code",
    "quantity_unit": "Quantity Unit Code",
    "quantity": "Supplementary Quantity",
    "mass": "Netweight (kg)",
    "value": "Value",
    "mass_estimated": "Estimation Code",
}
_COLUMNS_35 = {
    "hs_revision": "Classification",
    "year": "Period",
    "flow": "TradeFlow Code",
    "reporter": "Reporter Code",
    "partner": "Partner Code",
    "partner2": "2nd Partner Code",
    "customs": "Customs Proc. Code",
    "transport": "Mode of Transport Code",
    "hs_code": "Commodity Code",
    "quantity_unit": "Qty Unit Code",
    "quantity": "Qty",
    "alt_quantity_unit": "Alt Qty Unit Code",
    "alt_quantity": "Alt Qty",
    "mass": "Netweightkg",
    "gross_mass": "GrossWeightkg",
    "value": "TradeValueUS",
    "mass_estimated": "Flag",
}
REQUIRED_11 = set(_COLUMNS_11.values())
REQUIRED_35 = set(_COLUMNS_35.values())


def read_11(sheet: Sheet) -> Reading:
    """The old database: an estimation code other than 0 marks an estimated quantity."""
    return _read(sheet, _COLUMNS_11)


def read_35(sheet: Sheet) -> Reading:
    """The site of 2014 to 2022."""
    return _read(sheet, _COLUMNS_35)


def _read(sheet: Sheet, columns: dict[str, str]) -> Reading:
    return Reading(taken(sheet, columns), {"value_factor": "1", "mass_factor": "1"}, sheet.rows)
