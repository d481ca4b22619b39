"""A stock beside the other instruments: what a tonne of NdPr oxide a year costs to secure by each.

They do different things: a stock gives its tonnes once; a floor price, a right and shares give theirs every year.
"""

from collections.abc import Iterable

import pandas as pd

from rareearth import money, tables
from rareearth.quantity import Estimate
from rareearth.reserves import cost, worth

_RIGHT, _SHARES = "JP-16", "US-14"
# Words of the plan _RIGHT, held against its text by a test.
RIGHT_T_A_YEAR, RIGHT_UNTIL = 7200, 2038
_MAKER = "Mountain Pass"


def instruments() -> pd.DataFrame:
    """One row an instrument: columns instrument, secures, usd (Estimate in USD a tonne and year), note."""
    made = f"{_maker()['value']:,.0f} t made in {worth.PRICE_YEAR}"
    rows = [
        ("Stock", "its tonnes once", _stock(), "the goods keep their value, at the price of the day"),
        ("Floor price", f"{made}, every year", _floor(), "paid only while China's price is lower"),
        (
            "Right of first supply",
            f"up to {RIGHT_T_A_YEAR:,} t a year to {RIGHT_UNTIL}",
            _right(),
            "the goods are paid besides, and fewer tonnes make each dearer",
        ),
        (
            "Shares in the producer",
            f"{made}, if all of it is for the holder",
            _shares(),
            "the shares keep a value, at the price of the day",
        ),
    ]
    return pd.DataFrame(rows, columns=["instrument", "secures", "usd", "note"])


def _a_tonne(what: str, ends, method: str, inputs: Iterable, sources: Iterable, interval: str) -> Estimate:
    name = f"instrument_usd.{what}"
    return worth.estimate(name, "usd", ends, method, inputs, sources, interval, "USD a tonne and year")


def _plan(name: str) -> pd.Series:
    return tables.load("reserve_plans").set_index("figure_id", drop=False).loc[name]


def _maker() -> pd.Series:
    return worth.market().set_index("facility", drop=False).loc[_MAKER]


def _stock() -> Estimate:
    held = worth.stock(worth.NET_DAYS, "outside China")
    carried = held.carrying
    ends = [end * 1e6 / held.tonnes.value for end in (carried.low, carried.value, carried.high)]
    method = "carrying cost a year / tonnes held"
    return _a_tonne("stock", ends, method, (carried, held.tonnes), carried.source_ids, carried.interval)


def _floor() -> Estimate:
    guaranteed, years = worth.guaranteed(), worth.record()
    missing = (guaranteed["value"] - years["value"]).clip(lower=0) * cost.KG_PER_T
    return _a_tonne(
        "floor",
        (missing.min(), missing[worth.PRICE_YEAR], missing.max()),
        f"guaranteed price - China's price of {worth.PRICE_YEAR}, as if paid on every tonne; 0 where China's is higher",
        (guaranteed["figure_id"], *years["figure_id"]),
        (*guaranteed["source_ids"], *(source for ids in years["source_ids"] for source in ids)),
        f"range of China's prices of {years.index.min()} to {years.index.max()}",
    )


def _right() -> Estimate:
    plan = _plan(_RIGHT)
    rate = money.rate(plan["budget_currency"], plan["announced_on"])
    years = RIGHT_UNTIL - int(plan["announced_on"][:4])
    return _a_tonne(
        "right",
        [plan["budget_amount"] * end / RIGHT_T_A_YEAR / years for end in (rate.low, rate.value, rate.high)],
        "price of the shares / tonnes a year / years",
        (plan["figure_id"], *rate.figure_ids),
        (*plan["source_ids"], *rate.source_ids),
        "no interval: one published amount and one rate",
    )


def _shares() -> Estimate:
    plan, maker, rate = _plan(_SHARES), _maker(), cost.assumption("real_rate")
    return _a_tonne(
        "equity",
        [plan["budget_amount"] * end / 100 / maker["value"] for end in (rate.low, rate.value, rate.high)],
        "price of the shares x real rate / tonnes made",
        (plan["figure_id"], maker["figure_id"], rate.figure_id),
        (*plan["source_ids"], *maker["source_ids"], "project_judgement"),
        "range of the assumed real rate, not percentiles",
    )
