"""OEC: net trade of one product by country, and trade between countries."""

from dataclasses import replace

from rareearth.trade.columns import Reading
from rareearth.trade.readers.baci import YEAR_FILE
from rareearth.trade.readers.layout import Layout, of_records
from rareearth.trade.readers.sheets import Sheet

# OEC writes Belgium-Luxembourg as one country.
_OWN_CODES = {"blx": "bel"}


def _read(layout: Layout, sheet: Sheet) -> Reading:
    """Each row as two records, its exports to and its imports from the world."""
    served = layout.served(sheet.header)
    records = []
    for number, row in enumerate(sheet.records(), sheet.first_row):
        reporter = _OWN_CODES.get(row[served["reporter"]], row[served["reporter"]])
        for flow, column in (("X", "Trade Value Export"), ("M", "Trade Value Import")):
            records.append({"source_row": number, "reporter": reporter, "flow": flow, "value": row[column]})
    return of_records(records, {"partner": "0", "hs_code": "unstated"}, sheet.count, ())


NET_TRADE = Layout(
    "OEC net trade by country",
    {"reporter": ("ISO 3",)},
    required=("reporter",),
    marks=("Trade Value Export", "Trade Value Import"),
    read=_read,
    needs_year=True,
    is_wide=True,
    source="OEC, oec.world: net trade of a product, one year",
    units="value USD",
    traps="the product stands in no column: rows are totals, never flows; no year: the file's name or --year gives it",
)
# A country is a continent's two letters and its ISO code; a product a section's number and its code.
BILATERAL = replace(
    YEAR_FILE,
    name="OEC trade between countries",
    columns={
        "year": ("Year", "Year ID", "Time"),
        "reporter": ("Exporter Country ID", "Exporter Country", "Exporter"),
        "partner": ("Importer Country ID", "Importer Country", "Importer"),
        "hs_code": ("HS6 ID", "HS4 ID", "HS2 ID"),
        "value": ("Trade Value",),
        "mass": ("Quantity",),
    },
    required=("year", "reporter", "partner", "hs_code", "value"),
    sql={
        "reporter": "regexp_replace(reporter, '^[a-z]{2}([a-z]{3})$', '\\1')",
        "partner": "regexp_replace(partner, '^[a-z]{2}([a-z]{3})$', '\\1')",
        "hs_code": "right(hs_code, 2 * ((length(hs_code) - 1) // 2))",
    },
    constants={**YEAR_FILE.constants, "value_factor": "1"},
    source="OEC, api.oec.world, cubes trade_i_baci_*",
    units="value USD, quantity t",
    traps="codes of countries and products have a prefix; values are BACI's, reconciled from both reports",
)
