"""What a stock of NdPr oxide for Japan costs, beside other ways to secure it: the one place and material with a published use.

What a stock would be worth is not said: the published losses are those of a stop of all rare earths, and NdPr was under no
licence. Use is that of didymium and neodymium in 2024, in tonnes whose basis is not stated and that are taken as oxide.
The market in which a buyer who is cut off can fill is what Lynas and MP Materials make.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import conversion, tables
from rareearth.errors import Refused
from rareearth.processing import elements
from rareearth.quantity import DAYS_A_YEAR, KG_PER_T, USD_M, USD_PER_MILLION_USD, Estimate, Quantity, origins, total
from rareearth.reserves import licences
from rareearth.text import day
from rareearth.uncertainty import assumed

_NDPR = "Neodymium-praseodymium (NdPr) oxide"
PRICE_YEAR = 2025
EXAMPLE_DAYS = (30, 60, 180)
DAYS = 60  # Japan's general target


def premium(bought_t: float, market_t: float, supply_elasticity: float, demand_elasticity: float) -> float:
    """How much a purchase raises the price, as a share: (1 + dQ / Q)^(1 / (es + |ed|)) - 1.

    A constant-elasticity market in which supply (es) and the demand of the others (ed) make room for the purchase dQ; Q is what
    can really be bought in that period, outside China for a buyer who is cut off.

    Raises:
        Refused: the market is empty, something is negative, or both elasticities are 0.
    """
    give = supply_elasticity + abs(demand_elasticity)
    if bought_t < 0 or market_t <= 0 or supply_elasticity < 0 or give <= 0:
        raise Refused(f"no price of {bought_t} t out of {market_t} t at elasticities that sum to {give}")
    return (1 + bought_t / market_t) ** (1 / give) - 1


def fill_usd(stock_t: float, price_usd_kg: float, premium_share: float, other_imports_t: float = 0.0) -> float:
    """Cost of filling: S p (1 + premium), and the premium on the buyer's other imports meanwhile."""
    return KG_PER_T * price_usd_kg * (stock_t * (1 + premium_share) + other_imports_t * premium_share)


def use() -> pd.Series:
    """Japan's published use of didymium and neodymium: one row of demand."""
    return tables.select("demand", iso3="JPN", counts_as="use_of_element", covers="ndpr", one=True)


def market() -> pd.DataFrame:
    """NdPr oxide a year that a buyer outside China can get: the newest full years of the plants whose output a plan secures."""
    secured = set(tables.load("plan_treatments")["facility"]) - {""}
    asked = {"elements": "ndpr", "measure": "production", "period_kind": ["calendar_year", "fiscal_year"]}
    rows = tables.select("facilities", facility=secured, reference_year=PRICE_YEAR, **asked)
    return tables.best(rows).drop_duplicates("facility")


def prices() -> dict[str, Quantity]:
    """USD/kg of NdPr oxide in China and outside, published within days of each other: see `licences.both_sides`."""
    newest = licences.both_sides("NdPr oxide").iloc[-1]
    return {"in China": newest["china"], "outside China": newest["outside"]}


def guaranteed() -> pd.Series:
    """The least price that the US Department of Defense guarantees MP Materials: a row of prices."""
    return tables.select("prices", basis_published=lambda words: words.str.startswith("guaranteed")).iloc[-1]


def _estimate(of: Quantity, id: str, year: int = PRICE_YEAR, **definition: str) -> Estimate:
    """A number about NdPr; tonnes are separated oxide of an unstated basis."""
    axes = "separation unstated ndpr" if of.unit == "t" else "none none none"
    about = {"reference_year": year, "edition": "2026-05-27"} | definition
    return of.estimate(f"reserves.{id}", axes, **about)


@dataclass(frozen=True)
class Stock:
    """A stock of NdPr oxide for a number of days, filled in one year at one price, and what buying it adds to the price."""

    tonnes: Estimate
    worth: Estimate  # at the price of the day
    fill: Estimate  # with what buying adds to the price
    carrying: Estimate
    premium_pct: float


