"""Shapes of cuts: calibrated on a monthly series where there is one, stylised where there is none.

Total tonnage of China's rare-earth exports rose under the controls of April 2025 and carries no signal, so
the magnets are read. At six digits gallium and germanium share a code with other metals: `trough` shows
whether their series has a cut at all.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rareearth import facts
from rareearth.reserves.scenario import Shock

DAYS_A_MONTH = 365 / 12
_MAGNETS = "Rare earth permanent magnets"


@dataclass(frozen=True)
class Shape:
    """A cut as low, most likely and high: depth in percent, length and recovery in days.

    Attributes:
        kind: ``calibrated`` on a monthly series, or ``stylised``.
    """

    shape_id: str
    title: str
    kind: str
    depth_pct: tuple[float, float, float]
    length_days: tuple[float, float, float]
    recovery_days: tuple[float, float, float]
    figure_ids: tuple[str, ...]
    source_ids: tuple[str, ...]
    note: str


def _published(partner: str, periods: str) -> pd.Series:
    """China's magnet exports in t by period; the higher confidence where two rows print one period."""
    table = facts.load_trade_published()
    rows = table[
        (table["reporter"] == "China")
        & (table["partner"] == partner)
        & (table["commodity"] == _MAGNETS)
        & (table["measure"] == "quantity")
        & table["period"].str.fullmatch(periods)
    ]
    order = rows["confidence"].map(facts.CONFIDENCE_ORDER)
    rows = rows.assign(order=order).sort_values(["period", "order"], kind="stable").drop_duplicates("period")
    return rows.set_index("period")[["value", "figure_id", "source_ids"]]


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


def magnets_2025() -> Shape:
    """The controls of April 2025 on China's exports of rare-earth magnets, read from published months.

    April is not printed: it is March less the published fall, and March is taken at the base. That fall is the
    lower end of the depth; the destination with the deepest published month, the United States, is the upper one.
    """
    world = _published("World", r"2025-\d\d")
    year = _published("World", r"2024").iloc[0]
    base = year["value"] / 12
    events = facts.load_shock_impacts()
    april = events[events["scenario"] == "China magnet exports, April vs March 2025"].iloc[0]
    months = pd.concat(
        [pd.Series({"2025-04": base * (1 + april["value"] / 100)}), world["value"]]
    ).sort_index()
    depth, length, recovery = trough(months, base, "2025-04")
    usa = _published("USA", r"2025-\d\d")
    usa_depth, _, usa_recovery = trough(usa["value"], usa["value"].loc["2025-07":].mean(), "2025-05")
    april_depth = -april["value"]
    used = [*world.loc[world.index <= "2025-07"].itertuples(), *usa.itertuples(), year]
    return Shape(
        "magnets_2025",
        "Magnet controls of April 2025",
        "calibrated",
        (april_depth, depth, usa_depth),
        (round(DAYS_A_MONTH), round(length), round(2 * DAYS_A_MONTH)),
        (round(DAYS_A_MONTH), round(recovery), round(max(recovery, usa_recovery))),
        tuple(dict.fromkeys((*(row.figure_id for row in used), april["figure_id"]))),
        tuple(
            dict.fromkeys(s for ids in (*(row.source_ids for row in used), april["source_ids"]) for s in ids)
        ),
        "depth: world in May against the mean month of 2024; low: April; high: United States in May",
    )


def stylised() -> list[Shape]:
    """The shapes of stylised_shocks, in the order of the table."""
    return [
        Shape(
            row["figure_id"],
            row["title"],
            row["kind"],
            *(
                tuple(row[f"{what}{end}_{unit}"] for end in ("_low", "", "_high"))
                for what, unit in (("depth", "pct"), ("length", "days"), ("recovery", "days"))
            ),
            (row["figure_id"],),
            row["source_ids"],
            row["note"],
        )
        for _, row in facts.load_stylised_shocks().iterrows()
    ]


def shapes() -> list[Shape]:
    """All shapes, the calibrated one first."""
    return [magnets_2025(), *stylised()]


def pert(random: np.random.Generator, ends: tuple[float, float, float], draws: int) -> np.ndarray:
    """Draws of a PERT distribution: a beta on low to high with alpha = 1 + 4 (m - a) / (b - a)."""
    low, mode, high = ends
    if not low <= mode <= high:
        raise ValueError(f"low <= most likely <= high does not hold ({low}, {mode}, {high})")
    if low == high:
        return np.full(draws, float(low))
    width = high - low
    return low + width * random.beta(1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width, draws)


def drawn(shape: Shape, suppliers: tuple[str, ...], draws: int, seed: int) -> Shock:
    """Shocks drawn from a shape, days rounded to whole ones."""
    random = np.random.default_rng(seed)
    return Shock(
        suppliers,
        pert(random, shape.depth_pct, draws) / 100,
        pert(random, shape.length_days, draws).round(),
        pert(random, shape.recovery_days, draws).round(),
    )


def central(shape: Shape, suppliers: tuple[str, ...]) -> Shock:
    """The most likely shock of a shape."""
    return Shock(
        suppliers, shape.depth_pct[1] / 100, round(shape.length_days[1]), round(shape.recovery_days[1])
    )
