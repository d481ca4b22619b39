"""What a stock of NdPr oxide for Japan costs, beside other ways to secure it: the one place and material with a published use.

What a stock would be worth is not said: the published losses are those of a stop of all rare earths, and NdPr was under no
licence. Use is that of didymium and neodymium in 2024, in tonnes whose basis is not stated and that are taken as oxide.
The market in which a buyer who is cut off can fill is what Lynas and MP Materials make.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import conversion, money, tables
from rareearth.processing import elements
from rareearth.quantity import NONE, UNSTATED, Estimate, Quantity, origins, total
from rareearth.reserves import cost, licences
from rareearth.text import day
from rareearth.units import DAYS_A_YEAR, KG_PER_T, USD_PER_MILLION_USD

_NDPR = "Neodymium-praseodymium (NdPr) oxide"
_FOB = "annual average, free on board"
PRICE_YEAR = 2025
EXAMPLE_DAYS = (30, 60, 180)
DAYS = 60  # Japan's general target


def use() -> pd.Series:
    """Japan's published use of didymium and neodymium: one row of demand."""
    return tables.select("demand", iso3="JPN", counts_as="use_of_element", covers="ndpr", one=True)


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


def prices() -> dict[str, Quantity]:
    """USD/kg of NdPr oxide in China and outside, published within days of each other: see `licences.both_sides`."""
    newest = licences.both_sides("NdPr oxide").iloc[-1]
    return {"in China": newest["china"], "outside China": newest["outside"]}


def guaranteed() -> pd.Series:
    """The least price that the US Department of Defense guarantees MP Materials: a row of prices."""
    return tables.select("prices", basis_published=lambda words: words.str.startswith("guaranteed")).iloc[-1]


def _axes(of: Quantity) -> dict[str, str]:
    tonnes = of.unit == "t"
    return {
        "stage": "separation" if tonnes else NONE,
        "basis": UNSTATED if tonnes else NONE,
        "elements": "ndpr" if tonnes else NONE,
    }


def _estimate(
    of: Quantity, id: str, method: str, interval: str, note: str, year: int = PRICE_YEAR
) -> Estimate:
    """A number about NdPr; tonnes are separated oxide of an unstated basis."""
    return of.estimate(
        f"reserves.{id}",
        **_axes(of),
        reference_year=year,
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
    fills = [cost.fill_usd(tonnes, usd, premium) for usd, premium in zip(price.ends, premiums, strict=True)]
    rates = [cost.assumption(key) for key in ("real_rate", "storage", "loss")]
    rise = cost.assumption("price_rise")
    # A price that rises pays for the stock: its high end goes with the low ends of the others.
    ends = zip(fills, *(one.ends for one in rates), rise.ends[::-1], strict=True)
    yearly = [max(0.0, cost.carrying_usd(*end)) for end in ends]
    inputs, sources = origins(used, price, sellers, *elasticities, *rates, rise)
    place = "china" if name == "in China" else "outside"
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
            "range of the price and of the assumptions, all at their ends, not percentiles",
            "elasticities, rates and the oxide basis of the use are assumptions; a rising price pays at the low end",
        )
        for what, unit, values, over, method in (
            ("fill", "usd_m", fills, USD_PER_MILLION_USD, "S p (1 + premium), bought within a year"),
            ("carrying", "usd_m", yearly, USD_PER_MILLION_USD, "fill x (real rate + storage + loss - expected rise)"),
            ("day", "usd", yearly, days, "carrying cost a year / days of cover"),
        )
    )  # fmt: skip
    return Stock(name, sized, fill, carrying, a_day, tuple(100 * one for one in premiums))


def on_other_imports() -> pd.DataFrame:
    """What filling in one year does to the price of everything else that the buyer takes in that year.

    Returns:
        A row a size in days: Days, Tonnes, their part of the world's separated NdPr of 2024 and of what can be bought
        outside China (percent), Premium (percent), Fill and On other imports (USD million), at the price outside China
        and the middle of the elasticities.
    """
    to_oxide = conversion.oxide_of_element("ndpr").mid
    world = sum(part.plants.mid for part in elements.ndpr(with_scrap=True)) * to_oxide
    price = prices()["outside China"].mid
    rows = []
    for days in EXAMPLE_DAYS:
        held = stock(days, "outside China")
        tonnes, premium = held.tonnes.value, held.premium_pct[1] / 100
        others = cost.fill_usd(0.0, price, premium, use()["value"]) / USD_PER_MILLION_USD
        share = 100 * tonnes / market()["value"].sum()
        rows.append((days, tonnes, 100 * tonnes / world, share, 100 * premium, held.fill.value, others))
    columns = "Days;Tonnes;Of the world's, %;Of what can be bought, %;Premium, %;Fill, USD m;On other imports, USD m"
    return pd.DataFrame(rows, columns=columns.split(";"))


def studies() -> pd.DataFrame:
    """Every published loss of GDP by a stop of supply to Japan, with what it speaks of.

    Returns:
        Columns Study, What stops, Months, Days of stock counted already, Loss (as published), source_ids.
    """
    rows = tables.select("shock_impacts", study=lambda names: names != "")
    return pd.DataFrame(
        {
            "Study": rows["study"].tolist(),
            "What stops": rows["scenario"].tolist(),
            "Months": rows["months"].astype(int).tolist(),
            "Days of stock counted already": rows["stock_days"].astype(int).tolist(),
            "Loss": [f"{row.measure} {row.value:,g} {row.unit}" for row in rows.itertuples()],
            "source_ids": rows["source_ids"].tolist(),
        }
    )


