"""Charts of trade: what both sides report, and where the masses come from."""

import math
from collections.abc import Callable
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from rareearth.charts.frame import ACCENT, GREY, SECOND


def _labels(flows: pd.DataFrame, narrow: bool) -> list[str]:
    return [fill(label, 24) for label in flows["label"]] if narrow else list(flows["label"])


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
        axes.set_yticks(list(places), _labels(flows, narrow), fontsize=7.5 if narrow else 9.5)
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


def draw_coverage(values: pd.DataFrame) -> Callable[[Figure, bool], None]:
    """The drawing of which reporters give which flows: a square for each report, its size by value.

    Args:
        values: Index country, columns (code, flow), values in USD, NaN where there is no report.
    """
    shades = {"export": ACCENT, "import": SECOND}

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        columns = list(values.columns)
        for x, column in enumerate(columns):
            for y, value in enumerate(values[column]):
                place = (x, len(values) - y)
                if pd.isna(value):
                    axes.plot(*place, marker="_", color="#b5b5b5", markersize=6)
                else:
                    size = 2.5 + 1.1 * max(0.0, math.log10(max(value, 1.0)) - 2)
                    axes.plot(*place, marker="s", color=shades[column[1]], markersize=size)
        axes.set_yticks(range(len(values), 0, -1), list(values.index), fontsize=8 if narrow else 9)
        words = [f"{code}\n{'exp.' if flow == 'export' else 'imp.'}" for code, flow in columns]
        axes.set_xticks(range(len(columns)), words, fontsize=7.5 if narrow else 9.5)
        axes.xaxis.tick_top()
        axes.grid(False)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        axes.set_xlim(-0.6, len(columns) - 0.4)
        axes.set_ylim(0.3, len(values) + 0.7)

    return draw


def draw_spread(flows: pd.DataFrame) -> Callable[[Figure, bool], None]:
    """The drawing of the reconciled value of each flow with the range over the methods.

    Args:
        flows: Columns label, low_usd_m, value_usd_m, high_usd_m; at most 14 rows.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        places = list(range(len(flows), 0, -1))
        axes.hlines(places, flows["low_usd_m"], flows["high_usd_m"], color=ACCENT, linewidth=5, alpha=0.35)
        axes.scatter(flows["value_usd_m"], places, color=ACCENT, s=34, zorder=3)
        axes.set_yticks(places, _labels(flows, narrow), fontsize=7.5 if narrow else 9.5)
        axes.grid(True, axis="x")
        axes.grid(False, axis="y")
        axes.tick_params(length=0)
        axes.set_xlim(left=0)
        axes.set_ylim(0.3, len(flows) + 0.7)
        axes.set_xlabel("USD million")

    return draw


def _mark_events(axes: Axes, events: dict[int, str], narrow: bool) -> None:
    """Dotted lines with their words, in turns on two heights; in the narrow form the subtitle alone has the words."""
    first, last = axes.get_xlim()
    for place, (year, words) in enumerate(events.items()):
        axes.axvline(year, color=GREY, linewidth=0.9, linestyle=":")
        if narrow:
            continue
        left = year < first + 0.56 * (last - first)
        axes.annotate(
            words,
            (year, 1 - 0.08 * (place % 2)),
            (3 if left else -3, -2),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            ha="left" if left else "right",
            va="top",
            fontsize=8,
            color=GREY,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )


def draw_concentration(
    hhi: pd.Series, share_pct: pd.Series, events: dict[int, str], breaks: list[float]
) -> Callable[[Figure, bool], None]:
    """The drawing of the largest exporter's share and of the HHI over time, control events marked.

    Args:
        hhi: Year to HHI, 0 to 1.
        share_pct: Year to share of the largest exporter, in percent.
        events: Year to a few words.
        breaks: Places between years where the series changes its revision of the codes.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        upper, lower = figure.subplots(2, 1, sharex=True)
        for axes, series, colour, label in (
            (upper, share_pct, ACCENT, "Largest exporter, %"),
            (lower, hhi, SECOND, "HHI, 0 to 1"),
        ):
            parts = (
                [series[series.index < min(breaks)], series[series.index > min(breaks)]]
                if breaks
                else [series]
            )
            for part in parts:
                axes.plot(part.index, part, color=colour, marker="o", markersize=3, linewidth=1.4)
            axes.set_ylabel(label)
            axes.set_ylim(0, 100 if axes is upper else 0.7)
            axes.tick_params(length=0)
            for place in breaks:
                axes.axvline(place, color="#b5b5b5", linewidth=0.9)
        _mark_events(lower, events, narrow=True)
        last = share_pct.index[-1]
        upper.annotate(
            f"{share_pct[last]:.0f} %",
            (last, share_pct[last]),
            (0, 6),
            textcoords="offset points",
            ha="center",
            color=ACCENT,
            weight="bold",
        )
        _mark_events(upper, events, narrow)
        for place in breaks:
            lower.annotate(
                "codes of 2017",
                (place, 0.02),
                (3, 0),
                textcoords="offset points",
                fontsize=7.5,
                color=GREY,
            )
        first = share_pct.index[0]
        step = 10 if narrow else 5
        lower.set_xticks([year for year in range(first, last + 1) if year % step == 0])

    return draw


def draw_sides(panels: dict[str, pd.DataFrame], events: dict[int, str]) -> Callable[[Figure, bool], None]:
    """The drawing of a supplier's part by both reports over the years, a panel for each code.

    Args:
        panels: Title of the panel to columns year, by_importer_pct, by_supplier_pct.
        events: Year to a few words.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        shape = (len(panels), 1) if narrow else (1, len(panels))
        for number, (axes, (title, table)) in enumerate(
            zip(
                figure.subplots(*shape, sharex=True, sharey=True, squeeze=False).flat,
                panels.items(),
                strict=True,
            )
        ):
            years, m, x = (table[name] for name in ("year", "by_importer_pct", "by_supplier_pct"))
            axes.fill_between(years, m, x, color=GREY, alpha=0.18, linewidth=0)
            axes.plot(years, m, color=SECOND, marker="D", markersize=4.5, linewidth=1.4)
            axes.plot(years, x, color=ACCENT, marker="o", markersize=4.5, linewidth=1.4)
            axes.set_title(f"{title}, % of imports", loc="left", fontsize=9.5)
            axes.set_ylim(0, 122)
            axes.set_yticks(range(0, 101, 25))
            axes.set_xticks(list(years))
            axes.tick_params(length=0)
            if number == 0:
                key = {"transform": axes.transAxes, "va": "bottom", "fontsize": 9}
                axes.text(0.04, 0.11, "◆ importer's report", color=SECOND, **key)
                axes.text(0.04, 0.02, "● supplier's report", color=ACCENT, **key)
            _mark_events(axes, events, narrow)

    return draw
