"""The chart of 06_claims_checked: published shares against the estimate of their year."""

import re
from collections.abc import Mapping
from textwrap import shorten

import pandas as pd
from matplotlib.figure import Figure

from rareearth.charts.frame import ACCENT, FAINT, INK, SECOND, Draw, mark
from rareearth.charts.helpers import as_list
from rareearth.quantity import Estimate

_OPEN = 100.0  # the end of what "over" leaves open


def _who(claimant: str, narrow: bool) -> str:
    return shorten(re.split(r"[(,]", claimant)[0], 20, placeholder="") if narrow else claimant


def draw_claims(claims: pd.DataFrame, estimates: Mapping[int, Estimate]) -> Draw:
    """The drawing of what the words of a claim leave open over the interval of its year, a row a claim.

    Args:
        claims: Rows of `claims.register` in the order of the drawing: claimant, reference_year_first, from_pct, to_pct,
            verdict, derived_from.
        estimates: Year to the share of separation.

    Returns:
        A function for `show_figure`.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        names = [
            f"{_who(row.claimant, narrow)}, {int(row.reference_year_first)}" for row in claims.itertuples()
        ]
        as_list(axes, names, narrow)
        for y, row in enumerate(claims.itertuples()):
            estimate = estimates[int(row.reference_year_first)]
            ends = [estimate.low, estimate.high]
            band = axes.fill_betweenx([y - 0.5, y + 0.5], *ends, color=ACCENT, alpha=0.2, linewidth=0)
            mark(band, f"Interval of {int(row.reference_year_first)}: {estimate:range}")
            colour = FAINT if row.derived_from else INK if row.verdict == "consistent" else SECOND
            words = f"{row.claimant}: {row.from_pct:g} to {row.to_pct:g} %, {row.verdict}"
            mark(axes.hlines(y, row.from_pct, row.to_pct, color=colour, linewidth=2.5), words)
            axes.plot(row.from_pct, y, "|", color=colour, markersize=8)
            axes.plot(
                row.to_pct,
                y,
                ">" if row.to_pct == _OPEN else "|",
                color=colour,
                markersize=8 if row.to_pct < _OPEN else 5,
            )
        axes.set_xlim(78, 101)
        axes.set_xticks([80, 85, 90, 95, 100])
        axes.set_xlabel("China's share, %" if narrow else "China's share of the world's separation, %")

    return draw
