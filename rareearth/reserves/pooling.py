"""Stocks held apart or together: what a group saves, who pays, and when there is nothing to gain.

The service level is the **expected unmet share**: each holds the least stock S with E[(X - S)+] = level x E[X], X being
the tonnes that a year's shock takes. At that level a pool never needs more than its members apart, because
the sum of what is unmet apart is at least what is unmet together. Quantiles have no such property: they
are reported beside it, and their gain may be negative.

Dependence is a copula of a common shock and own shocks: a part `common` of each member's risk is one event that hits
all with the same severity, the rest strikes each alone. With only the common shock nothing is gained.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from rareearth import conversion
from rareearth.quantity import DAYS_A_YEAR, Estimate, Quantity, origins
from rareearth.reserves import goods, stress
from rareearth.reserves.goods import SUPPLIER
from rareearth.uncertainty import assumed

MOST_MEMBERS = 12  # exact Shapley values look at 2^n coalitions


def needs(
    exposure_t: Mapping[str, float], probability: float, common: float, severity: np.ndarray, draws: int, seed: int
) -> np.ndarray:
    """Tonnes that a year takes from each member: a row a draw, a column a member.

    `exposure_t` is what a shock can take of each in a year, `probability` that of a shock to one member in a year, whatever the
    part of it that is one event for all (`common`); `severity` are draws of the part of the exposure that a shock takes. All
    three parts are 0 to 1.
    """
    random = np.random.default_rng(seed)
    size = (draws, len(exposure_t))
    together = probability * common
    alone = 1 - (1 - probability) / (1 - together) if together < 1 else 0.0
    all_hit = random.random(draws) < together
    hit = random.random(size) < alone
    shared = random.choice(severity, draws)
    own = random.choice(severity, size)
    part = np.where(all_hit[:, None], shared[:, None], hit * own)
    return part * np.array(list(exposure_t.values()))


def stock_at(need_t: np.ndarray, level: float) -> float:
    """The least stock that leaves at most `level` of the expected need unmet.

    E[(X - S)+] is a broken line in S whose corners are the draws (tonnes), so the answer is exact for the draws.
    """
    if not 0 <= level <= 1:
        raise ValueError(f"an expected unmet share of {level:g} is none: give 0 to 1")
    ordered = np.sort(need_t)
    above = np.arange(len(ordered) - 1, -1, -1)  # draws above each corner
    left = ordered[::-1].cumsum()[::-1] - ordered  # and what they sum to
    # The broken line from no stock at all, through its corners.
    unmet = np.insert((left - above * ordered) / len(ordered), 0, ordered.mean())
    return float(np.interp(-level * ordered.mean(), -unmet, np.insert(ordered, 0, 0.0)))


def _apart(need_t: np.ndarray, level: float) -> np.ndarray:
    return np.apply_along_axis(stock_at, 0, need_t, level)


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

    phi_i = sum over K without i of |K|! (n - |K| - 1)! / n! (c(K + i) - c(K)), the weight being 1 / (n binom(n - 1, |K|))
    """
    n = len(members)
    return {
        member: sum(
            (cost[group | {member}] - alone) / (n * math.comb(n - 1, len(group)))
            for group, alone in cost.items()
            if member not in group
        )
        for member in members
    }


def blocking(shares_t: Mapping[str, float], cost: Mapping[frozenset[str], float]) -> int:
    """How many coalitions, single members among them, would pay less alone: none when the division lies in the core."""
    savings = {group: sum(shares_t[member] for member in group) - alone for group, alone in cost.items()}
    return sum(saving > 1e-9 * max(1.0, cost[group]) for group, saving in savings.items())


def stock_with(need_t: np.ndarray, level: float, commitment: float) -> float:
    """The least stock of the group at the level, in proportion to stocks apart, when members release only a part of theirs.

    Each uses the part that it keeps for itself first; the released parts (`commitment`, 0 to 1) form one pool. With 0 it is the
    sum of the stocks apart; with 1 it is that of a full pool. `need_t` has a row a draw and a column a member.
    """
    if not 0 <= commitment <= 1:
        raise ValueError("commitment is the released part of a stock, 0 to 1")
    apart = _apart(need_t, level)
    target = level * need_t.sum(axis=1).mean()
    low, high = 0.0, 1.0
    for _ in range(50):  # halves the interval below any tonne
        middle = (low + high) / 2
        stocks = middle * apart
        after_own = np.maximum(need_t - (1 - commitment) * stocks, 0.0).sum(axis=1)
        if np.maximum(after_own - commitment * stocks.sum(), 0.0).mean() <= target:
            high = middle
        else:
            low = middle
    return high * apart.sum()


def quantile_gain(need_t: np.ndarray, share_pct: float) -> tuple[float, float]:
    """Quantiles of the needs, such as 95 %: their sum apart, and that of the pool; the pool may need more."""
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
    """A group's needs in draws, and the stock that every coalition of it needs."""

    exposure_t: dict[str, float]  # member to gross tonnes of magnets from China a year
    need_t: np.ndarray  # A row a draw, a column a member
    level: float  # expected unmet share that all hold
    cost: dict[frozenset[str], float]  # coalition to least stock, in tonnes
    inputs: tuple[str, ...]  # figures that it was made from
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


