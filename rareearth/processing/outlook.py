"""China's share of refined magnet elements as the International Energy Agency has it: published, and projected to 2040.

Its outlook of 2026 gives two values for 2025 and, for 2035, a share if announced projects deliver. The base case by
country is that of the data of 2025. Projections are no forecasts: they stand beside announced plants.
"""

import pandas as pd

from rareearth import conversion, tables
from rareearth.processing import claims
from rareearth.quantity import Estimate, Quantity, origins, total
from rareearth.units import T_PER_KT

YEARS = (2030, 2035, 2040)


def statements() -> pd.DataFrame:
    """What the agency's editions say of magnet elements refined, one statement a row, repeats left out.

    Returns:
        Columns Year, Share, % (the lower end where it is a bound), In words, Kind (published, bound or projection),
        Words, Edition and source_ids, by year and edition.
    """
    rows = tables.select(
        "claims",
        claimant=lambda names: names.str.startswith("IEA"),
        stage="separation",
        elements="magnet",
        share_low_pct=lambda shares: shares.notna(),
        derived_from=None,
    ).sort_values(["reference_year_first", "claimed_on", "figure_id"], kind="stable")
    kinds = rows["measure"].map({"world_share": "published", "projection": "projection"})
    return pd.DataFrame(
        {
            "Year": rows["reference_year_first"].astype(int),
            "Share, %": rows["share_low_pct"],
            "In words": [claims.in_words(row) for _, row in rows.iterrows()],
            "Kind": kinds.where(rows["bound"] != "lower", "bound"),
            "Words": rows["wording"],
            "Edition": rows["edition"],
            "source_ids": rows["source_ids"],
        }
    ).reset_index(drop=True)


def _base_case(year: int, iso3: str | None) -> pd.Series:
    return tables.select(
        "processing_by_country",
        measure="projection",
        stage="separation",
        elements="magnet",
        unit="kt",
        reference_year=year,
        iso3=iso3,
        one=True,
    )


def announced() -> list[Quantity]:
    """Announced or built capacity for NdPr outside China, in t REO a year: the largest figure of each company.

    Plants that announce other tonnes (all elements, feed) cannot be added.
    """
    rows = tables.select(
        "facilities", elements="ndpr", stage="separation", unit="t/yr", iso3=lambda codes: codes != "CHN"
    )
    largest = (
        tables.best(rows).sort_values("value", ascending=False, kind="stable").drop_duplicates("company")
    )
    return [
        Quantity(row["facility"], 0, row["value"], row["value"], "t_reo/yr", *origins(row), _as(row))
        for _, row in largest.iterrows()
    ]


def _as(row: pd.Series) -> str:
    words = {"run_rate": "rate at the end of the period", "nameplate": "rated capacity"}
    what = words.get(row["measure"], row["measure"])
    return what if row["period"] == "planned" else f"{what}, {row['period']}"


def projection(year: int) -> Estimate:
    """China's share of refined magnet elements in the agency's base case of one of `YEARS`, with announced plants as other end.

    The value is the agency's. The other end takes China's output of the base case and lets every announced plant
    outside China run at full capacity, with the agency's rest of the world on top.
    """
    china, world, rest = (_base_case(year, iso3) for iso3 in ("CHN", "WLD", None))
    plants = total(announced(), "announced")
    to_element = conversion.oxide_of_element("ndpr").inverse().mid / T_PER_KT
    outside = plants.high * to_element + float(rest["value"])
    wholes = world["value"], china["value"] + outside
    values = [100 * float(china["value"]) / whole for whole in wholes]
    return Quantity.among("China", values, "pct", china, world, rest, plants).estimate(
        f"processing_share.outlook.{year}",
        stage="separation",
        basis="t_element",
        elements="magnet",
        reference_year=year,
        edition=china["edition"],
        method="projection: base case of the International Energy Agency; other end with announced plants at capacity",
        interval="between two projections, no probability",
        note="a pipeline of projects, not a forecast: the base case of 2040 repeats 2035",
    )


def if_projects_deliver() -> Estimate:
    """China's share in the agency's newest outlook if announced projects deliver: one figure, said to be about that."""
    row = tables.select(
        "processing_by_country", measure="projection", stage="separation", elements="magnet", unit="pct",
        iso3="CHN", bound="about", one=True,
    )  # fmt: skip
    year = int(row["reference_year"])
    return Quantity.of(row, "China", "pct").estimate(
        f"processing_share.outlook_if_projects_deliver.{year}",
        stage="separation",
        basis="unstated",
        elements="magnet",
        reference_year=year,
        edition=row["edition"],
        method=f"as the International Energy Agency publishes it: {row['measure_published']}",
        interval="no interval: one published figure, said to be about that",
    )
