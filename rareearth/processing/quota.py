"""China's official quotas: how much may be mined and separated in a year, in t REO.

The separation quota bounds what China separates from its own ore. Imported ore and scrap stood outside it until August
2025, and undocumented output before 2022 too. From 2025 on the quotas are not published.
"""

from functools import cache

import pandas as pd

from rareearth import tables
from rareearth.quantity import Quantity

YEARS = tuple(range(2018, 2025))


@cache
def quota(year: int, stage: str = "separation") -> pd.Series:
    """The full-year quota of all elements for ``separation`` or ``mine``: one row of china_quotas, not to be changed.

    Raises:
        Refused: no full-year quota is published for the year.
    """
    rows = tables.select(
        "china_quotas",
        reference_year=year,
        stage=stage,
        batch="full_year",
        elements="all",
        value=pd.Series.notna,
    )
    return tables.select(rows.drop_duplicates("value"), reference_year=year, one=True)


def growth(year: int) -> Quantity:
    """The quota of a year over that of the last published year: 1 where it is published.

    The last known growth is the most likely one. The largest growth that was ever published is the upper end, the last
    one with its sign turned the lower end.
    """
    if year in YEARS:
        return Quantity(f"quota of {year} over the published one", 1, 1, 1, "ratio")
    rows = [quota(one) for one in YEARS]
    steps = [later["value"] / earlier["value"] for earlier, later in zip(rows, rows[1:], strict=False)]
    last = steps[-1]
    return Quantity.among(
        f"quota of {year} over that of {YEARS[-1]}",
        [last, 2 - last, max(steps)],
        "ratio",
        pd.DataFrame(rows),
        reason=f"the quota of {year} is not published: last growth, the largest one, and the last one as a fall",
        kind="expert",
    )


def recovery() -> Quantity:
    """Separated output per content of ore in China, from the lowest ratio of the two quotas of a year to no loss."""
    pairs = [(quota(year), quota(year, "mine")) for year in YEARS]
    lowest = min(pairs, key=lambda pair: pair[0]["value"] / pair[1]["value"])
    ratio = lowest[0]["value"] / lowest[1]["value"]
    reason = "from the lowest ratio of separation to mining quota of one year to no loss"
    return Quantity.within("recovery in China", ratio, 1, "ratio", *lowest, reason=reason)


def clay() -> Quantity:
    """The mining quota of ionic clay, the ore of dysprosium and terbium: one figure in every year that prints it."""
    rows = tables.select(
        "china_quotas",
        stage="mine",
        batch="full_year",
        elements="heavy",
        reference_year=lambda years: years.between(YEARS[0], YEARS[-1]),
    )
    return Quantity.of(rows.iloc[-1], "mining quota of ionic clay", "t_reo")
