"""What form a stock must have: rare earths come embodied in magnets, and oxide is of no use without plants.

    embodied = magnets imported x content of a commercial magnet
    nameplates over need = printed nameplates of magnet plants / magnets that the place needs

Plants without a printed nameplate are named and left out, and a plant may make less than its nameplate: the quotient is
no bound of what a stock of oxide is good for, only what is published of it.

The content is that of rare-earth magnets: it is applied to rows that count those alone, never to all of HS 850511.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import conversion, tables
from rareearth.quantity import Estimate
from rareearth.reserves import country, cover

# Rare-earth magnets from China: figures of trade_published, and one of the inputs of demand.
_TO_USA, _TO_WORLD, _TO_EUROPE = "trade-0483-qty", "trade-0481-qty", "use-0026"


@dataclass(frozen=True)
class Embodied:
    """Rare earths in the magnets that a place takes from China in a year.

    Attributes:
        magnets_t: Mass of the magnets.
        element_t: Lowest, central and highest tonnes of rare-earth element.
        heavy_t: The same of dysprosium and terbium.
    """

    place: str
    year: int
    magnets_t: float
    element_t: tuple[float, float, float]
    heavy_t: tuple[float, float, float]
    source_ids: tuple[str, ...]


def embodied() -> list[Embodied]:
    """Places for which rare-earth magnets from China are published by weight, apart from other magnets."""
    trade = tables.load("trade_published").set_index("figure_id")
    demand = tables.load("ree_demand_inputs").set_index("figure_id")
    rows = [
        (cover.PLACES["USA"], trade.loc[_TO_USA]),
        (cover.PLACES["EUU"], demand.loc[_TO_EUROPE]),
        (trade.loc[_TO_WORLD, "partner"], trade.loc[_TO_WORLD]),
    ]
    content = conversion.content_of_magnets("t_element")
    dysprosium = conversion.content_of_magnets("t_element", "Dy")
    found = []
    for place, row in rows:
        mass = float(row["value"])
        found.append(
            Embodied(
                place,
                int(row["period"]),
                mass,
                (content * mass).ends,
                (dysprosium * mass).ends,
                tuple(dict.fromkeys((*row["source_ids"], *content.source_ids, *dysprosium.source_ids))),
            )
        )
    return found


def embodied_table(found: list[Embodied]) -> pd.DataFrame:
    """`embodied` as a page shows it."""

    def ends(values: tuple[float, float, float]) -> str:
        return f"{values[1]:,.0f} ({values[0]:,.0f} to {values[2]:,.0f})"

    return pd.DataFrame(
        {
            "Magnets from China to": [one.place for one in found],
            "Year": [one.year for one in found],
            "Magnets, t": [one.magnets_t for one in found],
            "Rare-earth element in them, t": [ends(one.element_t) for one in found],
            "Dysprosium and terbium in them, t": [ends(one.heavy_t) for one in found],
        }
    )


def plants(countries: tuple[str, ...]) -> pd.DataFrame:
    """Magnet plants by published nameplate, the newest figure of each: rows of facilities.

    Args:
        countries: ISO alpha-3 codes.
    """
    table = tables.load("facilities")
    rows = table[
        (table["stage"] == "magnet")
        & (table["measure"] == "nameplate")
        & (table["unit"] == "t/yr")
        & table["iso3"].isin(countries)
        & table["value"].notna()
    ]
    return rows.sort_values("reference_year", kind="stable").drop_duplicates("facility", keep="last")


def without_nameplate(countries: tuple[str, ...]) -> list[str]:
    """Magnet plants of these countries for which no nameplate is printed."""
    table = tables.load("facilities")
    rows = table[(table["stage"] == "magnet") & table["iso3"].isin(countries)]
    return sorted(set(rows["facility"]) - set(plants(countries)["facility"]))


def nameplates_in_europe() -> Estimate:
    """Printed nameplates of magnet plants in the European Union over the magnets used there, in percent."""
    use, found = cover.consumption("EUU"), plants(country.EU_MEMBERS)
    part = 100 * float(found["value"].sum()) / use.value
    return Estimate(
        id="reserves.magnet_nameplates.EUU",
        value=part,
        low=part,
        high=part,
        unit="pct",
        stage="magnet",
        basis="t_magnet",
        elements="all",
        reference_year=use.reference_year,
        edition=use.edition,
        method="printed nameplates of magnet plants / consumption of magnets",
        inputs=(use, *found["figure_id"]),
        source_ids=tuple(dict.fromkeys((*use.source_ids, *(s for ids in found["source_ids"] for s in ids)))),
        interval="none: a plant may make less, and plants without a printed nameplate are left out",
        note="without a nameplate: " + (", ".join(without_nameplate(country.EU_MEMBERS)) or "none"),
    )


def usable() -> tuple[pd.DataFrame, tuple[str, ...]]:
    """What is published of the magnets that a place needs and of the plants that could make them from oxide.

    The need of the United States is what China alone sent; it needs more.

    Returns:
        The table, and its sources.
    """
    by_place = {one.place: one for one in embodied()}
    europe, usa = cover.PLACES["EUU"], cover.PLACES["USA"]
    use = cover.consumption("EUU")
    cases = [
        (europe, country.EU_MEMBERS, use.value, f"consumption of {use.reference_year}", use.source_ids),
        (
            usa,
            ("USA",),
            by_place[usa].magnets_t,
            f"magnets from China in {by_place[usa].year}: its use is not published",
            by_place[usa].source_ids,
        ),
    ]
    rows, sources = [], []
    for place, countries, need, what, ids in cases:
        found = plants(countries)
        made = float(found["value"].sum())
        sources += [*ids, *(source for one in found["source_ids"] for source in one)]
        names = ", ".join(f"{row.facility} {row.value:,.0f}" for row in found.itertuples())
        rows.append(
            (
                place,
                need,
                what,
                made,
                names,
                ", ".join(without_nameplate(countries)) or "none",
                100 * made / need,
            )
        )
    columns = [
        "Place",
        "Needs, t of magnets",
        "Which is",
        "Nameplates, t of magnets",
        "Plants",
        "Without a nameplate",
        "Nameplates over need, %",
    ]
    return pd.DataFrame(rows, columns=columns), tuple(dict.fromkeys(sources))
