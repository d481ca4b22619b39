"""How USGS revises its own mine output: the error model of an edition, and a hindcast that tests it.

The first print of a year is an estimate that the next edition revises, by a factor of 2 or 10 for some countries. The
observed ratios of later to earlier prints, by the size of the figure, are resampled as they are: their median is no
standard deviation. The hindcast shows that such intervals hold too little, because the newest editions revise more than
any before, so the logarithm of every ratio is multiplied by a spread. A revision is not the error to the truth: what
all editions have in common, such as China's quota taken for its output, no revision shows.

What USGS revises says nothing of what another survey counts, so the British Geological Survey is compared apart. Its
ratios are those of the years before the ones whose shares are held against the estimate: no value tests itself. Four
countries are left out, as the surveys do not count the same there or another input has the difference: China
(undocumented output), Myanmar (content of its oxide), Australia (the British survey counts the oxide that is made in
Malaysia), the USA (one company reports both).
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from rareearth import tables
from rareearth.processing import balance
from rareearth.quantity import PERCENTILES, Estimate, Quantity, origins
from rareearth.uncertainty import ENDS

# One a year: each revises the first print of the one before.
EDITIONS = tuple(name for name in tables.releases() if name.startswith("MCS") and name >= "MCS2019")
FINAL = "MYB2022"
BRITISH = "BGS WMS"
SURVEYS_COMPARED = range(2018, 2022)
NEWEST_BRITISH_YEAR = 2024
_NOT_COMPARED = ("CHN", "MMR", "AUS", "USA")
SIZES = {"under 1,000 t": (0, 1_000), "1,000 to 10,000 t": (1_000, 10_000), "10,000 t and more": (10_000, np.inf)}


def size_of(value_t_reo: float) -> str:
    """The size class of a mine output: a key of `SIZES`."""
    return next(name for name, (low, high) in SIZES.items() if low <= value_t_reo < high)


def _printed(editions: Sequence[str], *left_out: str) -> pd.DataFrame:
    """Mine output above 0 of countries, in t REO, as these editions print it."""
    rows = tables.select("mine_production", edition=editions)
    return rows[(rows["value"] > 0) & ~rows["iso3"].isin(["", "WLD", *left_out])]


@cache
def observed() -> pd.DataFrame:
    """Every pair of prints of one country and year: the first and the next edition, the second and the final table.

    Returns:
        Columns iso3, reference_year, earlier, later (editions), kind (``first`` or ``later``), value_earlier_t_reo,
        value_later_t_reo, log_ratio, size; shared, not to be changed. China is left out: its figure is the quota, and is revised with it.
    """
    prints = _printed([*EDITIONS, FINAL]).set_index(["iso3", "reference_year", "edition"])["value"].to_dict()
    pairs = [(one, two, "first", 1) for one, two in zip(EDITIONS, EDITIONS[1:], strict=False)]
    pairs += [(edition, FINAL, "later", 2) for edition in EDITIONS]
    rows = []
    for earlier, later, kind, age in pairs:
        # Each edition prints the year before it for the first time.
        year = int(earlier[3:]) - age
        for iso3 in sorted({iso3 for iso3, *_ in prints} - {"CHN"}):
            one, two = (prints.get((iso3, year, edition)) for edition in (earlier, later))
            if one and two:
                rows.append((iso3, year, earlier, later, kind, one, two, np.log(two / one), size_of(one)))
    columns = "iso3 reference_year earlier later kind value_earlier_t_reo value_later_t_reo log_ratio size"
    return pd.DataFrame(rows, columns=columns.split())


@cache
def log_ratios(size: str, kind: str, without: str = "") -> np.ndarray:
    """The observed log ratios of one of `SIZES`, of the ``first`` or a ``later`` revision.

    For a hindcast the revision of one edition by the next is left out: that of `without`.
    """
    rows = tables.select(observed(), size=size, kind=kind)
    return rows.loc[rows["earlier"] != without, "log_ratio"].to_numpy()


def kind_of(edition: str, year: int) -> str:
    """Whether a figure of `year` in `edition` is its first print, or one that was revised already."""
    return "first" if edition in EDITIONS and int(edition[3:]) == year + 1 else "later"


def factors(log_ratio: np.ndarray, probability: np.ndarray, spread: float = 1.0) -> np.ndarray:
    """Quantiles of the factor by which a figure is still revised, each of the observed ratios (`log_ratios`) as likely.

    The logarithms are multiplied by `spread`; probabilities go from 0 to 1.
    """
    nodes = (np.arange(len(log_ratio)) + 0.5) / len(log_ratio)
    return np.exp(spread * np.interp(probability, nodes, np.sort(log_ratio)))


def spread_of(size: str, spread: float) -> float:
    """The spread of a size class: 1 below 1,000 t, where a wider one holds no more figures and 28 times was observed."""
    return 1.0 if SIZES[size][0] == 0 else spread


def hindcast(spread: float = 1.0) -> pd.DataFrame:
    """For each pair of editions: does the interval from the earlier one hold the value of the later one?

    The interval of a country is its first print times the ends of the revisions of its size class in the other pairs, never
    those of its own pair, with the spread of `factors`.

    Returns:
        One row a country and pair: the columns of `observed`, low_t_reo, high_t_reo, inside (bool).
    """
    table = tables.select(observed(), kind="first").reset_index(drop=True)
    ends = [
        row.value_earlier_t_reo
        * factors(log_ratios(size, "first", row.earlier), np.array(ENDS), spread_of(size, spread))
        for row, size in zip(table.itertuples(), table["size"], strict=True)
    ]
    table["low_t_reo"], table["high_t_reo"] = np.array(ends).T
    # Figures are rounded to two digits: a value at the end of the interval is inside.
    later = table["value_later_t_reo"]
    table["inside"] = later.between(table["low_t_reo"] * 0.999, table["high_t_reo"] * 1.001)
    return table


def differences(year: int, earlier: str, later: str) -> pd.DataFrame:
    """Mine output of `year` in two editions, a row a country, in t REO, with the change in percent.

    Raises:
        Refused: an edition does not print the countries of the year.
    """
    both = [balance.mined(year, edition) for edition in (earlier, later)]
    one, two = (rows.set_index("entity")["value"] for rows in both)
    table = pd.DataFrame({earlier: one, later: two}).fillna(0.0)
    table = table.sort_values(later, ascending=False, kind="stable")
    table.loc["World (sum)"] = table.sum()
    change = 100 * (table[later] / table[earlier].where(table[earlier] > 0) - 1)
    sources = [origins(*both)[1]] * len(table)
    return table.assign(**{"Change, %": change}, source_ids=sources).rename_axis("Country").reset_index()


# --- Another survey of the same mines ---


def _british(year: int) -> pd.DataFrame:
    rows = tables.select("mine_production", reference_year=year)
    return rows[rows["edition"].str.startswith(BRITISH) & (rows["iso3"] != "WLD")]


@cache
def surveys() -> pd.DataFrame:
    """Mine output of one country and year by USGS and by the British survey.

    Returns:
        Columns iso3, reference_year, usgs_t_reo, british_t_reo, log_ratio (of the second to the first), figure_id and
        source_ids (lists of both); shared, not to be changed.
    """
    key = ["iso3", "reference_year"]
    final = _printed([FINAL], *_NOT_COMPARED).drop_duplicates(key)
    british = pd.concat(_british(year) for year in SURVEYS_COMPARED)
    both = final.merge(british[british["value"] > 0], on=key, suffixes=("_usgs", "_british"))
    ids = both[["figure_id_usgs", "figure_id_british"]]
    return both[key].assign(
        usgs_t_reo=both["value_usgs"],
        british_t_reo=both["value_british"],
        log_ratio=np.log(both["value_british"] / both["value_usgs"]),
        figure_id=ids.to_numpy().tolist(),
        source_ids=both["source_ids_usgs"] + both["source_ids_british"],
    )


def british_over_usgs() -> Estimate:
    """How far the two surveys lie apart, in the same country and year: their ratio."""
    table = surveys()
    low, middle, high = np.exp(np.quantile(table["log_ratio"], (ENDS[0], 0.5, ENDS[1])))
    return Quantity("British over USGS", low, middle, high, "ratio").estimate(
        "mine_output.british_over_usgs",
        axes="mine t_reo all",
        reference_year=SURVEYS_COMPARED[-1],
        edition=FINAL,
        method="mine output by the British survey / by USGS, in the same country and year",
        inputs=tuple(one for pair in table["figure_id"] for one in pair),
        source_ids=tuple(dict.fromkeys(one for ids in table["source_ids"] for one in ids)),
        interval=f"{PERCENTILES} of {len(table)} ratios of {SURVEYS_COMPARED[0]} to {SURVEYS_COMPARED[-1]}",
    )


def survey_factors(probability: np.ndarray) -> np.ndarray:
    """Quantiles of the factor from USGS's figure to the truth: either survey as likely to be right."""
    ratios = surveys()["log_ratio"].to_numpy()
    return factors(np.concatenate([np.zeros_like(ratios), ratios]), probability)


def british_share_pct(year: int) -> float:
    """China's part of the British survey's countries (up to `NEWEST_BRITISH_YEAR`), with USGS's figure for the USA, which it lacks."""
    countries = _british(year).set_index("iso3")["value"]
    usa = balance.mined(year, EDITIONS[-1]).set_index("iso3").loc["USA", "value"]
    return float(100 * countries["CHN"] / (countries.sum() + usa))


def undocumented(year: int) -> Quantity:
    """China's undocumented over its documented output: from none to how far the British survey lies above USGS.

    The survey lists Myanmar apart, so the difference is not Myanmar's ore. From 2022 on the surveys agree, and it is 0.
    """
    name = "undocumented output of China"
    if year not in SURVEYS_COMPARED:
        return Quantity(name, 0, 0, 0, "ratio", reason="the surveys agree from 2022 on")
    row = tables.select(_british(year), iso3="CHN", one=True)
    usgs = tables.select("mine_production", iso3="CHN", reference_year=year, edition=FINAL, one=True)
    gap = max(0.0, row["value"] / usgs["value"] - 1)
    reason = "none to all of the gap between two surveys; none from 2022"
    return Quantity.within(name, 0, gap, "ratio", row, reason=reason)
