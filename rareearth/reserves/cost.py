"""What a stock costs and is worth: filling, carrying, a day of cover, break-even, optimal size, other instruments.

Money is in US dollars of the prices put in; tonnes and prices must be of the same material. Elasticities,
rates and probabilities are assumptions (data/raw/plans/reserve_assumptions.csv) and come with a range.
"""

import numpy as np
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


def break_even_pct(
    short_t_a_day: float,
    price_usd_kg: float,
    premium_share: float,
    carrying_pct: float,
    loss_usd_a_day: float,
    avoided_pct: float,
    reaches_day: float,
) -> float:
    """The yearly probability of a shock from which the n-th day of cover is worth its cost, in percent.

    pi_n = q p (1 + premium) (r + s + w) / (eta L Pr(T >= n))

    Args:
        short_t_a_day: q, tonnes that are missing in a day.
        price_usd_kg: p.
        premium_share: Premium of the purchase.
        carrying_pct: r + s + w a year.
        loss_usd_a_day: L, published loss of a day without supply.
        avoided_pct: eta, the part of it that the stock avoids.
        reaches_day: Pr(T >= n), the share of shocks that last to the day, 0 to 1.

    Returns:
        Above 100 where the day is never worth it; infinite where no shock reaches the day.
    """
    cost = short_t_a_day * KG_PER_T * price_usd_kg * (1 + premium_share) * carrying_pct / 100
    avoided = avoided_pct / 100 * loss_usd_a_day * reaches_day
    return 100 * cost / avoided if avoided > 0 else np.inf


def newsvendor_t(
    need_t: np.ndarray, probability_pct: float, carrying_usd_t: float, price_usd_t: float, value_usd_t: float
) -> float:
    """The best size: S* = F^-1(1 - h / (pi (v - p))), F the need given a shock; 0 where h >= pi (v - p).

    v is taken as one number, but it falls with the stock, as users of low value are cut first: with an average
    loss per tonne the answer is an upper bound.

    Args:
        need_t: Draws of the need given a shock.
        probability_pct: pi, of a shock in a year.
        carrying_usd_t: h, carrying cost of a tonne a year.
        price_usd_t: p, of a tonne.
        value_usd_t: v, what a missing tonne costs.
    """
    gain = probability_pct / 100 * (value_usd_t - price_usd_t)
    if carrying_usd_t >= gain:
        return 0.0
    return float(np.quantile(need_t, 1 - carrying_usd_t / gain, method="inverted_cdf"))


def price(material: str, year: int, market: str) -> pd.Series:
    """The row of prices for a material in a year.

    Args:
        material: Beginning of the published name, for example ``Dysprosium oxide``.
        year: Calendar year.
        market: Words that stand in ``basis_published``.

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


def marked_to_market(stock_t: float, prices_usd_kg: pd.Series) -> pd.Series:
    """Value of a stock in USD at each year's price, indexed as the prices are."""
    return prices_usd_kg * KG_PER_T * stock_t
