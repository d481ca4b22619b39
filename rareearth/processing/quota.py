"""Method A: China's official separation quota against the separated output of every other country.

    share = quota / (quota + output elsewhere)                                              (in t REO)

It is a **lower bound** of China's part in separation: imported ore and scrap stood outside the quota until August 2025,
and undocumented output before 2022 too. With all imported feed added (A+) it becomes an upper bound of the same
quantity. Both, with their uncertainty, are made in `simulation`.
"""

from functools import cache

import pandas as pd

from rareearth import tables

YEARS = tuple(range(2018, 2025))


def share_pct(quota_t_reo: float, elsewhere_t_reo: float) -> float:
    """Closed form of the method: 100 * quota / (quota + elsewhere)."""
    if quota_t_reo < 0 or elsewhere_t_reo < 0 or quota_t_reo + elsewhere_t_reo == 0:
        raise ValueError(f"no share of {quota_t_reo} and {elsewhere_t_reo} t REO")
    return 100 * quota_t_reo / (quota_t_reo + elsewhere_t_reo)


@cache
def quota(year: int) -> pd.Series:
    """The full-year separation quota of `year`: one row of china_quotas, shared and not to be changed.

    Raises:
        LookupError: no full-year quota is published for the year.
    """
    table = tables.load("china_quotas")
    rows = table[
        (table["reference_year"] == year)
        & (table["stage"] == "separation")
        & (table["batch"] == "full_year")
        & (table["elements"] == "all")
        & table["value"].notna()
    ]
    if len(rows) != 1:
        raise LookupError(f"{len(rows)} full-year separation quotas for {year}, expected 1")
    return rows.iloc[0]
