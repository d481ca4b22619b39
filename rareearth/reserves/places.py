"""The places of the reserve analysis: which have a page, who is in the G7 and in the European Union.

All of it is data/raw/plans/places.csv: a new country page is one row there.
"""

from rareearth import countries, tables
from rareearth.text import in_sentence

SUPPLIER = "CHN"
EU = "EUU"


def with_page() -> list[str]:
    """Codes of the countries that a page can be made for, in the order of the table."""
    return list(tables.select("places", country_page="yes")["iso3"])


def members(group: str) -> tuple[str, ...]:
    """Codes of the members of a group, ``G7`` or ``EU``, in alphabetical order."""
    rows = tables.select("places", group=lambda cells: cells.str.split(";").map(lambda words: group in words))
    return tuple(sorted(rows["iso3"]))


def in_prose(iso3: str) -> str:
    """The name inside a sentence, with an article where English has one."""
    return in_sentence(countries.name(iso3))
