"""Charts of a country's page: dependence among the others, days that cuts take, origins, and one cut day by day."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from rareearth import countries
from rareearth.charts.frame import ACCENT, GREY, INK, SECOND, bar, dot, interval, label, list_axes, show_figure
from rareearth.quantity import PERCENTILES, Estimate
from rareearth.reserves.goods import EU
from rareearth.text import in_sentence, opening

_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth".split()
# One axis for every country, so that pages can be compared.
_LONGEST_DAYS = 380


def show_ranked(shares: Mapping[str, Estimate], by_weight: Mapping[str, float], highlight: str = "") -> None:
    """China's share of magnet imports of each country, by value and by weight, the highest first; the country of a page stands out."""
    first, last = list(shares)[0], list(shares)[-1]

    def draw(figure: Figure, narrow: bool) -> None:
        axes = list_axes(figure, list(shares), narrow, xlim=(0, 105), xticks=[0, 25, 50, 75, 100])
        axes.set_xlabel("% of imports: ● of value, ○ of weight")
        for line, (place, share) in enumerate(shares.items()):
            colour, weight = ACCENT if place == highlight else GREY, by_weight[place]
            axes.hlines(line, *sorted((share.value, weight)), color=colour, linewidth=1)
            dot(axes, weight, line, colour, f"{place}, by weight: {weight:.0f}%", hollow=True)
            dot(axes, share.value, line, colour, f"{place}, by value: {share:value}")
            label(axes, share.value, line, share.number(), colour, left=share.value <= weight)

    # The European Union stands in the chart and in no rank: its members would count twice.
    ranked = [place for place in shares if place != countries.name(EU)]
    rank = ranked.index(highlight) + 1 if highlight in ranked else 0
    if rank == len(ranked):
        title = f"{opening(highlight)} depends on China for magnets less than any other of {len(ranked)} importers"
    elif rank:
        title = f"{opening(highlight)} ranks {_ORDINALS[rank - 1]} of {len(ranked)} importers in dependence on China for magnets"
    elif highlight:
        title = f"China supplies {shares[highlight]:rounded} of the magnet imports of {in_sentence(highlight)}"
    else:
        title = f"China supplies {shares[first]:rounded} of the magnet imports of {in_sentence(first)} and {shares[last]:rounded} of those of {in_sentence(last)}"
    show_figure(
        draw,
        name="dependence-ranked",
        title=title,
        subtitle="China's share of imports of metal magnets (HS 850511), % of value and of gross weight, 2024",
        alt="Two dots a country. "
        + "; ".join(
            f"{place} {one:value} by value, {by_weight[place]:.0f}% by weight" for place, one in shares.items()
        ),
        data=pd.DataFrame(
            {
                "Country": list(shares),
                "Share of value": list(shares.values()),
                "Share of weight, %": list(by_weight.values()),
            }
        ),
    )


