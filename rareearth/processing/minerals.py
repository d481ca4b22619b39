"""Other minerals under export controls or in reserves, by the same questions: who makes how much, how concentrated.

Sources print two or three countries of a stage and a world total; what they leave is a residual, and a concentration
has two bounds (`concentration`). N-1 cover is the supply that is left without the largest supplier. Over what it is
taken must be said: over all supply, which equals demand where stocks do not change, and for rare earths also over the
demand that the International Energy Agency projects.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import tables
from rareearth.concentration import Concentration, concentration
from rareearth.processing.elsewhere import origins
from rareearth.quantity import NONE, Estimate

MINERALS = ("gallium", "germanium", "antimony", "graphite", "tungsten", "cobalt", "lithium")
# Stages as sources word them, to the project's words.
STAGES = {
    "primary production": "metal",
    "metal production": "metal",
    "mine production": "mine",
    "mining": "mine",
    "flake mining": "mine",
    "refined": "separation",
    "refining": "separation",
    "anode material": "separation",
}
_WORDS = {"mine": "mined", "separation": "refined", "metal": "primary metal"}


@dataclass(frozen=True)
class Supply:
    """One mineral, stage, year and source.

    Attributes:
        mineral: A member of `MINERALS`.
        stage_published: As the source words it.
        year: Reference year.
        edition: Release.
        rows: Rows of other_minerals with a share, the largest first.
        spread: Concentration of the named countries and the residual.
    """

    mineral: str
    stage_published: str
    year: int
    edition: str
    rows: pd.DataFrame
    spread: Concentration

    @property
    def stage(self) -> str:
        """The project's word for the stage."""
        return _WORDS[STAGES[self.stage_published]]

    @property
    def n_minus_1_pct(self) -> float:
        """Supply without the largest supplier, in percent of all supply."""
        return 100 - self.spread.top(1)[1]

    @property
    def key(self) -> str:
        """Part of the ids of its Estimates."""
        words = f"{self.mineral}_{self.stage_published}_{self.edition}".lower()
        return "".join(letter if letter.isalnum() else "_" for letter in words)


def supplies(mineral: str) -> list[Supply]:
    """Every stage, year and source of one mineral, the newest year first.

    Args:
        mineral: A member of `MINERALS`.
    """
    table = tables.load("other_minerals")
    table = table[(table["mineral"] == mineral) & (table["unit"] == "pct") & ~table["iso3"].isin(["WLD"])]
    found = []
    for (stage, year, edition), rows in table.groupby(["stage_published", "reference_year", "edition"]):
        rows = rows.sort_values("value", ascending=False, kind="stable")
        named = rows[rows["iso3"] != ""]
        # Shares of a rounded total may add to a little over 100; then there is no residual.
        residual = max(0.0, 100.0 - named["value"].sum())
        spread = concentration(dict(zip(named["entity"], named["value"], strict=True)), residual)
        found.append(Supply(mineral, stage, int(year), edition, rows.reset_index(drop=True), spread))
    return sorted(found, key=lambda one: (-one.year, one.stage_published, one.edition))


def _estimate(
    one: Supply, name: str, ends: tuple[float, float, float], unit: str, method: str, interval: str
):
    inputs, source_ids = origins(*(row for _, row in one.rows.iterrows()))
    return Estimate(
        id=f"minerals.{one.key}_{name}.{one.year}",
        value=ends[1],
        low=ends[0],
        high=ends[2],
        unit=unit,
        stage=STAGES[one.stage_published],
        basis="unstated",
        elements=NONE,
        reference_year=one.year,
        edition=one.edition,
        method=method,
        inputs=inputs,
        source_ids=source_ids,
        interval=interval,
        note=f"{one.mineral}, stage as published: {one.stage_published}",
    )


def top_share(one: Supply) -> Estimate:
    """Share of the largest supplier, in percent, as wide as its printed digit."""
    share = one.spread.top(1)[1]
    return _estimate(
        one,
        "top1",
        (max(0.0, share - 0.5), share, min(100.0, share + 0.5)),
        "pct",
        f"share of {one.spread.top(1)[0][0]} in what the source counts",
        "rounding: half a point each side",
    )


def hhi(one: Supply) -> Estimate:
    """Herfindahl-Hirschman index, 0 to 1: the value is the lower bound."""
    return _estimate(
        one,
        "hhi",
        (one.spread.hhi_low, one.spread.hhi_low, one.spread.hhi_high),
        "hhi",
        "sum of squared shares of the named countries; the residual as many suppliers or as one",
        "bounds of the unnamed residual, no probability",
    )


def overview(newest: list[Supply]) -> pd.DataFrame:
    """One row a mineral, stage and source: largest supplier, HHI, top 3, N-1 cover."""
    return pd.DataFrame(
        {
            "Mineral": [one.mineral for one in newest],
            "Stage": [one.stage_published for one in newest],
            "Year": [one.year for one in newest],
            "Largest": [one.spread.top(1)[0][0] for one in newest],
            "Its share": [top_share(one) for one in newest],
            "HHI, lowest": [f"{one.spread.hhi_low:.3f}" for one in newest],
            "HHI, highest": [f"{one.spread.hhi_high:.3f}" for one in newest],
            "Largest three": [", ".join(one.spread.top(3)[0]) for one in newest],
            "Their share, %": [float(one.spread.top(3)[1]) for one in newest],
            "N-1, % of supply": [float(one.n_minus_1_pct) for one in newest],
            "Edition": [one.edition for one in newest],
        }
    )


def newest_by_stage() -> list[Supply]:
    """For each mineral and stage the newest year; of two sources of one year the one that names more countries."""
    found = []
    for mineral in MINERALS:
        best: dict[str, Supply] = {}
        for one in supplies(mineral):
            known = best.get(one.stage)
            if known is None or (one.year, len(one.rows)) > (known.year, len(known.rows)):
                best[one.stage] = one
        found += [best[stage] for stage in _WORDS.values() if stage in best]
    return found


def rare_earth_n_minus_1() -> pd.DataFrame:
    """N-1 cover of magnet rare earths in 2035 by both definitions: supply without China over world demand.

    Returns:
        Columns Numerator, Supply without China (kt), World demand (kt), Cover (percent).
    """
    supply, demand = tables.load("processing_by_country"), tables.load("demand")
    wanted = demand[
        (demand["reference_year"] == 2035)
        & (demand["material"] == "magnet rare earths")
        & (demand["scenario"] == "STEPS")
    ]["value"].iloc[0]
    rows = []
    for stage, words in (("mine", "mined"), ("separation", "refined")):
        of_stage = supply[
            (supply["measure"] == "projection")
            & (supply["stage"] == stage)
            & (supply["unit"] == "kt")
            & (supply["reference_year"] == 2035)
        ].set_index("iso3")["value"]
        left = of_stage["WLD"] - of_stage["CHN"]
        rows.append((words, float(left), float(wanted), float(100 * left / wanted)))
    columns = ["Numerator", "Supply without China, kt", "World demand, kt", "Cover, %"]
    return pd.DataFrame(rows, columns=columns)
