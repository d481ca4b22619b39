"""Amounts of money on one scale: US dollars at the rate of their own time, per GDP of the same year, per head.

The rule of the rate: the average of the month in which an amount was announced where it is published, else the
average of that year, and **never the rate of another year**. Where neither is published the amount stays in
its own currency and the reason is said. GDP is published in US dollars at the average rate of its year, so
an amount is divided by it at that rate too, which is the same as both in the currency of the country.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import tables

# A population changes by about 1 % a year, so one of a neighbouring year serves; a GDP does not.
POPULATION_YEARS_APART = 2


@dataclass(frozen=True)
class Figure:
    """A published number, or the range of those that sources print for one thing.

    Attributes:
        value: The one used: that of the source named first in the table.
        low: Lowest of the sources.
        high: Highest of the sources.
        period: Year or month that it holds for.
        figure_ids: Rows of data/raw.
        source_ids: Ids in data/raw/sources.csv.
    """

    value: float
    low: float
    high: float
    period: str
    figure_ids: tuple[str, ...]
    source_ids: tuple[str, ...]


def _figure(rows: pd.DataFrame, period: str) -> Figure | None:
    if rows.empty:
        return None
    values = rows["value"]
    sources = dict.fromkeys(source for ids in rows["source_ids"] for source in ids)
    return Figure(
        values.iloc[0], values.min(), values.max(), period, tuple(rows["figure_id"]), tuple(sources)
    )


def rate(currency: str, when: str) -> Figure | None:
    """US dollars for one unit of `currency`.

    Args:
        currency: ISO 4217 code.
        when: ``yyyy``, ``yyyy-mm`` or ``yyyy-mm-dd``.

    Returns:
        The average of the month, else of the year; None where neither is published.
    """
    if currency == "USD":
        return Figure(1.0, 1.0, 1.0, when, (), ())
    table = tables.load("fx_rates")
    rows = table[table["currency"] == currency]
    month = _figure(rows[rows["period"] == when[:7]], when[:7]) if len(when) > 4 else None
    return month or _figure(rows[rows["period"] == when[:4]], when[:4])


def gdp_usd(iso3: str, year: int) -> Figure | None:
    """GDP of exactly `year` in US dollars; None where it is not published."""
    found = _macro(iso3, "gdp", year)
    return found and Figure(
        found.value * 1e9, found.low * 1e9, found.high * 1e9, found.period, found.figure_ids, found.source_ids
    )


def population(iso3: str, year: int) -> Figure | None:
    """People in the published year nearest to `year`, at most `POPULATION_YEARS_APART` away."""
    table = tables.load("macro")
    known = table[(table["iso3"] == iso3) & (table["measure"] == "population")]["reference_year"]
    near = known[(known - year).abs() <= POPULATION_YEARS_APART]
    if near.empty:
        return None
    nearest = min(near, key=lambda other: (abs(other - year), other))
    found = _macro(iso3, "population", int(nearest))
    return Figure(
        found.value * 1e6, found.low * 1e6, found.high * 1e6, found.period, found.figure_ids, found.source_ids
    )


def _macro(iso3: str, measure: str, year: int) -> Figure | None:
    table = tables.load("macro")
    wanted = (table["iso3"] == iso3) & (table["measure"] == measure) & (table["reference_year"] == year)
    return _figure(table[wanted], str(year))
