"""OEC "Net trade" by country: exports and imports of one product with the whole world, for one year.

The product stands in no column: it is kept as `unstated`, and the rows are totals, never flows.
"""

import ibis

from rareearth.trade.readers.source import Sheet
from rareearth.trade.record import Reading, taken

NAME = "OEC net trade by country"
REQUIRED = {"ISO 3", "Trade Value Export", "Trade Value Import"}
# OEC writes Belgium-Luxembourg as one country.
_OWN_CODES = {"blx": "bel"}


def read(sheet: Sheet, year: str) -> Reading:
    """Each row as two records, its exports to and its imports from the world."""
    parts = [
        taken(sheet, {"reporter": "ISO 3", "value": published}).mutate(flow=ibis.literal(flow))
        for flow, published in (("X", "Trade Value Export"), ("M", "Trade Value Import"))
    ]
    table = ibis.union(*parts)
    table = table.mutate(reporter=table.reporter.cases(*_OWN_CODES.items(), else_=table.reporter))
    constants = {"partner": "0", "hs_code": "unstated", "value_factor": "1", "year": year}
    return Reading(table, constants, sheet.rows)
