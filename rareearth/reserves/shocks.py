"""Cuts of supply: fitted to a monthly series where there is one, assumed where there is none.

Total tonnage of China's rare-earth exports rose under the controls of April 2025 and carries no signal, so
the magnets are read.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rareearth import countries, tables, uncertainty
from rareearth.quantity import Quantity, origins
from rareearth.reserves.magnets import exports_by_period
from rareearth.reserves.places import SUPPLIER
from rareearth.reserves.scenario import Shock
from rareearth.trade import store
from rareearth.units import DAYS_A_MONTH, DAYS_A_YEAR


@dataclass(frozen=True)
class Cut:
    """A cut of supply as low, most likely and high."""

    id: str  # part of the ids of its results
    title: str  # as a page names it
    kind: str  # ``calibrated`` on a monthly series, or ``stylised``
    depth: Quantity  # part of the supply that stops, in percent
    length: Quantity  # days at that depth
    recovery: Quantity  # days of the way back
    supplier: str = ""  # whose cut it was; empty where it may be anybody's

    @property
    def ranges(self) -> tuple[Quantity, Quantity, Quantity]:
        """Depth, length and recovery."""
        return self.depth, self.length, self.recovery


def trough(monthly: pd.Series, base: float, start: str) -> tuple[float, float, float]:
    """Depth, length and recovery of a cut as a trapezoid of the same lost tonnage.

    Depth is the largest missing part of a month. The way back runs from that month to the first one that
    reaches the base again. Length is what makes the trapezoid lose as much as the months lost.

    Args:
        monthly: Period (yyyy-mm) to quantity, without gaps from the first month of the cut to its end.
        base: Quantity of a month without a cut.
        start: First month that may belong to the cut.

    Returns:
        Depth in percent, length and recovery in days; depth 0 where no month falls below the base.
    """
    after = monthly[monthly.index >= start]
    missing = 1 - after / base
    back = next((at for at, part in enumerate(missing) if part <= 0), len(missing))
    cut = missing.iloc[:back]
    if cut.empty:
        return 0.0, 0.0, 0.0
    worst = int(cut.to_numpy().argmax())
    depth = float(cut.iloc[worst])
    recovery = (back - worst) * DAYS_A_MONTH
    length = max(0.0, cut.sum() / depth * DAYS_A_MONTH - recovery / 2)
    return 100 * depth, length, recovery


def magnets_2025() -> Cut:
    """The controls of April 2025 on China's exports of rare-earth magnets, read from published months.

    April is not published: it is March less the published fall, and March is taken at the base. That fall is the
    lower end of the depth; the destination with the deepest published month, the United States, is the upper one.
    """
    world, year = exports_by_period("WLD", r"2025-\d\d"), exports_by_period("WLD", "2024")
    base = float(year["value"].iloc[0]) / 12
    april = tables.select("shock_impacts", scenario="China magnet exports, April vs March 2025", one=True)
    months = pd.concat(
        [pd.Series({"2025-04": base * (1 + april["value"] / 100)}), world["value"]]
    ).sort_index()
    depth, length, recovery = trough(months, base, "2025-04")
    usa = exports_by_period("USA", r"2025-\d\d")
    usa_depth, _, usa_recovery = trough(usa["value"], usa["value"].loc["2025-07":].mean(), "2025-05")
    used = origins(world.loc[:"2025-07"], usa, year, april)
    reason = "depth: world in May against the mean month of 2024; low: April; high: United States in May"
    return Cut(
        "magnets_2025",
        "Magnet controls of April 2025",
        "calibrated",
        Quantity("depth", -april["value"], depth, usa_depth, "pct", *used, reason),
        Quantity("length", round(DAYS_A_MONTH), round(length), round(2 * DAYS_A_MONTH), "days", *used, reason),
        Quantity("recovery", round(DAYS_A_MONTH), round(recovery), round(max(recovery, usa_recovery)), "days", *used, reason),
    )  # fmt: skip


def stylised() -> list[Cut]:
    """The cuts of the table of stylised shocks, in its order."""
    cuts = []
    for _, row in tables.load("stylised_shocks").iterrows():
        ranges = (
            Quantity.of(row, what, unit, [f"{what}{end}_{unit}" for end in ("_low", "", "_high")], reason=row["note"])
            for what, unit in (("depth", "pct"), ("length", "days"), ("recovery", "days"))
        )  # fmt: skip
        name = row["figure_id"].replace("-", "_")
        cuts.append(Cut(name, row["title"], row["kind"], *ranges, supplier=row["supplier"]))
    return cuts


def own_falls(iso3: str, supplier: str) -> Cut:
    """A year in which a supplier sent a country less than the year before, as in its own past.

    Depth is a year's fall in the mass of compounds (HS 2846) by the country's own record: the least, the median and the greatest
    of the years that fell, since the supply was above a tenth of its best year.
    """
    rows = tables.select(
        store.load_flows(),
        reporter_iso3=iso3,
        partner_iso3=supplier,
        flow="import",
        month=None,
        hs_code=lambda codes: codes.str.startswith("2846"),
    )
    rows = rows[rows["source_id"] == rows.groupby("year")["source_id"].transform("min")]  # one record a year
    mass = rows.groupby("year")["mass_kg"].sum()
    mass = mass[mass >= mass.max() / 10]
    fall = 100 * (1 - mass / mass.shift())
    falls = fall[fall > 0]
    years = ", ".join(map(str, falls.index))
    used = [store.figure_ids(tables.select(rows, year=year))[0] for year in mass.index]
    sources = tables.select(rows, year=list(mass.index))["source_id"].unique()
    more = tuple(used), tuple(sources), f"falls of the year in {years}"
    return Cut(
        f"own_falls_of_{supplier}",
        f"A fall like those of {countries.name(supplier)} in {years}",
        "calibrated",
        Quantity("depth", falls.min(), falls.median(), falls.max(), "pct", *more),
        Quantity("length", DAYS_A_YEAR, DAYS_A_YEAR, DAYS_A_YEAR, "days", *more),
        Quantity("recovery", 0, 0, 0, "days", *more),
    )


def cuts(iso3: str = "", supplier: str = SUPPLIER) -> list[Cut]:
    """All cuts by a supplier, the fitted one first: China's controls of 2025, or another's own falls to the importer `iso3`."""
    of_all = [cut for cut in stylised() if cut.supplier in ("", supplier)]
    return [magnets_2025() if supplier == SUPPLIER else own_falls(iso3, supplier), *of_all]


def drawn(cut: Cut, suppliers: tuple[str, ...], draws: int, seed: int) -> Shock:
    """Shocks drawn from a cut, days rounded to whole ones.

    Depth, length and way back come from one random number: where the cut of 2025 was deepest it also lasted longest.
    Apart from each other they would rule out what the United States really lost.
    """
    level = np.random.default_rng(seed).random(draws)
    depth, length, recovery = (uncertainty.pert(level, *of.ends) for of in cut.ranges)
    return Shock(suppliers, depth / 100, length.round(), recovery.round())


def days_lost(cut: Cut, draws: int, seed: int) -> np.ndarray:
    """Days of supply that drawn cuts take: depth times the length and half of the way back."""
    shock = drawn(cut, (SUPPLIER,), draws, seed)
    return shock.depth * (shock.length_days + shock.recovery_days / 2)
