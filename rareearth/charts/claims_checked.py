"""The chart of 06_claims_checked: published shares against the estimate of their year."""

import re
from collections.abc import Mapping
from textwrap import shorten

import pandas as pd
from matplotlib.figure import Figure

from rareearth.charts.frame import ACCENT, INK, SECOND, list_axes, mark, show_figure
from rareearth.quantity import LEVEL_PCT, Estimate

_OPEN = 100.0  # the end of what "over" leaves open


def show_claims(claims: pd.DataFrame, estimates: Mapping[int, Estimate]) -> None:
    """What the words of each of `claims.compared` leave open, over the share of its year with full doubt; a row a claim."""
    claims = claims.sort_values(["verdict", "reference_year_first", "claimant"], kind="stable")
    in_words = [f"{row.from_pct:g} to {row.to_pct:g} %, {row.verdict}" for row in claims.itertuples()]
    claims = claims.assign(year=claims["reference_year_first"].astype(int), range=in_words)

    def draw(figure: Figure, narrow: bool) -> None:
        who = claims["claimant"].map(
            lambda one: shorten(re.split(r"[(,]", one)[0], 20, placeholder="") if narrow else one
        )
        names = [f"{one}, {year}" for one, year in zip(who, claims["year"], strict=True)]
        axes = list_axes(figure, names, narrow, xlim=(78, 101), xticks=[80, 85, 90, 95, 100])
        axes.set_xlabel("China's share, %" if narrow else "China's share of the world's separation, %")
        for y, row in enumerate(claims.itertuples()):
            estimate, colour = estimates[row.year], INK if row.verdict == "consistent" else SECOND
            ends = [estimate.low, estimate.high]
            band = axes.fill_betweenx([y - 0.5, y + 0.5], *ends, color=ACCENT, alpha=0.2, linewidth=0)
            mark(band, f"Interval of {row.year}: {estimate:range}")
            line = axes.hlines(y, row.from_pct, row.to_pct, color=colour, linewidth=2.5)
            mark(line, f"{row.claimant}: {row.range}")
            axes.plot(row.from_pct, y, "|", color=colour, markersize=8)
            end, size = (">", 5) if row.to_pct == _OPEN else ("|", 8)
            axes.plot(row.to_pct, y, end, color=colour, markersize=size)

    low, held = ((claims["verdict"] == verdict).sum() for verdict in ("low", "consistent"))
    show_figure(
        draw,
        name="claims",
        title=f"Of {len(claims)} claims about separation, {held} are consistent with the range of their year and {low} lie below it",
        subtitle=f"The range that the wording allows (lines; an arrow is open above) and the {LEVEL_PCT} % interval of their year with the doubt "
        "about what is counted (bars), %. Orange: outside",
        alt="A line a claim: "
        + "; ".join(f"{row.claimant} for {row.year}: {row.range}" for row in claims.itertuples())
        + ".",
        data=claims[
            ["claimant", "reference_year_first", "wording", "from_pct", "to_pct", "verdict", "source_ids"]
        ].set_axis(["Who", "Year", "Words", "From, %", "To, %", "Verdict", "source_ids"], axis=1),
        estimates=list(estimates.values()),
        height_in=5.6,
    )
