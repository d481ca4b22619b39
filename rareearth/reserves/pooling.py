"""Stocks held apart or together: what a group saves, who pays, and when there is nothing to gain.

The service level is the **expected unmet share**: each holds the least stock S with E[(X - S)+] = level x E[X], X being
the tonnes that a year's shock takes. At that level a pool never needs more than its members apart, because
the sum of what is unmet apart is at least what is unmet together. Quantiles have no such property: they
are reported beside it, and their gain may be negative.

Dependence is a copula of a common shock and own shocks: a part `common` of each member's risk is one event that hits
all with the same severity, the rest strikes each alone. With only the common shock nothing is gained.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from rareearth import money
from rareearth.quantity import Estimate, Quantity, origins
from rareearth.reserves import cost, goods, shocks
from rareearth.reserves.places import SUPPLIER
from rareearth.units import DAYS_A_YEAR

MOST_MEMBERS = 12  # exact Shapley values look at 2^n coalitions


@dataclass(frozen=True)
class Risk:
    """What strikes the members in one year.

    Attributes:
        probability: Of a shock to one member in a year, 0 to 1.
        common: Part of that probability that is one event for all, 0 to 1.
        severity: Draws of the part of a year's exposure that a shock takes, 0 to 1.
    """

    probability: float
    common: float
    severity: np.ndarray

    def __post_init__(self):
        if not (0 <= self.probability <= 1 and 0 <= self.common <= 1):
            raise ValueError("probability and common part of a shock are shares from 0 to 1")
        if len(self.severity) == 0 or self.severity.min() < 0 or self.severity.max() > 1:
            raise ValueError("severity holds draws from 0 to 1, the part of a year's exposure")


def needs(exposure_t: Mapping[str, float], risk: Risk, draws: int, seed: int) -> np.ndarray:
    """Tonnes that a year takes from each member: a row a draw, a column a member.

    A member's own probability is such that its whole probability is `risk.probability` whatever the common part.
    """
    if not exposure_t or min(exposure_t.values()) <= 0:
        raise ValueError("each member needs an exposure above 0 t a year")
    random = np.random.default_rng(seed)
    size = (draws, len(exposure_t))
    together = risk.probability * risk.common
    alone = 1 - (1 - risk.probability) / (1 - together) if together < 1 else 0.0
    all_hit = random.random(draws) < together
    hit = random.random(size) < alone
    shared = random.choice(risk.severity, draws)
    own = random.choice(risk.severity, size)
    part = np.where(all_hit[:, None], shared[:, None], hit * own)
    return part * np.array(list(exposure_t.values()))


def stock_at(need_t: np.ndarray, level: float) -> float:
    """The least stock that leaves at most `level` of the expected need unmet.

    E[(X - S)+] is a broken line in S whose corners are the draws, so the answer is exact for the draws.

    Args:
        need_t: Draws of the need, tonnes.
        level: Expected unmet share, 0 to 1.
    """
    if not 0 <= level <= 1:
        raise ValueError(f"an expected unmet share of {level:g} is none: give 0 to 1")
    ordered = np.sort(need_t)
    above = np.arange(len(ordered) - 1, -1, -1)  # draws above each corner
    left = ordered[::-1].cumsum()[::-1] - ordered  # and what they sum to
    unmet = (left - above * ordered) / len(ordered)
    target = level * ordered.mean()
    corner = int(np.argmax(unmet <= target))
    if corner == 0:
        below, unmet_below, at = 0.0, float(ordered.mean()), float(ordered[0])
    else:
        below, unmet_below, at = float(ordered[corner - 1]), float(unmet[corner - 1]), float(ordered[corner])
    drop = unmet_below - float(unmet[corner])
    return below if drop <= 0 else below + (unmet_below - target) / drop * (at - below)


def costs(need_t: np.ndarray, members: Sequence[str], level: float) -> dict[frozenset[str], float]:
    """c(K): the stock that each coalition needs at the level, for all coalitions.

    Raises:
        ValueError: there are more than `MOST_MEMBERS` members.
    """
    if len(members) > MOST_MEMBERS:
        raise ValueError(f"{len(members)} members: coalitions are exact up to {MOST_MEMBERS}, take fewer")
    found = {frozenset(): 0.0}
    for size in range(1, len(members) + 1):
        for columns in combinations(range(len(members)), size):
            name = frozenset(members[column] for column in columns)
            found[name] = stock_at(need_t[:, columns].sum(axis=1), level)
    return found


def shapley(cost: Mapping[frozenset[str], float], members: Sequence[str]) -> dict[str, float]:
    """Shapley value of a cost game (Shapley 1953), exact.

    phi_i = sum over K without i of |K|! (n - |K| - 1)! / n! (c(K + i) - c(K))
    """
    n = len(members)
    return {
        member: sum(
            math.factorial(len(group))
            * math.factorial(n - len(group) - 1)
            / math.factorial(n)
            * (cost[group | {member}] - cost[group])
            for group in cost
            if member not in group
        )
        for member in members
    }


def keyed(pool_t: float, weights: Mapping[str, float]) -> dict[str, float]:
    """The pool's stock divided in proportion to `weights`."""
    total = sum(weights.values())
    return {member: pool_t * weight / total for member, weight in weights.items()}


