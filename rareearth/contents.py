"""Goods of trade in rare-earth terms: tonnes of oxide and of element by commodity and origin, with their intervals.

What has no factor is refused with the reason, and counted: a mass that is missing or made from a value, a heading that
mixes goods, and for the element every mixture.
"""

from collections.abc import Callable

import pandas as pd

from rareearth import conversion, tables
from rareearth.countries import name
from rareearth.errors import Refused
from rareearth.quantity import Estimate, Quantity, origins
from rareearth.trade import store
from rareearth.units import KG_PER_T

GOODS = "reporter_iso3 partner_iso3 flow hs_code reference_year mass_t figure_id source_id".split()
_LINES = "uncomtrade_cn_tariffline_2023_2025"
_MAGNETS = "850511"
_ENDS = ("low", "value", "high")


def of_flows(flows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Flows whose mass was weighed or estimated, as goods; and how many others there are.

    Args:
        flows: See `store.load_flows`.

    Returns:
        Columns `GOODS`, mass in t as recorded; the number of flows whose mass is imputed from the value or missing.
    """
    weighed = flows[flows["mass_status"].isin(["reported", "estimated"])]
    figures = [store.figure_ids(weighed.iloc[[place]]) for place in range(len(weighed))]
    goods = weighed.rename(columns={"year": "reference_year"}).assign(
        mass_t=weighed["mass_kg"] / KG_PER_T, figure_id=[ids[0] if ids else "" for ids in figures]
    )
    return goods[GOODS].reset_index(drop=True), len(flows) - len(weighed)


def of_lines(year: int | None = None) -> pd.DataFrame:
    """China's imports by origin and eight-digit line, as its customs publish them: 2023 to 2025.

    Args:
        year: Calendar year; the newest when None.

    Returns:
        Columns `GOODS`.

    Raises:
        Refused: the year has no lines.
    """
    lines = tables.select(
        "trade_published",
        source_ids=lambda cells: cells.map(lambda ids: ids[0] == _LINES),
        role="flow",
        measure="quantity",
        commodity_code=lambda codes: codes.str.fullmatch(r"\d{8}"),
        partner_iso3=lambda codes: codes != "WLD",
    )
    rows = tables.select(lines, period=str(year or lines["period"].max()))
    if rows.empty:
        raise Refused(f"no lines of China's imports by origin in {year}: choose 2023, 2024 or 2025")
    return pd.DataFrame(
        {
            "reporter_iso3": "CHN",
            "partner_iso3": rows["partner_iso3"],
            "flow": "import",
            "hs_code": rows["commodity_code"],
            "reference_year": rows["period"].astype(int),
            "mass_t": rows["value"],
            "figure_id": rows["figure_id"],
            "source_id": _LINES,
        }
    ).reset_index(drop=True)


def _converted(row, to: Callable[..., Quantity]) -> tuple[Quantity | None, str]:
    origin = row.partner_iso3 if row.flow == "import" else row.reporter_iso3
    try:
        return to(row.hs_code, reporter=row.reporter_iso3, origin=origin), ""
    except Refused as refusal:
        return None, str(refusal)


def contents(goods: pd.DataFrame) -> pd.DataFrame:
    """Tonnes of oxide and of element in each good.

    Args:
        goods: Columns `GOODS`.

    Returns:
        `goods` with low_t_reo, value_t_reo, high_t_reo, low_t_element, value_t_element, high_t_element (NaN where
        there is no factor), refused_reo and refused_element (the reason, else empty) and factor_ids.
    """
    found = []
    for row in goods.itertuples(index=False):
        record = {**row._asdict(), "factor_ids": ()}
        for basis, to in (("reo", conversion.reo_of_good), ("element", conversion.element_of_good)):
            factor, record[f"refused_{basis}"] = _converted(row, to)
            ends = (factor * row.mass_t).ends if factor else (float("nan"),) * 3
            record |= dict(zip((f"{end}_t_{basis}" for end in _ENDS), ends, strict=True))
            record["factor_ids"] += factor.inputs if factor else ()
        found.append(record)
    return pd.DataFrame(found)


def by_code(of_goods: pd.DataFrame) -> pd.DataFrame:
    """Contents by reporter, flow and code: the goods with a factor summed, the others counted beside them.

    Args:
        of_goods: See `contents`.

    Returns:
        reporter_iso3, flow, hs_code, reference_year, mass_t, mass_converted_t, the six columns of tonnes (NaN where
        nothing has a factor), and refused (origins without a factor to oxide), the largest mass first.
    """
    found = []
    for key, part in of_goods.groupby(["reporter_iso3", "flow", "hs_code", "reference_year"]):
        with_factor = part[part["refused_reo"] == ""]
        sums = {
            f"{end}_t_{basis}": part[f"{end}_t_{basis}"].sum(min_count=1)
            for basis in ("reo", "element")
            for end in _ENDS
        }
        masses = part["mass_t"].sum(), with_factor["mass_t"].sum()
        found.append((*key, *masses, *sums.values(), len(part) - len(with_factor)))
    columns = (
        "reporter_iso3 flow hs_code reference_year mass_t mass_converted_t low_t_reo value_t_reo high_t_reo "
        "low_t_element value_t_element high_t_element refused"
    ).split()
    table = pd.DataFrame(found, columns=columns)
    return table.sort_values("mass_t", ascending=False, kind="stable").reset_index(drop=True)


def shown(by_codes: pd.DataFrame) -> pd.DataFrame:
    """`by_code` as a page shows it: value with its ends in one cell, and words where there is no factor."""

    def cells(basis: str, without: str) -> list[str]:
        columns = [f"{end}_t_{basis}" for end in ("value", "low", "high")]
        return [
            without
            if pd.isna(value)
            else f"{value:,.0f}" + ("" if low == high else f" ({low:,.0f} to {high:,.0f})")
            for value, low, high in by_codes[columns].itertuples(index=False)
        ]

    return pd.DataFrame(
        {
            "Goods": [
                f"{name(row.reporter_iso3)}'s {row.flow}s of {row.hs_code}, {row.reference_year}"
                for row in by_codes.itertuples()
            ],
            "Mass, t": by_codes["mass_t"].round(),
            "With a factor, t": by_codes["mass_converted_t"].round(),
            "Oxide, t REO": cells("reo", "no factor"),
            "Element, t": cells("element", "a mixture"),
        }
    )


def oxide(of_goods: pd.DataFrame, what: str) -> Estimate:
    """Rare-earth oxide in the goods that have a factor, in tonnes.

    Args:
        of_goods: See `contents`; goods of one year.
        what: What they are, for the id: reporter, code and year.
    """
    converted = of_goods[of_goods["refused_reo"] == ""]
    sums = {end: sum(sorted(converted[f"{end}_t_reo"])) for end in _ENDS}
    factors = list(dict.fromkeys(figure for ids in converted["factor_ids"] for figure in ids))
    _, sources = origins(tables.load("conversion_factors").set_index("figure_id", drop=False).loc[factors])
    records = store.registered(sorted(set(converted["source_id"])))
    return Estimate(
        id=f"trade.oxide_in_imports.{what}",
        **sums,
        unit="t",
        stage="unstated",
        basis="t_reo",
        elements="all",
        reference_year=int(converted["reference_year"].iloc[0]),
        edition=", ".join(records),
        method="net mass times tonnes of oxide a tonne of good, by code and origin",
        inputs=(*(figure for figure in converted["figure_id"] if figure), *factors),
        source_ids=tuple(dict.fromkeys([*records, *sources])),
        interval="lowest and highest factor that the sources allow; the mass is taken as exact",
    )


def of_magnets(flows: pd.DataFrame) -> Estimate:
    """Rare-earth element in China's exports of magnets in the one year for which their part of HS 850511 is known.

    mass of 850511 times that part (one point, without an interval) times the content of a commercial magnet

    Args:
        flows: See `store.load_flows`.
    """
    year = 2024
    rows = tables.select(
        flows, hs6=_MAGNETS, reporter_iso3="CHN", flow="export", year=year, value_basis="reconciled"
    )
    mass_t = sum(sorted(rows["mass_kg"].dropna())) / KG_PER_T
    records = store.registered(sorted(set(rows["source_id"])))
    exported = Quantity(
        "magnets", mass_t, mass_t, mass_t, "t_gross", tuple(store.figure_ids(rows)), tuple(records)
    )
    element = exported * conversion.magnet_part_of_exports() * conversion.content_of_magnets("t_element")
    return element.estimate(
        f"trade.element_in_magnets.CHN.{year}",
        unit="t",
        stage="magnet",
        basis="t_element",
        elements="all",
        reference_year=year,
        edition=", ".join(records),
        method="mass of China's exports of HS 850511, times the part of rare-earth magnets, times their content",
        interval="lowest and highest content of commercial magnets; their part of the code is one point",
    )
