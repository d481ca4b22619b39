"""A group of countries with stocks apart or together: the figures of a page, from imports, cuts and assumptions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rareearth import money
from rareearth.quantity import Estimate
from rareearth.reserves import cost, country, pooling, shocks
from rareearth.reserves.country import SUPPLIER

KEYS = {
    "shapley": "Shapley value",
    "consumption": "by imports from China",
    "gdp": "by GDP",
    "equal": "equal parts",
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
    shape = shocks.magnets_2025()
    shock = shocks.drawn(shape, (SUPPLIER,), draws, seed)
    lost = shock.depth * (shock.length_days + shock.recovery_days / 2) / 365
    return np.minimum(1.0, lost)


def exposures(members: tuple[str, ...]) -> dict[str, float]:
    """Gross tonnes of magnets that each member imports from China in a year."""
    return {member: country.magnets(member).mass_t[SUPPLIER] for member in members}


def _needs(members: tuple[str, ...], common_pct: float, draws: int, seed: int) -> np.ndarray:
    probability = cost.assumption("shock_probability").value / 100
    risk = pooling.Risk(probability, common_pct / 100, severity(draws, seed))
    return pooling.needs(exposures(members), risk, draws, seed)


def group(members: tuple[str, ...], common_pct: float, level_pct: float, draws: int, seed: int) -> Group:
    """Draws a year for a group.

    Args:
        members: ISO codes, at most twelve.
        common_pct: Part of the risk that strikes all at once, 0 to 100.
        level_pct: Expected unmet share, 0 to 100.
        draws: Years that are drawn.
        seed: Of the draws.
    """
    need = _needs(members, common_pct, draws, seed)
    shape = shocks.magnets_2025()
    return Group(
        exposures(members),
        need,
        level_pct / 100,
        pooling.costs(need, list(members), level_pct / 100),
        (*shape.figure_ids, cost.assumption("shock_probability").figure_id),
        tuple(dict.fromkeys((*shape.source_ids, "project_judgement", country.magnets(members[0]).source_id))),
    )


def savings(
    members: tuple[str, ...], common_parts_pct: tuple[int, ...], level_pct: float, draws: int, seed: int
) -> dict[int, float]:
    """What a pool saves of the stocks apart, in percent, by the common part of the risk in percent."""
    found = {}
    for part in common_parts_pct:
        need = _needs(members, part, draws, seed)
        apart = sum(pooling.stock_at(need[:, column], level_pct / 100) for column in range(len(members)))
        saved = 100 * (1 - pooling.stock_at(need.sum(axis=1), level_pct / 100) / apart)
        found[part] = max(0.0, saved)  # the rounding of sums may leave a part in a million below 0
    return found


def gain(of: Group, saved: dict[int, float], common_pct: int) -> Estimate:
    """The saving of the pool as an Estimate.

    Args:
        of: The group.
        saved: See `savings`; its range is the interval.
        common_pct: The common part whose saving is the value.
    """
    return Estimate(
        id="reserves.pool_gain_pct." + "_".join(of.members),
        value=saved[common_pct],
        low=min(saved.values()),
        high=max(saved.values()),
        unit="pct",
        stage="magnet",
        basis="t_gross",
        elements="unstated",
        reference_year=2024,
        edition="BACI V202601",
        method="1 - stock of the pool / sum of the stocks apart, at one expected unmet share",
        inputs=of.figure_ids,
        source_ids=of.source_ids,
        interval=f"range over a common part of {min(saved)} to {max(saved)} % of the risk, not percentiles",
        note="HS 850511, metal magnets from China",
    )


def tonnes(of: Group, what: str, value: float) -> Estimate:
    """A stock of the group as an Estimate in gross tonnes of magnets."""
    return Estimate(
        id=f"reserves.{what}." + "_".join(of.members),
        value=value,
        low=value,
        high=value,
        unit="t",
        stage="magnet",
        basis="t_gross",
        elements="unstated",
        reference_year=2024,
        edition="BACI V202601",
        method=f"least stock with an expected unmet share of {100 * of.level:g} %",
        inputs=of.figure_ids,
        source_ids=of.source_ids,
        interval="no interval: given the assumptions and the draws",
        note="HS 850511, metal magnets of which an unknown part is of rare earths",
    )


def divided(of: Group) -> pd.DataFrame:
    """Who pays what of the pool under each key.

    Returns:
        Rows are members; columns apart and the keys of `KEYS`, in tonnes. By GDP only where all members have a GDP
        of 2024.
    """
    weights = {
        "consumption": of.exposure_t,
        "equal": dict.fromkeys(of.members, 1.0),
        "gdp": {member: money.gdp_usd(member, 2024) for member in of.members},
    }
    shares = {"apart": of.apart_t, "shapley": pooling.shapley(of.cost, of.members)}
    for key, weight in weights.items():
        if all(weight.values()):
            numbers = {m: w.value if isinstance(w, money.Figure) else w for m, w in weight.items()}
            shares[key] = pooling.keyed(of.together_t, numbers)
    return pd.DataFrame(shares)[["apart", *(key for key in KEYS if key in shares)]]


def stability(of: Group, shares: pd.DataFrame) -> pd.DataFrame:
    """For each key: members that pay more than alone, and coalitions that would leave.

    Returns:
        Columns Key, Pay more than alone, Coalitions that would leave, Of all.
    """
    rows = []
    for key in shares.columns[1:]:
        leaving = pooling.blocking(shares[key].to_dict(), of.cost)
        alone = [next(iter(names)) for names, _ in leaving if len(names) == 1]
        rows.append(
            {
                "Key": KEYS[key],
                "Pay more than alone": ", ".join(sorted(alone)) or "nobody",
                "Coalitions that would leave": len(leaving),
                "Of all": len(of.cost) - 1,
            }
        )
    return pd.DataFrame(rows)
