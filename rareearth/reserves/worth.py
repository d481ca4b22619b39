"""What a stock of NdPr oxide for Japan costs and is worth: the one place and material with use, prices and losses published.

Use is that of didymium and neodymium in 2024, in tonnes whose basis is not stated and that are taken as oxide.
The market in which a buyer who is cut off can fill is what Lynas and MP Materials make. Prices are China's, free
on board, and the level outside that the United States guarantee to MP Materials.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rareearth import conversion, money, tables
from rareearth.processing import elements
from rareearth.quantity import NONE, Estimate
from rareearth.reserves import cost, shocks
from rareearth.reserves.cover import DAYS_A_YEAR

_NDPR = "Neodymium-praseodymium (NdPr) oxide"
_FOB = "annual average, free on board"
PRICE_YEAR = 2025
# Published losses by a stop of imports to Japan. Another one of the same study covers other minerals too.
_LOSSES = {
    "NRI, 3 months": "shock-0001",
    "NRI, 12 months": "shock-0003",
    "Daiwa, 12 months": "shock-0006",
}
_NET_OF_60_DAYS, _NRI_GDP = "shock-0009", "shock-0004"
NET_DAYS = 60
_LOSS_MONTH = "2026-01"
MONTH_DAYS = DAYS_A_YEAR / 12


@dataclass(frozen=True)
class Loss:
    """A published loss of a day without supply.

    Attributes:
        usd_a_day: In US dollars at the rate of the month of the study.
        from_day: First day that it speaks of: one study already nets off a stock.
    """

    name: str
    usd_a_day: float
    from_day: int
    figure_ids: tuple[str, ...]
    source_ids: tuple[str, ...]


def losses() -> list[Loss]:
    """The published losses of GDP, each spread evenly over its days.

    Mizuho prints a share of GDP after 60 days of stock; it is turned into yen by the GDP that NRI's own pair of
    share and yen implies, and spread over the days after the stock.
    """
    table = tables.load("shock_impacts").set_index("figure_id", drop=False)
    rate = money.rate("JPY", _LOSS_MONTH)

    def loss(name: str, rows: list[pd.Series], billion_yen: float, days: float, from_day: int) -> Loss:
        return Loss(
            name,
            billion_yen * 1e9 * rate.value / days,
            from_day,
            (*(row["figure_id"] for row in rows), *rate.figure_ids),
            tuple(dict.fromkeys((*(s for row in rows for s in row["source_ids"]), *rate.source_ids))),
        )

    found = [
        loss(name, [row], row["value"], int(row["duration"].split()[0]) * MONTH_DAYS, 1)
        for name, row in ((name, table.loc[figure]) for name, figure in _LOSSES.items())
    ]
    year, share, net = (table.loc[key] for key in (_LOSSES["NRI, 12 months"], _NRI_GDP, _NET_OF_60_DAYS))
    yen = year["value"] / share["value"] * net["value"]
    days = DAYS_A_YEAR - NET_DAYS
    return [*found, loss("Mizuho, after 60 days", [net, year, share], yen, days, NET_DAYS + 1)]


def use() -> pd.Series:
    """Japan's published use of didymium and neodymium: one row of demand."""
    table = tables.load("demand")
    rows = table[(table["iso3"] == "JPN") & (table["material"] == "didymium and neodymium")]
    return rows.iloc[0]


def market() -> pd.DataFrame:
    """NdPr oxide a year that a buyer outside China can get: the newest full years of Lynas and MP Materials."""
    table = tables.load("facilities")
    rows = table[
        (table["elements"] == "ndpr")
        & (table["measure"] == "production")
        & table["period_kind"].isin(["calendar_year", "fiscal_year"])
        & table["facility"].str.startswith(("Lynas Malaysia", "Mountain Pass"))
        & (table["reference_year"] == PRICE_YEAR)
    ]
    order = rows["confidence"].map(tables.CONFIDENCE.index)
    return rows.assign(order=order).sort_values("order", kind="stable").drop_duplicates("facility")


