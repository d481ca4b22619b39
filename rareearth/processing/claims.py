"""Published shares of China, as observations: shown beside a computed share, never averaged with it."""

import pandas as pd

from rareearth import facts
from rareearth.estimate import Estimate

# What "about 90 %" is taken to mean: nearer to 90 than to 85 or 95.
ABOUT_NINETY_PCT = (87.5, 92.5)


def published(stage: str, first_year: int, last_year: int) -> pd.DataFrame:
    """Statements about China's share of the world at one stage, from the claim register.

    Args:
        stage: For example ``separation``; the register files "processing" and "refining" there.
        first_year: First reference year.
        last_year: Last reference year.

    Returns:
        One row a claim: figure_id, claimant, reference_year, elements, bound, share_low_pct,
        share_high_pct, source_ids; sorted by year, then claimant. Only statements about output or
        capacity of one year; light or heavy rare earths alone and projections are left out. A statement that
        repeats another (``derived_from``) is left out too: one vote per lineage.
    """
    table = facts.load_claims()
    rows = table[
        (table["stage"] == stage)
        & table["measure"].isin(["world_share", "capacity_share"])
        & (table["reference_year_first"] == table["reference_year_last"])
        & table["reference_year_first"].between(first_year, last_year)
        & table["elements"].isin(["all", "magnet", "unstated"])
        & table["share_low_pct"].notna()
        & (table["derived_from"] == "")
    ]
    rows = rows.rename(columns={"reference_year_first": "reference_year"})
    return rows.sort_values(["reference_year", "claimant", "figure_id"], kind="stable").reset_index(drop=True)


def in_words(row: pd.Series) -> str:
    """The published share as it was stated, for example ``over 85 %``."""
    low, high = row["share_low_pct"], row["share_high_pct"]
    if row["bound"] == "lower":
        return f"over {low:g} %"
    return f"{low:g} %" if low == high or pd.isna(high) else f"{low:g} to {high:g} %"


def against(row: pd.Series, estimate: Estimate) -> str:
    """How a published share lies to the interval of the same year: inside, above or below.

    A lower bound ("over 85") is inside when the interval reaches above it. A share of other elements is
    another quantity and is not compared; one that names no elements is, as most statements name none.
    """
    if row["elements"] not in ("unstated", estimate.elements):
        return "not comparable: other elements"
    if row["bound"] == "lower":
        return "inside" if estimate.high > row["share_low_pct"] else "above"
    high = row["share_low_pct"] if pd.isna(row["share_high_pct"]) else row["share_high_pct"]
    if high < estimate.low:
        return "below"
    return "above" if row["share_low_pct"] > estimate.high else "inside"


def beside(shares: dict[int, Estimate], claims: pd.DataFrame) -> pd.DataFrame:
    """Computed and published shares in one long table, as a chart shows them.

    Args:
        shares: Year to computed share in percent.
        claims: See `published`.

    Returns:
        Columns Year, What, Elements, the three percentages (NaN where a bound has no upper end) and Id.
    """
    computed = [
        (year, "Quota method", share.elements, share.low, share.value, share.high, share.id)
        for year, share in shares.items()
    ]
    stated = [
        (
            int(row.reference_year),
            row.claimant,
            row.elements,
            row.share_low_pct,
            row.share_low_pct,
            row.share_high_pct,
            row.figure_id,
        )
        for row in claims.itertuples()
    ]
    columns = ["Year", "What", "Elements", "Low, %", "Share, %", "High, %", "Id"]
    return pd.DataFrame(computed + stated, columns=columns)


def about_ninety(estimate: Estimate) -> str:
    """Whether "about 90 %" holds for an estimate and its interval, in words."""
    low, high = ABOUT_NINETY_PCT
    if low <= estimate.low and estimate.high <= high:
        return "holds"
    if estimate.low > high:
        return "is too low"
    if estimate.high < low:
        return "is too high"
    # Bounds carry no probability, so neither do the words.
    if estimate.value > high:
        return "is below the central value but inside the bounds"
    if estimate.value < low:
        return "is above the central value but inside the bounds"
    return "fits the central value, while the bounds reach beyond it,"