def stock(days: int, name: str) -> Stock:
    """Cost of a stock of some days of Japan's use, at one of `prices`.

    Returns:
        Fill in USD million with the premium of buying it within a year, and its yearly carrying cost. Intervals run over the assumed
        elasticities and rates together, both at their ends.
    """
    used, price, sellers = use(), prices()[name], market()
    tonnes = used["value"] * days / DAYS_A_YEAR
    elasticities = [assumed(key) for key in ("supply_elasticity", "demand_elasticity")]
    premiums = [
        premium(tonnes, sellers["value"].sum(), *ends)
        for ends in zip(*(one.ends[::-1] for one in elasticities), strict=True)
    ]
    fills = [fill_usd(tonnes, usd, premium) for usd, premium in zip(price.ends, premiums, strict=True)]
    rates = [assumed(key) for key in ("real_rate", "storage", "loss")]
    rise = assumed("price_rise")
    # A price that rises pays for the stock: its high end goes with the low ends of the others.
    ends = zip(fills, *(one.ends for one in rates), rise.ends[::-1], strict=True)
    yearly = [max(0.0, usd * (rate + storage + loss - up) / 100) for usd, rate, storage, loss, up in ends]
    origin = origins(used, price, sellers, *elasticities, *rates, rise)
    place = "china" if name == "in China" else "outside"

    def money_of(what: str, values: list[float], method: str) -> Estimate:
        return _estimate(
            Quantity(name, *(one / USD_PER_MILLION_USD for one in values), USD_M, *origin),
            f"ndpr_{what}_usd.{place}.{days}",
            method=method,
            interval="range of the price and of the assumptions, all at their ends, not percentiles",
            note="elasticities, rates and the oxide basis of the use are assumptions; a rising price pays at the low end",
        )

    return Stock(
        _estimate(
            Quantity.among(name, [tonnes], "t", used),
            f"ndpr_tonnes.JPN.{days}",
            method=f"use of didymium and neodymium a year x days / {DAYS_A_YEAR}",
            interval="no interval: one published use",
            note="basis of the use not stated; taken as oxide",
        ),
        money_of("worth", [fill_usd(tonnes, usd, 0.0) for usd in price.ends], "S p, at the price of the day"),
        money_of("fill", fills, "S p (1 + premium), bought within a year"),
        money_of("carrying", yearly, "fill x (real rate + storage + loss - expected rise)"),
        100 * premiums[1],
    )


def on_other_imports() -> pd.DataFrame:
    """What filling in one year does to the price of everything else that the buyer takes in that year.

    Returns:
        A row a size in days: Days, Tonnes, their part of the world's separated NdPr of 2024 and of what can be bought
        outside China (percent), Premium (percent), Fill and On other imports (USD million), at the price outside China
        and the middle of the elasticities.
    """
    separated = sum(of_plants.mid for of_plants, _ in elements.ndpr(with_scrap=True).values())
    world = separated * conversion.oxide_of_element("ndpr").mid
    for_sale, price = market()["value"].sum(), prices()["outside China"].mid
    rows = []
    for days in EXAMPLE_DAYS:
        held = stock(days, "outside China")
        tonnes, premium = held.tonnes.value, held.premium_pct
        others = fill_usd(0.0, price, premium / 100, use()["value"]) / USD_PER_MILLION_USD
        parts = 100 * tonnes / world, 100 * tonnes / for_sale
        rows.append((days, tonnes, *parts, premium, held.fill.value, others))
    columns = "Days;Tonnes;Of the world's, %;Of what can be bought, %;Premium, %;Fill, USD m;On other imports, USD m"
    return pd.DataFrame(rows, columns=columns.split(";"))


