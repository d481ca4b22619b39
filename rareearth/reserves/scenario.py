"""What a cut-off takes, what a stock gives, and for how long: the gap and its draws, day by day.

    gap(t) = max(0, (1 - e) C - P - sum over suppliers (1 - c_j(t)) M_j + X - R(t))     (t a day)
    C      = P + sum M_j - X                                                            (baseline identity)

The identity defines the consumption, so that the gap is 0 where nothing is cut; a supplier's cut takes only its own part
of the imports. R is a ramp of substitutes and new supply, e the restraint of demand. The gap is met first by
private stocks, then by the reserve as its policy allows, and what is left is unmet.

Between its corners (a cut ends, its recovery ends, the ramp is complete) the gap is a straight line, so sums over
these few intervals are exact and the closed forms hold: with a first gap g0 that a ramp closes in T days the need is
g0 T / 2, and a smaller stock S lasts T (1 - sqrt(1 - 2 S / (g0 T))). Only what a rule ties to the day is run by day.

Arrays have one row a draw and one column an interval; many draws are computed at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from rareearth.quantity import DAYS_A_YEAR

POLICIES = ("full", "rationed", "constant")
_DAYS = np.arange(DAYS_A_YEAR + 1.0)[None, :]  # start of every day and the end of the last


@dataclass(frozen=True)
class Baseline:
    """A year without a shock, in tonnes of one basis.

    Raises:
        ValueError: a quantity is negative, or nothing is consumed.
    """

    production_t: float  # domestic supply a year
    imports_t: Mapping[str, float]  # supplier to imports a year
    exports_t: float = 0.0  # exports a year

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
    """A cut of some suppliers: full for a time, then back in a straight line."""

    suppliers: tuple[str, ...]  # whose exports are cut
    depth: float | np.ndarray  # part of their exports that stops, 0 to 1; a number or one for each draw
    length_days: int | np.ndarray  # whole days at that depth
    recovery_days: int | np.ndarray = 0  # whole days of the way back; 0 ends the cut at once

    def __post_init__(self):
        depth, length, back = map(np.asarray, (self.depth, self.length_days, self.recovery_days))
        if ((depth < 0) | (depth > 1)).any():
            raise ValueError("the depth of a cut is a share from 0 to 1")
        if (length < 0).any() or (back < 0).any() or (length % 1).any() or (back % 1).any():
            raise ValueError("length and recovery of a cut are whole days from 0")


@dataclass(frozen=True)
class Answer:
    """What stands against the gap besides the reserve; a number, or one for each draw."""

    restraint: float | np.ndarray = 0.0  # part of the consumption that is saved at no loss, 0 to 1
    ramp_t_a_year: float | np.ndarray = 0.0  # new supply a year once the ramp is complete
    ramp_days: int = DAYS_A_YEAR  # days until then; the ramp is a straight line
    private_t: float = 0.0  # stocks of firms that are used first

    def __post_init__(self):
        restraint, ramp = np.asarray(self.restraint), np.asarray(self.ramp_t_a_year)
        negative = (restraint < 0).any() or (ramp < 0).any() or self.private_t < 0
        if negative or (restraint > 1).any() or self.ramp_days < 1:
            raise ValueError("restraint is 0 to 1, ramp and private stock are not negative, ramp_days from 1")


@dataclass(frozen=True)
class Case:
    """What `simulate` runs: the arrays of shock and answer have shape (draws, 1), the stock (draws,)."""

    baseline: Baseline
    shock: Shock
    answer: Answer
    stock_t: np.ndarray
    policy: str
    ration: float
    rate_t_a_day: float

    def __post_init__(self):
        if self.policy not in POLICIES:
            raise ValueError(f"policy {self.policy!r} is none of {', '.join(POLICIES)}")
        if not 0 <= self.ration <= 1 or self.rate_t_a_day < 0 or (self.stock_t < 0).any():
            raise ValueError("stock and rate are not negative, ration is 0 to 1")
        unknown = set(self.shock.suppliers) - set(self.baseline.imports_t)
        if unknown:
            raise ValueError(f"no imports from {', '.join(sorted(unknown))}: name a supplier of the baseline")

    def corners(self) -> np.ndarray:
        """Moments between which the gap is a straight line, in order, of shape (draws, 5)."""
        shock, ends = self.shock, np.ones_like(self.stock_t)[:, None]
        ended = shock.length_days + shock.recovery_days
        moments = (0 * ends, shock.length_days, ended, self.answer.ramp_days * ends, DAYS_A_YEAR * ends)
        return np.sort(np.minimum(np.hstack(moments), DAYS_A_YEAR), axis=1)


@dataclass(frozen=True)
class Result:
    """Outcomes of all draws, each an array with one number a draw."""

    case: Case
    gap_t: np.ndarray  # what is missing over the horizon
    private_t: np.ndarray  # drawn from private stocks
    drawn_t: np.ndarray  # drawn from the reserve
    unmet_t: np.ndarray  # what no stock met; ``gap = private + drawn + unmet`` in every draw
    empty_day: np.ndarray  # day on which the reserve is used up; infinite where it lasts

    @property
    def gap_a_day_t(self) -> np.ndarray:
        """The gap, a row a draw and a column a day."""
        return _flows(self.case, _DAYS)["gap"]

    @property
    def unmet_a_day_t(self) -> np.ndarray:
        """What is unmet, a row a draw and a column a day."""
        return _flows(self.case, _DAYS)["unmet"]


def _raw_gap(case: Case, moments: np.ndarray, *, ending: bool) -> np.ndarray:
    """The gap before it is cut at 0, in t a day at some days from the start, a row a draw.

    A cut that ends without a recovery has two values at its end: `ending` takes the last instant before the moment instead of
    the first one after it.
    """
    base, shock, answer = case.baseline, case.shock, case.answer
    length, back = shock.length_days, shock.recovery_days
    full = (moments <= length) & (length > 0) if ending else moments < length
    with np.errstate(divide="ignore", invalid="ignore"):
        returning = np.where(back > 0, np.clip(1 - (moments - length) / back, 0.0, 1.0), 0.0)
    part = shock.depth * np.where(full, 1.0, returning)
    delivered = sum((1 - part if supplier in shock.suppliers else 1.0) * t for supplier, t in base.imports_t.items())
    ramp = answer.ramp_t_a_year * np.minimum(1.0, moments / answer.ramp_days)
    wanted = (1 - answer.restraint) * base.consumption_t
    missing = wanted - base.production_t - delivered + base.exports_t - ramp
    # Sums of thousands of tonnes: what is left of rounding is not a gap.
    return np.where(np.abs(missing) < 1e-9 * base.consumption_t, 0.0, missing) / DAYS_A_YEAR


def _taken(wanted: np.ndarray, stock: np.ndarray | float) -> np.ndarray:
    """What a stock gives in each interval until it is used up."""
    total = np.minimum(np.cumsum(wanted, axis=1), stock)
    return np.diff(total, axis=1, prepend=0.0)


def _flows(case: Case, moments: np.ndarray) -> dict[str, np.ndarray]:
    """The stocks against the gap between these moments, in t, a row a draw and a column an interval."""
    starts, ends = moments[:, :-1], moments[:, 1:]
    first, last = _raw_gap(case, starts, ending=False), _raw_gap(case, ends, ending=True)
    # Mean of what of a straight line lies above 0.
    high, low = np.maximum(first, last), np.minimum(first, last)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = np.where(high > low, high**2 / (2 * (high - low)), 0.0)
    mean = np.where(low >= 0, (first + last) / 2, np.where(high <= 0, 0.0, crossing))
    gap = mean * (ends - starts)
    private = _taken(gap, case.answer.private_t)
    left = gap - private
    part = np.minimum(left, case.rate_t_a_day) if case.policy == "constant" else case.ration * left
    wanted = left if case.policy == "full" else part
    drawn = _taken(wanted, case.stock_t[:, None])
    return {"gap": gap, "private": private, "wanted": wanted, "drawn": drawn, "unmet": left - drawn}


def _empty_day(case: Case, moments: np.ndarray, wanted: np.ndarray, *, even: bool) -> np.ndarray:
    """The moment at which the summed use reaches the stock; the use is even over an interval, or follows the line of the gap."""
    total = np.cumsum(wanted, axis=1)
    over = total > case.stock_t[:, None] + 1e-12
    rows, at = np.arange(len(total)), np.argmax(over, axis=1)
    rest = case.stock_t - np.where(at > 0, total[rows, at - 1], 0.0)
    moments = np.broadcast_to(moments, (len(rows), moments.shape[1]))
    start, end = moments[rows, at], moments[rows, at + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        if even:
            within = rest / wanted[rows, at]
        else:
            part = case.ration if case.policy == "rationed" else 1.0
            first = part * _raw_gap(case, start[:, None], ending=False)[:, 0]
            last = part * _raw_gap(case, end[:, None], ending=True)[:, 0]
            slope = (last - first) / (end - start)
            begin, before = np.maximum(first, 0.0), np.where(first < 0, -first / slope, 0.0)
            root = np.sqrt(np.maximum(begin**2 + 2 * slope * rest, 0.0))
            within = before + np.where(rest > 0, 2 * rest / (begin + root), 0.0)
    return np.where(over.any(axis=1), start + within, np.inf)


def simulate(
    baseline: Baseline,
    shock: Shock,
    answer: Answer,
    stock_t: float | np.ndarray,
    *,
    policy: str = "full",
    ration: float = 1.0,
    rate_t_a_day: float = np.inf,
) -> Result:
    """Runs a shock against a stock for a year, for every draw of the shock and the stock (numbers, or one for each draw) at once.

    The policy ``full`` meets the gap; ``rationed`` meets the part `ration` of it, as for one sector; ``constant`` releases at
    most `rate_t_a_day`.

    Raises:
        ValueError: the policy is none of `POLICIES`, or a number is out of its range.
    """
    numbers = (shock.depth, shock.length_days, shock.recovery_days, answer.restraint, answer.ramp_t_a_year)
    depth, length, back, restraint, ramp, stock = (
        one.astype(float)[:, None] for one in np.broadcast_arrays(*map(np.atleast_1d, numbers), stock_t)
    )
    cut = Shock(shock.suppliers, depth, length, back)
    reply = replace(answer, restraint=restraint, ramp_t_a_year=ramp)
    case = Case(baseline, cut, reply, stock[:, 0], policy, ration, rate_t_a_day)
    # The line of the gap is that of the draws too, unless firms draw first or a rate caps a day.
    by_day = policy == "constant" or answer.private_t > 0
    moments = _DAYS if by_day else case.corners()
    flows = _flows(case, moments)
    sums = (flows[name].sum(axis=1) for name in ("gap", "private", "drawn", "unmet"))
    return Result(case, *sums, _empty_day(case, moments, flows["wanted"], even=by_day))
