"""Charts of reserve plans: budgets by type, tonnes for a target in days, and what is public."""

from collections.abc import Callable
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rareearth.charts.frame import ACCENT, GREY, SECOND
from rareearth.quantity import Estimate


def rows_as_axis(axes: Axes, names: list[str]) -> None:
    """One line a row, first on top, names as labels, and only vertical help lines."""
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)
    axes.spines["left"].set_visible(False)


def draw_budgets(budgets: pd.DataFrame) -> Callable[[Figure, bool], None]:
    """The drawing of budgets by type on a logarithmic axis.

    Args:
        budgets: One row a budget, in the order of the chart: type, place, iso3, year,
            usd_m (Estimate), per_gdp (Estimate or ""), one_year (True for the money of one year).
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        lines, names = [], []
        for kind, rows in budgets.groupby("type", sort=False):
            axes.text(0.01, len(names), kind, transform=axes.get_yaxis_transform(), va="center", weight="bold",
                      size=9.5)  # fmt: skip
            names.append("")
            for row in rows.itertuples():
                lines.append((len(names), row))
                names.append(f"{row.iso3 if narrow else row.place} {row.year}")
        rows_as_axis(axes, names)
        axes.set_xscale("log")
        axes.set_xlim(1, 1e6 if narrow else 3e5)
        ticks = [1, 100, 10_000] if narrow else [1, 10, 100, 1_000, 10_000]
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel("USD million (each step ten times)")
        for line, row in lines:
            colour = ACCENT if row.one_year else SECOND
            face = colour if row.one_year else "white"
            axes.scatter(
                row.usd_m.value, line, s=36, facecolor=face, edgecolor=colour, linewidth=1.6, zorder=3
            )
            words = row.usd_m.number()
            if row.per_gdp != "" and not narrow:
                words += f" = {row.per_gdp.number()} basis points of GDP"
            axes.annotate(
                words, (row.usd_m.value, line), (8, 0), textcoords="offset points", va="center", color=colour
            )

    return draw


def draw_tonnes(cover: dict[str, dict[int, Estimate]]) -> Callable[[Figure, bool], None]:
    """The drawing of tonnes that targets in days stand for, place by place, on a logarithmic axis.

    Args:
        cover: Place as it is to be read to days to Estimate in t.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        rows_as_axis(axes, [place.replace(" (", "\n(") for place in cover])
        axes.set_xscale("log")
        axes.set_xlim(80, 20000)
        axes.set_xticks([100, 1000, 10000], ["100 t", "1,000 t", "10,000 t"])
        axes.minorticks_off()
        axes.set_xlabel("Tonnes (each step ten times)")
        for line, by_days in enumerate(cover.values()):
            for place, (days, tonnes) in enumerate(by_days.items()):
                colour = SECOND if tonnes.basis == "t_magnet" else ACCENT
                axes.hlines(line, tonnes.low, tonnes.high, color=colour, linewidth=6, alpha=0.35)
                axes.plot(tonnes.value, line, "o", color=colour)
                above = {"textcoords": "offset points", "ha": "center", "color": colour}
                if narrow:  # in turns above and below, or there is no room beside the next number
                    turn = (0, 7) if place % 2 == 0 else (0, -28)
                    axes.annotate(f"{tonnes.number()}\n{days} d", (tonnes.value, line), turn, **above, size=9)
                    continue
                axes.annotate(tonnes.number(), (tonnes.value, line), (0, 8), **above)
                axes.annotate(f"{days} d", (tonnes.value, line), (0, -18), **above, size=9)

    return draw


_MARK = {"yes": "●", "partly": "◐", "no": "○"}


