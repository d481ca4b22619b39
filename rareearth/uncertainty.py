"""Uncertain inputs as independent primitives, their joint sample, and what each contributes to a result.

An input that moves with another is not drawn twice: both are made from one primitive. A primitive is a quantile
function of a uniform number with a kind and a reason. Samples are scrambled Sobol points (Sobol 1967, Owen 1998), so
that a result needs few of them; several scramblings tell how far the result still depends on the draw.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pandas as pd

from rareearth import tables
from rareearth.errors import Refused
from rareearth.quantity import LEVEL_PCT, Quantity

Array = np.ndarray
Model = Callable[[Mapping[str, Array]], Mapping[str, Array]]
KINDS = {
    "rounding": "uniform over the step of a rounded figure",
    "bound": "uniform between two ends",
    "between sources": "uniform through the values of the sources",
    "revision": "observed revisions of the same statistic",
    "expert": "triple of low, most likely and high (PERT)",
    "composition": "part of what adds to one (a beta distribution)",
}
ENDS = ((100 - LEVEL_PCT) / 200, (100 + LEVEL_PCT) / 200)  # quantiles of the ends of an interval
# 2^15 points in all: the Monte-Carlo error of a share is below a twentieth of a point.
SCRAMBLES, POINTS_LOG2 = 16, 11
_POINTS_AT_ONCE = 2**13
_SOBOL_POINTS = 2**11


@dataclass(frozen=True)
class Primitive:
    """One independent uncertain number."""

    name: str  # unique in a model
    kind: str  # A key of `KINDS`
    reason: str  # why this distribution
    quantile: Callable[[Array], Array]  # numbers from 0 to 1 to values, elementwise

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"{self.name}: kind {self.kind!r} is none of {', '.join(KINDS)}")

    def ppf(self, q: Array) -> Array:
        """Values at the probabilities `q`, as `scipy.stats.sobol_indices` asks for them."""
        return self.quantile(np.asarray(q, dtype=float))


# Nodes crowd at both ends, where the quantile of a beta distribution is steepest; its inverse is slow to compute anew.
_NODES = (1 - np.cos(np.linspace(0, np.pi, 1025))) / 2


@cache
def _beta_table(a: float, b: float) -> tuple[Array, Array]:
    """Quantiles of a beta distribution at `_NODES`, and the slopes from each to the next."""
    from scipy.special import betaincinv

    values = betaincinv(a, b, _NODES)
    return values, np.diff(values) / np.diff(_NODES)


def _beta(q: Array, a: float, b: float) -> Array:
    """Quantiles of a beta distribution, straight between the nodes, whose place is computed instead of searched."""
    values, slopes = _beta_table(a, b)
    node = np.minimum((np.arccos(1 - 2 * q) * (len(slopes) / np.pi)).astype(np.intp), len(slopes) - 1)
    return values[node] + (q - _NODES[node]) * slopes[node]


def pert(q: Array, low: float, mode: float, high: float) -> Array:
    """Quantiles of the PERT distribution at the probabilities `q`.

    A beta distribution on low to high with alpha = 1 + 4 (mode - low) / (high - low) and
    beta = 1 + 4 (high - mode) / (high - low) (Malcolm and others 1959; Vose 2008).
    """
    width = high - low
    if width == 0:
        return np.full_like(q, mode)
    return low + width * _beta(q, 1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width)


def part(name: str, mean: float, weight: float, reason: str) -> Primitive:
    """One part of a composition whose parts add to one: a beta distribution, which is what a Dirichlet gives a single part.

    Its mean lies between 0 and 1; `weight` is the sum of the Dirichlet's parameters: the higher, the narrower.
    """
    if not 0 < mean < 1 or weight <= 0:
        raise ValueError(f"{name}: a part lies between 0 and 1, and its weight is positive")
    ends = weight * mean, weight * (1 - mean)
    return Primitive(name, "composition", reason, lambda u: _beta(u, *ends))


def of_quantity(quantity: Quantity) -> Primitive:
    """A quantity as an uncertain input of a model, by its kind; one of ``rounding`` is as wide as its step."""
    low, mid, high = quantity.ends
    quantiles: dict[str, Callable[[Array], Array]] = {
        "rounding": lambda u: mid + (high - low) * (u - 0.5),
        "bound": lambda u: low + (high - low) * u,
        "between sources": lambda u: np.interp(u, [0, 0.5, 1], quantity.ends),
        "expert": lambda u: pert(u, low, mid, high),
    }
    return Primitive(quantity.name, quantity.kind, quantity.reason, quantiles[quantity.kind])


def assumed(name: str) -> Quantity:
    """A stated judgement by its name: one row of assumptions or of reserve_assumptions, with its reason."""
    table = "assumptions" if len(tables.select("assumptions", name=name)) else "reserve_assumptions"
    row = tables.select(table, name=name, one=True)
    is_point = row.get("distribution") == "point"
    columns, kind = (("value",), "exact") if is_point else (("low", "value", "high"), "bound")
    return Quantity.of(row, name.replace("_", " "), row["unit"], columns, reason=row["note"], kind=kind)


@dataclass(frozen=True)
class Interval:
    """A simulated number: median, ends of the interval, and what the draw still changes of them."""

    median: float  # 50th percentile
    low: float  # quantile of the lower of `ENDS`
    high: float  # of the upper
    error: float  # the largest standard error of these three, from the scramblings

    def __str__(self) -> str:
        return f"{self.median:.1f} ({self.low:.1f} to {self.high:.1f})"


def simulate(
    primitives: Sequence[Primitive], model: Model, *, seed: int = 0, points_log2: int = POINTS_LOG2
) -> dict[str, Array]:
    """Results of a model over scrambled Sobol points: by name, of shape (scrambles, n).

    Args:
        primitives: Independent inputs.
        model: Values by name, each of shape (n,), to results by name of shape (n,).
        seed: Of the first scrambling; the others follow.
        points_log2: Logarithm to base 2 of the points of one scrambling.

    Raises:
        ValueError: two primitives have one name, or a result is not finite.
    """
    names = [primitive.name for primitive in primitives]
    if len(set(names)) != len(names):
        raise ValueError(f"two primitives have one name among {', '.join(names)}")
    # Some scramblings after the other: what a model makes on its way is small, and stays in the processor's cache.
    together = min(SCRAMBLES, max(1, _POINTS_AT_ONCE >> points_log2))
    parts = []
    for first in range(0, SCRAMBLES, together):
        points = _points(len(primitives), seed + first, together, points_log2)
        parts.append(model({one.name: one.ppf(u) for one, u in zip(primitives, points, strict=True)}))
    results = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    for name, values in results.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{name}: the model gives a result that is not finite")
    return {name: values.reshape(SCRAMBLES, -1) for name, values in results.items()}


@lru_cache(maxsize=SCRAMBLES)  # some 25 MB; years of one model have like numbers of inputs
def _points(dimensions: int, seed: int, scrambles: int, points_log2: int) -> Array:
    """Points of some scramblings, of shape (dimensions, scrambles * n): each primitive reads its own row."""
    from scipy import stats  # takes longer than most results that are kept

    parts = [
        stats.qmc.Sobol(dimensions, scramble=True, rng=seed + number).random_base2(points_log2).T
        for number in range(scrambles)
    ]
    return np.ascontiguousarray(np.concatenate(parts, axis=1))


def interval(results: Array) -> Interval:
    """Median and interval of results of shape (scrambles, n), or of a mixture, of which no error is known."""
    levels = ENDS[0], 0.5, ENDS[1]
    low, median, high = np.quantile(results, levels)
    error = 0.0
    if results.ndim > 1:
        each = np.quantile(results, levels, axis=1)
        error = each.std(axis=1, ddof=1).max() / np.sqrt(results.shape[0])
    return Interval(float(median), float(low), float(high), float(error))


_QUANTILES = (np.arange(4_001) + 0.5) / 4_001


def mixture(cell: str, parts: Sequence[tuple[Array, float]]) -> Array:
    """A sample of one statement that is made from several: each part is drawn with the probability of its weight.

        F = sum w F_k        mean M = sum w m_k        variance = sum w s_k^2 + sum w (m_k - M)^2

    so that parts that disagree widen the interval instead of narrowing it. Parts that share their figures are one.

    Args:
        cell: What is mixed, in words.
        parts: A sample of any shape and its weight; a weight counts against the sum of all.

    Returns:
        The part's quantiles, each as often as its weight asks for, sorted.

    Raises:
        Refused: fewer than two parts are given, or no weight is positive.
    """
    if len(parts) < 2:
        raise Refused(f"{cell}: no mixture of {len(parts)} sample: two are needed")
    weights = np.array([weight for _, weight in parts])
    if (weights < 0).any() or not weights.any():
        raise Refused(f"{cell}: weights {', '.join(f'{one:g}' for one in weights)} are not above 0")
    counts = np.rint(weights / weights.sum() * len(_QUANTILES)).astype(int)
    found = [
        np.quantile(sample, (np.arange(count) + 0.5) / count)
        for (sample, _), count in zip(parts, counts, strict=True)
        if count
    ]
    return np.sort(np.concatenate(found))


def stated(low: float, high: float, step: float = 1.0) -> Array:
    """A published share as a sample: uniform over what its digits leave open, from `low` to `high`."""
    return low - step / 2 + (high - low + step) * _QUANTILES


def sensitivity(primitives: Sequence[Primitive], model: Model, result: str) -> pd.DataFrame:
    """Part of the variance of one result of a `simulate` model that each input explains (Sobol 1993), the largest total first.

    Columns are input (its name), first (alone) and total (with all its interactions), 0 to 1.
    Estimators of Saltelli and others (2010) as `scipy.stats.sobol_indices` computes them. The primitives are
    independent by construction; negative estimates of a small index are noise of the sample.
    """
    from scipy import stats

    moving = [one for one in primitives if np.ptp(one.ppf(np.array([0.01, 0.5, 0.99]))) > 0]
    fixed = {one.name: one.ppf(np.array([0.5])) for one in primitives if one not in moving}

    def explained(values: Array) -> Array:
        given = {one.name: values[i] for i, one in enumerate(moving)}
        return np.asarray(model({**fixed, **given})[result])[np.newaxis]

    found = stats.sobol_indices(func=explained, n=_SOBOL_POINTS, dists=moving, rng=0)
    orders = {"first": found.first_order.ravel(), "total": found.total_order.ravel()}
    table = pd.DataFrame({"input": [one.name for one in moving], **orders})
    return table.sort_values("total", ascending=False, kind="stable", ignore_index=True)
