"""Charts of trade: what both sides report, and where the masses come from."""

from collections.abc import Callable

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from rareearth.figures.frame import ACCENT, GREY, SECOND


def draw_both_reports(flows: pd.DataFrame) -> Callable[[Figure, bool], None]:
    """The drawing of the two reports of each flow as two marks on one line, the largest flow first.

    Args:
        flows: Columns label, exporter_usd_m, importer_usd_m; at most 14 rows.

    Returns:
        A function for `show_figure`.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        places = range(len(flows), 0, -1)
        exporter, importer = flows["exporter_usd_m"], flows["importer_usd_m"]
        axes.hlines(places, exporter, importer, color=GREY, linewidth=1.6)
        axes.scatter(exporter, places, color=ACCENT, s=40, zorder=3)
        axes.scatter(importer, places, color=SECOND, s=40, marker="D", zorder=3)
        axes.set_xscale("log")
        axes.set_yticks(list(places), flows["label"], fontsize=8 if narrow else 9.5)
        axes.grid(True, axis="x")
        axes.grid(False, axis="y")
        axes.tick_params(length=0)
        # Decades alone where there is little room.
        ticks = [step * 10.0**power for power in range(-3, 5) for step in ((1,) if narrow else (1, 3))]
        low, high = min(exporter.min(), importer.min()), max(exporter.max(), importer.max())
        axes.set_xlim(low * 0.8, high * 1.25)
        shown = [tick for tick in ticks if low * 0.8 <= tick <= high * 1.25]
        axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
        axes.minorticks_off()
        axes.set_xlabel("USD million, logarithmic")
        axes.set_ylim(0.3, len(flows) + 1.5)
        top = len(flows) + 1
        axes.text(low, top, "● exporter", color=ACCENT, va="center")
        axes.text(
            low * (high / low) ** (0.52 if narrow else 0.3), top, "◆ importer", color=SECOND, va="center"
        )

    return draw


def draw_mass_status(counts: pd.DataFrame) -> Callable[[Figure, bool], None]:
    """The drawing of shares of rows by status of the mass and year, as stacked bars.

    Args:
        counts: Index year; columns reported, estimated, imputed, missing with numbers of rows.
    """
    colours = {"reported": ACCENT, "estimated": "#8bb8d8", "imputed": SECOND, "missing": "#c9c9c9"}

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        shares = 100 * counts.div(counts.sum(axis=1), axis=0)
        years = shares.index.astype(int)
        below = pd.Series(0.0, index=shares.index)
        for status, colour in colours.items():
            axes.bar(years, shares[status], bottom=below, color=colour, width=0.86)
            below = below + shares[status]
        axes.set_ylim(0, 100)
        axes.set_ylabel("Share of the flows, %")
        axes.set_xlim(years.min() - 0.6, years.max() + 0.6)
        step = 10 if narrow else 5
        ticks = [year for year in years if year % step == 0]
        axes.set_xticks(ticks, [str(year) for year in ticks])
        axes.tick_params(length=0)
        figure.legend(
            [Patch(facecolor=colour) for colour in colours.values()],
            list(colours),
            loc="outside upper left",
            ncols=2 if narrow else 4,
            frameon=False,
        )

    return draw