def blocking(
    shares_t: Mapping[str, float], cost: Mapping[frozenset[str], float]
) -> list[tuple[frozenset[str], float]]:
    """Coalitions that would pay less alone, with what they would save, the largest saving first.

    Empty when the division lies in the core. Single members are coalitions too.
    """
    found = []
    for group, alone in cost.items():
        saving = sum(shares_t[member] for member in group) - alone
        if group and saving > 1e-9 * max(1.0, alone):
            found.append((group, saving))
    return sorted(found, key=lambda one: (-one[1], sorted(one[0])))


def unmet_with(need_t: np.ndarray, stocks_t: np.ndarray, commitment: float) -> np.ndarray:
    """What is unmet in each draw when members release only a part of their stocks to the others.

    Each uses the kept part for itself first; the released parts form one pool.

    Args:
        need_t: A row a draw, a column a member.
        stocks_t: A stock for each member.
        commitment: Part of each stock that is really released, 0 to 1.
    """
    if not 0 <= commitment <= 1:
        raise ValueError("commitment is the released part of a stock, 0 to 1")
    after_own = np.maximum(need_t - (1 - commitment) * stocks_t, 0.0).sum(axis=1)
    return np.maximum(after_own - commitment * stocks_t.sum(), 0.0)


def stock_with(need_t: np.ndarray, level: float, commitment: float) -> float:
    """The least stock of the group at the level, in proportion to stocks apart, at a commitment.

    With commitment 0 it is the sum of the stocks apart; with 1 it is that of a full pool.
    """
    apart = np.array([stock_at(need_t[:, column], level) for column in range(need_t.shape[1])])
    target = level * need_t.sum(axis=1).mean()
    low, high = 0.0, 1.0
    for _ in range(50):  # halves the interval below any tonne
        middle = (low + high) / 2
        if unmet_with(need_t, middle * apart, commitment).mean() <= target:
            high = middle
        else:
            low = middle
    return high * apart.sum()


def quantile_gain(need_t: np.ndarray, share_pct: float) -> tuple[float, float]:
    """Quantiles of the needs: their sum apart, and that of the pool; the pool may need more.

    Args:
        need_t: A row a draw, a column a member.
        share_pct: For example 95.
    """
    apart = np.quantile(need_t, share_pct / 100, axis=0, method="inverted_cdf").sum()
    together = np.quantile(need_t.sum(axis=1), share_pct / 100, method="inverted_cdf")
    return float(apart), float(together)


# How the pool's stock is shared out, in words.
RULES = {
    "shapley": "By what each adds to the need (Shapley value)",
    "consumption": "By imports from China",
    "gdp": "By GDP",
    "equal": "In equal parts",
}


@dataclass(frozen=True)
class Group:
    """A group's needs in draws, and the stock that every coalition of it needs.

    Attributes:
        exposure_t: Member to gross tonnes of magnets from China a year.
        need_t: A row a draw, a column a member.
        level: Expected unmet share that all hold.
        cost: Coalition to least stock, in tonnes.
    """

    exposure_t: dict[str, float]
    need_t: np.ndarray
    level: float
    cost: dict[frozenset[str], float]
    figure_ids: tuple[str, ...]
    source_ids: tuple[str, ...]

    @property
    def members(self) -> list[str]:
        """The members in their order."""
        return list(self.exposure_t)

    @property
    def apart_t(self) -> dict[str, float]:
        """What each needs alone."""
        return {member: self.cost[frozenset([member])] for member in self.members}

    @property
    def together_t(self) -> float:
        """What all need as one pool."""
        return self.cost[frozenset(self.members)]


def severity(draws: int, seed: int) -> np.ndarray:
    """Part of a year's imports from China that a cut like the magnet controls of 2025 takes.

    The answer to it is left out: it would shrink all needs alike.
    """
    return np.minimum(1.0, shocks.days_lost(shocks.magnets_2025(), draws, seed) / DAYS_A_YEAR)


def exposures(members: tuple[str, ...]) -> dict[str, float]:
    """Gross tonnes of magnets that each member imports from China in a year."""
    return {member: goods.magnets(member).mass_t[SUPPLIER] for member in members}


def _needs(members: tuple[str, ...], common_pct: float, draws: int, seed: int) -> np.ndarray:
    probability = cost.assumption("shock_probability").mid / 100
    risk = Risk(probability, common_pct / 100, severity(draws, seed))
    return needs(exposures(members), risk, draws, seed)


