"""Charts of exposure and stress: ranks with intervals, days that cuts take, and what a pool saves."""

from collections.abc import Callable
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from rareearth.charts.frame import ACCENT, GREY, INK, SECOND
from rareearth.charts.reserves import rows_as_axis
from rareearth.quantity import Estimate


def draw_ranked(shares: dict[str, Estimate], highlight: str) -> Callable[[Figure, bool], None]:
    """The drawing of shares with intervals, one row a country, the highest first.

    Args:
        shares: Country as it is to be read to Estimate in percent, in the order of the chart.
        highlight: The country that is drawn in colour; none when it is not among them.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        rows_as_axis(axes, list(shares))
        for line, (place, share) in enumerate(shares.items()):
            colour = ACCENT if place == highlight else GREY
            axes.hlines(line, share.low, share.high, color=colour, linewidth=6, alpha=0.35)
            axes.plot(share.value, line, "o", color=colour)
            axes.annotate(
                share.number(decimals=0),
                (share.high, line),
                (7, 0),
                textcoords="offset points",
                va="center",
                color=colour,
                weight="bold" if place == highlight else "normal",
            )
        axes.set_xlim(0, 116 if narrow else 108)
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.set_xlabel("Share of imports, %")

    return draw


def draw_days(missing: dict[str, Estimate], stock_days: int) -> Callable[[Figure, bool], None]:
    """The drawing of days that cuts take, one row a cut, against a stock.

    Args:
        missing: Cut as it is to be read to Estimate in days.
        stock_days: Drawn as a line.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        names = [fill(name, 17 if narrow else 28) for name in missing]
        rows_as_axis(axes, names)
        most = max(stock_days, *(days.high for days in missing.values()))
        axes.axvline(stock_days, color=INK, linewidth=1.2)
        axes.annotate(
            f"stock of {stock_days}",
            (stock_days, -0.5),
            (4, 0),
            textcoords="offset points",
            va="center",
            size=9.5,
        )
        for line, days in enumerate(missing.values()):
            axes.hlines(line, days.low, days.high, color=ACCENT, linewidth=6, alpha=0.35)
            axes.plot(days.value, line, "o", color=ACCENT)
            axes.annotate(
                days.number(),
                (days.high, line),
                (7, 0),
                textcoords="offset points",
                va="center",
                color=ACCENT,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},  # where the stock passes
            )
        axes.set_xlim(0, most * (1.25 if narrow else 1.12))
        axes.set_xlabel("Days of imports")

    return draw


def draw_gain(gains: dict[int, float], highlight: int) -> Callable[[Figure, bool], None]:
    """The drawing of what a pool saves against the part of the risk that is common.

    Args:
        gains: Common part of the risk to saving, both in percent.
        highlight: The common part whose saving is written beside its mark.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        axes.plot(list(gains), list(gains.values()), color=ACCENT, marker="o")
        for common in dict.fromkeys((min(gains), highlight, max(gains))):
            axes.annotate(
                f"{gains[common]:.0f} %",
                (common, gains[common]),
                (0, 9),
                textcoords="offset points",
                ha="center",
                color=ACCENT,
                weight="bold" if common == highlight else "normal",
            )
        axes.set_xlim(-14 if narrow else -6, 112 if narrow else 106)
        axes.set_ylim(0, max(gains.values()) * 1.2 + 1)
        axes.set_xlabel("Part of the risk that strikes all at once, %")
        axes.set_ylabel("Saving of the pool, %")
        axes.tick_params(length=0)

    return draw


def draw_break_even(chances: pd.DataFrame) -> Callable[[Figure, bool], None]:
    """The drawing of the probability from which a day of cover is worth its cost, on a logarithmic axis.

    Args:
        chances: Index days of cover; a column a published loss, in percent a year; NaN where a study says nothing.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        shown = chances[chances.min(axis=1) <= 100]
        for place, name in enumerate(shown.columns):
            colour, style = (ACCENT, SECOND, INK, GREY)[place], ("-", "--", "-.", ":")[place]
            axes.plot(shown.index, shown[name], style, color=colour, linewidth=2)
            words = {"color": colour, "size": 9.5}
            first = shown[name].first_valid_index()
            if first > shown.index[0]:  # its beginning is among the other lines: named where nothing is drawn
                axes.text(0.99, 0.02, f"{name} (dotted)", transform=axes.transAxes, ha="right", **words)
                continue
            at = {"textcoords": "offset points", **words}
            axes.annotate(name, (first, shown[name][first]), (4, 6 if place == 0 else -14), **at)
        axes.set_yscale("log")
        axes.set_ylim(0.02, 100)
        axes.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
        axes.minorticks_off()
        axes.set_xlabel("The n-th day of cover")
        axes.set_ylabel("Chance of a cut in a year, %")
        axes.tick_params(length=0)

    return draw


def draw_path(gap_pct: np.ndarray, unmet_pct: np.ndarray, empty_day: float) -> Callable[[Figure, bool], None]:
    """The drawing of one cut day by day: what is missing, and what no stock meets.

    Args:
        gap_pct: What is missing each day, in percent of a day's imports.
        unmet_pct: The part of it that is unmet.
        empty_day: Day on which the stock is used up; infinite where it lasts.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        days = np.arange(1, len(gap_pct) + 1)
        axes.fill_between(days, gap_pct, color=ACCENT, alpha=0.25, linewidth=0)
        axes.fill_between(days, unmet_pct, color=SECOND, alpha=0.6, linewidth=0)
        axes.plot(days, gap_pct, color=ACCENT)
        axes.text(0.99, 0.97, "missing", color=ACCENT, transform=axes.transAxes, ha="right", va="top")
        axes.text(0.99, 0.90, "unmet", color=SECOND, transform=axes.transAxes, ha="right", va="top")
        if np.isfinite(empty_day):
            axes.axvline(empty_day, color=INK, linewidth=1)
            axes.annotate(f"empty on day {empty_day:.0f}", (empty_day, 2), (5, 0), textcoords="offset points")
        axes.set_ylim(0, 105)
        axes.set_xlim(1, len(gap_pct))
        axes.set_xlabel("Day of the cut")
        axes.set_ylabel("% of a day's imports")

    return draw
