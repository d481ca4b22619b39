"""A group of countries with stocks apart or together: the figures of a page, from imports, cuts and assumptions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rareearth import money
from rareearth.estimate import Estimate
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


def group(members: tuple[str, ...], common_pct: float, level_pct: float, draws: int, seed: int) -> Group:
    """Draws a year for a group.

    Args:
        members: ISO codes, at most twelve.
        common_pct: Part of the risk that strikes all at once, 0 to 100.
        level_pct: Expected unmet share, 0 to 100.
        draws: Years that are drawn.
        seed: Of the draws.
    """
    imports = {member: country.magnets(member) for member in members}
    exposure = {member: of.mass_t[SUPPLIER] for member, of in imports.items()}
    given = cost.assumption("shock_probability")
    risk = pooling.Risk(given.value / 100, common_pct / 100, severity(draws, seed))
    need = pooling.needs(exposure, risk, draws, seed)
    shape = shocks.magnets_2025()
    return Group(
        exposure,
        need,
        level_pct / 100,
        pooling.costs(need, list(members), level_pct / 100),
        (*shape.figure_ids, given.figure_id),
        tuple(
            dict.fromkeys(
                (*shape.source_ids, "project_judgement", *(of.source_id for of in imports.values()))
            )
        ),
    )


def gain(of: Group, low: Group, high: Group) -> Estimate:
    """What a pool saves of the stocks apart, in percent; the ends are those of two other common parts."""
    saved = [100 * (1 - one.together_t / sum(one.apart_t.values())) for one in (of, low, high)]
    saved = [max(0.0, part) for part in saved]  # rounding below a tonne in a million
    return Estimate(
        id="reserves.pool_gain_pct." + "_".join(of.members),
        value=saved[0],
        low=min(saved),
        high=max(saved),
        unit="pct",
        stage="magnet",
        basis="t_gross",
        elements="unstated",
        reference_year=2024,
        edition="2024",
        method="1 - stock of the pool / sum of the stocks apart, at one expected unmet share",
        inputs=of.figure_ids,
        source_ids=of.source_ids,
        interval="range over the assumed common part of the risk, not percentiles",
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
        edition="2024",
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
                "Pay more than alone": ", ".join(sorted(alone)) or "none",
                "Coalitions that would leave": len(leaving),
                "Of all": len(of.cost) - 1,
            }
        )
    return pd.DataFrame(rows)
