"""Charts of shares by year."""

from collections.abc import Callable

import pandas as pd
from matplotlib.figure import Figure

from rareearth.estimate import Estimate
from rareearth.figures.frame import ACCENT, SECOND


def draw_share_by_year(
    shares: dict[int, Estimate], observed: pd.DataFrame, highlight: int
) -> Callable[[Figure, bool], None]:
    """The drawing of shares with intervals by year, published shares beside them.

    Args:
        shares: Year to Estimate in percent.
        observed: Columns reference_year, share_pct, kind (``lower`` for "over ..."), elements.
        highlight: The year whose value is written beside its mark.

    Returns:
        A function for `show_figure`.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        years = list(shares)
        low = [shares[year].low for year in years]
        high = [shares[year].high for year in years]
        axes.vlines([year - 0.12 for year in years], low, high, color=ACCENT, linewidth=5, alpha=0.35)
        axes.plot(
            [year - 0.12 for year in years],
            [shares[year].value for year in years],
            color=ACCENT,
            marker="o",
            linewidth=1.4,
        )
        for elements, marker in (("unstated", "o"), ("magnet", "D")):
            part = observed[(observed["elements"] == "magnet") == (elements == "magnet")]
            marks = part.drop_duplicates(["reference_year", "share_pct", "kind"])
            x = marks["reference_year"] + (0.34 if elements == "magnet" else 0.16)
            axes.scatter(
                x, marks["share_pct"], marker=marker, s=34, facecolor="white", edgecolor=SECOND, zorder=3
            )
            bounds = marks[marks["kind"] == "lower"]
            for position, value in zip(x[marks["kind"] == "lower"], bounds["share_pct"], strict=True):
                arrow = {"arrowstyle": "->", "color": SECOND}
                axes.annotate("", (position, value + 1.9), (position, value + 0.4), arrowprops=arrow)
        axes.set_ylim(73, 100)
        axes.set_xlim(years[0] - 0.6, years[-1] + 0.75)
        axes.set_xticks(years, [f"’{year % 100}" if narrow else str(year) for year in years])
        axes.tick_params(length=0)
        axes.set_ylabel("Share of the world, %")
        axes.annotate(
            shares[highlight].number() + " %",
            (highlight - 0.12, shares[highlight].high),
            (0, 5),
            textcoords="offset points",
            ha="center",
            color=ACCENT,
            weight="bold",
        )
        key = {"transform": axes.transAxes, "va": "bottom"}
        text_x = 0.99
        axes.text(text_x, 0.135, "● quota method, with its bounds", color=ACCENT, ha="right", **key)
        axes.text(text_x, 0.07, "○ published, elements not stated", color=SECOND, ha="right", **key)
        axes.text(text_x, 0.005, "◇ published, magnet elements;  ↑ “over”", color=SECOND, ha="right", **key)

    return draw
