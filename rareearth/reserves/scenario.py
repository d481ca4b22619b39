"""What a cut-off takes, what a stock gives, and for how long: the gap and its draws, day by day.

    gap(t) = max(0, (1 - e) C - P - sum over suppliers (1 - c_j(t)) M_j + X - R(t))     (t a day)
    C      = P + sum M_j - X                                                            (baseline identity)

The identity defines the consumption, so that the gap is 0 where nothing is cut; a supplier's cut takes only its own part
of the imports. R is a ramp of substitutes and new supply, e the restraint of demand. The gap is met first by
private stocks, then by the reserve as its policy allows, and what is left is unmet.

Within a day every quantity is linear, so the sums are exact and the closed forms hold: with a first gap g0
that a ramp closes in T days the need is g0 T / 2, and a smaller stock S lasts T (1 - sqrt(1 - 2 S / (g0 T))).

Arrays have one row a draw and one column a day; all draws are computed at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

DAYS_A_YEAR = 365
POLICIES = ("full", "rationed", "constant")


@dataclass(frozen=True)
class Baseline:
    """A year without a shock, in tonnes of one basis.

    Attributes:
        production_t: Domestic supply a year.
        imports_t: Supplier to imports a year.
        exports_t: Exports a year.

    Raises:
        ValueError: a quantity is negative, or nothing is consumed.
    """

    production_t: float
    imports_t: Mapping[str, float]
    exports_t: float = 0.0

    def __post_init__(self):
        if min(self.production_t, self.exports_t, *self.imports_t.values(), 0) < 0:
            raise ValueError("production, imports and exports may not be negative: check their signs")
        if self.consumption_t <= 0:
            raise ValueError(f"{self.consumption_t:g} t a year are consumed: imports must exceed exports")

    @property
    def consumption_t(self) -> float:
        """C = P + sum M - X."""
        return self.production_t + sum(self.imports_t.values()) - self.exports_t


@dataclass(frozen=True)
class Shock:
    """A cut of some suppliers: full for a time, then back in a straight line.

    Attributes:
        suppliers: Whose exports are cut.
        depth: Part of their exports that stops, 0 to 1; a number or one for each draw.
        length_days: Whole days at that depth.
        recovery_days: Whole days of the way back; 0 ends the cut at once.
    """

    suppliers: tuple[str, ...]
    depth: float | np.ndarray
    length_days: int | np.ndarray
    recovery_days: int | np.ndarray = 0

    def __post_init__(self):
        depth, length, back = map(np.asarray, (self.depth, self.length_days, self.recovery_days))
        if ((depth < 0) | (depth > 1)).any():
            raise ValueError("the depth of a cut is a share from 0 to 1")
        if (length < 0).any() or (back < 0).any() or (length % 1).any() or (back % 1).any():
            raise ValueError("length and recovery of a cut are whole days from 0")


@dataclass(frozen=True)
class Answer:
    """What stands against the gap besides the reserve.

    Attributes:
        restraint: Part of the consumption that is saved at no loss, 0 to 1; a number or one for each draw.
        ramp_t_a_year: New supply a year once the ramp is complete; a number or one for each draw.
        ramp_days: Days until then; the ramp is a straight line.
        private_t: Stocks of firms that are used first.
    """

    restraint: float | np.ndarray = 0.0
    ramp_t_a_year: float | np.ndarray = 0.0
    ramp_days: int = DAYS_A_YEAR
    private_t: float = 0.0

    def __post_init__(self):
        restraint, ramp = np.asarray(self.restraint), np.asarray(self.ramp_t_a_year)
        if (
            (restraint < 0).any()
            or (restraint > 1).any()
            or (ramp < 0).any()
            or self.private_t < 0
            or self.ramp_days < 1
        ):
            raise ValueError("restraint is 0 to 1, ramp and private stock are not negative, ramp_days from 1")


@dataclass(frozen=True)
class Result:
    """Outcomes of all draws, each an array with one number a draw.

    Attributes:
        gap_t: What is missing over the horizon.
        private_t: Drawn from private stocks.
        drawn_t: Drawn from the reserve.
        unmet_t: What no stock met; ``gap = private + drawn + unmet`` in every draw.
        unmet_pct: Unmet in percent of the consumption over the horizon.
        empty_day: Day on which the reserve is used up; infinite where it lasts.
        gap_a_day_t: The gap, a row a draw and a column a day.
        unmet_a_day_t: What is unmet, a row a draw and a column a day.
    """

    gap_t: np.ndarray
    private_t: np.ndarray
    drawn_t: np.ndarray
    unmet_t: np.ndarray
    unmet_pct: np.ndarray
    empty_day: np.ndarray
    gap_a_day_t: np.ndarray
    unmet_a_day_t: np.ndarray


def _column(value: float | np.ndarray) -> np.ndarray:
    """One row a draw, to be spread over the days."""
    return np.atleast_1d(np.asarray(value, dtype=float))[:, None]


def cut(shock: Shock, days: np.ndarray, *, ending: bool) -> np.ndarray:
    """The part that is cut at a moment, a row a draw.

    Args:
        shock: See `Shock`.
        days: Whole days from the start of the cut.
        ending: At the last moment before the day instead of the first one of it: a cut that ends without a
            recovery has two values there.
    """
    depth, length, back = map(_column, (shock.depth, shock.length_days, shock.recovery_days))
    full = (days <= length) & (length > 0) if ending else days < length
    with np.errstate(divide="ignore", invalid="ignore"):
        returning = np.where(back > 0, np.clip(1 - (days - length) / back, 0.0, 1.0), 0.0)
    return depth * np.where(full, 1.0, returning)


def _raw_gap(
    baseline: Baseline, shock: Shock, answer: Answer, days: np.ndarray, *, ending: bool
) -> np.ndarray:
    """The gap before it is cut at 0, in t a day at whole days; see `cut`."""
    unknown = set(shock.suppliers) - set(baseline.imports_t)
    if unknown:
        raise ValueError(f"no imports from {', '.join(sorted(unknown))}: name a supplier of the baseline")
    part = cut(shock, days, ending=ending)
    delivered = sum(
        (1 - part if supplier in shock.suppliers else np.ones_like(part)) * tonnes
        for supplier, tonnes in baseline.imports_t.items()
    )
    ramp = _column(answer.ramp_t_a_year) * np.minimum(1.0, days / answer.ramp_days)
    wanted = (1 - _column(answer.restraint)) * baseline.consumption_t
    missing = wanted - baseline.production_t - delivered + baseline.exports_t - ramp
    # Sums of thousands of tonnes: what is left of rounding is not a gap.
    return np.where(np.abs(missing) < 1e-9 * baseline.consumption_t, 0.0, missing) / DAYS_A_YEAR


def positive_area(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Area above 0 of a straight line over one day, from its values at the start and the end."""
    high, low = np.maximum(first, last), np.minimum(first, last)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = np.where(high > low, high**2 / (2 * (high - low)), 0.0)
    return np.where(low >= 0, (first + last) / 2, np.where(high <= 0, 0.0, crossing))


