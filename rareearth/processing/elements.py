"""Method D: the magnet elements, NdPr country by country against the International Energy Agency, and Dy with Tb.

Plant data are tonnes of oxide, the agency's are tonnes of element for Pr, Nd, Tb and Dy together, so the two are put
side by side and never pooled. Scrap is a layer of its own. Agreement of totals is not agreement: the agency gives
Malaysia less than Lynas made, has a rest of the world that no plant is known for, and refines more than is mined.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import conversion, tables
from rareearth import uncertainty as un
from rareearth.processing import scrap
from rareearth.processing.elsewhere import Term, ids, lynas, origins
from rareearth.quantity import Estimate

YEAR = 2024  # the only year with figures for every part


@dataclass(frozen=True)
class Part:
    """NdPr of one country, in t of element, beside the agency's magnet elements.

    Attributes:
        country: Name.
        plants: In t of element (Pr and Nd), from plant data; low, central, high.
        agency_t_element: Pr, Nd, Tb and Dy by the agency.
    """

    country: str
    plants: Term
    agency_t_element: float


def _forecast(measure: str) -> Term:
    table = tables.load("processing_by_country")
    rows = table[
        (table["measure"] == measure)
        & (table["elements"] == "ndpr")
        & (table["reference_year"] == YEAR)
        & (table["iso3"] == "CHN")
    ]
    low, high = rows["value"].min(), rows["value"].max()
    return Term("China", low, (low + high) / 2, high, *ids(rows), "forecast of one source", "bound")


def _plants(facility: str, period: str, elements: str) -> Term:
    table = tables.load("facilities")
    rows = table[
        (table["facility"] == facility)
        & (table["period"] == period)
        & (table["elements"] == elements)
        & (table["measure"] == "production")
        & (table["stage"] == "separation")
    ].head(1)
    value = float(rows["value"].iloc[0])
    return Term(facility, value, value, value, *ids(rows), "as published")


def _agency(iso3: str) -> pd.Series:
    table = tables.load("processing_by_country")
    rows = table[
        (table["elements"] == "magnet")
        & (table["stage"] == "separation")
        & (table["measure"] == "production")
        & (table["unit"] == "kt")
        & (table["reference_year"] == YEAR)
        & ((table["iso3"] == iso3) if iso3 else (table["entity"] == "Rest of world"))
    ]
    return rows.iloc[0]


def _sum(country: str, terms: list[Term], reason: str, kind: str) -> Term:
    ends = [sum(getattr(term, f"{end}_t_reo") for term in terms) for end in ("low", "central", "high")]
    return Term(country, *ends, *origins(*terms), reason, kind)


def _as_element(term: Term) -> Term:
    factor = conversion.oxide_of_element("ndpr").inverse()
    ends = [getattr(term, f"{end}_t_reo") * factor.mid for end in ("low", "central", "high")]
    figures, sources = (*term.figure_ids, *factor.inputs), (*term.source_ids, *factor.source_ids)
    return Term(term.place, *ends, figures, sources, term.reason, term.kind)


def ndpr(with_scrap: bool) -> list[Part]:
    """NdPr of 2024 by country, in t of element, beside the agency's magnet elements.

    Args:
        with_scrap: Whether China's output from recycled magnets is counted.
    """
    china = [_forecast("forecast_quota_ore"), _forecast("forecast_imported_ore")]
    china += [scrap.output(YEAR, "ndpr")] * with_scrap
    india = _plants("Aluva (RED)", "FY2025", "Nd")  # printed in t of element already
    usa = [_plants("Mountain Pass", str(YEAR), "ndpr"), _plants("White Mesa", f"{YEAR}Q2", "ndpr")]
    terms = {
        "CHN": _as_element(_sum("China", china, "from quota and imported ore", "bound")),
        "MYS": _as_element(lynas(YEAR, "ndpr")),
        "USA": _as_element(_sum("United States", usa, "Mountain Pass and a campaign at White Mesa", "exact")),
        "": Term(
            "Rest of world", *[india.central_t_reo] * 3, india.figure_ids, india.source_ids, "India's Nd"
        ),
    }
    return [
        Part(_agency(iso)["entity"], term, 1000 * float(_agency(iso)["value"])) for iso, term in terms.items()
    ]


def estimate(parts: list[Part], with_scrap: bool) -> Estimate:
    """China's share of separated NdPr in 2024, in percent of t of element."""
    china, *others = [part.plants for part in parts]
    primitives = [
        un.bound("China", china.low_t_reo, china.high_t_reo, china.reason),
        *(
            un.expert(one.place, one.low_t_reo, one.central_t_reo, one.high_t_reo, one.reason)
            for one in others
        ),
    ]

    def model(values):
        outside = sum(values[one.place] for one in others)
        return {"share": 100 * values["China"] / (values["China"] + outside)}

    found = un.interval(un.simulate(primitives, model)["share"])
    inputs, source_ids = origins(china, *others)
    return Estimate(
        id=f"processing_share.ndpr{'_with_scrap' if with_scrap else ''}.{YEAR}",
        value=found.median,
        low=found.low,
        high=found.high,
        unit="pct",
        stage="separation",
        basis="t_element",
        elements="ndpr",
        reference_year=YEAR,
        edition="plants, 2026-10",
        method="NdPr from China's ore"
        + (" and scrap" * with_scrap)
        + " / (the same + NdPr of the plants elsewhere)",
        inputs=inputs,
        source_ids=source_ids,
        interval="90 % interval: range of the forecasts for China, fiscal years of Lynas; nothing else is spread",
        note="China's part is one source's forecast of August 2024",
    )