def prices() -> dict[str, pd.Series]:
    """China's mean price of a year, and Europe's of the last month that is printed in it, the middle of its range."""
    table = tables.load("prices")
    europe = table[
        table["material"].str.startswith("NdPr oxide")
        & (table["market"] == "Europe")
        & (table["reference_year"] == PRICE_YEAR)
    ]
    last = europe.sort_values("period").iloc[-1]
    middle = float(last[["value", "value_high"]].mean())
    return {
        "China, free on board": cost.price(_NDPR, PRICE_YEAR, _FOB),
        "outside China": pd.Series({**last, "value": middle}),
    }


def guaranteed() -> pd.Series:
    """The least price that the US Department of Defense guarantees MP Materials: a row of prices."""
    table = tables.load("prices")
    return table[table["basis_published"].str.startswith("guaranteed")].iloc[-1]


def estimate(
    what: str, unit: str, ends, method: str, inputs, source_ids, interval: str, note: str
) -> Estimate:
    """A number about NdPr: `ends` are low, value and high; tonnes are separated oxide of an unstated basis."""
    low, value, high = ends
    return Estimate(
        id=f"reserves.{what}",
        value=value,
        low=low,
        high=high,
        unit=unit,
        stage="separation" if unit == "t" else NONE,
        basis="unstated" if unit == "t" else NONE,
        elements="ndpr" if unit == "t" else NONE,
        reference_year=PRICE_YEAR,
        edition="2026-05-27",
        method=method,
        inputs=tuple(inputs),
        source_ids=tuple(dict.fromkeys(source_ids)),
        interval=interval,
        note=note,
    )


@dataclass(frozen=True)
class Stock:
    """A stock of NdPr oxide for a number of days, filled in one year at one price."""

    market: str
    tonnes: Estimate
    fill: Estimate
    carrying: Estimate
    a_day: Estimate
    premium_pct: tuple[float, float, float]


def stock(days: int, name: str) -> Stock:
    """Cost of a stock of `days` days of Japan's use.

    Args:
        days: Size in days.
        name: A key of `prices`.

    Returns:
        Fill in usd_m with the premium of buying it within a year, its yearly carrying cost, and that cost for each day of
        cover. Intervals run over the assumed elasticities and rates together, both at their ends.
    """
    row, price, sellers = use(), prices()[name], market()
    tonnes = row["value"] * days / DAYS_A_YEAR
    supply, demand = cost.assumption("supply_elasticity"), cost.assumption("demand_elasticity")
    premiums = [
        cost.premium(tonnes, sellers["value"].sum(), es, ed)
        for es, ed in ((supply.high, demand.high), (supply.value, demand.value), (supply.low, demand.low))
    ]
    fills = [cost.fill_usd(tonnes, price["value"], premium) for premium in premiums]
    parts = [cost.assumption(key) for key in ("real_rate", "storage", "loss")]
    rises = cost.assumption("price_rise")
    rates = [
        (*(part.low for part in parts), rises.high),
        (*(part.value for part in parts), rises.value),
        (*(part.high for part in parts), rises.low),
    ]
    yearly = [max(0.0, cost.carrying_usd(fill, *rate)) for fill, rate in zip(fills, rates, strict=True)]
    figures = (row["figure_id"], price["figure_id"], *sellers["figure_id"])
    assumed = tuple(one.figure_id for one in (supply, demand, *parts, rises))
    sources = (*row["source_ids"], *price["source_ids"], *(s for ids in sellers["source_ids"] for s in ids))
    place = "china" if name.startswith("China") else "outside"
    ends = "range of the assumptions, all at their ends, not percentiles"
    note = "elasticities, rates and the oxide basis of the use are assumptions; a rising price pays at the low end"
    sized = estimate(
        f"ndpr_tonnes.JPN.{days}",
        "t",
        (tonnes, tonnes, tonnes),
        f"use of didymium and neodymium a year x days / {DAYS_A_YEAR}",
        (row["figure_id"],),
        row["source_ids"],
        "no interval: one published use",
        "basis of the use not stated; taken as oxide",
    )
    fill, carrying, a_day = (
        estimate(
            f"ndpr_{what}_usd.{place}.{days}",
            unit,
            [one / over for one in values],
            method,
            (*figures, *assumed),
            (*sources, "project_judgement"),
            ends,
            note,
        )
        for what, unit, values, over, method in (
            ("fill", "usd_m", fills, 1e6, "S p (1 + premium), bought within a year"),
            ("carrying", "usd_m", yearly, 1e6, "fill x (real rate + storage + loss - expected rise)"),
            ("day", "usd", yearly, days, "carrying cost a year / days of cover"),
        )
    )
    return Stock(name, sized, fill, carrying, a_day, tuple(100 * one for one in premiums))


