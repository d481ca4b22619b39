"""OEC "Net trade" by country: exports and imports of one product with the whole world, for one year.

The product stands in no column: it is kept as `unstated`, and the rows are totals, never flows.
"""

from rareearth.trade.columns import Reading, taken
from rareearth.trade.readers.source import Sheet

NAME = "OEC net trade by country"
REQUIRED = {"ISO 3", "Trade Value Export", "Trade Value Import"}
# OEC writes Belgium-Luxembourg as one country.
_OWN_CODES = {"blx": "bel"}


def read(sheet: Sheet, year: str) -> Reading:
    """Each row as two records, its exports to and its imports from the world."""
    parts = [
        taken(sheet, {"reporter": "ISO 3", "value": published}).mutate(flow=f"'{flow}'")
        for flow, published in (("X", "Trade Value Export"), ("M", "Trade Value Import"))
    ]
    own = " ".join(f"WHEN '{code}' THEN '{iso3}'" for code, iso3 in _OWN_CODES.items())
    table = parts[0].union(parts[1]).mutate(reporter=f"CASE reporter {own} ELSE reporter END")
    constants = {"partner": "0", "hs_code": "unstated", "value_factor": "1", "year": year}
    return Reading(table, constants, sheet.rows)
