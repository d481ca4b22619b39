"""What a stock costs: the premium of buying, filling and carrying.

Money is in US dollars of the prices put in; tonnes and prices must be of the same material. Elasticities,
rates and probabilities are assumptions (data/raw/plans/reserve_assumptions.csv) and come with a range.
"""

import pandas as pd

from rareearth import tables
from rareearth.errors import Refused
from rareearth.quantity import Quantity
from rareearth.units import KG_PER_T


def assumption(name: str) -> Quantity:
    """One row of reserve_assumptions: an input that no source gives, with its reason.

    Raises:
        Refused: there is none of that name.
    """
    row = tables.select("reserve_assumptions", name=name, one=True)
    return Quantity.of(row, name, row["unit"], ("low", "value", "high"), reason=row["note"])


def premium(bought_t: float, market_t: float, supply_elasticity: float, demand_elasticity: float) -> float:
    """How much a purchase raises the price, as a share: (1 + dQ / Q)^(1 / (es + |ed|)) - 1.

    A constant-elasticity market in which supply and demand of the others together make room for the purchase.

    Args:
        bought_t: dQ, bought in the period.
        market_t: Q, what can really be bought in that period, outside China for a buyer who is cut off.
        supply_elasticity: es, of that supply.
        demand_elasticity: ed, of the others' demand; its sign does not matter.

    Raises:
        Refused: the market is empty, something is negative, or both elasticities are 0.
    """
    give = supply_elasticity + abs(demand_elasticity)
    if bought_t < 0 or market_t <= 0 or supply_elasticity < 0 or give <= 0:
        raise Refused(f"no price of {bought_t} t out of {market_t} t at elasticities that sum to {give}")
    return (1 + bought_t / market_t) ** (1 / give) - 1


def fill_usd(
    stock_t: float, price_usd_kg: float, premium_share: float, other_imports_t: float = 0.0
) -> float:
    """Cost of filling: S p (1 + premium), and the premium on the buyer's other imports meanwhile."""
    return KG_PER_T * price_usd_kg * (stock_t * (1 + premium_share) + other_imports_t * premium_share)


def carrying_usd(
    value_usd: float, real_rate_pct: float, storage_pct: float, loss_pct: float, price_rise_pct: float = 0.0
) -> float:
    """Cost of a year: value x (rate + storage + loss - expected rise of the price)."""
    return value_usd * (real_rate_pct + storage_pct + loss_pct - price_rise_pct) / 100


def price(material: str, year: int, market: str) -> pd.Series:
    """The row of prices for a material (the beginning of its name) in a year, with `market` in ``basis_published``.

    Raises:
        Refused: there is not exactly one such row in the newest edition.
    """
    rows = tables.select(
        "prices",
        material=lambda names: names.str.startswith(material),
        reference_year=year,
        basis_published=lambda words: words.str.contains(market, regex=False),
    )
    return tables.select(rows, edition=rows["edition"].max(), one=True)
