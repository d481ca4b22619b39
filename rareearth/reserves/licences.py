"""The elements under China's licences of April 2025, apart from the others: what is known of need, price and supply.

Of their use the United States publish that of yttrium, and no country another. The tonnes for all are the shortfalls that
the United States' stockpile planned with in 2013; they are a reference for size, not a target of today.
"""

import pandas as pd

from rareearth import conversion, tables
from rareearth.quantity import KG_PER_T, USD_PER_MILLION_USD, Estimate, Quantity, origins
from rareearth.reserves import goods
from rareearth.reserves.goods import SUPPLIER
from rareearth.text import day, listed

WORDS = {
    "Sm": "Samarium",
    "Gd": "Gadolinium",
    "Tb": "Terbium",
    "Dy": "Dysprosium",
    "Lu": "Lutetium",
    "Sc": "Scandium",
    "Y": "Yttrium",
}


def _event(control: str) -> pd.Series:
    return tables.select("export_controls_timeline", control=control, one=True)


def elements() -> tuple[str, ...]:
    """Symbols of the elements that the licences of April 2025 name, from the timeline of restrictions."""
    return tuple(_event("heavy_2025")["materials"].split(";"))


# A price in China and one outside are compared when their days are at most so far apart; a month is all of its days.
DAYS_APART = 15
_OUTSIDE = ("Europe", "North America")


def _in_usd_kg(row: pd.Series) -> tuple[float, float] | None:
    """Low and high of a price in USD/kg; None where it is a bound or there is no rate of its month."""
    if row["bound"] in ("upper", "lower") or pd.isna(row["value"]):
        return None
    currency, _, per = row["unit"].partition("/")
    rate = conversion.rate(currency, row["period"])
    if rate is None:
        return None
    mass = KG_PER_T if per == "t" else 1
    high = row["value"] if pd.isna(row["value_high"]) else row["value_high"]
    return row["value"] * rate.low / mass, high * rate.high / mass


def both_sides(material: str) -> pd.DataFrame:
    """Prices of an oxide (the beginning of its published name) in China and outside, published within `DAYS_APART` days of each other.

    Returns:
        A row a price outside, in the order of time: period, china and outside (Quantities in USD/kg), times (Quantity: least and
        greatest quotient). Prices in yuan are those of the domestic market, tax as quoted, at the rate of their month or
        year; a price of a year has no month and is left out.
    """
    rows = tables.load("prices")
    rows = rows[rows["material"].str.startswith(material) & (rows["period"].str.len() > len("yyyy"))]
    rows = rows[~rows["basis_published"].str.contains(r"\bask\b")]  # what a seller asks is no price
    rows = rows.assign(usd=[_in_usd_kg(row) for _, row in rows.iterrows()])
    rows = rows[rows["usd"].notna()]
    china = tables.select(rows, market="China")
    found = []
    for period, outside in tables.select(rows, market=_OUTSIDE).groupby("period", sort=True):
        both = [sorted(map(pd.Period, (period, other)), key=lambda one: one.start_time) for other in china["period"]]
        near = china[[second.start_time - first.end_time <= pd.Timedelta(days=DAYS_APART) for first, second in both]]
        if len(near):
            in_china, abroad = (
                Quantity.within(material, part["usd"].str[0].min(), part["usd"].str[1].max(), "usd/kg", part)
                for part in (near, outside)
            )
            ends = abroad.low / in_china.high, abroad.mid / in_china.mid, abroad.high / in_china.low
            found.append((period, in_china, abroad, Quantity(material, *ends, "ratio", *origins(near, outside))))
    return pd.DataFrame(found, columns=["period", "china", "outside", "times"])


def times(material: str, row: pd.Series) -> Estimate:
    """A row of `both_sides` as an Estimate: how many times its price in China an oxide cost outside."""
    return row["times"].estimate(
        f"reserves.price_times.{material.split()[0].lower()}.{row['period'].replace('-', '_')}",
        reference_year=int(row["period"][:4]),
        edition=row["period"],
        method=f"price outside China / price in China, both published within {DAYS_APART} days",
        interval="least and greatest quotient of the published ends",
        note="assessments of thin markets; the price in China is the domestic one as quoted, tax included if the source includes it",
    )


