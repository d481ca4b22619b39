"""What is printed of China's own output, in t REO: official quotas, and recycled magnets, which stand outside them.

The separation quota bounds what China separates from its own ore. Imported ore and scrap stood outside it until August
2025, and undocumented output before 2022 too. From 2025 on the quotas are not published. One source prints the output
from scrap, for two years; what others recycle is in no figure here, so counting scrap raises China's share.
"""

from functools import cache

import pandas as pd

from rareearth import tables
from rareearth.errors import Refused
from rareearth.quantity import Quantity
from rareearth.text import listed

YEARS = tuple(range(2018, 2025))
_SCRAP = {"measure": "scrap", "source_ids": "argus_recycled_2024"}


@cache
def quota(year: int, stage: str = "separation") -> pd.Series:
    """The full-year quota of all elements for ``separation`` or ``mine``: one row of china_quotas, not to be changed.

    Raises:
        Refused: no full-year quota is published for the year.
    """
    asked = {"reference_year": year, "stage": stage, "batch": "full_year", "elements": "all"}
    rows = tables.select("china_quotas", value=pd.Series.notna, **asked)
    return tables.select(rows.drop_duplicates("value"), reference_year=year, one=True)


def growth(year: int) -> Quantity:
    """The quota of a year over that of the last published year: 1 where it is published.

    The last known growth is the most likely one. The largest growth that was ever published is the upper end, the last
    one with its sign turned the lower end.
    """
    if year in YEARS:
        return Quantity(f"quota of {year} over the published one", 1, 1, 1, "ratio")
    rows = pd.DataFrame(map(quota, YEARS))
    steps = (rows["value"] / rows["value"].shift()).dropna()
    last = steps.iloc[-1]
    name = f"quota of {year} over that of {YEARS[-1]}"
    reason = f"the quota of {year} is not published: last growth, the largest one, and the last one as a fall"
    return Quantity.among(name, [last, 2 - last, steps.max()], "ratio", rows, reason=reason, kind="expert")


def recovery() -> Quantity:
    """Separated output per content of ore in China, from the lowest ratio of the two quotas of a year to no loss."""
    pairs = ((quota(year), quota(year, "mine")) for year in YEARS)
    made, mined = min(pairs, key=lambda pair: pair[0]["value"] / pair[1]["value"])
    ratio = made["value"] / mined["value"]
    reason = "from the lowest ratio of separation to mining quota of one year to no loss"
    return Quantity.within("recovery in China", ratio, 1, "ratio", made, mined, reason=reason)


def clay() -> Quantity:
    """The mining quota of ionic clay, the ore of dysprosium and terbium: one figure in every year that prints it."""
    asked = {"stage": "mine", "batch": "full_year", "elements": "heavy", "reference_year": YEARS}
    rows = tables.select("china_quotas", **asked)
    return Quantity.of(rows.iloc[-1], "mining quota of ionic clay", "t_reo")


def scrap_years() -> tuple[int, ...]:
    """The years whose output of all elements from scrap is published."""
    rows = tables.select("processing_by_country", elements="all", **_SCRAP)
    return tuple(sorted(rows["reference_year"].astype(int)))


def scrap(year: int, elements: str) -> Quantity:
    """Recycled output of one of `scrap_years` in t REO, as published, of ``all``, ``ndpr`` or one element.

    Raises:
        Refused: nothing is published for the year.
    """
    rows = tables.select("processing_by_country", elements=elements, reference_year=year, **_SCRAP)
    if rows.empty:
        raise Refused(
            f"China's output from scrap is published for {listed(map(str, scrap_years()))}, not for {year}: leave scrap "
            "out, or choose one"
        )
    return Quantity.of(rows.iloc[0], "China", "t_reo", reason="recycled magnets, outside quotas")
