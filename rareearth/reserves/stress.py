"""A country's imports under a simulated cut by a supplier: what is missing, and for which part of the cuts a stock lasts.

Everything is in days of imports, so that goods of any unit compare. The draws cover the shape of the cut and the
answer to it (restraint of demand, new supply); own production and stocks of firms stand outside, so that the
missing part is an upper bound where a country has either.
"""

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from rareearth import uncertainty
from rareearth.quantity import LEVEL_PCT, PERCENTILES, Estimate
from rareearth.reserves import cost, goods, scenario, shocks
from rareearth.reserves.places import SUPPLIER
from rareearth.suppliers import Imports
from rareearth.units import DAYS_A_YEAR


@dataclass(frozen=True)
class Stress:
    """Draws of one country's imports under one shape of cut."""

    of: Imports
    cut: shocks.Cut
    result: scenario.Result  # outcomes against a stock
    seed: int  # of the draws; the same seed gives the same draws

    @property
    def need_days(self) -> np.ndarray:
        """What is missing without a reserve, in days of all imports of the good."""
        return self.result.gap_t * DAYS_A_YEAR / self.of.total_t


def run(
    of: Imports, cut: shocks.Cut, stock_days: float, draws: int, seed: int, supplier: str = SUPPLIER
) -> Stress:
    """Draws cuts of a supplier's part of the imports against a stock of some days of all imports of the good."""
    shock = shocks.drawn(cut, (supplier,), draws, seed)
    random = np.random.default_rng(seed + 1)
    restraint, ramp = (
        uncertainty.pert(random.random(draws), *cost.assumption(name).ends) / 100
        for name in ("restraint", "ramp")
    )
    result = scenario.simulate(
        scenario.Baseline(0.0, of.mass_t),  # own production stands outside
        shock,
        scenario.Answer(restraint, ramp * of.total_t),
        stock_days * of.total_t / DAYS_A_YEAR,
    )
    return Stress(of, cut, result, seed)


def _estimate(
    run_: Stress, what: str, values, method: str, interval=f"{PERCENTILES} of the simulated cuts"
) -> Estimate:
    cut, assumed = run_.cut, [cost.assumption(name) for name in ("restraint", "ramp")]
    return goods.estimate(
        run_.of,
        f"{what}.{cut.id}",
        "days",
        values,
        *cut.ranges,
        *assumed,
        method=f"{method} of the simulated cuts / imports a day",
        interval=interval,
        note=f"{cut.title} ({cut.kind}); seed {run_.seed}; own production and stocks of firms left out",
    )


def missing(run_: Stress) -> Estimate:
    """Median of what a cut takes, in days of imports."""
    return _estimate(run_, "missing_days", np.quantile(run_.need_days, [0.5, *uncertainty.ENDS]), "gap")


def stock_for(run_: Stress, share_pct: int) -> Estimate:
    """Days of imports that leave nothing unmet in a share of the simulated cuts.

    The interval is that of the quantile itself over the draws, by the binomial order statistics.
    """
    ordered, n = np.sort(run_.need_days), len(run_.need_days)
    share = share_pct / 100
    half = NormalDist().inv_cdf(uncertainty.ENDS[1]) * np.sqrt(n * share * (1 - share))
    at = [int(np.clip(np.ceil(n * share + step) - 1, 0, n - 1)) for step in (0, -half, half)]
    return _estimate(
        run_,
        f"stock_days_{share_pct}",
        ordered[at],
        f"{share_pct} % quantile of the gap",
        f"{LEVEL_PCT} % interval of the quantile, from the number of simulated cuts alone",
    )


def below(run_: Stress, days: float) -> Estimate:
    """Part of the simulated cuts that take fewer than some days of imports."""
    part = 100 * float((run_.need_days < days).mean())
    about = f"cuts_below_{days:.0f}_days.{run_.cut.id}.{run_.of.good}.{run_.of.importer}"
    return replace(
        missing(run_),
        id=f"reserves.{about}",
        **dict.fromkeys(("value", "low", "high"), part),
        unit="probability_pct",
        method=f"simulated cuts that take fewer than {days:.1f} days of imports / all",
        interval="no interval: a count of the simulated cuts",
    )


def longest(run_: Stress) -> Estimate:
    """The most that a simulated cut takes, in days of imports: its inputs have an end, so it is no forecast of the worst."""
    interval = "none: the ends of the assumed ranges bound it"
    return _estimate(run_, "longest_days", [run_.need_days.max()], "greatest gap", interval)