def price_table(materials: dict[str, str]) -> pd.DataFrame:
    """`both_sides` of several oxides as a page shows it: beginning of the published name to the words for it."""

    def span(of: Quantity) -> str:
        low, high = (f"{end:,.0f}" if end >= 100 else f"{end:,.1f}" for end in (of.low, of.high))
        return low if low == high else f"{low}–{high}"

    rows = [
        (words, day(row["period"]), *map(span, row[["china", "outside"]]), times(material, row))
        + (row["times"].source_ids,)
        for material, words in materials.items()
        for _, row in both_sides(material).iterrows()
    ]
    columns = ["Oxide of", "When", "In China, USD/kg", "Outside, USD/kg", "Times", "source_ids"]
    return pd.DataFrame(rows, columns=columns)


def known_table() -> pd.DataFrame:
    """What is published of need and supply of each of `elements`, as a page shows it; an empty cell is not published."""
    rows = []
    for symbol in elements():
        used = tables.select("demand", iso3="USA", counts_as="use_of_element", covers=symbol).tail(1)
        need = tables.select("reserve_requirements", covers=symbol, measure="base-case shortfall").tail(1)
        share = tables.select("trade_published", reporter_iso3="USA", partner="China", measure="share")
        share = share[share["commodity"].str.startswith(f"{WORDS[symbol]} compounds")].head(1)
        in_t = need["value"].where(need["unit"] == "t", need["value"] / KG_PER_T)
        use = "".join(f"{row.value:,.0f} ({row.reference_year})" for row in used.itertuples())
        published = "".join(map("{:,.1f}".format, in_t)), "".join(map("{:,.0f}".format, share["value"]))
        rows.append((WORDS[symbol], use, *published, origins(used, need, share)[1]))
    heads = "Element;US use a year, t oxide;US shortfall of 2013, t oxide;US imports from China, %;source_ids"
    return pd.DataFrame(rows, columns=heads.split(";"))


def state(on: str) -> pd.DataFrame:
    """Which announcements on rare earths were in force on a day or in a month as a whole, as far as it is published.

    Returns:
        Columns announcement, elements, status: in force, suspended, not yet announced or not known.
    """
    held_from = _event("heavy_2025_more_suspended")["date"][: len(on)]
    held_until = _event("heavy_2025_more_ends")["date"][: len(on)]
    rows = []
    for name, lines in tables.load("control_lists").groupby("announcement", sort=True):
        status = lines["status"].iloc[0]
        if on < lines["announced_on"].iloc[0][: len(on)]:
            status = "not yet announced"
        elif status == "suspended" and on < held_from:
            status = "announced, not yet in force"
        elif status == "suspended" and on > held_until:
            status = "not known"
        words = ";".join(filter(None, lines["element"])).split(";")
        rows.append((name, listed(dict.fromkeys(words)), status))
    return pd.DataFrame(rows, columns=["announcement", "elements", "status"])


def under_licence(iso3: str) -> pd.DataFrame:
    """How much of a country's imports from China stands in six-digit codes with a line under licence, a row a code.

    At six digits licensed and free goods share a code, so that the amount is the most that can be under licence; the least is
    not published.
    """
    lists = tables.select("control_lists", hs_code=lambda codes: codes != "")
    rows = []
    records = {code: goods.compounds(iso3, codes=(code,)) for code in goods.COMPOUNDS}
    for code, of in ((code, of) for code, of in records.items() if of is not None):
        lines = lists[lists["hs_code"].str.startswith(code)]
        in_force = tables.select(lines, status="in force")
        counts = len(in_force), len(lines) - len(in_force), listed(dict.fromkeys(in_force["element"]))
        usd_m = of.value_usd.get(SUPPLIER, 0.0) / USD_PER_MILLION_USD
        rows.append((code, *counts, usd_m, of.value_pct(SUPPLIER), of.year))
    heads = (
        "HS code;Lines under licence;Lines suspended;Elements;From China, USD million;Of imports of the code, %;Year"
    )
    return pd.DataFrame(rows, columns=heads.split(";"))


def at_most_under_licence(iso3: str) -> Estimate | None:
    """The most of a country's imports of compounds and metals that can stand under China's licences, in percent of value."""
    of = goods.compounds(iso3)
    if of is None:
        return None
    rows = tables.select(under_licence(iso3), **{"Lines under licence": lambda lines: lines > 0})
    most = 100 * rows["From China, USD million"].sum() * USD_PER_MILLION_USD / of.total_usd
    method = (
        "imports from China in six-digit codes with a line under licence / imports of compounds and metals, by value"
    )
    interval = "from nothing to all of these codes: licensed and free goods share them"
    about, lists = {"method": method, "interval": interval}, tables.load("control_lists")
    return goods.estimate(of, "at_most_under_licence", "pct", [most, 0.0], lists, **about)
