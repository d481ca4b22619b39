"""Two surveys of one country's mine output: how far the British Geological Survey lies from USGS, and its share of China.

What USGS revises says nothing of what another survey counts. The ratios are those of the years before the ones whose
shares are held against the estimate, so no value tests itself. Four countries are left out, as the surveys do not
count the same there or another input has the difference: China (undocumented output), Myanmar (content of its oxide),
Australia (the British survey counts the oxide that is made in Malaysia), the USA (one company reports both).
"""

from functools import cache

import numpy as np
import pandas as pd

from rareearth import tables
from rareearth.processing import mass_balance, revisions

FIRST_YEAR, LAST_YEAR = 2018, 2021
NEWEST_YEAR = 2024
_NOT_COMPARED = ("CHN", "MMR", "AUS", "USA")
_BRITISH = "BGS WMS"


def _british(year: int) -> pd.DataFrame:
    table = tables.load("mine_production")
    return table[(table["reference_year"] == year) & table["edition"].str.startswith(_BRITISH)]


@cache
def observed() -> pd.DataFrame:
    """Mine output of one country and year in both surveys.

    Returns:
        Columns iso3, reference_year, usgs_t_reo, british_t_reo, log_ratio (of the second to the first); shared, not
        to be changed.
    """
    table = tables.load("mine_production")
    final = table[(table["edition"] == revisions.FINAL) & table["value"].gt(0)]
    final = final[~final["iso3"].isin(["", "WLD", *_NOT_COMPARED])]
    rows = []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        one = final[final["reference_year"] == year].drop_duplicates("iso3").set_index("iso3")["value"]
        two = _british(year).set_index("iso3")["value"]
        for iso3 in sorted(set(one.index) & set(two.index[two > 0])):
            found = float(one[iso3]), float(two[iso3])
            rows.append((iso3, year, *found, float(np.log(found[1] / found[0]))))
    columns = ["iso3", "reference_year", "usgs_t_reo", "british_t_reo", "log_ratio"]
    return pd.DataFrame(rows, columns=columns)


def factors(probability: np.ndarray) -> np.ndarray:
    """Quantiles of the factor from USGS's figure to the truth: either survey as likely to be right."""
    ratios = observed()["log_ratio"].to_numpy()
    return revisions.factors(np.concatenate([np.zeros_like(ratios), ratios]), probability)


def share_pct(year: int) -> float:
    """China's part of the British survey's countries, with USGS's figure for the United States, which it lacks.

    Args:
        year: Up to `NEWEST_YEAR`.
    """
    countries = _british(year).set_index("iso3")["value"].drop("WLD", errors="ignore")
    usa = mass_balance.mined(year, revisions.EDITIONS[-1]).set_index("iso3").loc["USA", "value"]
    return float(100 * countries["CHN"] / (countries.sum() + usa))


def source_ids() -> tuple[str, ...]:
    """Sources of the British survey's figures that are compared."""
    rows = pd.concat([_british(year) for year in range(FIRST_YEAR, LAST_YEAR + 1)])
    return tuple(dict.fromkeys(source for ids in rows["source_ids"] for source in ids))
