"""Other minerals under export controls or in reserves, by the same questions: who makes how much, how concentrated.

Sources print two or three countries of a stage and a world total; what they leave is a residual, and a concentration
has two bounds (`suppliers.Concentration`). N-1 cover is the supply that is left without the largest supplier. Over what it is
taken must be said: over all supply, which equals demand where stocks do not change, and for rare earths also over the
demand that the International Energy Agency projects.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import countries, tables
from rareearth.quantity import UNSTATED, Estimate, Quantity, origins
from rareearth.suppliers import Concentration, concentration

MINERALS = ("gallium", "germanium", "antimony", "graphite", "tungsten", "cobalt", "lithium")
_WORDS = {"mine": "mined", "separation": "refined", "metal": "primary metal"}
_ROUNDING_PCT = 0.5


@dataclass(frozen=True)
class Supply:
    """One mineral, stage, year and source."""

    mineral: str  # a member of `MINERALS`
    stage: str  # a member of `quantity.STAGES`
    stage_published: str  # as the source words it
    year: int  # reference year
    edition: str  # release
    rows: pd.DataFrame  # rows of other_minerals with a share, the largest first
    spread: Concentration  # concentration of the named countries and the residual

    @property
    def words(self) -> str:
        """Mineral and stage in few words."""
        return f"{self.mineral}, {_WORDS[self.stage]}"

    @property
    def largest(self) -> tuple[str, float]:
        """The largest supplier and its share in percent."""
        (name,), share = self.spread.top(1)
        return name, share

    @property
    def n_minus_1_pct(self) -> float:
        """Supply without the largest supplier, in percent of all supply."""
        return 100 - self.largest[1]

    def estimate(self, name: str, unit: str, values: tuple[float, ...], **more: str) -> Estimate:
        """The first of some values of this supply, between the least and the greatest."""
        key = f"{self.mineral}_{self.stage_published}_{self.edition}".lower()
        return Quantity.among(name, values, unit, self.rows).estimate(
            f"minerals.{''.join(c if c.isalnum() else '_' for c in key)}_{name}.{self.year}",
            stage=self.stage,
            basis=UNSTATED,
            reference_year=self.year,
            edition=self.edition,
            note=f"{self.mineral}; the source calls the stage “{self.stage_published}”",
            **more,
        )


def supplies(mineral: str) -> list[Supply]:
    """Every stage, year and source of one of `MINERALS`, the newest year first."""
    table = tables.select("other_minerals", mineral=mineral, unit="pct", iso3=lambda codes: codes != "WLD")
    found = []
    axes = ["stage", "stage_published", "reference_year", "edition"]
    for (stage, published, year, edition), rows in table.groupby(axes):
        rows = rows.sort_values("value", ascending=False, kind="stable").reset_index(drop=True)
        named = rows[rows["iso3"] != ""]
        # Shares of a rounded total may add to a little over 100; then there is no residual.
        residual = max(0.0, 100.0 - named["value"].sum())
        spread = concentration(dict(zip(map(countries.name, named["iso3"]), named["value"], strict=True)), residual)
        found.append(Supply(mineral, stage, published, int(year), edition, rows, spread))
    return sorted(found, key=lambda one: (-one.year, one.stage_published, one.edition))


def top_share(one: Supply) -> Estimate:
    """Share of the largest supplier, in percent, as wide as its printed digit."""
    name, share = one.largest
    values = share, max(0.0, share - _ROUNDING_PCT), min(100.0, share + _ROUNDING_PCT)
    method, interval = f"share of {name} in what the source counts", "rounding: half a point each side"
    return one.estimate("top1", "pct", values, method=method, interval=interval)


def hhi(one: Supply) -> Estimate:
    """Herfindahl-Hirschman index, 0 to 1: the value is the lower bound."""
    method = "sum of squared shares of the named countries; the residual as many suppliers or as one"
    interval = "bounds of the unnamed residual, no probability"
    values = one.spread.hhi_low, one.spread.hhi_high
    return one.estimate("hhi", "hhi", values, method=method, interval=interval)


def overview(found: list[Supply]) -> pd.DataFrame:
    """One row a mineral, stage and source: largest supplier, HHI, top 3, N-1 cover."""
    rows = []
    for one in found:
        largest, of_three = one.spread.top(3)
        index = f"{one.spread.hhi_low:.3f}", f"{one.spread.hhi_high:.3f}"
        of_all = *index, ", ".join(largest), of_three, one.n_minus_1_pct
        rows.append((one.mineral, one.stage_published, one.year, largest[0], top_share(one), *of_all, one.edition))
    heads = "Mineral;Stage;Year;Largest;Its share;HHI, lowest;HHI, highest;Largest three;Their share, %;N-1, % of supply;Edition"
    return pd.DataFrame(rows, columns=heads.split(";"))


def newest_by_stage() -> list[Supply]:
    """For each mineral and stage the newest year; of two sources of one year the one that names more countries."""
    found = []
    for mineral in MINERALS:
        # From the oldest to the newest: the last one of a stage stays.
        in_order = sorted(reversed(supplies(mineral)), key=lambda one: (one.year, len(one.rows)))
        newest = {one.stage: one for one in in_order}
        found += [newest[stage] for stage in _WORDS if stage in newest]
    return found


def rare_earth_n_minus_1() -> pd.DataFrame:
    """N-1 cover of magnet rare earths in 2035 by both definitions: supply without China over world demand.

    Returns:
        Columns Numerator, Supply without China, World demand (kt), Cover (percent) and source_ids.
    """
    year, asked = 2035, {"material": "magnet rare earths", "scenario": "STEPS"}
    demand = tables.select("demand", reference_year=year, one=True, **asked)
    projected = {"measure": "projection", "unit": "kt", "reference_year": year}
    rows = []
    for stage, words in (("mine", "mined"), ("separation", "refined")):
        supply = tables.select("processing_by_country", stage=stage, **projected)
        supply = supply.set_index("iso3", drop=False)
        world, china = supply.loc["WLD"], supply.loc["CHN"]
        left, wanted = float(world["value"] - china["value"]), float(demand["value"])
        rows.append((words, left, wanted, 100 * left / wanted, origins(world, china, demand)[1]))
    columns = ["Numerator", "Supply without China, kt", "World demand, kt", "Cover, %", "source_ids"]
    return pd.DataFrame(rows, columns=columns)