def reaching(days: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Share of cuts that last to each day, drawn evenly from the calibrated shape and that of 2010."""
    ends = []
    for place, shape in enumerate(shocks.shapes()[:2]):
        shock = shocks.drawn(shape, ("CHN",), draws, seed + place)
        ends.append(shock.length_days + shock.recovery_days)
    lasts = np.concatenate(ends)
    return (lasts[None, :] >= days[:, None]).mean(axis=1)


def break_even(days: range, draws: int, seed: int) -> pd.DataFrame:
    """Yearly probability from which the n-th day of NdPr cover is worth it, by day and published loss, in percent.

    All of the published loss is set against NdPr alone, as it is what stops; price, premium, carrying and the avoided
    part are those of a stock of `NET_DAYS` days at the price outside China.
    """
    held = stock(NET_DAYS, "outside China")
    numbers = np.array(days)
    reach = reaching(numbers, draws, seed)
    price = prices()["outside China"]["value"]
    carrying = sum(cost.assumption(key).value for key in ("real_rate", "storage", "loss"))
    avoided = cost.assumption("avoided_share").value
    short = use()["value"] / DAYS_A_YEAR
    return pd.DataFrame(
        {
            loss.name: [
                cost.break_even_pct(
                    short, price, held.premium_pct[1] / 100, carrying, loss.usd_a_day, avoided, part
                )
                if day >= loss.from_day
                else np.nan
                for day, part in zip(numbers, reach, strict=True)
            ]
            for loss in losses()
        },
        index=pd.Index(numbers, name="day"),
    )


def best_size(draws: int, seed: int) -> pd.DataFrame:
    """The size at which the last tonne of NdPr in Japan's stock is just worth it, by published loss and chance of a cut.

    S* = F^-1(1 - h / (pi (v - p))), see `cost.newsvendor_t`. The need F is the use times the days that a drawn cut of all
    of it takes, from the two shapes of `reaching`; v is the avoided part of the loss of a day over the tonnes that are
    missing in it. v is an average and falls with the stock: the size is an upper bound.

    Args:
        draws: Of each shape.
        seed: Of the first shape.

    Returns:
        Loss, Chance a year (percent), Quantile (of the need, percent), Best size (days of use), Tonnes.
    """
    held = stock(NET_DAYS, "outside China")
    price = prices()["outside China"]["value"] * cost.KG_PER_T * (1 + held.premium_pct[1] / 100)
    carrying = price * sum(cost.assumption(key).value for key in ("real_rate", "storage", "loss")) / 100
    a_day = use()["value"] / DAYS_A_YEAR
    need = np.concatenate(
        [_days_lost(shape, draws, seed + place) for place, shape in enumerate(shocks.shapes()[:2])]
    )
    chance = cost.assumption("shock_probability")
    rows = []
    for loss in losses():
        if loss.from_day > 1:  # nets off a stock already
            continue
        value = cost.assumption("avoided_share").value / 100 * loss.usd_a_day / a_day
        for probability in (chance.low, chance.value, chance.high):
            tonnes = cost.newsvendor_t(need * a_day, probability, carrying, price, value)
            gain = probability / 100 * (value - price)
            level = 100 * max(0.0, 1 - carrying / gain) if gain > 0 else 0.0
            rows.append((loss.name, probability, level, tonnes / a_day, tonnes))
    columns = ["Loss", "Chance a year, %", "Quantile of the need, %", "Best size, days of use", "Tonnes"]
    return pd.DataFrame(rows, columns=columns)


def _days_lost(shape: shocks.Shape, draws: int, seed: int) -> np.ndarray:
    """Days of supply that drawn cuts take: depth times the length and half of the way back."""
    shock = shocks.drawn(shape, ("CHN",), draws, seed)
    return shock.depth * (shock.length_days + shock.recovery_days / 2)


def on_other_imports() -> pd.DataFrame:
    """What filling in one year does to the price of everything else that the buyer takes in that year.

    Returns:
        A row a size in days: Days, Tonnes, their part of the world's separated NdPr of 2024 and of what can be bought
        outside China (percent), Premium (percent), Fill and On other imports (USD million), at the price outside China
        and the middle of the elasticities.
    """
    to_oxide = conversion.oxide_of_element("ndpr").mid
    world = sum(part.plants.mid for part in elements.ndpr(with_scrap=True)) * to_oxide
    rows = []
    for days in (30, NET_DAYS, 180):
        held = stock(days, "outside China")
        price, premium = prices()["outside China"]["value"], held.premium_pct[1] / 100
        others = cost.fill_usd(0.0, price, premium, use()["value"]) / 1e6
        share = 100 * held.tonnes.value / market()["value"].sum()
        of_world = 100 * held.tonnes.value / world
        rows.append((days, held.tonnes.value, of_world, share, 100 * premium, held.fill.value, others))
    columns = "Days;Tonnes;Of the world's, %;Of what can be bought, %;Premium, %;Fill, USD m;On other imports, USD m".split(
        ";"
    )
    return pd.DataFrame(rows, columns=columns)


def record() -> pd.DataFrame:
    """China's price of NdPr oxide by year in the newest edition: index year, columns value, figure_id, source_ids."""
    table = tables.load("prices")
    rows = table[table["material"].str.startswith(_NDPR) & table["basis_published"].str.startswith(_FOB)]
    return rows.set_index("reference_year")[["value", "figure_id", "source_ids"]].sort_index()


def studies() -> pd.DataFrame:
    """Every published loss of GDP by a stop of supply to Japan, with what it speaks of and whether it is used here.

    Returns:
        Columns Study, What stops, For, Printed, USD million a day, Days it speaks of, Used here.
    """
    used = {loss.figure_ids[0]: loss for loss in losses()}
    table = tables.load("shock_impacts")
    table = table[(table["iso3"] == "JPN") & ((table["measure"] == "loss") | table["figure_id"].isin(used))]
    rows = []
    for row in table.itertuples():
        loss = used.get(row.figure_id)
        rows.append(
            {
                "Study": row.source_ids[0],
                "What stops": row.scenario,
                "For": row.duration,
                "Printed": f"{row.value:,g} {row.unit}",
                "USD million a day": f"{loss.usd_a_day / 1e6:,.0f}" if loss else "",
                "Days it speaks of": f"from day {loss.from_day}" if loss else "",
                "Used here": "yes" if loss else "no: covers other minerals too",
            }
        )
    return pd.DataFrame(rows)


def budget_cost() -> pd.DataFrame:
    """What a state that borrows for a stock pays a year, beside what it borrows: Japan's NdPr, by size and market.

    Returns:
        Columns Days, Market, Borrowed, Interest a year, Store and loss a year (USD million; low to high of the assumed
        rates).
    """
    rate, storage, loss = (cost.assumption(key) for key in ("real_rate", "storage", "loss"))
    rows = []
    for days in (30, NET_DAYS, 180):
        for name in prices():
            fill = stock(days, name).fill
            kept = (storage.low + loss.low, storage.value + loss.value, storage.high + loss.high)
            parts = [
                [fill.value * pct / 100 for pct in ends] for ends in ((rate.low, rate.value, rate.high), kept)
            ]
            rows.append(
                (days, name, fill, *(f"{mid:,.1f} ({low:,.1f} to {high:,.1f})" for low, mid, high in parts))
            )
    columns = [
        "Days",
        "Market",
        "Borrowed",
        "Interest a year, USD million",
        "Store and loss a year, USD million",
    ]
    return pd.DataFrame(rows, columns=columns)
