"""The World Bank's Indicators API, version 2: GDP and population (`macro`), annual exchange rates (`fx`).

An answer is a list of two: the paging, and the records. An error is a list of one object with ``message``.
https://datahelpdesk.worldbank.org/knowledgebase/articles/898581
"""

from decimal import Context, Decimal
from typing import Annotated

from pydantic import Field

from rareearth.refresh.client import Amount, Day, Record, Year, plain
from rareearth.refresh.editions import Edition, Run

BASE = "https://api.worldbank.org"
MACRO, FX = "money/macro.csv", "money/fx_rates.csv"
RATE = "PA.NUS.FCRF"
# Indicator, the table's measure and unit, the size of that unit, and a value that no country reaches.
_MEASURES = (
    ("NY.GDP.MKTP.CD", "gdp", "usd bn", 10**9, 10**15),
    ("NY.GDP.MKTP.CN", "gdp_lcu", "lcu bn", 10**9, 10**18),
    ("SP.POP.TOTL", "population", "m", 10**6, 10**10),
)
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
_FIRST_YEAR = {MACRO: 2019, FX: 2009}
_LICENCE = "CC BY 4.0 (World Bank, World Development Indicators)"
_RATE_DIGITS = 6
_ONE_PAGE = 20_000


class _Indicator(Record):
    id: str


class _Value(Record):
    indicator: _Indicator
    countryiso3code: str
    date: Year
    value: Annotated[Decimal, Field(gt=0, lt=10**18, decimal_places=20)] | None


class _Paging(Record):
    pages: Annotated[Decimal, Field(ge=0, le=1)]
    total: Amount
    lastupdated: Day


def macro(run: Run, base: str = BASE) -> list[Edition]:
    """An edition of money/macro.csv in its units; the World Bank has no figures for Taiwan.

    Raises:
        Refused: see `_series`.
    """
    before = [row for row in run.in_hand(MACRO) if row["iso3"] != "TWN"]
    areas, rows, updated = sorted({row["iso3"] for row in before}), [], ""
    for indicator, measure, unit, size, limit in _MEASURES:
        # A thousandth of the unit is the last digit that is kept.
        values, day = _series(run, base, indicator, areas, _FIRST_YEAR[MACRO], (size // 1000, limit))
        updated = max(updated, day)
        rows += [
            {
                "iso3": one.countryiso3code,
                "reference_year": one.date,
                "measure": measure,
                "value": f"{one.value / size:.3f}",
                "unit": unit,
                "edition": run.day,
                "confidence": "high",
            }
            for one in values
        ]
    title = f"World Development Indicators: {', '.join(measure[0] for measure in _MEASURES)}"
    source = run.source(f"wb-macro-{run.day}", title, "World Bank", updated, _LICENCE)
    key = ("iso3", "reference_year", "measure")
    return [Edition(MACRO, run.day, rows, key, ("value",), before, "macro", source, run.urls)]


def fx(run: Run, base: str = BASE) -> list[Edition]:
    """An edition of money/fx_rates.csv: US dollars for one unit, the inverse of the published annual average.

    The World Bank has no rate of the New Taiwan dollar and no months.

    Raises:
        Refused: see `_series`.
    """
    values, updated = _series(run, base, RATE, sorted(CURRENCIES), _FIRST_YEAR[FX], (0, 10**9))
    rows = [
        {
            "currency": CURRENCIES[one.countryiso3code],
            "period": one.date,
            "period_kind": "calendar_year",
            "reference_year": one.date,
            "value": f"{Context(prec=_RATE_DIGITS).divide(1, one.value).normalize():f}",
            "unit": "usd per unit",
            "edition": run.day,
            "confidence": "high",
            "note": f"1 / {plain(one.value)}, the published rate",
        }
        for one in values
    ]
    before = [
        row
        for row in run.in_hand(FX)
        if row["period_kind"] == "calendar_year"
        and row["currency"] in CURRENCIES.values()
        and int(row["reference_year"]) >= _FIRST_YEAR[FX]
    ]
    title = f"World Development Indicators: {RATE}, official exchange rate, period average"
    source = run.source(f"wb-fx-{run.day}", title, "World Bank", updated, _LICENCE)
    return [Edition(FX, run.day, rows, ("currency", "period"), ("value",), before, "fx", source, run.urls)]


def _series(
    run: Run, base: str, indicator: str, areas: list[str], first: int, limits: tuple[int, int]
) -> tuple[list[_Value], str]:
    """The values of an indicator, which are between limits, and the day on which the publisher last changed it.

    Raises:
        Refused: an error, no values, more than one page, fewer records than announced, something else than asked, or a value
            outside the limits.
    """
    last = run.now.year - 1
    answer = run.fetch(
        f"{base}/v2/country/{';'.join(areas)}/indicator/{indicator}"
        f"?format=json&date={first}:{last}&per_page={_ONE_PAGE}"
    )
    paging, found = answer.json(tuple[_Paging, list[_Value] | None])
    records = found or []
    if len(records) != paging.total:
        raise answer.refusal(f"{len(records)} records where 'total' says {paging.total}", "try again")
    answer.only("indicator", {one.indicator.id for one in records}, {indicator})
    answer.only("countryiso3code", {one.countryiso3code for one in records}, set(areas))
    answer.only("date", {one.date for one in records}, {str(year) for year in range(first, last + 1)})
    values = [one for one in records if one.value is not None]
    if not values:
        raise answer.refusal(f"no values of {indicator} since {first}", "look whether it has another code now")
    low, high = limits
    if outside := [one for one in values if not low <= one.value < high]:
        what = f"{indicator} of {outside[0].countryiso3code} in {outside[0].date} is {outside[0].value:.3E}"
        raise answer.refusal(f"{what}, which is outside {low:,} to {high:,}", "look at it there")
    return values, paging.lastupdated
