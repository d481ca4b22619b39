"""Amounts of money on one scale: US dollars at the rate of their own time, per GDP of the same year, per head.

The rule of the rate: the average of the month in which an amount was announced where it is published, else the
average of that year, and **never the rate of another year**. Where neither is published the amount stays in
its own currency, with the reason. GDP is published in US dollars at the average rate of its year, so
an amount is divided by it at that rate too, which is the same as both in the currency of the country.

Each number is a `Quantity` named by its period: the value of the source that is named first, between the lowest and the
highest of the sources.
"""

import pandas as pd

from rareearth import tables
from rareearth.quantity import Quantity, origins

# A population changes by about 1 % a year, so one of a neighbouring year serves; a GDP does not.
POPULATION_YEARS_APART = 2


def _of(rows: pd.DataFrame, period: str, unit: str, times: float = 1) -> Quantity | None:
    if rows.empty:
        return None
    values = rows["value"] * times
    return Quantity(period, values.min(), values.iloc[0], values.max(), unit, *origins(rows))


def rate(currency: str, when: str) -> Quantity | None:
    """US dollars for one unit of `currency`.

    Args:
        currency: ISO 4217 code.
        when: ``yyyy``, ``yyyy-mm`` or ``yyyy-mm-dd``.

    Returns:
        The average of the month, else of the year; None where neither is published.
    """
    unit = f"usd/{currency.lower()}"
    if currency == "USD":
        return Quantity(when, 1.0, 1.0, 1.0, unit)
    rows = tables.select("fx_rates", currency=currency)
    periods = dict.fromkeys((when[:7], when[:4]))
    found = (_of(tables.select(rows, period=period), period, unit) for period in periods)
    return next((one for one in found if one), None)


def gdp_usd(iso3: str, year: int) -> Quantity | None:
    """GDP of exactly `year` in US dollars; None where it is not published."""
    rows = tables.select("macro", iso3=iso3, measure="gdp", reference_year=year)
    return _of(rows, str(year), "usd", 1e9)


def population(iso3: str, year: int) -> Quantity | None:
    """People in the published year nearest to `year`, at most `POPULATION_YEARS_APART` away."""
    rows = tables.select("macro", iso3=iso3, measure="population")
    apart = (rows["reference_year"] - year).abs()
    near = rows[apart <= POPULATION_YEARS_APART]
    if near.empty:
        return None
    nearest = min(near["reference_year"], key=lambda other: (abs(other - year), other))
    return _of(tables.select(near, reference_year=nearest), str(nearest), "people", 1e6)
