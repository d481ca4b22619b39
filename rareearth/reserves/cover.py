"""Days of cover: what a target in days means in tonnes, how long a stock lasts, and what is published of either.

    tonnes = consumption a year x days / 365          days of x = stock / x a day

Almost no inventory of rare earths is public, so most answers go backwards, from a target to tonnes. A target holds for
each mineral, and which mineral has which target is not public: the tonnes are an illustrative equivalent. The same
tonnes last longest on the imports that one supplier can cut off, so that use, imports and imports from that supplier
are told apart.

Rare earths come inside magnets, and oxide is of no use without plants:

    rare earths inside = magnets imported x content of a commercial magnet
    capacity over need = published capacity of magnet plants / magnets that the place needs

Plants without a published capacity are named and left out, and a plant may make less than its capacity: the quotient is no
bound of what a stock of oxide is good for, only what is published of it. The content is that of rare-earth magnets: it is
applied to rows that count those alone, never to all of HS 850511.
"""

import re
from collections.abc import Sequence
from functools import cache

import pandas as pd

from rareearth import conversion, countries, tables
from rareearth.errors import Refused
from rareearth.quantity import DAYS_A_YEAR, Estimate, Quantity, origins
from rareearth.reserves import goods, licences, plans
from rareearth.reserves.goods import EU, SUPPLIER
from rareearth.text import day, listed

_INTERVAL = {
    "editions": "range of what the editions publish for the year and for later ones, not percentiles",
    "years": "lowest and highest of the published years, not percentiles",
    "projection": "from the figure of today to the projection, not percentiles",
    "none": "no interval: one published figure",
}
_BOUND_WORDS = {"about": "about ", "upper": "under ", "lower": "over "}


@cache
def users() -> dict[str, pd.Series]:
    """The places whose use in tonnes a year is published: code to row of the table of places."""
    rows = tables.select("places", use_interval=list(_INTERVAL))
    return {row["iso3"]: row for _, row in rows.iterrows()}


def _published_use(iso3: str) -> pd.DataFrame:
    """Rows that publish the use of a place, the oldest edition first."""
    inputs = tables.load("ree_demand_inputs")
    inputs["reference_year"] = pd.to_numeric(inputs["period"].where(inputs["period"].str.fullmatch(r"\d{4}")))
    rows = pd.concat([tables.load("demand"), inputs], ignore_index=True)
    return tables.select(rows, iso3=iso3, counts_as="use").sort_values("edition", kind="stable")


def consumption(iso3: str) -> Estimate:
    """Tonnes that one of `users` uses in a year, on the basis that is published.

    The newest edition of the newest year (for the United States: of the newest year that two editions publish, as the
    first figure of a year is revised by a third), with the spread of editions or years as interval.

    Raises:
        Refused: no consumption in tonnes is published for the place.
    """
    if iso3 not in users():
        raise Refused(f"{iso3}: we found no published consumption in tonnes; there is one for {', '.join(users())}")
    place, rows = users()[iso3], _published_use(iso3)
    dated = rows.dropna(subset=["reference_year"])
    years = dated["reference_year"]
    if place["use_interval"] == "editions":
        editions = dated.groupby("reference_year")["edition"].nunique()
        years = editions[editions > 1].index
    year = int(years.max())
    used, later = dated[dated["reference_year"] == year], dated[dated["reference_year"] > year]
    spread = {"editions": pd.concat([used, later]), "none": used}.get(place["use_interval"], rows)
    more = [f"{row.value:,.0f} t are published for {row.reference_year:.0f}" for row in later.itertuples()]
    newest = used.iloc[-1]
    return Quantity.among(iso3, [newest["value"], *spread["value"]], "t/yr", spread).estimate(
        f"reserves.consumption.{iso3}.{year}",
        f"unstated {newest['basis']} all",
        reference_year=year,
        edition=newest["edition"],
        method="the published consumption",
        interval=_INTERVAL[place["use_interval"]],
        note="; ".join(filter(None, [place["use_note"], *more])),
    )


def tonnes_for(use: Estimate, days: int) -> Estimate:
    """Tonnes that cover `days` of a consumption: an illustrative equivalent, not a published stock.

    `use` is in tonnes a year of a place, whose code is the upper-case part of the id.

    Raises:
        Refused: `days` is not above 0.
    """
    if days <= 0:
        raise Refused(f"{days} days are no target: give a number above 0")
    place = next(part for part in use.id.split(".") if part.isupper())
    return use.derived(
        f"reserves.tonnes_for_days.{place}.{days}",
        [end * (days / DAYS_A_YEAR) for end in (use.low, use.value, use.high)],
        unit="t",
        method=f"consumption a year x days / {DAYS_A_YEAR}",
        inputs=(use,),
        note="; ".join(filter(None, ["illustrative equivalent of a target, not a published stock", use.note])),
    )


