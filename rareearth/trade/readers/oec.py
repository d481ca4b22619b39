"""OEC "Net trade" by country: exports and imports of one product with the whole world, for one year.

The product stands in no column: it is kept as `unstated`, and the rows are totals, never flows.
"""

import pyarrow as pa
import pyarrow.compute as pc

from rareearth.trade.readers.source import Sheet
from rareearth.trade.record import Reading, taken

NAME = "OEC net trade by country"
REQUIRED = {"ISO 3", "Trade Value Export", "Trade Value Import"}
# OEC writes Belgium-Luxembourg as one country.
_OWN_CODES = {"blx": "bel"}


def read(sheet: Sheet, year: str) -> Reading:
    """Each row as two records, its exports to and its imports from the world."""
    parts = []
    for flow, published in (("X", "Trade Value Export"), ("M", "Trade Value Import")):
        part = taken(sheet, {"reporter": "ISO 3", "value": published})
        parts.append(part.append_column("flow", pa.array([flow] * part.num_rows, pa.string())))
    table = pa.concat_tables(parts)
    reporter = table.column("reporter")
    for own, iso3 in _OWN_CODES.items():
        reporter = pc.if_else(pc.equal(reporter, own), iso3, reporter)
    table = table.set_column(table.column_names.index("reporter"), "reporter", reporter)
    constants = {"partner": "0", "hs_code": "unstated", "value_factor": "1", "year": year}
    return Reading(table, constants, sheet.body.num_rows)