def _needs(members: tuple[str, ...], common_pct: float, draws: int, seed: int) -> tuple[dict[str, float], np.ndarray]:
    """Gross tonnes of magnets that each member imports from China in a year, and draws of what a year takes of them.

    The severity is the part of a year's imports that a cut like the magnet controls of 2025 takes. The answer to it is left
    out: it would shrink all needs alike.
    """
    severity = np.minimum(1.0, stress.days_lost(stress.magnets_2025(), draws, seed) / DAYS_A_YEAR)
    probability = assumed("shock_probability").mid / 100
    exposure_t = {member: goods.magnets(member).mass_t[SUPPLIER] for member in members}
    return exposure_t, needs(exposure_t, probability, common_pct / 100, severity, draws, seed)


def group(members: tuple[str, ...], common_pct: float, level_pct: float, draws: int, seed: int) -> Group:
    """Draws years for a group: at most twelve members by ISO code, and percent for the common part and the unmet share."""
    exposure_t, need = _needs(members, common_pct, draws, seed)
    inputs, sources = origins(*stress.magnets_2025().ranges, assumed("shock_probability"))
    sources, level = (*sources, goods.magnets(members[0]).source_id), level_pct / 100
    return Group(exposure_t, need, level, costs(need, members, level), inputs, sources)


def savings(
    members: tuple[str, ...], common_parts_pct: tuple[int, ...], level_pct: float, draws: int, seed: int
) -> dict[int, float]:
    """What a pool saves of the stocks apart, in percent, by the common part of the risk in percent."""
    found = {}
    for part in common_parts_pct:
        _, need = _needs(members, part, draws, seed)
        saved = 1 - stock_at(need.sum(axis=1), level_pct / 100) / _apart(need, level_pct / 100).sum()
        found[part] = max(0.0, 100 * saved)  # the rounding of sums may leave a part in a million below 0
    return found


def _estimate(of: Group, what: str, values: Iterable[float], unit: str, **definition: str) -> Estimate:
    return Quantity.among(what, values, unit, of).estimate(
        f"reserves.{what}." + "_".join(of.members),
        axes="magnet t_gross unstated",
        reference_year=2024,
        edition=goods.EDITION[goods.MAGNET_SOURCE],
        **definition,
    )


def gain(of: Group, saved: dict[int, float], common_pct: int) -> Estimate:
    """The saving of the pool at a common part of the risk, with the range of `savings` as its interval."""
    about = {
        "method": "1 - stock of the pool / sum of the stocks apart, at one expected unmet share",
        "interval": f"range over a common part of {min(saved)} to {max(saved)} % of the risk, not percentiles",
        "note": "HS 850511, metal magnets from China",
    }
    values = [saved[common_pct], *saved.values()]
    return _estimate(of, f"pool_gain_pct.common_{common_pct}", values, "pct", **about)


def tonnes(of: Group, what: str, value: float, method: str = "") -> Estimate:
    """A stock of the group as an Estimate in gross tonnes of magnets; it meets the group's level where no method is named."""
    about = {
        "method": method or f"least stock with an expected unmet share of {100 * of.level:g} %",
        "interval": "no interval: given the assumptions and the simulated years",
        "note": "HS 850511, metal magnets of which an unknown part is of rare earths",
    }
    return _estimate(of, what, [value], "t", **about)


def outlasting(of: Group, share_pct: int) -> tuple[Estimate, Estimate]:
    """The stocks that outlast a share of the simulated years: apart, and as one pool."""
    apart, together = quantile_gain(of.need_t, share_pct)
    method = f"{share_pct} % quantile of a year's need"
    return (
        tonnes(of, f"stock_apart_for_years_{share_pct}", apart, method),
        tonnes(of, f"stock_together_for_years_{share_pct}", together, method),
    )


def divided(of: Group) -> pd.DataFrame:
    """Who pays what of the pool: a row a member; the stock apart and by each of `RULES`, by GDP only where all have one of 2024."""
    gdp = {member: conversion.gdp_usd(member, 2024) for member in of.members}
    weights = {"consumption": of.exposure_t, "equal": dict.fromkeys(of.members, 1.0)}
    if all(gdp.values()):
        weights["gdp"] = {member: published.mid for member, published in gdp.items()}
    shares = {"apart": of.apart_t, "shapley": shapley(of.cost, of.members)}
    for rule, weight in weights.items():
        whole = sum(weight.values())
        shares[rule] = {member: of.together_t * part / whole for member, part in weight.items()}
    return pd.DataFrame(shares)[["apart", *(rule for rule in RULES if rule in shares)]]


def pay_more(of: Group, shares: pd.DataFrame) -> dict[str, list[str]]:
    """For each sharing rule of `divided` the members that carry more than they would alone."""
    alone = pd.Series(of.apart_t) * (1 + 1e-9)
    return {rule: sorted(shares.index[shares[rule] > alone]) for rule in shares.columns[1:]}


def stability(of: Group, shares: pd.DataFrame) -> pd.DataFrame:
    """For each sharing rule of `divided`: members that pay more than alone, and how many groups of members would leave."""
    rows = [
        (RULES[rule], ", ".join(alone) or "nobody", blocking(shares[rule], of.cost), len(of.cost) - 1)
        for rule, alone in pay_more(of, shares).items()
    ]
    columns = ["Rule", "Pay more than alone", "Groups that would leave", "Of all"]
    return pd.DataFrame(rows, columns=columns)
