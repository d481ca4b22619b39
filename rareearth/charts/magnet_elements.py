"""Charts of the page on magnet elements."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from rareearth import tables
from rareearth.charts.frame import ACCENT, GREY, GROUND, SECOND, WASH, bar, dot, label, list_axes, show_figure
from rareearth.processing.elements import YEAR
from rareearth.quantity import Estimate

_PLANTS, _AGENCY = "NdPr, t", "IEA: Pr, Nd, Tb and Dy, t"


def show_compared(table: pd.DataFrame) -> None:
    """Plants against the agency outside China (`elements.compared`), a pair of bars a country, the largest disagreement first.

    China and the world are left out of the picture, as they would dwarf the rest.
    """
    rows = tables.select(table, Country=lambda names: ~names.isin(["China", "World"]))
    rows = rows.sort_values("Difference, t", key=abs, ascending=False, kind="stable")
    kinds = (
        (_PLANTS, -0.19, ACCENT, "", "plants: Nd and Pr"),
        (_AGENCY, 0.19, SECOND, "////", "IEA: Pr, Nd, Tb and Dy"),
    )

    def draw(figure: Figure, narrow: bool) -> None:
        most = rows[[_PLANTS, _AGENCY]].max().max()
        axes = list_axes(figure, list(rows["Country"]), narrow, xlim=(0, most * 1.2))
        for column, shift, of_kind, hatch, words in kinds:
            for y, (country, value) in enumerate(zip(rows["Country"], rows[column], strict=True)):
                judged = column == _PLANTS and country == "Rest of world"
                colour, said = GREY if judged else of_kind, f"{country}, {words}: {value:,.0f} t"
                bar(axes, y + shift, value, colour, said, height=0.34, hatch=hatch)
                label(axes, value, y + shift, f"{value:,.0f}" + ", a judgement" * judged, colour)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.xaxis.set_major_locator(MaxNLocator(4 if narrow else 7))
        axes.set_xlabel(f"t of element in {YEAR}")
        figure.legend(
            [
                Patch(facecolor=GROUND if hatch else colour, edgecolor=colour, hatch=hatch)
                for _, _, colour, hatch, _ in kinds
            ],
            [words for *_, words in kinds],
            loc="outside upper left",
            ncols=1 if narrow else 2,
            frameon=False,
        )

    show_figure(
        draw,
        name="ndpr-elsewhere",
        title=f"Outside China, plants publish {rows['NdPr, lowest, t'].sum():,.0f} t of NdPr; the IEA counts {rows[_AGENCY].sum():,.0f} t "
        "of four elements, spread over different countries",
        subtitle=f"Separated outside China in {YEAR}, t of element. Grey: a judgement on India and Estonia, which publish nothing",
        alt="Pairs of bars: "
        + "; ".join(
            f"{row.Country} plants {row[_PLANTS]:,.0f} t, IEA {row[_AGENCY]:,.0f} t" for _, row in rows.iterrows()
        )
        + ".",
        data=table,
        height_in=3.2,
    )


def show_outlook(statements: pd.DataFrame, projections: Sequence[Estimate], delivered: Estimate) -> None:
    """The agency's published shares (`elements.statements`), both where it prints two, and its projections after them.

    `projections` are its base case, drawn up to the year of `delivered`: the share if announced projects deliver.
    """
    published = tables.select(statements, Kind="published")
    last = delivered.reference_year
    shown = [one for one in projections if one.reference_year <= last]
    first_projection = published["Year"].max() + 0.5

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        axes.axvspan(first_projection, last + 2, color=WASH, zorder=0)
        axes.text(first_projection + 0.2, 97.5, "projections", color=GREY, style="italic", fontsize=9.5)
        for year, of_year in published.groupby("Year"):
            twice, shares = len(of_year) > 1, of_year["Share, %"]
            if twice:
                axes.vlines(year, shares.min(), shares.max(), color=SECOND, linewidth=1)
                label(axes, year, shares.mean(), "both by\nthe IEA", SECOND, left=True, fontsize=8)
            for share, words in zip(shares, of_year["In words"], strict=True):
                dot(axes, year, share, SECOND, f"{year}: {words}, published", hollow=twice)
                beside = {} if twice else {"xytext": (0, 10), "ha": "center"}
                label(axes, year, share, f"{share:g}", SECOND, **beside)
        for one in shown:
            year = one.reference_year
            axes.vlines(year, one.low, one.high, color=ACCENT, linewidth=6, alpha=0.35)
            dot(axes, year, one.value, ACCENT, f"{year}: {one}, base case and announced plants", hollow=True)
            label(axes, year, one.value, f"{one:value}", ACCENT, xytext=(0, 10), ha="center")
        words = f"{last}: {delivered:value}, if announced projects deliver"
        dot(axes, last, delivered.value, ACCENT, words, marker="D")
        label(axes, last, delivered.value, f"{delivered:value} if projects deliver", ACCENT, left=True)
        base = {one.reference_year: one.value for one in shown}
        axes.plot(list(base), list(base.values()), "--", color=ACCENT, linewidth=1)
        axes.set(ylim=(64, 100), xlim=(published["Year"].min() - 0.8, last + 1.4))
        ticks = [*sorted({*published["Year"]})[:: 2 if narrow else 1], *base]
        axes.set_xticks(ticks, [f"’{year % 100}" if narrow else str(year) for year in ticks])
        axes.set_ylabel("China's share of refined magnet elements, %")

    show_figure(
        draw,
        name="outlook",
        title=f"The IEA is quoted with two shares for {published['Year'].max()}; its base case of 2025 has {shown[0]:rounded} in "
        f"{shown[0].reference_year}, its outlook of 2026 {delivered:rounded} in {last} if projects deliver",
        subtitle="China's share of refined magnet elements, %: published by the IEA (dots), its base case (dashed, with the "
        "announced plants as lower end) and its path if projects deliver (diamond)",
        alt="Published: "
        + "; ".join(f"{row.Year} {row[2]:g} %" for row in published.itertuples())
        + ". Projected: "
        + "; ".join(f"{one.reference_year} {one}" for one in projections)
        + f"; if projects deliver {last} {delivered:value}.",
        data=statements.drop(columns="Words"),
        estimates=[*projections, delivered],
    )