def _taken(wanted: np.ndarray, stock: np.ndarray) -> np.ndarray:
    """What a stock gives each day until it is used up."""
    total = np.minimum(np.cumsum(wanted, axis=1), stock[:, None])
    return np.diff(total, axis=1, prepend=0.0)


def _empty_day(used: np.ndarray, stock: np.ndarray, line: tuple[np.ndarray, np.ndarray] | None) -> np.ndarray:
    """The moment at which the summed use reaches the stock.

    Args:
        used: Wanted from the stock, a row a draw and a column a day.
        stock: One number a draw.
        line: Values at the start and the end of each day whose `positive_area` is `used`: the moment is then
            exact within the day; None takes the use as even over the day.
    """
    total = np.cumsum(used, axis=1)
    over = total > stock[:, None] + 1e-12
    day = np.argmax(over, axis=1)
    rows = np.arange(len(used))
    rest = stock - np.where(day > 0, total[rows, day - 1], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        if line is None:
            within = rest / used[rows, day]
        else:
            first, last = line[0][rows, day], line[1][rows, day]
            begin, slope = np.maximum(first, 0.0), last - first
            start = np.where(first < 0, -first / slope, 0.0)
            root = np.sqrt(np.maximum(begin**2 + 2 * slope * rest, 0.0))
            within = start + np.where(rest > 0, 2 * rest / (begin + root), 0.0)
    return np.where(over.any(axis=1), day + within, np.inf)


def simulate(
    baseline: Baseline,
    shock: Shock,
    answer: Answer,
    stock_t: float | np.ndarray,
    *,
    horizon_days: int = DAYS_A_YEAR,
    policy: str = "full",
    ration: float = 1.0,
    rate_t_a_day: float = np.inf,
) -> Result:
    """Runs a shock against a stock, for every draw of the shock and the stock at once.

    Args:
        baseline: The year without a shock.
        shock: Numbers, or arrays with one number a draw.
        answer: What stands against the gap besides the reserve.
        stock_t: The reserve; a number or one for each draw.
        horizon_days: Days that are looked at.
        policy: ``full`` meets the gap; ``rationed`` meets the part `ration` of it, as for one sector;
            ``constant`` releases at most `rate_t_a_day`.
        ration: Part of the gap that may draw on the reserve.
        rate_t_a_day: The most that leaves the reserve in a day.

    Returns:
        One number a draw for each outcome.

    Raises:
        ValueError: the policy is none of `POLICIES`, or a number is out of its range.
    """
    if policy not in POLICIES:
        raise ValueError(f"policy {policy!r} is none of {', '.join(POLICIES)}")
    stock = np.atleast_1d(np.asarray(stock_t, dtype=float))
    if (stock < 0).any() or not 0 <= ration <= 1 or rate_t_a_day < 0 or horizon_days < 1:
        raise ValueError("stock and rate are not negative, ration is 0 to 1, horizon_days from 1")
    days = np.arange(horizon_days + 1, dtype=float)
    first = _raw_gap(baseline, shock, answer, days[:-1], ending=False)
    last = _raw_gap(baseline, shock, answer, days[1:], ending=True)
    draws = max(len(first), len(stock))
    stock = np.broadcast_to(stock, draws)
    gap = np.broadcast_to(positive_area(first, last), (draws, horizon_days))
    private = _taken(gap, np.full(draws, answer.private_t))
    left = gap - private
    open_to_reserve = {
        "full": left,
        "rationed": ration * left,
        "constant": np.minimum(left, rate_t_a_day),
    }[policy]
    drawn = _taken(open_to_reserve, stock)
    unmet = left - drawn
    # The line of the gap is also that of the draws, unless firms draw first or a rate caps them.
    line = None
    if policy != "constant" and answer.private_t == 0:
        part = ration if policy == "rationed" else 1.0
        line = tuple(np.broadcast_to(part * end, (draws, horizon_days)) for end in (first, last))
    return Result(
        gap_t=gap.sum(axis=1),
        private_t=private.sum(axis=1),
        drawn_t=drawn.sum(axis=1),
        unmet_t=unmet.sum(axis=1),
        unmet_pct=100 * unmet.sum(axis=1) / (baseline.consumption_t * horizon_days / DAYS_A_YEAR),
        empty_day=_empty_day(open_to_reserve, stock, line),
        gap_a_day_t=gap,
        unmet_a_day_t=unmet,
    )


def stock_for(result: Result, share_of_shocks_pct: float) -> float:
    """Tonnes that leave nothing unmet in a share of the draws: a quantile of the need.

    Args:
        result: Of any stock: the need does not depend on it.
        share_of_shocks_pct: For example 95.
    """
    need = result.gap_t - result.private_t
    return float(np.quantile(need, share_of_shocks_pct / 100, method="inverted_cdf"))