def draw_publicity(publicity: pd.DataFrame) -> Callable[[Figure, bool], None]:
    """The drawing of what is public: a row a place, a column a question.

    Args:
        publicity: Columns place, target, inventory, spend, each yes, partly or no.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        rows_as_axis(axes, list(publicity["place"]))
        axes.grid(axis="x", visible=False)
        columns = ("target", "inventory", "spend")
        axes.set_xlim(-0.5, 2.5)
        axes.set_xticks(range(3), ["Target", "Stock held", "Money"])
        axes.xaxis.tick_top()
        axes.spines["bottom"].set_visible(False)
        for line, row in enumerate(publicity.itertuples()):
            for place, column in enumerate(columns):
                answer = getattr(row, column)
                colour = GREY if answer == "no" else ACCENT if answer == "yes" else SECOND
                words = {"ha": "center", "va": "center", "color": colour, "size": 9.5 if narrow else 10.5}
                axes.text(place, line, f"{_MARK[answer]} {answer}", **words)
            axes.axhline(line + 0.5, color="#dddddd", linewidth=0.8)

    return draw


def draw_two_prices(prices: pd.DataFrame) -> Callable[[Figure, bool], None]:
    """The drawing of China's price and the price outside of each element, on a logarithmic axis.

    Args:
        prices: Columns element, china_usd_kg and outside_usd_kg (pairs of lowest and highest), without gaps.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        rows_as_axis(axes, list(prices["element"]))
        axes.set_xscale("log")
        for line, row in enumerate(prices.itertuples()):
            for (low, high), colour, words, side in (
                (row.china_usd_kg, ACCENT, "in China", -1),
                (row.outside_usd_kg, SECOND, "outside", 1),
            ):
                axes.hlines(line, low, high, color=colour, linewidth=6, alpha=0.4)
                axes.scatter([low, high], [line, line], color=colour, s=34, zorder=3)
                text = f"{low:,g}" if low == high else f"{low:,g} to {high:,g}"
                end, shift, align = (low, -8, "right") if side < 0 else (high, 8, "left")
                if narrow:  # above and below its marks, towards the middle
                    end, align = (low, "left") if low < 100 else (high, "right")
                axes.annotate(
                    f"{words} {text}",
                    (end, line),
                    (0, -11 * side) if narrow else (shift, 0),
                    textcoords="offset points",
                    ha=align,
                    va="center",
                    color=colour,
                    size=9 if narrow else 10.5,
                )
        axes.set_xlim(0.5 if narrow else 0.1, 20_000 if narrow else 200_000)
        ticks = (1, 100, 10_000) if narrow else (1, 10, 100, 1_000, 10_000)
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel("USD/kg (each step ten times)")

    return draw


# Right end of the axis of waits, in months.
LONGEST_MONTHS = 12


def draw_waits(waits: pd.DataFrame) -> Callable[[Figure, bool], None]:
    """The drawing of months from a restriction to each announcement; a wait beyond the axis stands at its end, with its number.

    Args:
        waits: See `rareearth.reserves.plans.waits`.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        plans = list(waits["plan"])
        rows_as_axis(axes, [fill(plan, 20) for plan in plans] if narrow else plans)
        axes.tick_params(axis="y", labelsize=8.5 if narrow else 10.5)
        axes.set_xlim(-0.4, LONGEST_MONTHS + (5 if narrow else 3))
        axes.set_xticks(range(0, LONGEST_MONTHS + 1, 3))
        axes.set_xlabel("Months after the last restriction" + ("" if narrow else " before it"))
        for line, row in enumerate(waits.itertuples()):
            end = min(row.announced, LONGEST_MONTHS)
            works = pd.notna(row.operating)
            axes.hlines(line, 0, end, color=GREY, linewidth=1.5)
            face = ACCENT if works else "white"
            axes.scatter(end, line, s=40, facecolor=face, edgecolor=ACCENT, linewidth=1.6, zorder=3)
            words = f"→ {row.announced}" if row.announced > LONGEST_MONTHS else f"{row.announced}"
            axes.annotate(words, (end, line), (8, 0), textcoords="offset points", va="center", color=ACCENT)

    return draw


def draw_instruments(ways: pd.DataFrame) -> Callable[[Figure, bool], None]:
    """The drawing of what a tonne of NdPr a year costs by instrument.

    Args:
        ways: See `rareearth.reserves.worth.instruments`.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        rows_as_axis(axes, [fill(way, 12) if narrow else way for way in ways["instrument"]])
        for line, row in enumerate(ways.itertuples()):
            colour = SECOND if row.secures.endswith("once") else ACCENT
            axes.hlines(line, row.usd.low, row.usd.high, color=colour, linewidth=6, alpha=0.35)
            axes.plot(row.usd.value, line, "o", color=colour)
            words = f"{row.usd.number()}" + (
                ""
                if row.usd.low == row.usd.high
                else f" ({row.usd.number('low')} to {row.usd.number('high')})"
            )
            side = {"ha": "center" if row.usd.value > 20_000 else "left", "color": colour}
            axes.annotate(words, (row.usd.value, line), (0, 9), textcoords="offset points", **side)
        axes.set_xlim(-1500, 72_000)
        ticks = range(0, 60_001, 30_000 if narrow else 20_000)
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.set_xlabel("USD a tonne and year")

    return draw
