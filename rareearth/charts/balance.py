"""Charts of the closed balance from mine to separation."""

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from rareearth.charts.frame import ACCENT, GREY, SECOND
from rareearth.processing.elsewhere import totals_t_reo
from rareearth.processing.mass_balance import Balance


def draw_balance_by_year(balances: Sequence[Balance]) -> Callable[[Figure, bool], None]:
    """The drawing of mined ore by year: separated in China, separated elsewhere, and what is left.

    Args:
        balances: One a year, in order; the parts are labelled beside the last.

    Returns:
        A function for `show_figure`.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        years = [balance.year for balance in balances]
        base = [0.0] * len(balances)
        parts = (
            ("separated\nin China", ACCENT, None, [b.in_china_t_reo[1] / 1000 for b in balances]),
            ("separated\nelsewhere", SECOND, None, [totals_t_reo(b.elsewhere)[1] / 1000 for b in balances]),
            ("in stock, lost,\nunexplained", "white", "////", [b.left_t_reo / 1000 for b in balances]),
        )
        for label, colour, hatch, heights in parts:
            edge = GREY if hatch else "white"
            axes.bar(
                years, heights, 0.72, base, color=colour, hatch=hatch, edgecolor=edge, linewidth=0.6, zorder=2
            )
            middle = base[-1] + heights[-1] / 2
            text_colour = GREY if hatch else colour
            axes.text(
                years[-1] + 0.5, middle, label, color=text_colour, va="center", fontsize=9 if narrow else 10.5
            )
            base = [low + height for low, height in zip(base, heights, strict=True)]
        axes.set_xlim(years[0] - 0.6, years[-1] + (3.1 if narrow else 2.0))
        axes.set_xticks(years, [f"’{year % 100}" if narrow else str(year) for year in years])
        axes.tick_params(length=0)
        axes.set_ylabel("Thousand t REO")

    return draw


def draw_flow(balance: Balance) -> Callable[[Figure, bool], None]:
    """The drawing of the closed balance of a year as a flow: from the country of the mine to where it is separated.

    Args:
        balance: The year; a country that sent out more than it mined has a flow only for what it sent.

    Returns:
        A function for `show_figure`.
    """
    sources, targets, flows = _flows(balance)

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        gap = 0.045 * sum(flows.values())
        left = _stack(sources, {s: sum(t for (a, _), t in flows.items() if a == s) for s in sources}, gap)
        right = _stack(targets, {s: sum(t for (_, b), t in flows.items() if b == s) for s in targets}, gap)
        at_left, at_right = dict(left), dict(right)
        for (source, target), tonnes in flows.items():
            _ribbon(axes, at_left[source], at_right[target], tonnes, _COLOURS.get(target, SECOND))
            at_left[source] += tonnes
            at_right[target] += tonnes
        for names, ends, start, x, side in (
            (sources, at_left, left, -0.02, "right"),
            (targets, at_right, right, 1.02, "left"),
        ):
            for name in names:
                height = ends[name] - start[name]
                words = f"{name}  {height / 1000:,.0f}"
                middle = (start[name] + ends[name]) / 2
                axes.text(
                    x, middle, words, ha=side, va="center", fontsize=8.2 if narrow else 9.5, linespacing=0.95
                )
        axes.set_xlim(*((-0.6, 1.72) if narrow else (-0.3, 1.36)))
        axes.set_ylim(max(*at_left.values(), *at_right.values()) + gap, -gap)
        axes.set_axis_off()

    return draw


_COLOURS = {"China": ACCENT, "in stock, lost": "#9a9a9a"}
_SELLERS = "Other sellers"


def _flows(balance: Balance) -> tuple[list[str], list[str], dict[tuple[str, str], float]]:
    """Sources, targets, and tonnes from one to the other; small countries together, nothing below zero."""
    flows: dict[tuple[str, str], float] = {}
    for row in balance.rows:
        source = {"CHN": "China", "MMR": "Myanmar", "USA": "United States", "AUS": "Australia"}.get(
            row.iso3, "India, Russia" if row.iso3 in ("IND", "RUS") else _SELLERS
        )
        place = {"AUS": "Malaysia", "USA": "United States"}.get(row.iso3, "India, Estonia")
        for target, tonnes in (
            ("China", row.in_china.central_t_reo),
            (place, row.elsewhere.central_t_reo),
            ("in stock, lost", row.left_t_reo),
        ):
            if tonnes > 0:
                flows[source, target] = flows.get((source, target), 0.0) + float(tonnes)
    sources = [n for n in ("China", "Myanmar", _SELLERS, "United States", "Australia", "India, Russia")]
    targets = ["China", "United States", "Malaysia", "India, Estonia", "in stock, lost"]
    flows = {(s, t): flows[s, t] for s in sources for t in targets if (s, t) in flows}
    return (
        [s for s in sources if any(a == s for a, _ in flows)],
        [t for t in targets if any(b == t for _, b in flows)],
        flows,
    )


def _stack(names: list[str], heights: dict[str, float], gap: float) -> dict[str, float]:
    starts, at = {}, 0.0
    for name in names:
        starts[name] = at
        at += heights[name] + gap
    return starts


def _ribbon(axes: Axes, left: float, right: float, tonnes: float, colour: str) -> None:
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    corners = [(0, left), (0.5, left), (0.5, right), (1, right), (1, right + tonnes)]
    corners += [(0.5, right + tonnes), (0.5, left + tonnes), (0, left + tonnes), (0, left)]
    axes.add_patch(PathPatch(Path(corners, codes), facecolor=colour, alpha=0.55, linewidth=0))
