"""US Census Bureau, API of international trade: imports and exports of the United States, by month."""

from rareearth.trade.columns import Reading
from rareearth.trade.readers.layout import Layout, cases, mapped, with_zero
from rareearth.trade.readers.sheets import Sheet

# Groups of countries stand beside their members: codes such as 0003 and 5XXX, or their names.
_GROUPS = (
    "^([0-9]{1,3}|0[0-9]{3}|[0-9A-Z]{1,2}X{2,3}|OPEC|APEC|NATO|OECD|NAFTA|USMCA.*|LAFTA|CACM|ASEAN|CAFTA-DR|EURO AREA|"
    "EUROPEAN UNION|PACIFIC RIM COUNTRIES|TWENTY LATIN AMERICAN REPUBLICS|NORTH AMERICA|CENTRAL AMERICA|SOUTH AMERICA|"
    "EUROPE|ASIA|AFRICA|AUSTRALIA AND OCEANIA)$"
)
_IMPORTS = ("I_COMMODITY", "GEN_VAL_MO", "CON_VAL_MO", "GEN_VAL_YR", "CON_VAL_YR")


def _read(layout: Layout, sheet: Sheet) -> Reading:
    served = layout.served(sheet.header)
    reading = mapped(layout, sheet)
    is_import = served["hs_code"] in _IMPORTS or served["value"] in _IMPORTS
    constants = {"flow": "M" if is_import else "X", "value_basis": "customs" if is_import else "fas"}
    table, notes = reading.table, reading.notes
    if served["value"].endswith("_YR"):
        to_date = "CASE WHEN verdict = '' AND month <> '12' THEN 'detail: a year to date' ELSE verdict END"
        table = table.mutate(verdict=to_date, month="CASE WHEN month = '12' THEN '' ELSE month END")
        notes += ("values are those of the year to date: December's are the year's",)
    return reading._replace(table=table, constants={**reading.constants, **constants}, notes=notes)


CENSUS = Layout(
    "US Census Bureau API",
    {
        "year": ("YEAR", "time"),
        "month": ("MONTH", "time"),
        "partner": ("CTY_CODE", "CTY_NAME"),
        "hs_code": ("I_COMMODITY", "E_COMMODITY"),
        "value": ("GEN_VAL_MO", "ALL_VAL_MO", "CON_VAL_MO", "GEN_VAL_YR", "ALL_VAL_YR", "CON_VAL_YR"),
        "quantity": ("GEN_QY1_MO", "QTY_1_MO", "CON_QY1_MO"),
        "quantity_unit": ("UNIT_QY1",),
        "customs": ("DISTRICT", "PORT", "STATE", "DIST_NAME", "PORT_NAME"),
        "transport": ("DF", "RP"),
    },
    required=("year", "month", "partner", "hs_code", "value"),
    sql={
        "verdict": f"CASE WHEN regexp_matches(partner, '{_GROUPS}') THEN 'detail: many countries, beside each of them' "
        "ELSE '' END",
        "partner": "CASE WHEN partner = '-' THEN '0' ELSE partner END",
        "hs_code": f"CASE WHEN hs_code = '-' THEN 'TOTAL' ELSE {with_zero('hs_code')} END",
        "quantity_unit": cases("quantity_unit", {"kg": "8", "t": "21"}),
        "customs": "CASE WHEN customs = '-' THEN '' ELSE customs END",
        "transport": "CASE WHEN transport = '-' THEN '' ELSE transport END",
    },
    constants={"reporter": "842"},
    read=_read,
    keys="total",
    source="US Census Bureau, api.census.gov/data/timeseries/intltrade: JSON lists, or CSV",
    units="value USD, quantity in the unit of UNIT_QY1, of which kilograms and tonnes are kept",
    traps="country - is all countries; groups of countries (0003, 5XXX) stand beside their members; _YR columns are the "
    "year to date; shipping weights are gross and of air and vessel alone, and are not read; general imports go before "
    "imports for consumption",
)
