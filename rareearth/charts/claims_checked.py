"""The chart of 06_claims_checked: published shares against the estimate of their year."""

import re
from collections.abc import Mapping
from textwrap import shorten

import pandas as pd
from matplotlib.figure import Figure

from rareearth.charts.frame import ACCENT, INK, SECOND, mark, show_figure
from rareearth.charts.helpers import as_list
from rareearth.quantity import Estimate

_OPEN = 100.0  # the end of what "over" leaves open


def _who(claimant: str, narrow: bool) -> str:
    return shorten(re.split(r"[(,]", claimant)[0], 20, placeholder="") if narrow else claimant


def show_claims(claims: pd.DataFrame, estimates: Mapping[int, Estimate]) -> None:
    """What the words of each claim about separation leave open, over the interval of its year; a row a claim.

    Args:
        claims: See `claims.compared`.
        estimates: Year to the share of separation with its full doubt.
    """
    claims = claims.sort_values(["verdict", "reference_year_first", "claimant"], kind="stable")

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
            colour = INK if row.verdict == "consistent" else SECOND
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

    low, held = ((claims["verdict"] == verdict).sum() for verdict in ("low", "consistent"))
    show_figure(
        draw,
        name="claims",
        title=f"Of {len(claims)} claims about separation, {held} are consistent with the range of their year and {low} lie below it",
        subtitle="The range that the wording allows (lines; an arrow is open above) and the 90 % interval of their year with the doubt "
        "about what is counted (bars), %. Orange: outside",
        alt="A line a claim: "
        + "; ".join(
            f"{row.claimant} for {int(row.reference_year_first)}: {row.from_pct:g} to {row.to_pct:g} %, {row.verdict}"
            for row in claims.itertuples()
        )
        + ".",
        data=claims[
            ["claimant", "reference_year_first", "wording", "from_pct", "to_pct", "verdict", "source_ids"]
        ].rename(
            columns={
                "claimant": "Who",
                "reference_year_first": "Year",
                "wording": "Words",
                "from_pct": "From, %",
                "to_pct": "To, %",
                "verdict": "Verdict",
            }
        ),
        estimates=list(estimates.values()),
        height_in=5.6,
    )
