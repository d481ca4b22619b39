"""Charts of the magnet elements: plants against the agency, and the projections."""

from collections.abc import Callable, Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rareearth.charts.frame import ACCENT, GREY, SECOND
from rareearth.quantity import Estimate


def draw_compared(table: pd.DataFrame) -> Callable[[Figure, bool], None]:
    """The drawing of plants against the agency outside China, a pair of bars a country.

    Args:
        table: See `elements.compared`; China and the world are left out, as they would dwarf the rest.

    Returns:
        A function for `show_figure`.
    """
    rows = table[~table["Country"].isin(["China", "World"])].reset_index(drop=True)

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        for column, shift, colour, words in (
            ("Plants: NdPr, t", -0.19, ACCENT, "plants: Nd and Pr"),
            ("IEA: Pr Nd Tb Dy, t", 0.19, SECOND, "IEA: Pr, Nd, Tb, Dy"),
        ):
            y = [i + shift for i in range(len(rows))]
            axes.barh(y, rows[column], 0.34, color=colour)
            for position, value in zip(y, rows[column], strict=True):
                first = words if position < 0.5 and not narrow else ""
                label = f"{value:,.0f}" + (f"  {first}" if first else "")
                beside = {"textcoords": "offset points", "va": "center", "color": colour, "fontsize": 9}
                axes.annotate(label, (value, position), (4, 0), **beside)
        axes.set_yticks(range(len(rows)), rows["Country"], fontsize=9)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, rows["Plants: NdPr, t"].max() * (1.25 if narrow else 1.4))
        axes.tick_params(length=0)
        axes.grid(axis="x")
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.xaxis.set_major_locator(MaxNLocator(4 if narrow else 7))
        axes.set_xlabel("t of element in 2024")
        if narrow:
            key = {"transform": axes.transAxes, "ha": "right", "fontsize": 9}
            axes.text(0.99, 0.30, "plants: Nd and Pr", color=ACCENT, **key)
            axes.text(0.99, 0.23, "IEA: Pr, Nd, Tb, Dy", color=SECOND, **key)

    return draw


def draw_outlook(
    past: Mapping[int, tuple[float, str]], projections: Mapping[int, Estimate]
) -> Callable[[Figure, bool], None]:
    """The drawing of published shares of magnet elements and of the projections after them.

    Args:
        past: Year to published share in percent and words for it.
        projections: Year to Estimate; labelled as projection.

    Returns:
        A function for `show_figure`.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        axes.axvspan(2025.5, 2041.5, color="#f2f2f2", zorder=0)
        axes.text(2026, 97.5, "projection", color=GREY, style="italic", fontsize=10)
        axes.plot(list(past), [share for share, _ in past.values()], "o", color=SECOND)
        for place, (year, (share, words)) in enumerate(past.items()):
            below = narrow and place % 2 == 1  # in turns, where years stand close together
            side = {"va": "top" if below else "bottom", "ha": "center", "fontsize": 9}
            axes.text(year, share + (-1.2 if below else 1.0), words, color=SECOND, **side)
        for year, one in projections.items():
            axes.vlines(year, one.low, one.high, color=ACCENT, linewidth=6, alpha=0.4)
            axes.text(
                year, one.low - 1.2, one.number() + " %", color=ACCENT, ha="center", va="top", fontsize=9.5
            )
        axes.plot(list(projections), [one.value for one in projections.values()], "o--", color=ACCENT)
        axes.set_ylim(60, 100)
        axes.set_xlim(2022, 2041.5)
        axes.set_xticks([2025, 2030, 2035, 2040] if narrow else [2023, 2025, 2030, 2035, 2040])
        axes.tick_params(length=0)
        axes.set_ylabel("China's share of refined magnet elements, %")

    return draw