def studies() -> pd.DataFrame:
    """Every published loss of GDP by a stop of supply to Japan, with what it speaks of.

    Returns:
        Columns Study, What stops, Months, Days of stock counted already, Loss (as published), source_ids.
    """
    rows = tables.select("shock_impacts", study=lambda names: names != "").astype({"months": int, "stock_days": int})
    rows = rows.assign(loss=[f"{row.measure} {row.value:,g} {row.unit}" for row in rows.itertuples()])
    heads = ["Study", "What stops", "Months", "Days of stock counted already", "Loss", "source_ids"]
    return rows[["study", "scenario", "months", "stock_days", "loss", "source_ids"]].set_axis(heads, axis=1)


def yearly_cost(days: int, year: int) -> pd.DataFrame:
    """What a stock of NdPr for Japan costs a year at China's mean price of that year, by its parts.

    Returns:
        A row a part and one for all: Part, Cost (Estimate, USD million a year), Per GDP (Estimate in basis points, or
        "GDP of the year not held"). The purchase stays in hand and is not a cost; its price may fall.
    """
    printed = tables.select("prices", reference_year=year, material=lambda names: names.str.startswith(_NDPR))
    printed = printed[printed["basis_published"].str.contains("annual average, free on board", regex=False)]
    price, used = tables.select(printed, edition=printed["edition"].max(), one=True), use()
    tonnes = used["value"] * days / DAYS_A_YEAR
    value = tonnes * price["value"] * KG_PER_T / USD_PER_MILLION_USD
    parts = {
        "interest": assumed("real_rate"),
        "store and insurance": assumed("storage"),
        "rotation and loss": assumed("loss"),
    }
    parts["all"] = total(parts.values(), "all")
    gdp = conversion.gdp_usd("JPN", year)
    rows = []
    about = {
        "method": f"stock at China's mean price of {year} x assumed rate a year",
        "interval": "range of the assumed rate, not percentiles",
        "note": "the basis of the use is not stated; taken as oxide",
    }
    of_gdp = {"edition": price["edition"], "method": f"cost a year / GDP of {year} in US dollars"}
    for name, pct in parts.items():
        what = f"{name.replace(' ', '_')}.{days}.{year}"
        cost = Quantity(name, *(pct * (value / 100)).ends, USD_M, *origins(used, price, pct))
        a_year, share = _estimate(cost, f"ndpr_yearly_cost.{what}", year, **about), "GDP of the year not held"
        if gdp:
            per_gdp = (1e4 * end * USD_PER_MILLION_USD / gdp.mid for end in cost.ends)
            part = Quantity(name, *per_gdp, "bp_gdp", *origins(a_year, gdp))
            share = _estimate(part, f"ndpr_yearly_cost_per_gdp.{what}", year, interval=about["interval"], **of_gdp)
        rows.append((name, a_year, share))
    return pd.DataFrame(rows, columns=["Part", "Cost", "Per GDP"])


def floor_income() -> pd.DataFrame:
    """What the price floor paid its producer, as the producer publishes it, beside what it sold in the same period.

    Returns:
        Columns Period, Paid (Estimate, USD million), Sold (t NdPr, published), USD a tonne sold, source_ids.
    """
    of_ndpr = tables.select("facilities", elements="ndpr")
    paid = tables.select(of_ndpr, measure="income").sort_values("period")
    words = {"method": "price protection income as the producer publishes it", "interval": "none: one published figure"}
    rows = []
    for _, row in paid.iterrows():
        sold = tables.select(of_ndpr, facility=row["facility"], measure="sales", period=row["period"])
        tonnes, income = sold["value"].sum(), Quantity.of(row, row["facility"], USD_M)
        a_tonne = f"{row['value'] * USD_PER_MILLION_USD / tonnes:,.0f}" if tonnes else ""
        income = _estimate(income, f"floor_paid.{row['period'].lower()}", int(row["reference_year"]), **words)
        known = f"{tonnes:,.0f}" if tonnes else "", a_tonne, origins(row, sold)[1]
        rows.append((day(row["period"]), income, *known))
    columns = ["Period", "Paid", "Sold, t NdPr", "USD a tonne sold", "source_ids"]
    return pd.DataFrame(rows, columns=columns)


