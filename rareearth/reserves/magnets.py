"""What form a stock must have: rare earths come inside magnets, and oxide is of no use without plants.

    rare earths inside = magnets imported x content of a commercial magnet
    capacity over need = published capacity of magnet plants / magnets that the place needs

Plants without a published capacity are named and left out, and a plant may make less than its capacity: the quotient is
no bound of what a stock of oxide is good for, only what is published of it.

The content is that of rare-earth magnets: it is applied to rows that count those alone, never to all of HS 850511.
"""

import pandas as pd

from rareearth import conversion, countries, tables
from rareearth.quantity import Estimate, Quantity, origins
from rareearth.reserves import cover
from rareearth.reserves.goods import EU, exports_by_period, members


def from_china() -> pd.DataFrame:
    """Rare-earth magnets from China by weight, apart from other magnets: the newest full year of each place.

    Returns:
        Columns place, year, magnets (Quantity in t of magnets), element, and dysprosium if it is added (Quantities in t).
    """
    years = [exports_by_period(partner, r"\d{4}").tail(1) for partner in ("WLD", "USA")]
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
    use, found = cover.consumption(EU), plants(members("EU"))
    part = 100 * float(found["value"].sum()) / use.value
    return Quantity.among(EU, [part], "pct", use, found).estimate(
        "reserves.magnet_capacity.EUU",
        axes="magnet t_magnet all",
        reference_year=use.reference_year,
        edition=use.edition,
        method="published capacity of magnet plants / consumption of magnets",
        interval="none: a plant may make less, and plants without a published capacity are left out",
        note="without a published capacity: " + (", ".join(without_capacity(members("EU"))) or "none"),
    )


def capacity_over_need() -> pd.DataFrame:
    """What is published of the magnets that a place needs and of the plants that could make them from oxide.

    The need of the United States is what China alone sent; it needs more.

    Returns:
        Columns as a page shows them, and source_ids.
    """
    use = cover.consumption(EU)
    sent = from_china().set_index("place").loc[countries.name("USA")]
    by_china = f"magnets from China in {sent['year']}: its use is not published"
    rows = []
    for place, inside, need, what, of in (
        (EU, members("EU"), use.value, f"consumption of {use.reference_year}", use),
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
