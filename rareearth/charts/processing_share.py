"""Charts of 02_processing_share: the share by year, the way of the ore, and the closed balance."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from rareearth.charts.frame import (
    ACCENT,
    GREY,
    GROUND,
    INK,
    SECOND,
    dot,
    end_labels,
    label,
    mark,
    show_figure,
)
from rareearth.processing.balance import Balance, by_country, by_year
from rareearth.processing.verdict import ABOUT_NINETY_PCT
from rareearth.quantity import LEVEL_PCT, Estimate

_BAND = "#ffefcf"
_LEFT, _SELLERS = "in stock, rejected, lost or unexplained", "Other sellers"
_COLOURS = {"China": ACCENT, _LEFT: GREY}
_OUTSIDE = "Outside China: what plants finish, without the lanthanum and cerium that they reject"
# Of the lines beside the first, in order: told apart without colour.
_STYLES = ((INK, "-"), (GREY, (0, (5, 2))), (INK, (0, (1, 1.6))), (GREY, "-."))


def show_by_year(
    shares: Mapping[str, Mapping[int, Estimate]], published: pd.DataFrame, is_published: Mapping[int, bool]
) -> None:
    """One basis with its interval, others as thin lines, and what others publish (`claims.outside_points`).

    `shares` has the short words of a basis, to year to Estimate; the first is the line with the interval. Years whose quota is
    not published (`is_published`) are drawn hollow and dashed.
    """
    (words, main), *others = shares.items()
    years = list(main)
    known = [year for year in years if is_published[year]]

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        axes.axhspan(*ABOUT_NINETY_PCT, color=_BAND, zorder=0, linewidth=0)
        axes.text(years[0] - 0.45, ABOUT_NINETY_PCT[1] - 0.45, "“about 90%”", fontsize=8.5, color=INK)
        ends = [[getattr(main[year], end) for year in years] for end in ("low", "high")]
        axes.fill_between(years, *ends, color=ACCENT, alpha=0.2, linewidth=0)
        labels = []
        for (name, of_basis), (colour, style) in zip(others, _STYLES, strict=False):
            values = [of_basis[year].value for year in years]
            axes.plot(years, values, color=colour, linewidth=1.1, linestyle=style)
            labels.append((values[-1], f"{name} {of_basis[years[-1]].number()}", colour))
        values = [main[year].value for year in years]
        at = len(known) - 1
        axes.plot(known, values[: at + 1], color=ACCENT, linewidth=2)
        axes.plot(years[at:], values[at:], color=ACCENT, linewidth=2, linestyle="--")
        labels.append((values[-1], f"{words} {main[years[-1]].number()}", ACCENT))
        for year, one in main.items():
            dot(axes, year, one.value, ACCENT, f"{words}, {year}: {one}", hollow=not is_published[year])
        for row in published.itertuples():
            is_agency = row.claimant.startswith("IEA")
            name = "IEA, magnet elements" if is_agency else row.claimant
            value, year = row.share_low_pct, int(row.reference_year_first)
            marker = "D" if is_agency else "s"
            dot(axes, year, value, SECOND, f"{name}, {year}: {value:g} %", hollow=True, marker=marker)
            is_lowest = value == published["share_low_pct"].min()
            if is_lowest or not is_agency:  # the agency's marks are named once
                shown = "\n".join(name.rsplit(" ", 1)) if narrow else name
                place = {"xytext": (-6, -9 if is_agency else 0), "fontsize": 8.5}
                label(axes, year, value, f"{shown} {value:g}", SECOND, left=True, **place)
        end_labels(axes, years[-1] + 0.1, labels, 0.8 if narrow else 0.7)
        axes.set(ylim=(81, 96.5), xlim=(years[0] - 0.55, years[-1] + (4.6 if narrow else 2.8)))
        axes.set(xticks=years[:: -2 if narrow else 1], ylabel="China's share of the world, %")

    peak = max(main, key=lambda year: main[year].value)
    in_words = {name: "; ".join(f"{year} {one}" for year, one in of.items()) for name, of in shares.items()}
    rows = [(year, name, one) for name, of in shares.items() for year, one in of.items()]
    show_figure(
        draw,
        name="share-by-year",
        title=f"China's share of separation by {words} rose from {main[years[0]]:rounded} in {years[0]} to {main[peak]:rounded} in {peak}"
        + (
            f" and {'was' if is_published[years[-1]] else 'is estimated at'} {main[years[-1]]:rounded} in {years[-1]}"
            if peak != years[-1]
            else ""
        ),
        subtitle=f"China's share of the world's separated rare earths, {years[0]} to {years[-1]}: line and {LEVEL_PCT} % interval by {words}, "
        "thin lines by other ways to count. Hollow: the quota of the year is not published",
        alt=" ".join(f"By {name}: {text}." for name, text in in_words.items())
        + f" Published by others: {published['share_low_pct'].min():g} to {published['share_low_pct'].max():g} %.",
        data=pd.DataFrame(rows, columns=["Year", "Counted by", "Share"]),
        source_ids=[
            *(s for _, _, one in rows for s in one.source_ids),
            *(s for ids in published["source_ids"] for s in ids),
        ],
        height_in=4.4,
    )


def show_balance_by_year(balances: Sequence[Balance], origin: Mapping[int, Estimate]) -> None:
    """Mined ore by year: separated in China (`origin` is its part), separated outside, and what is left."""

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        years = [balance.year for balance in balances]
        base = np.zeros(len(years))
        labels = []
        for words, ink, (face, edge, hatch), tonnes in (
            ("separated\nin China", ACCENT, (ACCENT, GROUND, ""), [b.in_china.mid for b in balances]),
            ("separated\noutside China", SECOND, (SECOND, GROUND, ""), [b.outside_t_reo for b in balances]),
            (
                _LEFT.replace("rejected, ", "rejected,\n"),
                GREY,
                (GROUND, GREY, "////"),
                [b.left_t_reo for b in balances],
            ),
        ):
            heights = np.array(tonnes) / 1000
            look = {"color": face, "edgecolor": edge, "hatch": hatch, "linewidth": 0.6, "zorder": 2}
            for drawn, year, height in zip(axes.bar(years, heights, 0.72, base, **look), years, heights, strict=True):
                mark(drawn, f"{year}, {words.replace(chr(10), ' ')}: {height:,.0f} thousand t")
            labels.append((base[-1] + heights[-1] / 2, f"{words} {heights[-1]:,.0f}", ink))
            base = base + heights
        end_labels(axes, years[-1] + 0.45, labels, 56 if narrow else 46)
        axes.set(xlim=(years[0] - 0.6, years[-1] + (4.2 if narrow else 2.8)))
        axes.set(xticks=years[:: -2 if narrow else 1], ylabel="Thousand t REO")

    last = balances[-1]
    show_figure(
        draw,
        name="balance-by-year",
        title=f"{last.left_t_reo / 1000:,.0f} thousand tonnes of the ore mined in {last.year} are in no output: in stock, rejected "
        "outside China, lost or unexplained",
        subtitle=f"Mined rare earths by where they are separated, thousand t REO, {balances[0].year} to {last.year}. {_OUTSIDE}",
        alt="Stacked columns by year. "
        + "; ".join(
            f"{b.year}: mined {b.world_t_reo:,.0f} t, separated in China {b.in_china.mid:,.0f} t" for b in balances
        ),
        data=by_year(balances).assign(**{"Part separated in China": list(origin.values())}),
    )


def show_flow(balance: Balance, origin: Estimate) -> None:
    """The closed balance of a year as a flow: from the country of the mine to where its ore is separated.

    A country that sent out more than it mined has a flow only for what it sent; `origin` is the part that China separates.
    """
    sources, targets, flows = _flows(balance)

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        gap = 0.045 * sum(flows.values())
        left, right = _stack(sources, flows, 0, gap), _stack(targets, flows, 1, gap)
        at_left, at_right = dict(left), dict(right)
        for (source, target), tonnes in flows.items():
            words = f"{source} to {target}: {tonnes / 1000:,.0f} thousand t"
            _ribbon(axes, at_left[source], at_right[target], tonnes, _COLOURS.get(target, SECOND), words)
            at_left[source] += tonnes
            at_right[target] += tonnes
        for names, ends, start, x, side in (
            (sources, at_left, left, -0.02, "right"),
            (targets, at_right, right, 1.02, "left"),
        ):
            for name in names:
                middle = (start[name] + ends[name]) / 2
                words = f"{name} {(ends[name] - start[name]) / 1000:,.0f} kt".replace("rejected, ", "rejected,\n")
                look = {"fontsize": 8 if narrow else 9.5, "color": INK, "linespacing": 1.25}
                axes.text(x, middle, words, ha=side, va="center", **look)
        axes.set_xlim(*((-0.75, 1.85) if narrow else (-0.35, 1.5)))
        axes.set_ylim(max(*at_left.values(), *at_right.values()) + gap, -gap)
        axes.set_axis_off()

    in_china, world = balance.in_china.mid / 1000, balance.world_t_reo / 1000
    show_figure(
        draw,
        name="flow",
        title=f"China separated {in_china:,.0f} of the {world:,.0f} thousand tonnes mined in {balance.year} "
        f"({100 * in_china / world:.0f} %); {balance.left_t_reo / 1000:,.0f} are in no output: in stock, rejected outside China, lost "
        "or unexplained",
        subtitle=f"Thousand t REO from the country of the mine (left) to where the ore was separated (right), {balance.year}. {_OUTSIDE}",
        alt=f"Flow of ore in {balance.year}. "
        + "; ".join(
            f"{row.country}: mined {row.mined.mid:,.0f} t, separated in China {row.in_china.mid:,.0f} t"
            for row in balance.rows
        ),
        data=by_country(balance),
        estimates=[origin],
    )


def _flows(balance: Balance) -> tuple[list[str], list[str], dict[tuple[str, str], float]]:
    """Sources, targets, and tonnes from one to the other; small countries together, nothing below zero."""
    flows: dict[tuple[str, str], float] = {}
    for row in balance.rows:
        source = {"CHN": "China", "MMR": "Myanmar", "USA": "United States", "AUS": "Australia"}.get(
            row.iso3, "India, Russia" if row.iso3 in ("IND", "RUS") else _SELLERS
        )
        place = {"AUS": "Malaysia", "USA": "United States"}.get(row.iso3, "India, Estonia")
        for target, tonnes in (("China", row.in_china.mid), (place, row.outside.mid), (_LEFT, row.left_t_reo)):
            if tonnes > 0:
                flows[source, target] = flows.get((source, target), 0.0) + float(tonnes)
    sources = ["China", "Myanmar", _SELLERS, "United States", "Australia", "India, Russia"]
    targets = ["China", "United States", "Malaysia", "India, Estonia", _LEFT]
    flows = {(s, t): flows[s, t] for s in sources for t in targets if (s, t) in flows}
    return (
        [s for s in sources if any(a == s for a, _ in flows)],
        [t for t in targets if any(b == t for _, b in flows)],
        flows,
    )


def _stack(names: list[str], flows: dict[tuple[str, str], float], end: int, gap: float) -> dict[str, float]:
    """Where each name begins, one below the other; `end` 0 stacks what leaves it, 1 what arrives."""
    starts, at = {}, 0.0
    for name in names:
        starts[name] = at
        at += sum(tonnes for pair, tonnes in flows.items() if pair[end] == name) + gap
    return starts


def _ribbon(axes: Axes, left: float, right: float, tonnes: float, colour: str, words: str) -> None:
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    corners = [(0, left), (0.5, left), (0.5, right), (1, right), (1, right + tonnes)]
    corners += [(0.5, right + tonnes), (0.5, left + tonnes), (0, left + tonnes), (0, left)]
    drawn = PathPatch(Path(corners, codes), facecolor=colour, alpha=0.55, linewidth=0)
    mark(drawn, words)
    axes.add_patch(drawn)


# --- Published claims ---