def flows_covered(iso3: str) -> dict[str, Quantity | None]:
    """What a day of use is over a day of imports, and over a day of imports from China, where both are published alike.

    Returns:
        ``imports`` and ``from_china``: days that a stock of one day of use lasts, low and high over the editions; None
        where it is not published on one basis.
    """
    found: dict[str, Quantity | None] = {"imports": None, "from_china": None}
    from_china = tables.select("ree_demand_inputs", iso3=iso3, counts_as="magnets_from_china")
    use = consumption(iso3)
    if len(from_china):
        found["from_china"] = Quantity.among("days", [use.value / from_china["value"].iloc[0]], "days", from_china)
    if goods_of_use := users()[iso3]["imports_of_use"]:
        asked = {"commodity": goods_of_use.split(";"), "period": str(use.reference_year), "basis": use.basis}
        asked |= {"partner_iso3": "WLD", "flow": "import", "measure": "quantity"}
        imports = tables.select("trade_published", reporter_iso3=iso3, **asked)
        used = tables.select(_published_use(iso3), reference_year=use.reference_year)["value"]
        # Editions of the two tables differ by months: they are paired in their order, and the newest stands first.
        pairs = list(zip(used, (rows for _, rows in imports.groupby("edition", sort=True)), strict=False))[::-1]
        ratios, figures = [of / rows["value"].sum() for of, rows in pairs], [rows for _, rows in pairs]
        asked = {"measure": "share", "commodity": "RE compounds and metals"}
        shares = tables.select("trade_published", reporter_iso3=iso3, **asked)
        share = shares[shares["partner"].str.startswith("China")].sort_values("edition").iloc[-1]
        found["imports"] = Quantity.among("days", ratios, "days", *figures)
        by_china = [ratio / (share["value"] / 100) for ratio in ratios]
        found["from_china"] = Quantity.among("days", by_china, "days", *figures, share)
    return found


def lasting(stock_days: int) -> pd.DataFrame:
    """How long a stock of some days of use lasts on use, on imports and on imports from China; China is left out.

    Returns:
        A row a place: Place, Basis, the tonnes, Days of imports, Days of imports from China (an empty cell is not published on
        one basis), Note, source_ids.
    """

    def words(ratio: Quantity | None) -> str:
        if ratio is None:
            return ""
        low, high = f"{stock_days * ratio.low:,.0f}", f"{stock_days * ratio.high:,.0f}"
        return low if low == high else f"{low} to {high}"

    rows = []
    for iso3 in users():
        if iso3 == SUPPLIER:
            continue
        use, flows = consumption(iso3), flows_covered(iso3)
        rows.append(
            {
                "Place": countries.name(iso3) + (", magnets" if use.basis == "t_magnet" else ""),
                "Basis": use.basis_words,
                f"{stock_days} days of use": tonnes_for(use, stock_days),
                "Days of imports": words(flows["imports"]),
                "Days of imports from China": words(flows["from_china"]),
                "Note": users()[iso3]["imports_note"],
                "source_ids": origins(use, *flows.values())[1],
            }
        )
    return pd.DataFrame(rows)


def net_imports(iso3: str) -> tuple[Estimate | None, str]:
    """Gross tonnes of compounds and metals that a place imports less those it exports, and why there are none.

    The interval runs from the net of its own record to the same with China's record of what it sent there.
    """
    bought = goods.compounds(iso3)
    if bought is None:
        return None, "no own record of its imports is available"
    sold, mirror = goods.compounds(iso3, "export"), goods.compounds_by_china(iso3)
    own = bought.total_t - (sold.total_t if sold else 0.0)
    other = own if mirror is None else own - bought.mass_t.get(SUPPLIER, 0.0) + mirror.total_t
    if min(own, other) <= 0:
        return None, "exports more than it imports, by weight"
    words = {
        "method": "imports - exports of HS 280530, 284610 and 284690, gross weight, by its own record",
        "interval": "from its own record to the same with China's record of its exports there",
        "note": "a proxy of use" + ("" if sold else "; no record of its exports is available"),
    }
    return goods.estimate(bought, "net_imports", "t/yr", [own, other], sold, mirror, **words), ""


