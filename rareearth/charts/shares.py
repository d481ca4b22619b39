"""Charts of shares: by year and method, by definition, and against what others publish."""

import re
from collections.abc import Callable, Mapping
from textwrap import shorten

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rareearth.charts.frame import ACCENT, GREY, INK, SECOND
from rareearth.processing.claims import ABOUT_NINETY_PCT
from rareearth.quantity import Estimate

Draw = Callable[[Figure, bool], None]


def _band(axes: Axes, vertical: bool) -> None:
    """The range that "about 90 %" stands for."""
    fill = axes.axvspan if vertical else axes.axhspan
    fill(*ABOUT_NINETY_PCT, color="#ffefcf", zorder=0, linewidth=0)


def draw_share_by_year(
    shares: Mapping[str, Mapping[int, Estimate]], observed: pd.DataFrame, highlight: int
) -> Draw:
    """The drawing of all methods by year with their intervals, published shares beside them.

    Args:
        shares: Method (``separation``, ``mass_balance_processed``, ``mass_balance_origin``) to year to Estimate.
        observed: Columns reference_year, share_pct, kind (``lower`` for "over ..."), elements.
        highlight: The year whose value is written beside its mark.

    Returns:
        A function for `show_figure`.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        _band(axes, vertical=False)
        styles = (
            ("separation", -0.22, ACCENT, "o", 6),
            ("mass_balance_processed", -0.06, INK, "s", 3),
            ("mass_balance_origin", 0.08, GREY, "v", 3),
        )
        for method, shift, colour, marker, width in styles:
            of_method = shares[method]
            x = [year + shift for year in of_method]
            axes.vlines(
                x,
                [one.low for one in of_method.values()],
                [one.high for one in of_method.values()],
                color=colour,
                linewidth=width,
                alpha=0.4,
            )
            line = 1.4 if method == "separation" else 0
            values = [one.value for one in of_method.values()]
            axes.plot(x, values, color=colour, marker=marker, markersize=4.5, linewidth=line)
        for elements, marker, shift in (("unstated", "o", 0.24), ("magnet", "D", 0.36), ("all", "X", 0.24)):
            part = observed[observed["elements"] == elements]
            marks = part.drop_duplicates(["reference_year", "share_pct", "kind"])
            x = marks["reference_year"].astype(float) + shift
            axes.scatter(
                x, marks["share_pct"], marker=marker, s=26, facecolor="white", edgecolor=SECOND, zorder=3
            )
            over = marks["kind"] == "lower"
            for position, value in zip(x[over], marks.loc[over, "share_pct"], strict=True):
                arrow = {"arrowstyle": "->", "color": SECOND}
                axes.annotate("", (position, value + 1.7), (position, value + 0.3), arrowprops=arrow)
        years = list(shares["mass_balance_processed"])
        chosen = shares["separation"][highlight]
        axes.annotate(
            chosen.number() + " %",
            (highlight - 0.22, chosen.high),
            (0, 5),
            textcoords="offset points",
            ha="center",
            color=ACCENT,
            weight="bold",
        )
        axes.set_ylim(71, 98)
        axes.set_yticks([80, 85, 90, 95])  # none below: the key stands there
        axes.set_xlim(years[0] - 0.6, years[-1] + 0.75)
        axes.set_xticks(years, [f"’{year % 100}" if narrow else str(year) for year in years])
        axes.tick_params(length=0)
        axes.set_ylabel("Share of the world, %")
        key = (
            ("● separation: from quota to quota with feed", ACCENT),
            ("■ balance of ore: share of processing", INK),
            ("▼ balance of ore: share of origin", GREY),
            ("○ published, elements not stated;  ↑ “over”", SECOND),
            ("◇ published, magnet elements;  ✕ all elements", SECOND),
        )
        for line, (words, colour) in enumerate(reversed(key)):
            axes.text(
                0.02,
                0.02 + 0.058 * line,
                words,
                color=colour,
                transform=axes.transAxes,
                va="bottom",
                fontsize=9,
            )

    return draw


def draw_ladder(rungs: pd.DataFrame) -> Draw:
    """The drawing of one row a definition: the share with its interval, stage by stage.

    Args:
        rungs: See `ladder.rungs`.

    Returns:
        A function for `show_figure`.
    """
    left = 57
    heads = {"mine": "Mine", "separation": "Separation", "metal": "Metal", "magnet": "Magnet"}

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        _band(axes, vertical=True)
        y, stage, ticks = 0.0, None, []
        for row in rungs.itertuples():
            if row.stage != stage:
                stage, y = row.stage, y + 0.6
                axes.text(left, y, heads[row.stage], weight="bold", va="center", fontsize=10)
                y += 0.95
            colour = ACCENT if row.computed else SECOND
            words = f"{row.rung}, {row.year if str(row.year).isdigit() else 'year not stated'}"
            if narrow:
                axes.text(left, y, words, color=colour, va="center", fontsize=8.2)
                y += 0.8
            ticks.append((y, words, colour))
            axes.hlines(y, row.low, row.high, color=colour, linewidth=5, alpha=0.4)
            axes.plot(row.share, y, "o", color=colour, markerfacecolor=colour if row.computed else "white")
            text = f"{row.share:.1f}" if row.computed else f"{row.share:.4g}"
            axes.text(row.high + 1, y, text, color=colour, va="center", fontsize=9)
            y += 1.0
        axes.set_ylim(y - 0.2, 0)
        axes.set_xlim(left, 104)
        axes.set_yticks(
            [] if narrow else [tick[0] for tick in ticks], [] if narrow else [t[1] for t in ticks]
        )
        for label, (_, _, colour) in zip(axes.get_yticklabels(), ticks, strict=False):
            label.set_color(colour)
        axes.tick_params(length=0, labelsize=9)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("China's share, %" if narrow else "China's share of the world, %")

    return draw


def _who(claimant: str, narrow: bool) -> str:
    return shorten(re.split(r"[(,]", claimant)[0], 20, placeholder="") if narrow else claimant


def draw_claims(claims: pd.DataFrame, estimates: Mapping[int, Estimate]) -> Draw:
    """The drawing of published shares against the estimate of their year, a row a claim.

    Args:
        claims: Columns claimant, reference_year, from_pct, to_pct, verdict; in the order of the rows.
        estimates: Year to the share of separation.

    Returns:
        A function for `show_figure`.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        for y, row in enumerate(claims.itertuples()):
            estimate = estimates[int(row.reference_year)]
            axes.fill_betweenx(
                [y - 0.5, y + 0.5], estimate.low, estimate.high, color=ACCENT, alpha=0.22, linewidth=0
            )
            inside = row.verdict == "consistent"
            colour = INK if inside else SECOND
            axes.hlines(y, row.from_pct, row.to_pct, color=colour, linewidth=2)
            middle = (row.from_pct + min(row.to_pct, 100)) / 2
            axes.plot(
                middle,
                y,
                marker="o",
                color=colour,
                markerfacecolor=colour if inside else "white",
                markersize=5,
            )
        axes.set_yticks(
            range(len(claims)),
            [f"{_who(row.claimant, narrow)} ’{int(row.reference_year) % 100}" for row in claims.itertuples()],
            fontsize=8 if narrow else 9,
        )
        axes.set_ylim(len(claims) - 0.4, -0.6)
        axes.set_xlim(78, 100.5)
        axes.set_xticks([80, 85, 90, 95, 100])
        axes.tick_params(length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("China's share, %" if narrow else "China's share of the world's separation, %")

    return draw
