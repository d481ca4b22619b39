"""What a stock of NdPr oxide for Japan costs and is worth: the one place and material with use, prices and losses published.

Use is that of didymium and neodymium in 2024, in tonnes whose basis is not stated and that are taken as oxide.
The market in which a buyer who is cut off can fill is what Lynas and MP Materials make.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rareearth import conversion, money, tables
from rareearth.processing import elements
from rareearth.quantity import NONE, UNSTATED, Estimate, Quantity, origins
from rareearth.reserves import cost, shocks
from rareearth.units import DAYS_A_MONTH, DAYS_A_YEAR, KG_PER_T, USD_PER_MILLION_USD

_NDPR = "Neodymium-praseodymium (NdPr) oxide"
_FOB = "annual average, free on board"
PRICE_YEAR = 2025
EXAMPLE_DAYS = (30, 60, 180)
DAYS = 60  # Japan's general target, and the stock that one of the studies counts already
_STUDY_MONTH = "2026-01"  # month of the studies of a loss, for the rate of the yen
_JPY_PER_BILLION_JPY = 1e9


def losses() -> pd.DataFrame:
    """The published losses of GDP by a stop of rare earths alone, each spread evenly over its days.

    Mizuho publishes a share of GDP after 60 days of stock; it is turned into yen by the GDP that NRI's own pair of
    share and yen implies, and spread over the days after the stock.

    Returns:
        name, from_day (first day that it speaks of), usd_a_day (Quantity, at the rate of the month of the study).
    """
    table = tables.select("shock_impacts", iso3="JPN", only_rare_earths="yes")
    rate = money.rate("JPY", _STUDY_MONTH)

    def row(name: str, rows: list[pd.Series], billion_yen: float, days: float, from_day: int) -> tuple:
        inputs, sources = origins(*rows)
        usd = billion_yen * _JPY_PER_BILLION_JPY * rate.value / days
        loss = Quantity(
            name, usd, usd, usd, "usd", (*inputs, *rate.figure_ids), tuple(dict.fromkeys((*sources, *rate.source_ids)))
        )  # fmt: skip
        return name, from_day, loss

    found = [
        row(f"{loss['study']}, {loss['duration']}", [loss], loss["value"], loss["months"] * DAYS_A_MONTH, 1)
        for _, loss in tables.select(table, measure="loss").iterrows()
    ]
    for _, net in tables.select(table, measure="GDP", stock_days=lambda days: days > 0).iterrows():
        alike = {"study": "NRI", "months": net["months"], "one": True}
        share, year = (
            tables.select(table, measure="GDP", **alike),
            tables.select(table, measure="loss", **alike),
        )
        yen, held = year["value"] / share["value"] * net["value"], int(net["stock_days"])
        name = f"{net['study']}, after {held} days"
        found.append(row(name, [net, year, share], yen, DAYS_A_YEAR - held, held + 1))
    return pd.DataFrame(found, columns=["name", "from_day", "usd_a_day"])


def use() -> pd.Series:
    """Japan's published use of didymium and neodymium: one row of demand."""
    return tables.select("demand", iso3="JPN", counts_as="use_of_element", one=True)


def market() -> pd.DataFrame:
    """NdPr oxide a year that a buyer outside China can get: the newest full years of the plants whose output a plan secures."""
    rows = tables.select(
        "facilities",
        elements="ndpr",
        measure="production",
        period_kind=["calendar_year", "fiscal_year"],
        facility=set(tables.load("plan_treatments")["facility"]) - {""},
        reference_year=PRICE_YEAR,
    )
    return tables.best(rows).drop_duplicates("facility")


def prices() -> dict[str, pd.Series]:
    """China's mean price of a year, and Europe's of the last month that is printed in it, the middle of its range."""
    europe = tables.select(
        "prices",
        material=lambda names: names.str.startswith("NdPr oxide"),
        market="Europe",
        reference_year=PRICE_YEAR,
    )
    last = europe.sort_values("period").iloc[-1]
    middle = float(last[["value", "value_high"]].mean())
    return {
        "China, free on board": cost.price(_NDPR, PRICE_YEAR, _FOB),
        "outside China": pd.Series({**last, "value": middle}),
    }


def guaranteed() -> pd.Series:
    """The least price that the US Department of Defense guarantees MP Materials: a row of prices."""
    return tables.select("prices", basis_published=lambda words: words.str.startswith("guaranteed")).iloc[-1]


