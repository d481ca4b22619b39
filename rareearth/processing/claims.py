"""Published shares of China, as observations: shown beside a computed share, never averaged with it."""

from collections.abc import Mapping

import pandas as pd

from rareearth import tables
from rareearth.quantity import Estimate
from rareearth.uncertainty import LEVEL_PCT, Array

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
    table = tables.load("claims")
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


def beside(shares: Mapping[str, Mapping[int, Estimate]], claims: pd.DataFrame) -> pd.DataFrame:
    """Computed and published shares in one long table, as a chart shows them.

    Args:
        shares: Words of the method to year to computed share in percent.
        claims: See `published`.

    Returns:
        Columns Year, What, Elements, the three percentages (NaN where a bound has no upper end) and Id.
    """
    computed = [
        (year, method, share.elements, share.low, share.value, share.high, share.id)
        for method, of_method in shares.items()
        for year, share in of_method.items()
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


def about_ninety(sample: Array) -> str:
    """What a simulated share says of "about 90 %": the verdict that has the level of an interval as probability."""
    low, high = ABOUT_NINETY_PCT
    for verdict, part in (
        ("holds", (low <= sample) & (sample <= high)),
        ("is too low", sample > high),
        ("is too high", sample < low),
    ):
        if 100 * part.mean() >= LEVEL_PCT:
            return verdict
    return "cannot be said"


def plain_sentence(samples: Mapping[int, Array]) -> str:
    """For which years "about 90 %" holds, is too high, too low, or cannot be said, in words.

    Args:
        samples: Year to simulated share in percent, of any shape.
    """
    by_verdict: dict[str, list[str]] = {}
    for year, sample in samples.items():
        by_verdict.setdefault(about_ninety(sample), []).append(str(year))
    parts = []
    for verdict, years in by_verdict.items():
        listed = years[0] if len(years) == 1 else ", ".join(years[:-1]) + " and " + years[-1]
        parts.append(f"{verdict} for {listed}")
    return "; ".join(parts)
