"""What "China processes about 90 %" can mean: one row a definition, from mine to magnet, computed and published.

Also what would explain a published value that the methods miss, and plants by location against ownership.
"""

from collections.abc import Sequence

import pandas as pd

from rareearth import facts
from rareearth.estimate import Estimate
from rareearth.processing import feed, quota
from rareearth.processing.elsewhere import totals_t_reo
from rareearth.processing.mass_balance import Balance, processed_pct

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
    claims = facts.load_claims().set_index("figure_id", drop=False)
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


def boundaries(balance: Balance, published_pct: float) -> pd.DataFrame:
    """Which boundary would explain a published share of separation that the balance misses?

    Args:
        balance: Of the year of the published value.
        published_pct: The published share.

    Returns:
        Columns Boundary, Moved (t REO out of China's part), Share (percent), Left (points from the published value);
        the nearest first. Every number is central; the question is which ore is counted where.
    """
    ore, other = balance.in_china_t_reo[1], totals_t_reo(balance.elsewhere)[1]
    rows = {row.iso3: row for row in balance.rows}
    usa, myanmar = rows["USA"].in_china.central_t_reo, rows["MMR"].in_china.central_t_reo
    cases = [
        ("As computed here", ore, other),
        ("Only the quota counts for China", float(quota.quota(balance.year)["value"]), other),
        ("Every plant outside China at its highest", ore, totals_t_reo(balance.elsewhere)[2]),
        ("US concentrate counts as refined where it is mined", ore - usa, other + usa),
        ("Myanmar's traded oxide counts as refined there", ore - myanmar, other + myanmar),
        ("Both", ore - usa - myanmar, other + usa + myanmar),
    ]
    table = pd.DataFrame(
        {
            "Boundary": [case[0] for case in cases],
            "In China, t REO": [case[1] for case in cases],
            "Elsewhere, t REO": [case[2] for case in cases],
            "Share, %": [processed_pct(case[1], case[2]) for case in cases],
        }
    )
    table["From the published, points"] = table["Share, %"] - published_pct
    nearest = table["From the published, points"].abs().sort_values(kind="stable").index
    return table.loc[nearest].reset_index(drop=True)


def missing_elsewhere_t_reo(balance: Balance, published_pct: float) -> float:
    """Output outside China, beyond what is counted, that would make the published share true; in t REO."""
    needed = balance.in_china_t_reo[1] * (100 / published_pct - 1)
    return needed - totals_t_reo(balance.elsewhere)[1]


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
    table = facts.load_facilities()
    segment = table[
        (table["facility"] == "Neo Chemicals & Oxides (segment)")
        & (table["measure"] == "sales")
        & (table["reference_year"] == year)
    ]
    moved = float(segment["value"].iloc[0])
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


def malaysian_product_t_reo(year: int) -> float:
    """What Malaysia ships to China, in t REO: separated there already, so it is in no numerator."""
    return float(feed.separated_abroad(year)["value"])
