"""Annual exchange rates from the World Bank (PA.NUS.FCRF, annual average); untested against the live service.

Gives editions of money/fx_rates.csv: US dollars for one unit, the inverse of what is published. The World Bank has
no rate of the New Taiwan dollar and no months.
"""

from decimal import Decimal

from rareearth.errors import Refused
from rareearth.refresh import world_bank
from rareearth.refresh.changes import Row
from rareearth.refresh.edition import Pulled, Visit, in_hand

TABLE = "money/fx_rates.csv"
INDICATOR = "PA.NUS.FCRF"
_FIRST_YEAR = 2009
# The World Bank's area to the currency whose rate it publishes; EMU is the euro area.
CURRENCIES = {
    "AUS": "AUD",
    "CAN": "CAD",
    "CHN": "CNY",
    "EMU": "EUR",
    "GBR": "GBP",
    "IND": "INR",
    "JPN": "JPY",
    "KOR": "KRW",
}
_DIGITS = 6


def pull(visit: Visit, base: str = world_bank.BASE) -> list[Pulled]:
    """An edition of the table, named by the day of the visit.

    Raises:
        Refused: a rate is not above 0, or see `world_bank.series`.
    """
    years = f"{_FIRST_YEAR}:{visit.now.year - 1}"
    found = world_bank.series(visit, base, INDICATOR, sorted(CURRENCIES), years)
    rows = [_row(record, visit.day) for record in found.records]
    before = [
        row
        for row in in_hand(TABLE, visit.root)
        if row["period_kind"] == "calendar_year" and row["currency"] in CURRENCIES.values()
    ]
    source = {
        "source_id": f"wb-fx-{visit.day}",
        "title": f"World Development Indicators: {INDICATOR}, official exchange rate, period average",
        "publisher": "World Bank",
        "published_on": found.updated_on,
        "url": found.urls[0],
        "kind": "official",
        "licence": world_bank.LICENCE,
    }
    key = ("currency", "period")
    return [Pulled(TABLE, visit.day, rows, key, ("value",), before, "fx", source, found.urls)]


def _row(record: dict, day: str) -> Row:
    area, year, per_dollar = record["countryiso3code"], record["date"], Decimal(record["value"])
    if area not in CURRENCIES or per_dollar <= 0:
        raise Refused(f"World Bank: {INDICATOR} of {area!r} in {year} is {per_dollar}: look at it there")
    return {
        "currency": CURRENCIES[area],
        "period": year,
        "period_kind": "calendar_year",
        "reference_year": year,
        "value": _inverse(per_dollar),
        "unit": "usd per unit",
        "edition": day,
        "confidence": "high",
        "note": f"1 / {per_dollar.normalize():f}, the published rate",
    }


def _inverse(rate: Decimal) -> str:
    value = 1 / rate
    return f"{round(value, _DIGITS - value.adjusted() - 1).normalize():f}"