@cache  # asked for every material and move of a control
def use_or_proxy(iso3: str) -> tuple[Estimate | None, str]:
    """What a place uses in a year, or net imports as a proxy, and in words which of them, or why neither."""
    if iso3 in users():
        found = consumption(iso3)
        magnets = ["magnets"] if found.basis == "t_magnet" else []
        return found, ", ".join(["published use", *magnets, str(found.reference_year)])
    proxy, why = net_imports(iso3)
    return proxy, f"net imports as a proxy, {proxy.reference_year}" if proxy else why


def targets(table: pd.DataFrame) -> pd.DataFrame:
    """Each target in days of a plan of `plans.accounted` that covers rare earths, in tonnes where that can be said.

    Returns:
        Columns Place, Plan, Days, Days of what (as published), A year (Estimate or ""), Of what, Tonnes (Estimate or ""),
        source_ids; sorted by days and place.
    """
    rows = []
    for plan in tables.select(plans.with_days(table), ree_covered=["yes", "unclear"]).itertuples():
        not_known = None, f"not published for {plan.sector}"
        a_year, words = not_known if plan.sector else use_or_proxy(plan.iso3_or_group)
        days, sources = int(plan.coverage_days_target), (*plan.source_ids, *origins(a_year)[1])
        tonnes = tonnes_for(a_year, days) if a_year else ""
        what = plan.coverage_basis, a_year or "", words, tonnes, sources
        rows.append((plan.jurisdiction, plan.figure_id, days, *what))
    columns = "Place;Plan;Days;Days of what;A year;Of what;Tonnes;source_ids"
    return pd.DataFrame(rows, columns=columns.split(";"))


def _quoted(rows: pd.DataFrame) -> list[str]:
    """Statements of a stock or of a goal as they are published."""
    words = []
    for row in rows.itertuples():
        ends = f"{row.value:,g}" + (f" to {row.value_high:,g}" if pd.notna(row.value_high) else "")
        unit = row.unit_published.replace(" (about)", "").replace(" (approximately)", "")
        amount = f"USD {ends} {unit.removeprefix('USD ')}" if unit.startswith("USD ") else f"{ends} {unit}"
        words.append(f"{row.material}: {_BOUND_WORDS.get(row.bound, '')}{amount} ({day(row.period)})")
    return words


def holders(table: pd.DataFrame) -> pd.DataFrame:
    """Every place with a reserve of rare earths, planned or held: what a cut could take, and what is published of a stock.

    Returns:
        Columns Place, A year (Estimate or ""), Of what, Magnets imported (Estimate in USD million or ""), Stock as
        published (the newest statements, those of rare earths alone first), source_ids.
    """
    rows = []
    for place in plans.publicity(table).itertuples():
        a_year, words = use_or_proxy(place.iso3)
        magnets = goods.magnets(place.iso3)
        imported = goods.days_of_imports(magnets, DAYS_A_YEAR)[1] if magnets else None
        stock = tables.select("reserve_inventories", iso3=place.iso3, newest="yes")
        stock = stock.sort_values("rare_earths", key=lambda cells: cells != "alone", kind="stable")
        sources = (*place.source_ids, *origins(stock)[1], *origins(a_year, imported)[1])
        rows.append((place.place, a_year or "", words, imported or "", "; ".join(_quoted(stock)), sources))
    columns = "Place;A year;Of what;Magnets imported;Stock;source_ids"
    return pd.DataFrame(rows, columns=columns.split(";"))


# What of rare earths a stock can be of: the elements under licence one by one, the pair that most plans count, and the two
# groups in which they cross borders.
MATERIALS = {
    "compounds": "compounds and metals",
    "magnets": "magnets",
    "ndpr": "neodymium and praseodymium",
    **{symbol: word.lower() for symbol, word in licences.WORDS.items()},
}


def _covers(rows: pd.DataFrame, material: str) -> pd.DataFrame:
    return tables.select(rows, covers=lambda cells: cells.str.split(";").map(lambda words: material in words))


def use_of(iso3: str, material: str) -> tuple[Quantity | None, str]:
    """The published use of one material in a place in tonnes a year, and in words what it is or why there is none."""
    if material in ("compounds", "magnets"):
        use = consumption(iso3) if iso3 in users() else None
        if use is None or (use.basis == "t_magnet") != (material == "magnets"):
            return None, "we found no published use"
        found = Quantity(use.id, use.low, use.value, use.high, "t", *origins(use))
        return found, f"use of {use.reference_year}"
    rows = tables.select("demand", iso3=iso3, counts_as=["use_of_element", "bound_of_elements"])
    rows = _covers(rows, material)
    if rows.empty:
        return None, "we found no published use"
    row = rows.iloc[-1]
    words = f"use of {row['reference_year']}"
    if row["counts_as"] == "bound_of_elements":
        names = listed(MATERIALS[symbol] for symbol in row["covers"].split(";"))
        words = f"at most: imports of {names} together, {row['reference_year']}"
    return Quantity.of(row, material, "t"), words