def group(members: tuple[str, ...], common_pct: float, level_pct: float, draws: int, seed: int) -> Group:
    """Draws a year for a group.

    Args:
        members: ISO codes, at most twelve.
        common_pct: Part of the risk that strikes all at once, 0 to 100.
        level_pct: Expected unmet share, 0 to 100.
        draws: Years that are drawn.
        seed: Of the simulation.
    """
    need = _needs(members, common_pct, draws, seed)
    inputs, sources = origins(*shocks.magnets_2025().ranges, cost.assumption("shock_probability"))
    return Group(
        exposures(members),
        need,
        level_pct / 100,
        costs(need, members, level_pct / 100),
        inputs,
        (*sources, goods.magnets(members[0]).source_id),
    )


def savings(
    members: tuple[str, ...], common_parts_pct: tuple[int, ...], level_pct: float, draws: int, seed: int
) -> dict[int, float]:
    """What a pool saves of the stocks apart, in percent, by the common part of the risk in percent."""
    found = {}
    for part in common_parts_pct:
        need = _needs(members, part, draws, seed)
        apart = sum(stock_at(need[:, column], level_pct / 100) for column in range(len(members)))
        saved = 100 * (1 - stock_at(need.sum(axis=1), level_pct / 100) / apart)
        found[part] = max(0.0, saved)  # the rounding of sums may leave a part in a million below 0
    return found


def _estimate(of: Group, what: str, number: Quantity, method: str, interval: str, note: str) -> Estimate:
    return number.estimate(
        f"reserves.{what}." + "_".join(of.members),
        stage="magnet",
        basis="t_gross",
        elements="unstated",
        reference_year=2024,
        edition="BACI V202601",
        method=method,
        inputs=of.figure_ids,
        source_ids=of.source_ids,
        interval=interval,
        note=note,
    )


def gain(of: Group, saved: dict[int, float], common_pct: int) -> Estimate:
    """The saving of the pool as an Estimate.

    Args:
        of: The group.
        saved: See `savings`; its range is the interval.
        common_pct: The common part whose saving is the value.
    """
    return _estimate(
        of,
        f"pool_gain_pct.common_{common_pct}",
        Quantity("saving", min(saved.values()), saved[common_pct], max(saved.values()), "pct"),
        "1 - stock of the pool / sum of the stocks apart, at one expected unmet share",
        f"range over a common part of {min(saved)} to {max(saved)} % of the risk, not percentiles",
        "HS 850511, metal magnets from China",
    )


def tonnes(of: Group, what: str, value: float) -> Estimate:
    """A stock of the group as an Estimate in gross tonnes of magnets."""
    return _estimate(
        of,
        what,
        Quantity(what, value, value, value, "t"),
        f"least stock with an expected unmet share of {100 * of.level:g} %",
        "no interval: given the assumptions and the simulated years",
        "HS 850511, metal magnets of which an unknown part is of rare earths",
    )


def divided(of: Group) -> pd.DataFrame:
    """Who pays what of the pool under each rule.

    Returns:
        Rows are members; columns apart and the sharing rules of `RULES`, in tonnes. By GDP only where all members have a GDP
        of 2024.
    """
    weights = {
        "consumption": of.exposure_t,
        "equal": dict.fromkeys(of.members, 1.0),
        "gdp": {member: money.gdp_usd(member, 2024) for member in of.members},
    }
    shares = {"apart": of.apart_t, "shapley": shapley(of.cost, of.members)}
    for key, weight in weights.items():
        if all(weight.values()):
            numbers = {m: w.mid if isinstance(w, Quantity) else w for m, w in weight.items()}
            shares[key] = keyed(of.together_t, numbers)
    return pd.DataFrame(shares)[["apart", *(key for key in RULES if key in shares)]]


def pay_more(of: Group, shares: pd.DataFrame) -> dict[str, list[str]]:
    """For each sharing rule the members that carry more than they would alone.

    Args:
        of: The group.
        shares: See `divided`.
    """
    return {
        rule: sorted(
            member for member in of.members if shares[rule][member] > of.apart_t[member] * (1 + 1e-9)
        )
        for rule in shares.columns[1:]
    }


def stability(of: Group, shares: pd.DataFrame) -> pd.DataFrame:
    """For each sharing rule: members that pay more than alone, and groups of members that would leave.

    Returns:
        Columns Rule, Pay more than alone, Groups that would leave, Of all.
    """
    alone = pay_more(of, shares)
    rows = [
        {
            "Rule": RULES[rule],
            "Pay more than alone": ", ".join(alone[rule]) or "nobody",
            "Groups that would leave": len(blocking(shares[rule].to_dict(), of.cost)),
            "Of all": len(of.cost) - 1,
        }
        for rule in shares.columns[1:]
    ]
    return pd.DataFrame(rows)
