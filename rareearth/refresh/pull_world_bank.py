"""GDP in current US dollars and local currency, and population, from the World Bank; untested against the live service.

Gives editions of money/macro.csv in its units: billions of the currency, millions of people. The World Bank has no
figures for Taiwan.
"""

from decimal import Decimal

from rareearth.refresh import world_bank
from rareearth.refresh.changes import Row
from rareearth.refresh.edition import Pulled, Visit, in_hand

TABLE = "money/macro.csv"
_FIRST_YEAR = 2019
# Indicator, the table's measure and unit, and how many of the publisher's units one of the table's has.
_MEASURES = (
    ("NY.GDP.MKTP.CD", "gdp", "usd bn", 10**9),
    ("NY.GDP.MKTP.CN", "gdp_lcu", "lcu bn", 10**9),
    ("SP.POP.TOTL", "population", "m", 10**6),
)


def pull(visit: Visit, base: str = world_bank.BASE) -> list[Pulled]:
    """An edition of the table, named by the day of the visit.

    Raises:
        Refused: see `world_bank.series`.
    """
    before = [row for row in in_hand(TABLE, visit.root) if row["iso3"] != "TWN"]
    areas = sorted({row["iso3"] for row in before})
    rows, urls, updated_on = [], [], ""
    for indicator, measure, unit, size in _MEASURES:
        found = world_bank.series(visit, base, indicator, areas, f"{_FIRST_YEAR}:{visit.now.year - 1}")
        rows += [_row(record, measure, unit, size, visit.day) for record in found.records]
        urls += found.urls
        updated_on = max(updated_on, found.updated_on)
    source = {
        "source_id": f"wb-macro-{visit.day}",
        "title": "World Development Indicators: NY.GDP.MKTP.CD, NY.GDP.MKTP.CN, SP.POP.TOTL",
        "publisher": "World Bank",
        "published_on": updated_on,
        "url": urls[0],
        "kind": "official",
        "licence": world_bank.LICENCE,
    }
    key = ("iso3", "reference_year", "measure")
    return [Pulled(TABLE, visit.day, rows, key, ("value",), before, "macro", source, tuple(urls))]


def _row(record: dict, measure: str, unit: str, size: int, day: str) -> Row:
    return {
        "iso3": record["countryiso3code"],
        "reference_year": record["date"],
        "measure": measure,
        "value": f"{Decimal(record['value']) / size:.3f}",
        "unit": unit,
        "edition": day,
        "confidence": "high",
    }
