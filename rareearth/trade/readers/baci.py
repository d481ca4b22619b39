"""CEPII BACI: year files (t,i,j,k,v,q), and the same flows with names for the columns.

BACI gives one value for each flow, reconciled from both reports: it is kept as the exporter's, and its basis says so.
"""

import re
from dataclasses import replace

from rareearth.trade.columns import Reading
from rareearth.trade.readers.layout import Layout, mapped
from rareearth.trade.readers.sheets import Sheet
from rareearth.trade.rules import YEARS


def _read(layout: Layout, sheet: Sheet) -> Reading:
    reading = mapped(layout, sheet)
    found = re.search(r"hs_?(?:19|20)?(92|96|02|07|12|17|22)(?!\d)", sheet.name, re.I)
    revision = YEARS[found.group(1)] if found else ""
    return reading._replace(constants={"hs_revision": revision, **reading.constants})


YEAR_FILE = Layout(
    "CEPII BACI",
    {
        "year": ("t",),
        "reporter": ("i",),
        "partner": ("j",),
        "hs_code": ("k",),
        "value": ("v",),
        "mass": ("q",),
        "source_id": ("source_ids",),
    },
    required=("year", "reporter", "partner", "hs_code", "value", "mass"),
    # Codes have six digits: to look for that takes less time than a pattern.
    sql={"hs_code": "CASE WHEN length(hs_code) = 5 THEN '0' || hs_code ELSE hs_code END"},
    constants={
        "flow": "X",
        "value_basis": "reconciled",
        "mass_estimated": "true",
        "value_factor": "1000",
        "mass_factor": "1000",
    },
    read=_read,
    source="CEPII, BACI_HS<revision>_Y<year>_V<version>.csv",
    units="value thousand USD, quantity t",
    traps="the revision stands in the file's name alone; one value a flow, reconciled from both reports; NA is missing; "
    "codes below 100000 have lost a zero",
)
LABELLED = replace(
    YEAR_FILE,
    name="CEPII BACI with names",
    columns={
        "year": ("year",),
        "reporter": ("exporter",),
        "partner": ("importer",),
        "hs_code": ("hs6",),
        "value": ("value_kusd",),
        "mass": ("qty_t",),
    },
    source="others, with BACI's rows: year, exporter, importer, hs6, value_kusd, qty_t",
)
BY_ISO3 = replace(
    YEAR_FILE,
    name="CEPII BACI by ISO code, values alone",
    columns={"reporter": ("i",), "partner": ("j",), "hs_code": ("cmd",), "value": ("value",)},
    required=("reporter", "partner", "hs_code", "value"),
    constants={**YEAR_FILE.constants, "value_factor": "1"},
    needs_year=True,
    source="others, with BACI's rows: i, j, cmd, value",
    units="value USD",
    traps="no year: the file's name or --year gives it",
)