def _targets_of(table: pd.DataFrame, iso3: str, material: str) -> pd.DataFrame:
    """The plans of a place with a target in days that covers a material: rows of `plans.accounted`.

    A plan that names no part of rare earths is taken to cover each of them, as targets hold for each mineral; a plan that may
    cover rare earths or not is left out.
    """
    rows = tables.select(plans.with_days(table), iso3_or_group=iso3, ree_covered="yes")
    general = tables.select(rows, covers="") if material != "magnets" else rows.head(0)
    return pd.concat([_covers(rows, material), general])


def _lasting(statements: pd.DataFrame, iso3: str) -> list[str]:
    """For how many days of use, or of net imports as a proxy, each stock or goal in tonnes would last, in words."""
    a_year, of_what = use_or_proxy(iso3)
    if a_year is None:
        return []
    rows = tables.select(statements, unit="t", value=lambda values: values.notna())
    return [
        f"{row.value:,g} t are {row.value * DAYS_A_YEAR / a_year.value:,.0f} days of {of_what.removeprefix('published ')}"
        for row in rows.itertuples()
    ]


def answer(table: pd.DataFrame, iso3: str, material: str) -> dict:
    """How many days of a material (a key of `MATERIALS`) a place has and plans by `plans.accounted`, with what is missing for a number.

    Returns:
        place, material; stock (in words), stock_days (what tonnes would last), target (in words), a_year (Quantity in t, or
        None) and of_what, target_t (Quantity in t of the highest target, or None), missing (in words; empty where stock, use
        and target are published), source_ids.
    """
    stock = _covers(tables.select("reserve_inventories", iso3=iso3, newest="yes"), material)
    goals = _covers(tables.select("reserve_requirements", iso3=iso3, measure="stock goal"), material)
    plans_of = _targets_of(table, iso3, material)
    used, of_what = use_of(iso3, material)
    # A target for one sector says nothing of the use of the whole country.
    days = sorted({int(target) for target in tables.select(plans_of, sector="")["coverage_days_target"]})
    of_all = [" or ".join(map(str, days)) + " days"] if days else []
    of_sectors = [
        f"{row.coverage_days_target:.0f} days for {row.sector}" for row in plans_of.itertuples() if row.sector
    ]
    lacking = {"stock": stock.empty, "use": used is None, "target": plans_of.empty}
    return {
        "place": countries.name(iso3),
        "material": MATERIALS[material],
        "stock": "; ".join([*_quoted(stock), *(f"goal for {words}" for words in _quoted(goals))]),
        "stock_days": "; ".join(_lasting(pd.concat([stock, goals]), iso3) if material == "compounds" else []),
        "target": "; ".join(of_all + of_sectors),
        "a_year": used,
        "of_what": of_what,
        "target_t": used * (days[-1] / DAYS_A_YEAR) if days and used else None,
        "missing": listed(name for name, missing in lacking.items() if missing),
        "source_ids": origins(stock, goals, plans_of, used)[1],
    }


_HEADS = "Place;Material;Stock;It would last;Target;A year, t;Which is;Highest target, t;Not published"


def by_material(table: pd.DataFrame, places: Sequence[str]) -> pd.DataFrame:
    """`answer` for every place and material, as a page shows it: a column a key."""

    def tonnes(of: Quantity | None, of_what: str) -> str:
        if of is None:
            return ""
        ends = "" if of.low == of.high else f" ({of.low:,.0f}–{of.high:,.0f})"
        return f"{'at most ' if of_what.startswith('at most') else ''}{of.mid:,.0f}{ends}"

    found = [answer(table, iso3, material) for iso3 in places for material in MATERIALS]
    for one in found:
        one |= {key: tonnes(one[key], one["of_what"]) for key in ("a_year", "target_t")}
    return pd.DataFrame(found).set_axis([*_HEADS.split(";"), "source_ids"], axis=1)


def overview(found: pd.DataFrame) -> pd.DataFrame:
    """`by_material` in one view: a row a place, a column a material; days of the target, then which of stock and use is published."""

    def marks(row: pd.Series) -> str:
        bounded = row["A year, t"].startswith("at most")
        known = {
            re.sub(r"days for .*", "days (one sector)", row["Target"]): bool(row["Target"]),
            "stock": bool(row["Stock"]),
            "use": bool(row["A year, t"]) and not bounded,
            "bound of use": bounded,
        }
        return ", ".join(words for words, published in known.items() if published)

    cells = found.assign(marks=[marks(row) for _, row in found.iterrows()])
    wide = cells.pivot(index="Place", columns="Material", values="marks")
    return wide.loc[found["Place"].unique(), found["Material"].unique()].reset_index()


