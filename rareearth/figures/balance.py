"""Charts of the closed balance from mine to separation."""

from collections.abc import Callable, Sequence

from matplotlib.figure import Figure

from rareearth.figures.frame import ACCENT, GREY, SECOND
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
