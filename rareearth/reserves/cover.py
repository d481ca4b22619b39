"""Days of cover: what a target in days means in tonnes, where a consumption is published.

    tonnes = consumption a year x days / 365

Almost no inventory of rare earths is public, so the honest direction is backwards, from a target to tonnes. A
consumption in tonnes is published for the United States, Japan, Taiwan, China and, as magnets, the European
Union. The result is an illustrative equivalent: targets hold for each mineral, and which mineral has which
target is not public.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import tables
from rareearth.quantity import Estimate

DAYS_A_YEAR = 365
TARGET_DAYS = (30, 60, 180)
METHOD = f"consumption a year x days / {DAYS_A_YEAR}"
PLACES = {
    "USA": "United States",
    "JPN": "Japan",
    "TWN": "Taiwan",
    "CHN": "China",
    "EUU": "European Union",
}


# Targets of places whose consumption in tonnes nobody publishes.
UNDISCLOSED = "consumption in tonnes is not published"


@dataclass(frozen=True)
class _Series:
    """Which rows are the consumption of a place, and what their spread means.

    Attributes:
        words: Text of ``unit_published`` in demand, or of ``measure_published`` in ree_demand_inputs.
        spread: ``editions`` of one year, ``years``, ``projection`` beside today, or ``none``.
    """

    words: str
    material: str
    basis: str
    spread: str
    note: str


_SERIES = {
    "USA": _Series(
        "t REO apparent consumption, compounds and metals", "rare earths", "t_reo", "editions", ""
    ),
    "JPN": _Series("t demand", "rare earths", "unstated", "years", "the basis of the tonnes is not stated"),
    "TWN": _Series(
        "consumption", "rare earths", "unstated", "projection", "the basis of the tonnes is not stated"
    ),
    "CHN": _Series("t REO consumption", "rare earths", "t_reo", "none", "old: no newer tonnage is published"),
    "EUU": _Series(
        "consumption", "permanent magnets", "t_magnet", "none", "magnets, never to be added to oxide"
    ),
}
_INTERVAL = {
    "editions": "range of the editions that print the year, not percentiles",
    "years": "lowest and highest of the published years, not percentiles",
    "projection": "from the figure of today to the projection, not percentiles",
    "none": "no interval: one published figure",
}


def _rows(iso3: str) -> pd.DataFrame:
    """The published consumption of a place: columns of demand, oldest edition first."""
    series = _SERIES[iso3]
    demand = tables.load("demand").rename(columns={"unit_published": "words"})
    inputs = tables.load("ree_demand_inputs").rename(columns={"measure_published": "words"})
    # A row that repeats one of demand would count the same statement twice.
    inputs = inputs[inputs["same_as"] == ""]
    inputs["reference_year"] = pd.to_numeric(inputs["period"].where(inputs["period"].str.fullmatch(r"\d{4}")))
    rows = pd.concat([demand, inputs], ignore_index=True)
    wanted = (rows["iso3"] == iso3) & (rows["words"] == series.words) & (rows["material"] == series.material)
    return rows[wanted].sort_values("edition", kind="stable")


def consumption(iso3: str) -> Estimate:
    """Tonnes that a place uses in a year.

    Args:
        iso3: A key of `PLACES`.

    Returns:
        The newest edition of the newest year (for the United States: of the newest year that two editions
        print), with the spread of editions or years as interval. Basis as published.

    Raises:
        LookupError: no consumption in tonnes is published for the place.
    """
    if iso3 not in _SERIES:
        raise LookupError(f"{iso3}: {UNDISCLOSED}; there is one for {', '.join(PLACES)}")
    series, rows = _SERIES[iso3], _rows(iso3)
    dated = rows.dropna(subset=["reference_year"])
    years = dated["reference_year"]
    if series.spread == "editions":
        printed = dated.groupby("reference_year")["edition"].nunique()
        years = printed[printed > 1].index
    year = int(years.max())
    used = dated[dated["reference_year"] == year]
    newest = used["value"].iloc[-1]
    spread = used if series.spread in ("editions", "none") else rows
    later = dated[dated["reference_year"] > year]
    more = [f"{row.value:,.0f} t are printed for {row.reference_year:.0f}" for row in later.itertuples()]
    return Estimate(
        id=f"reserves.consumption.{iso3}.{year}",
        value=newest,
        low=spread["value"].min(),
        high=spread["value"].max(),
        unit="t/yr",
        stage="unstated",
        basis=series.basis,
        elements="all",
        reference_year=year,
        edition=used["edition"].iloc[-1],
        method="consumption as published",
        inputs=tuple(spread["figure_id"]),
        source_ids=tuple(dict.fromkeys(s for ids in spread["source_ids"] for s in ids)),
        interval=_INTERVAL[series.spread],
        note="; ".join(filter(None, [series.note, *more])),
    )


def tonnes_for(use: Estimate, days: int) -> Estimate:
    """Tonnes that cover `days` of a consumption: an illustrative equivalent, not a published stock.

    Args:
        use: Tonnes a year of a place, whose code is the upper-case part of the id.
        days: Target in days.

    Raises:
        ValueError: `days` is not above 0.
    """
    if days <= 0:
        raise ValueError(f"{days} days are no target: give a number above 0")
    place = next(part for part in use.id.split(".") if part.isupper())
    factor = days / DAYS_A_YEAR
    return Estimate(
        id=f"reserves.tonnes_for_days.{place}.{days}",
        value=use.value * factor,
        low=use.low * factor,
        high=use.high * factor,
        unit="t",
        stage=use.stage,
        basis=use.basis,
        elements=use.elements,
        reference_year=use.reference_year,
        edition=use.edition,
        method=METHOD,
        inputs=(use,),
        source_ids=use.source_ids,
        interval=use.interval,
        note="; ".join(
            filter(None, ["illustrative equivalent of a target, not a published stock", use.note])
        ),
    )


def days_covered(stock_t: float, use_t_a_year: float) -> float:
    """Closed form: days that a stock lasts at a use a year, both on one basis.

    Raises:
        ValueError: the stock is negative or the use not above 0.
    """
    if stock_t < 0 or use_t_a_year <= 0:
        raise ValueError(f"no days of cover of {stock_t} t at {use_t_a_year} t a year")
    return stock_t * DAYS_A_YEAR / use_t_a_year


def targets(plans: pd.DataFrame) -> pd.DataFrame:
    """The plans in force that state a target in days.

    Args:
        plans: See `rareearth.reserves.plans.accounted`.

    Returns:
        Columns of `plans`, sorted by days and place; only rows that stand for themselves.
    """
    rows = plans[(plans["treatment"] == "shown") & plans["coverage_days_target"].notna()]
    return rows.sort_values(["coverage_days_target", "jurisdiction", "figure_id"], kind="stable")