def instruments() -> pd.DataFrame:
    """Other ways to secure NdPr oxide beside a stock, each on its own measure: they are never ranked.

    A stock gives its tonnes once; a floor price, a right and shares give theirs every year. The plans are those that name a plant
    whose output they secure.

    Returns:
        One row an instrument: columns instrument, measure, usd (Estimate), note.
    """
    plans = tables.load("reserve_plans").merge(
        tables.load("plan_treatments").drop(columns="source_ids"), left_on="figure_id", right_on="plan_id"
    )
    plans = tables.select(plans, facility=lambda names: names != "", treatment="shown")
    right = tables.select(plans, reserve_type="rights", one=True)
    shares = tables.select(plans, reserve_type="fund", one=True)
    until = f"up to {right['supply_t_a_year']:,.0f} t a year to {right['supply_until']}"
    rows = [
        ("Stock", "a tonne kept for a year", _of_stock(), "gives its tonne once, and the goods keep a value"),
        ("Floor price", "a tonne made, at the newest price in China", _of_floor(), "nothing is paid while China's price is higher"),
        ("Right of first supply", f"a tonne a year, if all of it is taken: {until}", _of_right(right), "the goods are paid besides"),
        ("Shares in the producer", "a tonne made in a year, at the assumed real rate", _of_shares(shares), "the shares keep a value, at the price of the day"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["instrument", "measure", "usd", "note"])


def _a_tonne(what: str, values, *parts, **definition: str) -> Estimate:
    """The first of the values in USD a tonne and year, between the least and the greatest."""
    of = Quantity.among(what, values, "usd", *parts)
    return _estimate(of, f"instrument_usd.{what}", note="USD a tonne and year", **definition)


def _of_stock() -> Estimate:
    held = stock(DAYS, "outside China")
    carried, tonnes = held.carrying, held.tonnes.value
    values = [end * USD_PER_MILLION_USD / tonnes for end in (carried.value, carried.low, carried.high)]
    method = "carrying cost a year / tonnes held"
    return _a_tonne("stock", values, carried, held.tonnes, method=method, interval=carried.interval)


def _of_floor() -> Estimate:
    floor = guaranteed()
    newest = tables.select("prices", material=_NDPR, market="China", unit="USD/kg")
    month = newest["period"][newest["period"].str.len() > len("yyyy")].max()
    newest = tables.select(newest, period=month)
    missing = (floor["value"] - newest["value"]).clip(lower=0) * KG_PER_T
    method = f"guaranteed price - China's price of {month}; 0 where China's is higher"
    interval = "range of the published prices of the month"
    return _a_tonne("floor", [missing.mean(), *missing], floor, newest, method=method, interval=interval)


def _of_right(plan: pd.Series) -> Estimate:
    rate = conversion.rate(plan["budget_currency"], plan["announced_on"])
    years = plan["supply_until"] - int(plan["announced_on"][:4])
    a_year = rate * (plan["budget_amount"] / plan["supply_t_a_year"] / years)
    method = "price of the shares / tonnes a year / years"
    interval = "no interval: one published amount and one rate"
    return _a_tonne("right", [a_year.mid, *a_year.ends], plan, rate, method=method, interval=interval)


def _of_shares(plan: pd.Series) -> Estimate:
    rate = assumed("real_rate")
    maker = tables.select(market(), facility=plan["facility"], one=True)
    a_tonne = rate * (plan["budget_amount"] / 100 / maker["value"])
    method = "price of the shares x real rate / tonnes made"
    interval = "range of the assumed real rate, not percentiles"
    return _a_tonne("equity", [a_tonne.mid, *a_tonne.ends], plan, maker, rate, method=method, interval=interval)