def show_missing(missing: pd.DataFrame, stock_days: int, place: str, good: str, *, target: str) -> None:
    """Days of imports that each cut of `country.Exposure.missing` takes, the longest last, against a stock.

    `target` names the plans whose target is that stock; it is an example where there is none.
    """
    rows = missing.sort_values("Missing", key=lambda cells: [one.value for one in cells], kind="stable")

    def draw(figure: Figure, narrow: bool) -> None:
        axes = list_axes(figure, list(rows["Cut"]), narrow, xlim=(-6, _LONGEST_DAYS), xlabel="Days of imports")
        axes.axvline(stock_days, color=INK, linewidth=1.2)
        label(axes, stock_days, -0.5, f"{'target' if target else 'example'}: {stock_days} days")
        marks = zip(rows["Cut"], rows["Fitted"], rows["Missing"], strict=True)
        for line, (cut, how, days) in enumerate(marks):
            words = f"{cut}: {days}"
            colour, marker = (SECOND, "D") if how == "recorded" else (ACCENT, "o")
            interval(axes, days.low, days.high, line, colour, words)
            dot(axes, days.value, line, colour, words, hollow=how == "no", marker=marker)
            # The numbers are a column of their own, so that none stands on the line of the stock.
            place = {"va": "center", "fontsize": 9, "transform": axes.get_yaxis_transform()}
            axes.text(1.01, line, days.number(decimals=0), color=colour, **place)

    fitted, most = rows[rows["Fitted"] == "yes"]["Missing"].iloc[0], rows["Missing"].iloc[-1]
    recorded = rows[rows["Fitted"] == "recorded"]["Missing"]
    show_figure(
        draw,
        name="missing-days",
        title=f"The cut fitted to records would cost {place} {fitted:rounded} of imports of {good}; "
        + ("the longest assumed {:rounded}" if recorded.empty else "the fall of 2025 was worth {:rounded}").format(
            most if recorded.empty else recorded.iloc[0]
        ),
        subtitle=f"Days of imports of {good} that go missing, median and {PERCENTILES} of simulated cuts. Filled: "
        "fitted to records. Hollow: assumed"
        + ". Diamond: recorded" * len(recorded)
        + f". Line: {stock_days} days"
        + (f", the target of {target}" if target else ", an example")
        + (". At 0 new supply makes up for the cut" if rows["Missing"].iloc[0].value < 0.5 else ""),
        alt="Dots with bars. " + "; ".join(f"{row['Cut']} {row['Missing']}" for _, row in rows.iterrows()),
        data=rows,
        height_in=1.0 + 0.4 * len(rows),
    )


def show_origins(shares: Mapping[str, Estimate], place: str, good: str, year: int) -> None:
    """Where a country's imports of a good come from: origin to share of value in percent, the largest first."""

    def draw(figure: Figure, narrow: bool) -> None:
        most = max(one.value for one in shares.values())
        axes = list_axes(figure, list(shares), narrow, xlim=(0, 1.15 * most), xlabel="% of value")
        for line, (origin, share) in enumerate(shares.items()):
            bar(axes, line, share.value, ACCENT if line == 0 else GREY, f"{origin}: {share:value}")
            label(axes, share.value, line, share.number(decimals=0))

    first = next(iter(shares))
    show_figure(
        draw,
        name="origins",
        title=f"{first} supplies {shares[first]:rounded} of the {good} that {place} imports",
        subtitle=f"Origins of imports of {good}, % of value, {year}, by the importer's own record",
        alt="Bars. " + "; ".join(f"{origin} {share:value}" for origin, share in shares.items()),
        data=pd.DataFrame({"Origin": list(shares), "Share of value": list(shares.values())}),
        height_in=3.0,
    )


def draw_path(gap_pct: np.ndarray, unmet_pct: np.ndarray, empty_day: float) -> Callable[[Figure, bool], None]:
    """The drawing of one cut day by day, in percent of a day's imports: what is missing, and what no stock meets.

    `empty_day` is the day on which the stock is used up; infinite where it lasts.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        days = np.arange(1, len(gap_pct) + 1)
        axes.fill_between(days, gap_pct, color=ACCENT, alpha=0.25, linewidth=0)
        axes.fill_between(days, unmet_pct, color=SECOND, alpha=0.6, linewidth=0)
        axes.plot(days, gap_pct, color=ACCENT)
        for height, words, colour in ((0.97, "missing", ACCENT), (0.90, "unmet", SECOND)):
            axes.text(0.99, height, words, color=colour, transform=axes.transAxes, ha="right", va="top")
        if np.isfinite(empty_day):
            axes.axvline(empty_day, color=INK, linewidth=1)
            label(axes, empty_day, 2, f"empty on day {empty_day:.0f}")
        axes.set(ylim=(0, 105), xlim=(1, len(gap_pct)), xlabel="Day of the cut", ylabel="% of a day's imports")

    return draw


# What is known of where between the ends the truth lies: part of the risk that was common, and the event.