def yearly_cost(days: int, year: int) -> pd.DataFrame:
    """What a stock of NdPr for Japan costs a year at China's mean price of that year, by its parts.

    Args:
        days: Size in days of use.
        year: Of the price and of the GDP.

    Returns:
        A row a part and one for all: Part, Cost (Estimate, USD million a year), Per GDP (Estimate in basis points, or
        "GDP of the year not held"). The purchase stays in hand and is not a cost; its price may fall.
    """
    price = cost.price(_NDPR, year, _FOB)
    used = use()
    tonnes = used["value"] * days / DAYS_A_YEAR
    value = tonnes * price["value"] * KG_PER_T / USD_PER_MILLION_USD
    parts = {
        "interest": cost.assumption("real_rate"),
        "store and insurance": cost.assumption("storage"),
        "rotation and loss": cost.assumption("loss"),
    }
    parts["all"] = total(parts.values(), "all")
    gdp = money.gdp_usd("JPN", year)
    rows = []
    for name, pct in parts.items():
        of = pct * (value / 100)
        inputs, sources = origins(used, price, pct)
        a_year = Quantity(name, *of.ends, "usd_m", inputs, sources)
        known = _estimate(
            a_year,
            f"ndpr_yearly_cost.{name.replace(' ', '_')}.{days}.{year}",
            f"stock at China's mean price of {year} x assumed rate a year",
            "range of the assumed rate, not percentiles",
            "the basis of the use is not stated; taken as oxide",
            year,
        )
        share = "GDP of the year not held"
        if gdp:
            per = Quantity(name, *(1e4 * end * USD_PER_MILLION_USD / gdp.mid for end in of.ends), "bp_gdp")
            origin = {
                "inputs": (known, *gdp.inputs),
                "source_ids": tuple(dict.fromkeys((*sources, *gdp.source_ids))),
            }
            share = per.estimate(
                f"reserves.ndpr_yearly_cost_per_gdp.{name.replace(' ', '_')}.{days}.{year}",
                **{**_axes(per), "reference_year": year, "edition": price["edition"]},
                method=f"cost a year / GDP of {year} in US dollars",
                interval=known.interval,
                **origin,
            )
        rows.append((name, known, share))
    return pd.DataFrame(rows, columns=["Part", "Cost", "Per GDP"])


def floor_income() -> pd.DataFrame:
    """What the price floor paid its producer, as the producer publishes it, beside what it sold in the same period.

    Returns:
        Columns Period, Paid (Estimate, USD million), Sold (t NdPr, published), USD a tonne sold, source_ids.
    """
    paid = tables.select("facilities", measure="income", elements="ndpr", unit="usd_m")
    rows = []
    for _, row in paid.sort_values("period").iterrows():
        sold = tables.select(
            "facilities", facility=row["facility"], measure="sales", elements="ndpr", period=row["period"]
        )
        number = Quantity.of(row, row["facility"], "usd_m")
        known = _estimate(
            number,
            f"floor_paid.{row['period'].lower()}",
            "price protection income as the producer publishes it",
            "none: one published figure",
            "",
            int(row["reference_year"]),
        )
        tonnes = float(sold["value"].iloc[0]) if len(sold) else None
        rows.append(
            {
                "Period": day(row["period"]),
                "Paid": known,
                "Sold, t NdPr": f"{tonnes:,.0f}" if tonnes else "",
                "USD a tonne sold": f"{number.mid * USD_PER_MILLION_USD / tonnes:,.0f}" if tonnes else "",
                "source_ids": origins(row, sold)[1],
            }
        )
    return pd.DataFrame(rows)


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
    maker = tables.select(market(), facility=shares["facility"], one=True)
    until = f"up to {right['supply_t_a_year']:,.0f} t a year to {right['supply_until']}"
    rows = [
        ("Stock", "a tonne kept for a year", _of_stock(), "gives its tonne once, and the goods keep a value"),
        ("Floor price", "a tonne made, at the newest price in China", _of_floor(), "nothing is paid while China's price is higher"),
        ("Right of first supply", f"a tonne a year, if all of it is taken: {until}", _of_right(right), "the goods are paid besides"),
        ("Shares in the producer", "a tonne made in a year, at the assumed real rate", _of_shares(shares, maker), "the shares keep a value, at the price of the day"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["instrument", "measure", "usd", "note"])


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
    floor = guaranteed()
    newest = tables.select(
        "prices", material=_NDPR, market="China", unit="USD/kg", period=lambda p: p.str.len() > 4
    )
    newest = newest[newest["period"] == newest["period"].max()]
    missing = sorted(max(0.0, floor["value"] - price) * KG_PER_T for price in newest["value"])
    return _a_tonne(
        "floor",
        (missing[0], sum(missing) / len(missing), missing[-1]),
        origins(floor, newest),
        f"guaranteed price - China's price of {newest['period'].iloc[0]}; 0 where China's is higher",
        "range of the published prices of the month",
    )


def _of_right(plan: pd.Series) -> Estimate:
    rate = money.rate(plan["budget_currency"], plan["announced_on"])
    years = plan["supply_until"] - int(plan["announced_on"][:4])
    inputs, sources = origins(plan)
    return _a_tonne(
        "right",
        [plan["budget_amount"] * end / plan["supply_t_a_year"] / years for end in rate.ends],
        ((*inputs, *rate.inputs), tuple(dict.fromkeys((*sources, *rate.source_ids)))),
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
