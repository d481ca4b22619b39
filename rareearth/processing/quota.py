"""Method A: China's official separation quota against the separated output of every other country.

    share = quota / (quota + output elsewhere)                                              (in t REO)

It is a **lower bound** of China's part in separation: imported ore and scrap stood outside the quota until
August 2025, and undocumented output before 2022 too. The interval covers what is not known of the output
elsewhere, nothing else: its ends are envelopes of extremes, not percentiles.
"""

from collections.abc import Sequence

import pandas as pd

from rareearth import facts
from rareearth.estimate import Estimate
from rareearth.processing.elsewhere import Term, origins, totals_t_reo

YEARS = tuple(range(2018, 2025))
METHOD = "separation quota / (separation quota + separated output outside China)"


def share_pct(quota_t_reo: float, elsewhere_t_reo: float) -> float:
    """Closed form of the method: 100 * quota / (quota + elsewhere)."""
    if quota_t_reo < 0 or elsewhere_t_reo < 0 or quota_t_reo + elsewhere_t_reo == 0:
        raise ValueError(f"no share of {quota_t_reo} and {elsewhere_t_reo} t REO")
    return 100 * quota_t_reo / (quota_t_reo + elsewhere_t_reo)


def quota(year: int) -> pd.Series:
    """The full-year separation quota of `year`: one row of china_quotas.

    Raises:
        LookupError: no full-year quota is published for the year.
    """
    table = facts.load_china_quotas()
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


def estimate(year: int, edition: str, terms: Sequence[Term]) -> Estimate:
    """China's share of the world's separation by the quota method.

    Args:
        year: Calendar year, one of `YEARS`.
        edition: USGS edition as which the terms were read; kept with the number.
        terms: Output outside China; see `elsewhere.terms`.

    Returns:
        A share in percent of t REO, all elements. low and high are bounds: the highest and the lowest sum
        of the terms.

    Raises:
        LookupError: no full-year quota is published for the year.
    """
    row = quota(year)
    low, central, high = totals_t_reo(terms)
    inputs, source_ids = origins(row, *terms)
    return Estimate(
        id=f"processing_share.quota.{year}",
        value=share_pct(row["value"], central),
        low=share_pct(row["value"], high),
        high=share_pct(row["value"], low),
        unit="pct",
        stage="separation",
        basis="t_reo",
        elements="all",
        reference_year=year,
        edition=edition,
        method=METHOD,
        inputs=inputs,
        source_ids=source_ids,
        interval="bounds: lowest and highest output elsewhere, not percentiles",
        note="lower bound for China: imported feed, scrap and undocumented output stand outside the quota",
    )
