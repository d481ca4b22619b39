"""Which boundary of "refined in China" would explain a published share of separation that the methods miss?

Each case moves tonnes between China and the others in the arguments of `methods.shares_pct`, draw by draw, so that it has
an interval of its own and nothing else changes. Nameplates of plants are no case: one plant outside China prints one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from rareearth import uncertainty as un
from rareearth.processing import feed, ladder, methods, simulation
from rareearth.processing.elsewhere import origins, totals_t_reo
from rareearth.quantity import Estimate
from rareearth.uncertainty import Array

Draws = dict[str, Array]
_METHODS = ("separation", "quota", "quota_with_feed", "mass_balance_processed")


@dataclass(frozen=True)
class Case:
    """One boundary.

    Attributes:
        name: Part of the id.
        words: What counts where.
        share: China's share of separation where it is drawn so.
    """

    name: str
    words: str
    share: Estimate


def _share(draws: Draws, method: str = "separation") -> Array:
    arguments = {name: values for name, values in draws.items() if name != "myanmar"}
    return methods.shares_pct(**arguments)[method]


def _us_at_home(draws: Draws) -> Draws:
    return {**draws, "us_ore": 0 * draws["us_ore"], "elsewhere": draws["elsewhere"] + draws["us_ore"]}


def _myanmar_at_home(draws: Draws) -> Draws:
    there = draws["myanmar"]
    return {**draws, "feed": draws["feed"] - there, "elsewhere": draws["elsewhere"] + there}


def _moved(tonnes: float) -> Callable[[Draws], Draws]:
    """Tonnes that count for the others instead of China; below zero the other way."""
    return lambda draws: {
        **draws,
        "quota": draws["quota"] - tonnes,
        "elsewhere": draws["elsewhere"] + tonnes,
    }


def cases(year: simulation.Year) -> list[Case]:
    """Every boundary, as drawn here first.

    Args:
        year: A year with a published quota, and of `ladder.ownership`.
    """
    highest = totals_t_reo(year.balance.elsewhere)[2]
    abroad, owned = feed.separated_abroad(year.year), ladder.foreign_owned(year.year)
    product = min(float(abroad["value"]), _output_of_malaysia(year))
    rows = [
        ("as_here", "As computed here", lambda d: d, ()),
        (
            "plants_highest",
            "Every plant outside China at its highest",
            lambda d: {**d, "elsewhere": np.full_like(d["elsewhere"], highest)},
            (),
        ),
        ("us_ore", "US concentrate counts as refined where it is mined", _us_at_home, ()),
        ("myanmar", "Myanmar's traded oxide counts as refined there", _myanmar_at_home, ()),
        ("both", "Both of them", lambda d: _myanmar_at_home(_us_at_home(d)), ()),
        (
            "owner",
            "Plants in China that a foreign firm owns count for it, at most",
            _moved(float(owned["value"])),
            (owned,),
        ),
        ("malaysia", "Malaysia's product that China buys counts as China's", _moved(-product), (abroad,)),
    ]
    return [
        Case(name, words, _estimate(year, name, words, move(year.draws), more))
        for name, words, move, more in rows
    ]


def _output_of_malaysia(year: simulation.Year) -> float:
    return next(float(term.low_t_reo) for term in year.balance.elsewhere if term.place.startswith("Malaysia"))


def _estimate(year: simulation.Year, name: str, words: str, draws: Draws, more) -> Estimate:
    found = un.interval(_share(draws))
    inputs, sources = origins(*more)
    here = year.estimate("separation")
    return Estimate(
        id=f"processing_share.boundary_{name}.{year.year}",
        value=found.median,
        low=found.low,
        high=found.high,
        unit="pct",
        stage="separation",
        basis="t_reo",
        elements="all",
        reference_year=year.year,
        edition=here.edition,
        method=f"{here.method}; {words[0].lower() + words[1:]}",
        inputs=(here, *inputs),
        source_ids=tuple(dict.fromkeys((*here.source_ids, *sources))),
        interval=here.interval,
        note="a boundary that is tried, not one that is used",
    )


def table(found: list[Case], published_pct: float) -> pd.DataFrame:
    """The boundaries against a published share, the nearest first.

    Args:
        found: See `cases`.
        published_pct: The published share.

    Returns:
        Columns Boundary, Share (Estimate), From the published (points, with sign), Holds it (``yes`` or ``no``).
    """
    ordered = sorted(found, key=lambda case: abs(case.share.value - published_pct))
    return pd.DataFrame(
        {
            "Boundary": [case.words for case in ordered],
            "Share": [case.share for case in ordered],
            "From the published, points": [f"{case.share.value - published_pct:+.1f}" for case in ordered],
            "Its interval holds it": [
                "yes" if case.share.low <= published_pct <= case.share.high else "no" for case in ordered
            ],
        }
    )


def missing_t_reo(year: simulation.Year, published_pct: float, method: str = "separation") -> float:
    """Output outside China, beyond what is counted, at which the median of a method would be the published share.

    Args:
        year: The year of the published share.
        published_pct: The published share, above 0 and below 100.
        method: A key of `methods.METHODS` that is a share of separation.

    Returns:
        In t REO; below zero where the published share is above the median.
    """

    def beyond(tonnes: float) -> float:
        more = {**year.draws, "elsewhere": np.maximum(year.draws["elsewhere"] + tonnes, 0)}
        return float(np.median(_share(more, method))) - published_pct

    # Nothing outside China gives 100 %, ten times what the world mines next to nothing.
    nothing, everything = -float(year.draws["elsewhere"].max()), 10 * year.balance.world_t_reo
    return optimize.brentq(beyond, nothing, everything, xtol=1)


def missing(year: simulation.Year, published_pct: float) -> pd.DataFrame:
    """`missing_t_reo` by method: columns Method, Counted outside China and Missing, in t REO at the median."""
    counted = float(np.median(year.draws["elsewhere"]))
    return pd.DataFrame(
        {
            "Method": [methods.METHODS[method][0] for method in _METHODS],
            "Counted outside China, t REO": [counted] * len(_METHODS),
            "Missing, t REO": [missing_t_reo(year, published_pct, method) for method in _METHODS],
        }
    )
