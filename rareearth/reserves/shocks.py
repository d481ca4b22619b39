"""Shapes of cuts: calibrated on a monthly series where there is one, stylised where there is none.

Total tonnage of China's rare-earth exports rose under the controls of April 2025 and carries no signal, so
the magnets are read. At six digits gallium and germanium share a code with other metals: `trough` shows
whether their series has a cut at all.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rareearth import tables, uncertainty
from rareearth.quantity import NONE, Estimate
from rareearth.reserves.scenario import Shock
from rareearth.trade import store

DAYS_A_MONTH = 365 / 12
_MAGNETS = "Rare earth permanent magnets"
_MONTHLY, _GALLIUM_GERMANIUM, _LICENCES_2023 = "uncomtrade_cn_monthly", "811292", "event-0012"


# Shapes after a cut that others suffered: they are drawn for any importer, and their titles say so.
_LIKE = {
    "shape-0001": "Stop like that to Japan in 2010",
    "shape-0002": "Controls like those against Japan of January 2026",
}


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
    table = tables.load("trade_published")
    rows = table[
        (table["reporter"] == "China")
        & (table["partner"] == partner)
        & (table["commodity"] == _MAGNETS)
        & (table["measure"] == "quantity")
        & table["period"].str.fullmatch(periods)
    ]
    order = rows["confidence"].map(tables.CONFIDENCE.index)
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
    events = tables.load("shock_impacts")
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


def gallium_germanium_2023() -> Estimate:
    """China's exports of gallium, germanium and the metals in their code after the licences of August 2023 over before.

    The mean month of the year from then on over that of the year before; the ends are the lowest and the
    highest of the later months. The code holds other metals too, so it calibrates no cut.
    """
    flows = store.load_flows()
    rows = flows[(flows["source_id"] == _MONTHLY) & (flows["hs6"] == _GALLIUM_GERMANIUM)]
    period = rows["year"].astype(str) + "-" + rows["month"].astype(str).str.zfill(2)
    monthly = rows.groupby(period)["mass_kg"].sum().sort_index()
    event = tables.load("export_controls_timeline").set_index("figure_id").loc[_LICENCES_2023]
    start = event["date"]
    before, after = monthly[monthly.index < start][-12:], monthly[monthly.index >= start][:12]
    ratio = after / before.mean()
    return Estimate(
        id="reserves.licences_2023.811292",
        value=float(ratio.mean()),
        low=float(ratio.min()),
        high=float(ratio.max()),
        unit="ratio",
        stage=NONE,
        basis=NONE,
        elements=NONE,
        reference_year=2024,
        edition=_MONTHLY,
        method=f"mean month of HS 811292 from {after.index[0]} to {after.index[-1]} over that of {before.index[0]} to "
        f"{before.index[-1]}, by mass",
        inputs=(_LICENCES_2023, *store.figure_ids(rows[period.between(before.index[0], after.index[-1])])),
        source_ids=(_MONTHLY, *event["source_ids"]),
        interval="lowest and highest month",
        note="the code holds other metals",
    )


def stylised() -> list[Shape]:
    """The shapes of stylised_shocks, in the order of the table."""
    return [
        Shape(
            row["figure_id"],
            _LIKE.get(row["figure_id"], row["title"]),
            row["kind"],
            *(
                tuple(row[f"{what}{end}_{unit}"] for end in ("_low", "", "_high"))
                for what, unit in (("depth", "pct"), ("length", "days"), ("recovery", "days"))
            ),
            (row["figure_id"],),
            row["source_ids"],
            row["note"],
        )
        for _, row in tables.load("stylised_shocks").iterrows()
    ]


def shapes() -> list[Shape]:
    """All shapes, the calibrated one first."""
    return [magnets_2025(), *stylised()]


def draws_of(random: np.random.Generator, ends: tuple[float, float, float], draws: int) -> np.ndarray:
    """Draws of low, most likely and high: see `uncertainty.pert`.

    Raises:
        ValueError: the three are not in order.
    """
    if list(ends) != sorted(ends):
        raise ValueError(f"low <= most likely <= high does not hold {ends}")
    return uncertainty.pert(random.random(draws), *map(float, ends))


def drawn(shape: Shape, suppliers: tuple[str, ...], draws: int, seed: int) -> Shock:
    """Shocks drawn from a shape, days rounded to whole ones."""
    random = np.random.default_rng(seed)
    return Shock(
        suppliers,
        draws_of(random, shape.depth_pct, draws) / 100,
        draws_of(random, shape.length_days, draws).round(),
        draws_of(random, shape.recovery_days, draws).round(),
    )


def central(shape: Shape, suppliers: tuple[str, ...]) -> Shock:
    """The most likely shock of a shape."""
    return Shock(
        suppliers, shape.depth_pct[1] / 100, round(shape.length_days[1]), round(shape.recovery_days[1])
    )
