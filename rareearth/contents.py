"""Goods of trade in rare-earth terms: tonnes of oxide and of element by commodity and origin, with their intervals.

What has no factor keeps the reason and is counted: a mass that is missing or made from a value, a heading that mixes
goods, and for the element every mixture.
"""

from collections.abc import Callable

import pandas as pd

from rareearth import conversion, tables
from rareearth.countries import name
from rareearth.errors import Refused
from rareearth.quantity import KG_PER_T, Estimate, Quantity, total
from rareearth.trade import store

GOODS = "reporter_iso3 partner_iso3 flow hs_code reference_year mass_t figure_id source_id".split()
_LINES = "uncomtrade_cn_tariffline_2023_2025"
_MAGNETS = "850511"


def of_flows(flows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Flows of `store` whose mass was published and not made from the value, as goods; and how many others there are.

    Returns:
        Columns `GOODS`, mass in t as recorded; the number of flows whose mass is imputed from the value or missing.
    """
    weighed = flows[flows["mass_status"].isin(["reported", "unstated", "estimated"])]
    figures = [store.figure_ids(weighed.iloc[[place]]) for place in range(len(weighed))]
    goods = weighed.rename(columns={"year": "reference_year"}).assign(
        mass_t=weighed["mass_kg"] / KG_PER_T, figure_id=[ids[0] if ids else "" for ids in figures]
    )
    return goods[GOODS].reset_index(drop=True), len(flows) - len(weighed)


def of_lines(year: int | None = None) -> pd.DataFrame:
    """China's imports by origin and eight-digit line, as its customs publish them: 2023 to 2025, the newest when no year is given.

    Returns:
        Columns `GOODS`.

    Raises:
        Refused: the year has no lines.
    """
    lines = tables.select("trade_published", role="flow", measure="quantity")
    lines = lines[(lines["source_ids"].str[0] == _LINES) & (lines["partner_iso3"] != "WLD")]
    lines = lines[lines["commodity_code"].str.fullmatch(r"\d{8}")]
    rows = tables.select(lines, period=str(year or lines["period"].max()))
    if rows.empty:
        raise Refused(f"no lines of China's imports by origin in {year}: choose 2023, 2024 or 2025")
    goods = rows.rename(columns={"commodity_code": "hs_code", "value": "mass_t"}).assign(
        reference_year=rows["period"].astype(int), source_id=_LINES
    )
    return goods[GOODS].reset_index(drop=True)


def _content(good, to: Callable[..., Quantity]) -> Quantity | str:
    """What a good holds, or the reason why that is not known."""
    origin = good.partner_iso3 if good.flow == "import" else good.reporter_iso3
    mass = Quantity(good.hs_code, *(good.mass_t,) * 3, "t_gross", (good.figure_id,) if good.figure_id else ())
    try:
        return mass * to(good.hs_code, reporter=good.reporter_iso3, origin=origin)
    except Refused as refused:
        return str(refused)


def contents(goods: pd.DataFrame) -> pd.DataFrame:
    """Tonnes of oxide and of element in each good.

    Returns:
        `goods` (columns `GOODS`) with oxide and element: a `Quantity` in t_reo and in t_element, or the reason why there is no factor.
    """
    rows = list(goods.itertuples(index=False))
    return goods.assign(
        oxide=[_content(row, conversion.reo_of_good) for row in rows],
        element=[_content(row, conversion.element_of_good) for row in rows],
    )


def known(cells: pd.Series) -> list[Quantity]:
    """The contents that have a factor."""
    return [cell for cell in cells if isinstance(cell, Quantity)]


def by_code(of_goods: pd.DataFrame) -> pd.DataFrame:
    """`contents` by reporter, flow and code as a page shows them: the goods with a factor summed, the largest mass first.

    Returns:
        Goods in words, their mass, the mass that has a factor to oxide, and oxide and element with their ends.
    """
    found, keys = [], ["reporter_iso3", "flow", "hs_code", "reference_year"]
    for (reporter, flow, code, year), part in of_goods.groupby(keys):
        with_factor = part["oxide"].map(lambda cell: isinstance(cell, Quantity))
        masses = round(part["mass_t"].sum()), float(part.loc[with_factor, "mass_t"].sum())
        held = [
            str(total(of, "goods")) if (of := known(part[what])) else without
            for what, without in (("oxide", "no factor"), ("element", "a mixture"))
        ]
        found.append((f"{name(reporter)}'s {flow}s of {code}, {year}", *masses, *held))
    columns = ["Goods", "Mass, t", "With a factor, t", "Oxide, t REO", "Element, t"]
    table = pd.DataFrame(found, columns=columns)
    return table.sort_values("Mass, t", ascending=False, kind="stable", ignore_index=True)


def oxide(of_goods: pd.DataFrame, what: str, among: pd.DataFrame | None = None) -> Estimate:
    """Rare-earth oxide in those of `contents` (goods of one year) that have a factor, in tonnes.

    `what` they are is a part of the id: reporter, code and year. A refusal names the years `among` all flows that have an answer.

    Raises:
        Refused: no mass was weighed, or none has a factor.
    """
    converted = of_goods[[isinstance(cell, Quantity) for cell in of_goods["oxide"]]]
    if converted.empty:
        rows = () if among is None else of_flows(among)[0].itertuples(index=False)
        years = {row.reference_year for row in rows if isinstance(_content(row, conversion.reo_of_good), Quantity)}
        hint = f": choose one of {', '.join(map(str, sorted(years)))}" if years else ""
        raise Refused(f"trade.oxide_in_imports.{what}: no mass that was weighed has a factor to oxide{hint}")
    of = total(converted["oxide"], what)
    records = store.registered(sorted(set(converted["source_id"])))
    return of.estimate(
        f"trade.oxide_in_imports.{what}",
        unit="t",
        axes="unstated t_reo all",
        reference_year=int(converted["reference_year"].iloc[0]),
        edition=", ".join(records),
        method="net mass times tonnes of oxide a tonne of good, by code and origin",
        source_ids=tuple(dict.fromkeys([*records, *of.source_ids])),
        interval="lowest and highest factor that the sources allow; the mass is taken as exact",
    )


def of_magnets(flows: pd.DataFrame) -> Estimate:
    """Rare-earth element in China's exports of magnets (`store.load_flows`) in the one year for which their part of HS 850511 is known.

    mass of 850511 times that part (one point, without an interval) times the content of a commercial magnet
    """
    year = 2024
    rows = tables.select(flows, hs6=_MAGNETS, reporter_iso3="CHN", flow="export", year=year, value_basis="reconciled")
    mass_t = sum(sorted(rows["mass_kg"].dropna())) / KG_PER_T
    records = store.registered(sorted(set(rows["source_id"])))
    exported = Quantity("magnets", mass_t, mass_t, mass_t, "t_gross", store.figure_ids(rows), records)
    element = exported * conversion.magnet_part_of_exports() * conversion.content_of_magnets("t_element")
    return element.estimate(
        f"trade.element_in_magnets.CHN.{year}",
        unit="t",
        axes="magnet t_element all",
        reference_year=year,
        edition=", ".join(records),
        method="mass of China's exports of HS 850511, times the part of rare-earth magnets, times their content",
        interval="lowest and highest content of commercial magnets; their part of the code is one point",
    )
