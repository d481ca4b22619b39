"""Projections to 2030, 2035 and 2040, labelled as such: the agency's base case, and announced plants against it."""

import pandas as pd

from rareearth import conversion, tables
from rareearth.processing.elsewhere import Term, ids, origins
from rareearth.quantity import Estimate

YEARS = (2030, 2035, 2040)
# NdPr of plants outside China that are announced or built, by facility, period and measure of its row: t of oxide a
# year. Plants that announce other tonnes (all elements, feed) cannot be added.
ANNOUNCED = (
    ("Lynas Malaysia (Kuantan)", "FY2025", "nameplate"),
    ("Mountain Pass", "2025-12", "run_rate"),
    ("White Mesa Phase 2", "2029", "target"),
    ("Nolans", "planned", "target"),
    ("Eneabba", "planned", "nameplate"),
)
_AS = {"nameplate": "nameplate", "run_rate": "rate at the end of the period", "target": "target"}


def agency(year: int) -> dict[str, pd.Series]:
    """The agency's base case of one year: iso3 ("" is the rest of the world) to its row, in kt of magnet elements."""
    table = tables.load("processing_by_country")
    rows = table[
        (table["measure"] == "projection")
        & (table["stage"] == "separation")
        & (table["unit"] == "kt")
        & (table["reference_year"] == year)
    ]
    return {row["iso3"]: row for _, row in rows.iterrows()}


def announced() -> list[Term]:
    """Announced NdPr outside China, a Term a plant, in t of oxide a year."""
    table = tables.load("facilities")
    found = []
    for facility, period, measure in ANNOUNCED:
        rows = table[
            (table["facility"] == facility)
            & (table["period"] == period)
            & (table["measure"] == measure)
            & (table["elements"] == "ndpr")
        ]
        value = float(rows["value"].iloc[0])
        found.append(
            Term(facility, 0, value, value, *ids(rows.head(1)), f"{_AS[measure]}, {period}", "bound")
        )
    return found


def projection(year: int) -> Estimate:
    """China's share of refined magnet elements in the agency's base case, with announced plants as other end.

    The value is the agency's. The other end takes China's output of the base case and lets every announced plant
    outside China run at full capacity, with the agency's rest of the world on top.
    """
    rows = agency(year)
    china = float(rows["CHN"]["value"])
    value = 100 * china / float(rows["WLD"]["value"])
    plants = announced()
    to_element = conversion.oxide_of_element("ndpr").inverse().mid / 1000
    outside = sum(plant.high_t_reo for plant in plants) * to_element + float(rows[""]["value"])
    other = 100 * china / (china + outside)
    inputs, source_ids = origins(rows["CHN"], rows["WLD"], rows[""], *plants)
    return Estimate(
        id=f"processing_share.outlook.{year}",
        value=value,
        low=min(value, other),
        high=max(value, other),
        unit="pct",
        stage="separation",
        basis="t_element",
        elements="magnet",
        reference_year=year,
        edition=str(rows["CHN"]["edition"]),
        method="projection: base case of the International Energy Agency; other end with announced plants at capacity",
        inputs=inputs,
        source_ids=source_ids,
        interval="between two projections, no probability",
        note="a pipeline of projects, not a forecast: the base case of 2040 repeats 2035",
    )