def _estimate(of: Quantity, id: str, method: str, interval: str, note: str) -> Estimate:
    """A number about NdPr; tonnes are separated oxide of an unstated basis."""
    tonnes = of.unit == "t"
    return of.estimate(
        f"reserves.{id}",
        stage="separation" if tonnes else NONE,
        basis=UNSTATED if tonnes else NONE,
        elements="ndpr" if tonnes else NONE,
        reference_year=PRICE_YEAR,
        edition="2026-05-27",
        method=method,
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
    used, price, sellers = use(), prices()[name], market()
    tonnes = used["value"] * days / DAYS_A_YEAR
    elasticities = [cost.assumption(key) for key in ("supply_elasticity", "demand_elasticity")]
    premiums = [
        cost.premium(tonnes, sellers["value"].sum(), *ends)
        for ends in zip(*(one.ends[::-1] for one in elasticities), strict=True)
    ]
    fills = [cost.fill_usd(tonnes, price["value"], premium) for premium in premiums]
    rates = [cost.assumption(key) for key in ("real_rate", "storage", "loss")]
    rise = cost.assumption("price_rise")
    # A price that rises pays for the stock: its high end goes with the low ends of the others.
    ends = zip(fills, *(one.ends for one in rates), rise.ends[::-1], strict=True)
    yearly = [max(0.0, cost.carrying_usd(*end)) for end in ends]
    inputs, sources = origins(used, price, sellers, *elasticities, *rates, rise)
    place = "china" if name.startswith("China") else "outside"
    published = Quantity(name, tonnes, tonnes, tonnes, "t", *origins(used))
    sized = _estimate(
        published,
        f"ndpr_tonnes.JPN.{days}",
        f"use of didymium and neodymium a year x days / {DAYS_A_YEAR}",
        "no interval: one published use",
        "basis of the use not stated; taken as oxide",
    )
    fill, carrying, a_day = (
        _estimate(
            Quantity(name, *(one / over for one in values), unit, inputs, sources),
            f"ndpr_{what}_usd.{place}.{days}",
            method,
            "range of the assumptions, all at their ends, not percentiles",
            "elasticities, rates and the oxide basis of the use are assumptions; a rising price pays at the low end",
        )
        for what, unit, values, over, method in (
            ("fill", "usd_m", fills, USD_PER_MILLION_USD, "S p (1 + premium), bought within a year"),
            ("carrying", "usd_m", yearly, USD_PER_MILLION_USD, "fill x (real rate + storage + loss - expected rise)"),
            ("day", "usd", yearly, days, "carrying cost a year / days of cover"),
        )
    )  # fmt: skip
    return Stock(name, sized, fill, carrying, a_day, tuple(100 * one for one in premiums))


def _carrying_pct() -> float:
    return sum(cost.assumption(key).mid for key in ("real_rate", "storage", "loss"))


def reaching(days: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Share of cuts that last to each day, drawn evenly from that of 2025 and that of 2010."""
    ends = []
    for place, cut in enumerate(shocks.cuts()[:2]):
        shock = shocks.drawn(cut, (), draws, seed + place)
        ends.append(shock.length_days + shock.recovery_days)
    return (np.concatenate(ends)[None, :] >= days[:, None]).mean(axis=1)


def break_even(days: range, draws: int, seed: int) -> pd.DataFrame:
    """Yearly probability from which the n-th day of NdPr cover is worth it, by day and published loss, in percent.

    All of the published loss is set against NdPr alone, as it is what stops; price, premium, carrying and the avoided
    part are those of a stock of `DAYS` days at the price outside China.
    """
    held, price = stock(DAYS, "outside China"), prices()["outside China"]["value"]
    numbers = np.array(days)
    reach = reaching(numbers, draws, seed)
    avoided, short = cost.assumption("avoided_share").mid, use()["value"] / DAYS_A_YEAR
    premium, carrying = held.premium_pct[1] / 100, _carrying_pct()
    return pd.DataFrame(
        {
            loss.name_: [
                cost.break_even_pct(short, price, premium, carrying, loss.usd_a_day.mid, avoided, part)
                if day >= loss.from_day
                else np.nan
                for day, part in zip(numbers, reach, strict=True)
            ]
            for loss in losses().rename(columns={"name": "name_"}).itertuples()
        },
        index=pd.Index(numbers, name="day"),
    )


def best_size(draws: int, seed: int) -> pd.DataFrame:
    """The size at which the last tonne of NdPr in Japan's stock is just worth it, by published loss and chance of a cut.

    S* = F^-1(1 - h / (pi (v - p))), see `cost.newsvendor_t`. The need F is the use times the days that a drawn cut of all
    of it takes, from the two cuts of `reaching`; v is the avoided part of the loss of a day over the tonnes that are
    missing in it. v is an average and falls with the stock: the size is an upper bound.

    Args:
        draws: Of each cut.
        seed: Of the first cut.

    Returns:
        Loss, Chance a year (percent), Quantile (of the need, percent), Best size (days of use), Tonnes.
    """
    held = stock(DAYS, "outside China")
    price = prices()["outside China"]["value"] * KG_PER_T * (1 + held.premium_pct[1] / 100)
    carrying = price * _carrying_pct() / 100
    a_day = use()["value"] / DAYS_A_YEAR
    need = np.concatenate(
        [shocks.days_lost(cut, draws, seed + place) for place, cut in enumerate(shocks.cuts()[:2])]
    )
    rows = []
    # A study that nets off a stock already says nothing of the first days.
    for _, loss in tables.select(losses(), from_day=1).iterrows():
        value = cost.assumption("avoided_share").mid / 100 * loss["usd_a_day"].mid / a_day
        for probability in cost.assumption("shock_probability").ends:
            tonnes = cost.newsvendor_t(need * a_day, probability, carrying, price, value)
            gain = probability / 100 * (value - price)
            level = 100 * max(0.0, 1 - carrying / gain) if gain > 0 else 0.0
            rows.append((loss["name"], probability, level, tonnes / a_day, tonnes))
    columns = ["Loss", "Chance a year, %", "Quantile of the need, %", "Best size, days of use", "Tonnes"]
    return pd.DataFrame(rows, columns=columns)


def on_other_imports() -> pd.DataFrame:
    """What filling in one year does to the price of everything else that the buyer takes in that year.

    Returns:
        A row a size in days: Days, Tonnes, their part of the world's separated NdPr of 2024 and of what can be bought
        outside China (percent), Premium (percent), Fill and On other imports (USD million), at the price outside China
        and the middle of the elasticities.
    """
    to_oxide = conversion.oxide_of_element("ndpr").mode
    world = sum(part.plants.central_t_reo for part in elements.ndpr(with_scrap=True)) * to_oxide
    price = prices()["outside China"]["value"]
    rows = []
    for days in EXAMPLE_DAYS:
        held = stock(days, "outside China")
        tonnes, premium = held.tonnes.value, held.premium_pct[1] / 100
        others = cost.fill_usd(0.0, price, premium, use()["value"]) / USD_PER_MILLION_USD
        share = 100 * tonnes / market()["value"].sum()
        rows.append((days, tonnes, 100 * tonnes / world, share, 100 * premium, held.fill.value, others))
    columns = "Days;Tonnes;Of the world's, %;Of what can be bought, %;Premium, %;Fill, USD m;On other imports, USD m"
    return pd.DataFrame(rows, columns=columns.split(";"))


def record() -> pd.DataFrame:
    """China's price of NdPr oxide by year in the newest edition: index year, columns value, figure_id, source_ids."""
    rows = tables.select(
        "prices",
        material=lambda names: names.str.startswith(_NDPR),
        basis_published=lambda words: words.str.startswith(_FOB),
    )
    return rows.set_index("reference_year")[["value", "figure_id", "source_ids"]].sort_index()


def studies() -> pd.DataFrame:
    """Every published loss of GDP by a stop of supply to Japan, with what it speaks of and whether it is used here.

    Returns:
        Columns Study, What stops, For, Printed, USD million a day, Days it speaks of, Used here, source_ids.
    """
    used = {loss.usd_a_day.inputs[0]: loss for loss in losses().itertuples()}
    rows = []
    for row in tables.select("shock_impacts", iso3="JPN", study=lambda names: names != "").itertuples():
        loss = used.get(row.figure_id)
        if loss is None and row.measure != "loss":
            continue
        rows.append(
            {
                "Study": row.source_ids[0],
                "What stops": row.scenario,
                "For": row.duration,
                "Printed": f"{row.value:,g} {row.unit}",
                "USD million a day": f"{loss.usd_a_day.mid / USD_PER_MILLION_USD:,.0f}" if loss else "",
                "Days it speaks of": f"from day {loss.from_day}" if loss else "",
                "Used here": "yes" if loss else "no: covers other minerals too",
                "source_ids": loss.usd_a_day.source_ids if loss else row.source_ids,
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

    def ends(owed: float, pct: Quantity) -> str:
        low, mid, high = (f"{owed * end / 100:,.1f}" for end in pct.ends)
        return f"{mid} ({low} to {high})"

    rows = []
    for days in EXAMPLE_DAYS:
        for name in prices():
            fill = stock(days, name).fill
            rows.append((days, name, fill, ends(fill.value, rate), ends(fill.value, storage + loss)))
    columns = [
        "Days",
        "Market",
        "Borrowed",
        "Interest a year, USD million",
        "Store and loss a year, USD million",
    ]
    return pd.DataFrame(rows, columns=columns)


def instruments() -> pd.DataFrame:
    """A stock beside the other ways to secure NdPr oxide: what a tonne costs a year by each.

    They do different things: a stock gives its tonnes once; a floor price, a right and shares give theirs every year. The plans
    are those that name a plant whose output they secure.

    Returns:
        One row an instrument: columns instrument, secures, usd (Estimate in USD a tonne and year), note.
    """
    plans = tables.load("reserve_plans").merge(
        tables.load("plan_treatments").drop(columns="source_ids"), left_on="figure_id", right_on="plan_id"
    )
    plans = tables.select(plans, facility=lambda names: names != "", treatment="shown")
    right = tables.select(plans, reserve_type="rights", one=True)
    shares = tables.select(plans, reserve_type="fund", one=True)
    maker = tables.select(market(), facility=shares["facility"], one=True)
    made = f"{maker['value']:,.0f} t made in {PRICE_YEAR}"
    rows = [
        ("Stock", "its tonnes once", _of_stock(), "the goods keep their value, at the price of the day"),
        ("Floor price", f"{made}, every year", _of_floor(), "paid only while China's price is lower"),
        (
            "Right of first supply",
            f"up to {right['supply_t_a_year']:,.0f} t a year to {right['supply_until']}",
            _of_right(right),
            "the goods are paid besides, and fewer tonnes make each dearer",
        ),
        (
            "Shares in the producer",
            f"{made}, if all of it is for the holder",
            _of_shares(shares, maker),
            "the shares keep a value, at the price of the day",
        ),
    ]
    return pd.DataFrame(rows, columns=["instrument", "secures", "usd", "note"])


def _a_tonne(what: str, ends, origin, method: str, interval: str) -> Estimate:
    cost_of = Quantity(what, *ends, "usd", *origin)
    return _estimate(cost_of, f"instrument_usd.{what}", method, interval, "USD a tonne and year")


def _of_stock() -> Estimate:
    held = stock(DAYS, "outside China")
    carried = held.carrying
    ends = [
        end * USD_PER_MILLION_USD / held.tonnes.value for end in (carried.low, carried.value, carried.high)
    ]
    origin = ((carried, held.tonnes), carried.source_ids)
    return _a_tonne("stock", ends, origin, "carrying cost a year / tonnes held", carried.interval)


def _of_floor() -> Estimate:
    floor, years = guaranteed(), record()
    missing = (floor["value"] - years["value"]).clip(lower=0) * KG_PER_T
    return _a_tonne(
        "floor",
        (missing.min(), missing[PRICE_YEAR], missing.max()),
        origins(floor, years),
        f"guaranteed price - China's price of {PRICE_YEAR}, as if paid on every tonne; 0 where China's is higher",
        f"range of China's prices of {years.index.min()} to {years.index.max()}",
    )


def _of_right(plan: pd.Series) -> Estimate:
    rate = money.rate(plan["budget_currency"], plan["announced_on"])
    years = plan["supply_until"] - int(plan["announced_on"][:4])
    inputs, sources = origins(plan)
    return _a_tonne(
        "right",
        [plan["budget_amount"] * end / plan["supply_t_a_year"] / years for end in (rate.low, rate.value, rate.high)],
        ((*inputs, *rate.figure_ids), tuple(dict.fromkeys((*sources, *rate.source_ids)))),
        "price of the shares / tonnes a year / years",
        "no interval: one published amount and one rate",
    )  # fmt: skip


def _of_shares(plan: pd.Series, maker: pd.Series) -> Estimate:
    rate = cost.assumption("real_rate")
    return _a_tonne(
        "equity",
        [plan["budget_amount"] * end / 100 / maker["value"] for end in rate.ends],
        origins(plan, maker, rate),
        "price of the shares x real rate / tonnes made",
        "range of the assumed real rate, not percentiles",
    )
