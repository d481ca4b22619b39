"""One statement from several lineages of figures: only within one cell, never from one lineage alone.

A cell is year, stage, basis, elements and scope. Methods that share their figures are one lineage: the quota, the
quota with feed and the balance all take China's quota for China. Every lineage has the same weight w = 1/k:

    F = sum w F_k        mean M = sum w m_k        variance = sum w s_k^2 + sum w (m_k - M)^2

so that lineages that disagree widen the interval instead of narrowing it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rareearth.errors import Refused
from rareearth.uncertainty import LEVEL_PCT, Array

_POINTS = 4_001


@dataclass(frozen=True)
class Pooled:
    """A mixture of lineages with equal weight, in the unit of its parts.

    Attributes:
        mean: Mean of the means.
        variance: Within and between the lineages.
        low: 5th percentile of the mixture.
        median: 50th percentile.
        high: 95th percentile.
        without: Lineage that is left out to the interval of the others.
    """

    mean: float
    variance: float
    low: float
    median: float
    high: float
    without: dict[str, tuple[float, float]]


def stated(low: float, high: float, step: float = 1.0) -> Array:
    """A published share as a sample: uniform over what its digits leave open, from `low` to `high`."""
    return np.linspace(low - step / 2, high + step / 2, _POINTS)


def _quantiles(samples: list[Array]) -> tuple[float, float, float]:
    # Each lineage by as many quantiles of its own, so that a long sample weighs no more than a short one.
    at = (np.arange(_POINTS) + 0.5) / _POINTS
    parts = [np.interp(at, (np.arange(len(one)) + 0.5) / len(one), np.sort(one)) for one in samples]
    mixture = np.concatenate(parts)
    tail = (100 - LEVEL_PCT) / 200
    return tuple(float(q) for q in np.quantile(mixture, [tail, 0.5, 1 - tail]))


def pool(cell: str, lineages: Mapping[str, Array]) -> Pooled:
    """The mixture of several lineages of one cell.

    Args:
        cell: What is pooled, in words.
        lineages: Name to a sample of the quantity, of any shape.

    Raises:
        Refused: there are fewer than two lineages.
    """
    if len(lineages) < 2:
        found = ", ".join(lineages) or "none"
        raise Refused(f"{cell}: no pooled statement from one lineage of figures ({found}); two are needed")
    samples = {name: np.asarray(sample).ravel() for name, sample in lineages.items()}
    means = np.array([sample.mean() for sample in samples.values()])
    within = np.array([sample.var() for sample in samples.values()])
    low, median, high = _quantiles(list(samples.values()))
    without = {}
    for name in samples:
        ends = _quantiles([sample for other, sample in samples.items() if other != name])
        without[name] = (ends[0], ends[2])
    return Pooled(
        float(means.mean()),
        float(within.mean() + ((means - means.mean()) ** 2).mean()),
        low,
        median,
        high,
        without,
    )