# --- The form of a stock ---


def from_china() -> pd.DataFrame:
    """Rare-earth magnets from China by weight, apart from other magnets: the newest full year of each place.

    Returns:
        Columns place, year, magnets (Quantity in t of magnets), element, and dysprosium if it is added (Quantities in t).
    """
    years = [goods.exports_by_period(partner, r"\d{4}").tail(1) for partner in ("WLD", "USA")]
    sent = pd.concat(years).assign(iso3=lambda rows: rows["partner_iso3"])
    taken = tables.select("ree_demand_inputs", counts_as="magnets_from_china")
    content = conversion.content_of_magnets("t_element")
    dysprosium = conversion.content_of_magnets("t_element", "Dy")
    rows = []
    for _, row in pd.concat([sent, taken]).iterrows():
        mass = Quantity.of(row, countries.name(row["iso3"]), "t_magnet")
        rows.append((mass.name, int(row["period"]), mass, mass * content, mass * dysprosium))
    return pd.DataFrame(rows, columns=["place", "year", "magnets", "element", "dysprosium"])


def from_china_table(found: pd.DataFrame) -> pd.DataFrame:
    """`from_china` as a page shows it."""
    words = {name: found[name].map(str) for name in ("element", "dysprosium")}
    heads = ["Magnets from China to", "Year", "Magnets, t", "Rare-earth element in them, t"]
    table = found.assign(magnets=found["magnets"].map(lambda of: of.mid), **words)
    return table.set_axis([*heads, "Dysprosium in them if it is added, t"], axis=1)


def plants(countries_of: tuple[str, ...]) -> pd.DataFrame:
    """Magnet plants of some countries with a published capacity, the newest figure of each: rows of facilities."""
    asked = {"stage": "magnet", "measure": "nameplate", "unit": "t/yr", "value": pd.Series.notna}
    rows = tables.select("facilities", iso3=countries_of, **asked)
    return rows.sort_values("reference_year", kind="stable").drop_duplicates("facility", keep="last")


def without_capacity(countries_of: tuple[str, ...]) -> list[str]:
    """Magnet plants of these countries for which no capacity is published."""
    rows = tables.select("facilities", stage="magnet", iso3=countries_of)
    return sorted(set(rows["facility"]) - set(plants(countries_of)["facility"]))


def capacity_in_europe() -> Estimate:
    """Published capacity of magnet plants in the European Union over the magnets used there, in percent."""
    use, found = consumption(EU), plants(goods.members("EU"))
    part = 100 * float(found["value"].sum()) / use.value
    return Quantity.among(EU, [part], "pct", use, found).estimate(
        "reserves.magnet_capacity.EUU",
        axes="magnet t_magnet all",
        reference_year=use.reference_year,
        edition=use.edition,
        method="published capacity of magnet plants / consumption of magnets",
        interval="none: a plant may make less, and plants without a published capacity are left out",
        note="without a published capacity: " + (", ".join(without_capacity(goods.members("EU"))) or "none"),
    )


def capacity_over_need() -> pd.DataFrame:
    """What is published of the magnets that a place needs and of the plants that could make them from oxide.

    The need of the United States is what China alone sent; it needs more.

    Returns:
        Columns as a page shows them, and source_ids.
    """
    use = consumption(EU)
    sent = from_china().set_index("place").loc[countries.name("USA")]
    by_china = f"magnets from China in {sent['year']}: its use is not published"
    rows = []
    for place, inside, need, what, of in (
        (EU, goods.members("EU"), use.value, f"consumption of {use.reference_year}", use),
        ("USA", ("USA",), sent["magnets"].mid, by_china, sent["magnets"]),
    ):
        found = plants(inside)
        made = float(found["value"].sum())
        rows.append(
            {
                "Place": countries.name(place),
                "Needs, t of magnets": need,
                "Which is": what,
                "Published capacity, t of magnets": made,
                "Plants": ", ".join(f"{row.facility} {row.value:,.0f}" for row in found.itertuples()),
                "Without a published capacity": ", ".join(without_capacity(inside)) or "none",
                "Capacity over need, %": 100 * made / need,
                "source_ids": origins(of, found)[1],
            }
        )
    return pd.DataFrame(rows)
