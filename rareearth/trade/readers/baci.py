"""CEPII BACI: year files (t,i,j,k,v,q), and the same flows re-labelled by ISO3 codes.

BACI gives one value for each flow, reconciled from both reports: it is kept as the exporter's, marked so.
"""

import re

from rareearth.refusal import Refused
from rareearth.trade.columns import Reading, taken
from rareearth.trade.readers.source import Sheet

NAME = "CEPII BACI year file"
NAME_LABELLED = "CEPII BACI labelled by country and material"
NAME_ISO3 = "CEPII BACI labelled by ISO3, value only"
REQUIRED = {"t", "i", "j", "k", "v", "q"}
REQUIRED_LABELLED = {"year", "exporter", "importer", "hs6", "value_kusd", "qty_t"}
REQUIRED_ISO3 = {"i", "j", "cmd", "value"}
# Tables that come with the year files; they hold no trade.
COMPANIONS = (
    {"country_code", "country_name", "country_iso2", "country_iso3"},
    {"code", "description"},
)
_REVISIONS = {"92": "H0", "96": "H1", "02": "H2", "07": "H3", "12": "H4", "17": "H5", "22": "H6"}
_CONSTANTS = {"flow": "X", "value_basis": "reconciled", "mass_estimated": "true", "mass_factor": "1000"}


def _revision(name: str) -> str:
    found = re.search(r"hs_?(92|96|02|07|12|17|22)(?!\d)", name, re.I)
    return _REVISIONS[found.group(1)] if found else ""


def read(sheet: Sheet, name: str) -> Reading:
    """A year file; values in thousand USD, quantities in tonnes. The revision stands in the file's name."""
    columns = {"year": "t", "reporter": "i", "partner": "j", "hs_code": "k", "value": "v", "mass": "q"}
    if "source_ids" in sheet.header:
        columns["source_id"] = "source_ids"
    constants = {**_CONSTANTS, "value_factor": "1000", "hs_revision": _revision(name)}
    return Reading(taken(sheet, columns), constants, sheet.rows)


def read_labelled(sheet: Sheet, name: str) -> Reading:
    """The same with names for the columns."""
    columns = {
        "year": "year",
        "reporter": "exporter",
        "partner": "importer",
        "hs_code": "hs6",
        "value": "value_kusd",
        "mass": "qty_t",
    }
    constants = {**_CONSTANTS, "value_factor": "1000", "hs_revision": _revision(name)}
    return Reading(taken(sheet, columns), constants, sheet.rows)


def read_iso3(sheet: Sheet, name: str, year: str) -> Reading:
    """Values in USD without year and quantity."""
    columns = {"reporter": "i", "partner": "j", "hs_code": "cmd", "value": "value"}
    constants = {**_CONSTANTS, "value_factor": "1", "hs_revision": _revision(name), "year": year}
    return Reading(taken(sheet, columns), constants, sheet.rows)


def refuse_companion(sheet: Sheet, name: str) -> Reading:
    """A table of codes: the project has its own.

    Raises:
        Refused: always.
    """
    raise Refused(f"{name}: a table of codes that comes with BACI, without trade (A13): give the year file")
