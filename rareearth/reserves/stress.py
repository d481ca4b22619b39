"""Cuts of supply, fitted to a monthly series or assumed, and what they would take of a country's imports.

Total tonnage of China's rare-earth exports rose under the controls of April 2025 and carries no signal, so the magnets are
read. What is missing is counted in days of imports, so that goods of any unit compare, and so is the stock that would last.
The draws cover the shape of the cut and the answer to it (restraint of demand, new supply); own production and stocks of
firms stand outside, so that the missing part is an upper bound where a country has either.
"""

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import pandas as pd

from rareearth import countries, tables, uncertainty
from rareearth.quantity import LEVEL_PCT, PERCENTILES, Estimate, Quantity, origins
from rareearth.reserves import goods, scenario
from rareearth.reserves.goods import SUPPLIER, exports_by_period
from rareearth.suppliers import Imports
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
        monthly: Period (yyyy-mm) to quantity, without gaps from the first month of the cut (`start`) to its end.
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
    months = pd.concat([pd.Series({"2025-04": base * (1 + april["value"] / 100)}), world["value"]]).sort_index()
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
    asked = {"reporter_iso3": iso3, "partner_iso3": supplier, "flow": "import", "month": None}
    rows = tables.select(store.load_flows(), **asked)
    rows = rows[rows["hs_code"].str.startswith("2846")]
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


def drawn(cut: Cut, suppliers: tuple[str, ...], draws: int, seed: int) -> scenario.Shock:
    """Shocks drawn from a cut, days rounded to whole ones.

    Depth, length and way back come from one random number: where the cut of 2025 was deepest it also lasted longest.
    Apart from each other they would rule out what the United States really lost.
    """
    level = np.random.default_rng(seed).random(draws)
    depth, length, recovery = (uncertainty.pert(level, *of.ends) for of in cut.ranges)
    return scenario.Shock(suppliers, depth / 100, length.round(), recovery.round())


def days_lost(cut: Cut, draws: int, seed: int) -> np.ndarray:
    """Days of supply that drawn cuts take: depth times the length and half of the way back."""
    shock = drawn(cut, (SUPPLIER,), draws, seed)
    return shock.depth * (shock.length_days + shock.recovery_days / 2)


# --- A country under a cut ---


@dataclass(frozen=True)
class Stress:
    """Draws of one country's imports under one shape of cut."""

    of: Imports
    cut: Cut
    result: scenario.Result  # outcomes against a stock
    seed: int  # of the draws; the same seed gives the same draws

    @property
    def need_days(self) -> np.ndarray:
        """What is missing without a reserve, in days of all imports of the good."""
        return self.result.gap_t * DAYS_A_YEAR / self.of.total_t


def run(of: Imports, cut: Cut, stock_days: float, draws: int, seed: int, supplier: str = SUPPLIER) -> Stress:
    """Draws cuts of a supplier's part of the imports against a stock of some days of all imports of the good."""
    shock = drawn(cut, (supplier,), draws, seed)
    random = np.random.default_rng(seed + 1)
    restraint, ramp = (
        uncertainty.pert(random.random(draws), *uncertainty.assumed(name).ends) / 100 for name in ("restraint", "ramp")
    )
    result = scenario.simulate(
        scenario.Baseline(0.0, of.mass_t),  # own production stands outside
        shock,
        scenario.Answer(restraint, ramp * of.total_t),
        stock_days * of.total_t / DAYS_A_YEAR,
    )
    return Stress(of, cut, result, seed)


def _estimate(
    run_: Stress, what: str, values, method: str, interval=f"{PERCENTILES} of the simulated cuts"
) -> Estimate:
    cut, assumed = run_.cut, [uncertainty.assumed(name) for name in ("restraint", "ramp")]
    method = f"{method} of the simulated cuts / imports a day"
    note = f"{cut.title} ({cut.kind}); seed {run_.seed}; own production and stocks of firms left out"
    about = {"method": method, "interval": interval, "note": note}
    return goods.estimate(run_.of, f"{what}.{cut.id}", "days", values, *cut.ranges, *assumed, **about)


def missing(run_: Stress) -> Estimate:
    """Median of what a cut takes, in days of imports."""
    return _estimate(run_, "missing_days", np.quantile(run_.need_days, [0.5, *uncertainty.ENDS]), "gap")


def stock_for(run_: Stress, share_pct: int) -> Estimate:
    """Days of imports that leave nothing unmet in a share of the simulated cuts.

    The interval is that of the quantile itself over the draws, by the binomial order statistics.
    """
    ordered, n = np.sort(run_.need_days), len(run_.need_days)
    share = share_pct / 100
    half = NormalDist().inv_cdf(uncertainty.ENDS[1]) * np.sqrt(n * share * (1 - share))
    at = [int(np.clip(np.ceil(n * share + step) - 1, 0, n - 1)) for step in (0, -half, half)]
    interval = f"{LEVEL_PCT} % interval of the quantile, from the number of simulated cuts alone"
    return _estimate(run_, f"stock_days_{share_pct}", ordered[at], f"{share_pct} % quantile of the gap", interval)


def below(run_: Stress, days: float) -> Estimate:
    """Part of the simulated cuts that take fewer than some days of imports."""
    part = 100 * float((run_.need_days < days).mean())
    about = f"cuts_below_{days:.0f}_days.{run_.cut.id}.{run_.of.good}.{run_.of.importer}"
    return replace(
        missing(run_),
        id=f"reserves.{about}",
        **dict.fromkeys(("value", "low", "high"), part),
        unit="probability_pct",
        method=f"simulated cuts that take fewer than {days:.1f} days of imports / all",
        interval="no interval: a count of the simulated cuts",
    )


def longest(run_: Stress) -> Estimate:
    """The most that a simulated cut takes, in days of imports: its inputs have an end, so it is no forecast of the worst."""
    interval = "none: the ends of the assumed ranges bound it"
    return _estimate(run_, "longest_days", [run_.need_days.max()], "greatest gap", interval)
