"""What "China processes about 90 %" can mean: one row a definition, from mine to magnet, computed and published.

Also plants by location against ownership.
"""

from collections.abc import Sequence

import pandas as pd

from rareearth import tables
from rareearth.processing.elsewhere import totals_t_reo
from rareearth.processing.mass_balance import Balance, processed_pct
from rareearth.quantity import Estimate

# Claims that stand for a definition, by id, with the words of the rung.
PUBLISHED = {
    "C012": "Mined, magnet elements (IEA)",
    "CT01": "Refined, all elements (Wood Mackenzie)",
    "C055": "Refined, light elements (Nikkei Asia)",
    "C011": "Refined, magnet elements (IEA)",
    "C003": "Separated, heavy elements (Benchmark, by CSIS)",
    "CT04": "Metal (US Department of Energy, as quoted)",
    "CT05": "Magnets (US Department of Energy, as quoted)",
    "C016": "Sintered magnets (IEA)",
    "C029": "Magnets (Goldman Sachs)",
}
_STAGES = ("mine", "separation", "metal", "magnet")


def rungs(computed: Sequence[tuple[str, Estimate]]) -> pd.DataFrame:
    """The ladder: computed and published shares by stage, the lower share first within a stage.

    Args:
        computed: Words of the rung and its Estimate.

    Returns:
        Columns rung, stage, elements, year (text; a claim may state none), low, share, high (percent), computed
        (bool), id, source_ids.
    """
    rows = [
        (
            words,
            one.stage,
            one.elements,
            str(one.reference_year),
            one.low,
            one.value,
            one.high,
            True,
            one.id,
            one.source_ids,
        )
        for words, one in computed
    ]
    claims = tables.load("claims").set_index("figure_id", drop=False)
    for figure, words in PUBLISHED.items():
        row = claims.loc[figure]
        year = "not stated" if pd.isna(row["reference_year_last"]) else str(row["reference_year_last"])
        share, high = row["share_low_pct"], row["share_high_pct"]
        rows.append(
            (
                words,
                row["stage"],
                row["elements"],
                year,
                share,
                share,
                share if pd.isna(high) else high,
                False,
                figure,
                row["source_ids"],
            )
        )
    columns = ["rung", "stage", "elements", "year", "low", "share", "high", "computed", "id", "source_ids"]
    table = pd.DataFrame(rows, columns=columns)
    table["order"] = table["stage"].map(_STAGES.index)
    table = table.sort_values(["order", "share", "rung"], kind="stable")
    return table.drop(columns="order").reset_index(drop=True)


def foreign_owned(year: int) -> pd.Series:
    """Sales of the segment of Neo Performance Materials that holds its plants in China: a row of facilities."""
    table = tables.load("facilities")
    return table[
        (table["facility"] == "Neo Chemicals & Oxides (segment)")
        & (table["measure"] == "sales")
        & (table["reference_year"] == year)
    ].iloc[0]


def ownership(year: int, balance: Balance) -> pd.DataFrame:
    """Separation by the place of the plant and by its owner, as far as plants are published.

    The only foreign owner of separation plants in China among the figures is Neo Performance Materials (Canada), which
    sold its two in 2025. Their output is not published: the sales of its segment are an upper end, as they hold its
    plant in Estonia and goods that were not separated too, in gross tonnes.

    Args:
        year: 2021 to 2024.
        balance: Of the same year.

    Returns:
        Columns Counted by, In China, Elsewhere (t REO) and Share (percent): by location, and by owner with all of the
        segment moved.
    """
    moved = float(foreign_owned(year)["value"])
    ore, other = balance.in_china_t_reo[1], totals_t_reo(balance.elsewhere)[1]
    rows = [
        ("Place of the plant", ore, other),
        ("Owner, at most (Neo's plants in China moved)", ore - moved, other + moved),
    ]
    return pd.DataFrame(
        {
            "Counted by": [row[0] for row in rows],
            "In China or Chinese, t REO": [row[1] for row in rows],
            "Elsewhere, t REO": [row[2] for row in rows],
            "Share, %": [processed_pct(row[1], row[2]) for row in rows],
        }
    )
