"""A country's imports under a simulated cut by a supplier: what is missing, and for which part of the cuts a stock lasts.

Everything is in days of imports, so that goods of any unit compare. The draws cover the shape of the cut and the
answer to it (restraint of demand, new supply); own production and stocks of firms stand outside, so that the
missing part is an upper bound where a country has either.
"""

from dataclasses import dataclass

import numpy as np

from rareearth.quantity import Estimate, origins
from rareearth.reserves import cost, goods, scenario, shocks
from rareearth.reserves.places import SUPPLIER
from rareearth.suppliers import Imports
from rareearth.units import DAYS_A_YEAR

INTERVAL = "5th to 95th percentile of the simulated cuts"


@dataclass(frozen=True)
class Stress:
    """Draws of one country's imports under one shape of cut.

    Attributes:
        of: The imports.
        cut: The cut.
        result: Outcomes against a stock of `stock_days` of imports.
        seed: Of the draws; the same seed gives the same draws.
    """

    of: Imports
    cut: shocks.Cut
    stock_days: float
    result: scenario.Result
    seed: int

    @property
    def need_days(self) -> np.ndarray:
        """What is missing without a reserve, in days of all imports of the good."""
        return self.result.gap_t * DAYS_A_YEAR / self.of.total_t


def answer(imports_t: float, draws: int, seed: int) -> scenario.Answer:
    """Draws of what stands against a cut, from the assumptions."""
    random = np.random.default_rng(seed + 1)
    part = {}
    for name in ("restraint", "ramp"):
        part[name] = shocks.draws_of(random, cost.assumption(name), draws) / 100
    return scenario.Answer(part["restraint"], part["ramp"] * imports_t)


def run(
    of: Imports, cut: shocks.Cut, stock_days: float, draws: int, seed: int, supplier: str = SUPPLIER
) -> Stress:
    """Draws cuts of a supplier's part of the imports against a stock.

    Args:
        of: Imports of one good.
        cut: The cut that shocks are drawn from.
        stock_days: Size of the stock in days of all imports.
        draws: How many cuts.
        seed: Of the draws.
        supplier: Whose exports are cut.
    """
    shock = shocks.drawn(cut, (supplier,), draws, seed)
    stock_t = stock_days * of.total_t / DAYS_A_YEAR
    result = scenario.simulate(goods.baseline(of), shock, answer(of.total_t, draws, seed), stock_t)
    return Stress(of, cut, stock_days, result, seed)


def _estimate(run_: Stress, what: str, unit: str, ends, method: str, interval: str) -> Estimate:
    cut, assumed = run_.cut, [cost.assumption(name) for name in ("restraint", "ramp")]
    inputs, sources = origins(*cut.ranges, *assumed)
    low, value, high = ends
    return goods.estimate(
        run_.of,
        f"{what}.{cut.id}",
        unit,
        low,
        value,
        high,
        method=method,
        interval=interval,
        note=f"{cut.title} ({cut.kind}); seed {run_.seed}; own production and stocks of firms left out",
        inputs=(*inputs, *run_.of.figure_ids),
        source_ids=sources,
    )


def missing(run_: Stress) -> Estimate:
    """Median of what a cut takes, in days of imports."""
    ends = np.quantile(run_.need_days, [0.05, 0.5, 0.95])
    return _estimate(
        run_, "missing_days", "days", tuple(ends), "gap of the simulated cuts / imports a day", INTERVAL
    )


def stock_for(run_: Stress, share_pct: int) -> Estimate:
    """Days of imports that leave nothing unmet in a share of the simulated cuts.

    The interval is that of the quantile itself over the draws, by the binomial order statistics.
    """
    ordered, n = np.sort(run_.need_days), len(run_.need_days)
    share = share_pct / 100
    half = 1.645 * np.sqrt(n * share * (1 - share))
    at = [int(np.clip(np.ceil(n * share + step) - 1, 0, n - 1)) for step in (-half, 0, half)]
    return _estimate(
        run_,
        f"stock_days_{share_pct}",
        "days",
        tuple(ordered[at]),
        f"{share_pct} % quantile of the gap of the simulated cuts / imports a day",
        "90 % interval of the quantile, from the number of simulated cuts alone",
    )


def longest(run_: Stress) -> Estimate:
    """The most that a simulated cut takes, in days of imports: its inputs have an end, so it is no forecast of the worst."""
    most = float(run_.need_days.max())
    return _estimate(
        run_,
        "longest_days",
        "days",
        (most, most, most),
        "greatest gap of the simulated cuts / imports a day",
        "none: the ends of the assumed ranges bound it",
    )