def compared(parts: list[Part]) -> pd.DataFrame:
    """Plants against the agency, a row a country, in t of element; the last row is the world."""
    rows = [(part.country, part.plants.central_t_reo, part.agency_t_element) for part in parts]
    rows.append(("World", sum(row[1] for row in rows), 1000 * float(_agency("WLD")["value"])))
    return pd.DataFrame(
        {
            "Country": [row[0] for row in rows],
            "Plants: NdPr, t": [row[1] for row in rows],
            "IEA: Pr Nd Tb Dy, t": [row[2] for row in rows],
            "Plants less IEA, t": [row[1] - row[2] for row in rows],
        }
    )


def agency_85() -> tuple[float, float, tuple[str, ...]]:
    """Is the agency's share for 2025 reproduced by plants? Needed and made outside China, in t of element; sources.

    Needed: what China's output of 2024 by the agency leaves to the others at that share, 85 %. Made: NdPr of Lynas and of
    Mountain Pass in 2025.
    """
    share = float(tables.load("claims").set_index("figure_id").loc["CA02", "share_low_pct"]) / 100
    china = 1000 * float(_agency("CHN")["value"])
    made = _as_element(
        _sum("outside", [lynas(2025, "ndpr"), _plants("Mountain Pass", "2025", "ndpr")], "plants", "exact")
    )
    return china * (1 - share) / share, float(made.central_t_reo), made.source_ids


def dytb_bound() -> Estimate:
    """The least share of China in separated Dy and Tb: its scrap of 2024 alone against all that is known elsewhere.

    Outside China only Lynas has published any, from 2025 on; the world total is not published.
    """
    table = tables.load("facilities")
    elsewhere = table[
        table["facility"].str.startswith("Lynas Malaysia")
        & (table["elements"] == "dytb")
        & (table["measure"] == "production")
        & (table["reference_year"] == 2025)
    ]
    recycled = [scrap.output(YEAR, element) for element in ("Dy", "Tb")]
    china, others = sum(term.central_t_reo for term in recycled), float(elsewhere["value"].sum())
    least = 100 * china / (china + others)
    figure_ids, source_ids = ids(elsewhere)
    inputs, sources = origins(*recycled)
    return Estimate(
        id="processing_share.dytb_least.2025",
        value=least,
        low=least,
        high=100.0,
        unit="pct",
        stage="separation",
        basis="t_reo",
        elements="dytb",
        reference_year=2025,
        edition="plants, 2026-10",
        method="China's Dy and Tb from scrap (2024) / (the same + all Dy and Tb published elsewhere, 2025)",
        inputs=(*inputs, *figure_ids),
        source_ids=tuple(dict.fromkeys((*sources, *source_ids))),
        interval="lower bound to 100 %: China's output from ore is not published",
        note="two years are set against each other, both to China's disadvantage",
    )


def ore_behind_ndpr() -> Estimate:
    """Ore, in t REO, that Mountain Pass had to separate to make its NdPr of `YEAR`, if none was lost.

    NdPr over its part in the concentrate. The parts of NdPr, SEG+, cerium and lanthanum add to one; how far they move
    is taken from the two fiscal years of which the part of cerium is printed.
    """
    table = tables.load("conversion_factors")
    rows = table[table["material"].str.startswith("Mountain Pass concentrate, ")]
    parts = rows.set_index("material")["factor_mode"]
    names = list(parts.index)
    cerium = rows[rows["material"].str.contains("cerium")].iloc[0]
    mean = float(cerium["factor_mode"])
    spread = (cerium["factor_high"] - cerium["factor_low"]) / 2
    # Variance of one part of a Dirichlet: mean (1 - mean) / (weight + 1).
    weight = mean * (1 - mean) / spread**2 - 1
    broken = un.composition(names, list(parts / parts.sum()), weight, "10-K of two fiscal years")
    made = _plants("Mountain Pass", str(YEAR), "ndpr")

    def model(values):
        shares = un.compose([values[name] for name in names[:-1]])
        return {"ore": made.central_t_reo / shares[names.index("Mountain Pass concentrate, NdPr part")]}

    found = un.interval(un.simulate(broken, model)["ore"])
    inputs, sources = origins(made)
    figures, of_parts = ids(rows)
    return Estimate(
        id=f"processing_share.mountain_pass_ore.{YEAR}",
        value=found.median,
        low=found.low,
        high=found.high,
        unit="t",
        stage="separation",
        basis="t_reo",
        elements="all",
        reference_year=YEAR,
        edition="10-K",
        method="NdPr made / part of NdPr in the concentrate",
        inputs=(*inputs, *figures),
        source_ids=tuple(dict.fromkeys((*sources, *of_parts))),
        interval="90 % interval of the composition of the ore",
        note="lower bound of the ore that was separated: NdPr that was lost or kept is not in it",
    )
