"""The chart of the page on other minerals."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from rareearth.charts.frame import ACCENT, GREY, SECOND, show_figure
from rareearth.charts.helpers import as_list, bar, label
from rareearth.processing import minerals


def show_largest(supplies: Sequence[minerals.Supply]) -> None:
    """The largest supplier of each mineral and stage, the largest share first; China in one colour, others in another.

    Args:
        supplies: See `minerals.newest_by_stage`.
    """
    ordered = sorted(supplies, key=lambda one: -one.largest[1])
    by_china = sum(one.largest[0] == "China" for one in ordered)

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        as_list(axes, [one.words for one in ordered], narrow)
        for y, one in enumerate(ordered):
            name, share = one.largest
            words = f"{minerals.top_share(one):rounded} {name}"
            bar(axes, y, share, ACCENT if name == "China" else SECOND, f"{one.words}, {one.year}: {words}")
            label(axes, share, y, words, GREY)
        axes.set_xlim(0, 145 if narrow else 122)
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.set_xlabel("Share, %" if narrow else "Share of the largest supplier, %")

    show_figure(
        draw,
        name="largest",
        title=f"China is the largest supplier at {by_china} of {len(ordered)} stages of seven other critical minerals",
        subtitle="Share of the largest supplier by mineral and stage, %, newest year of each; China blue, others orange",
        alt="Bars: "
        + "; ".join(f"{one.words} {one.year}: {one.largest[0]} {one.largest[1]:.1f} %" for one in ordered)
        + ".",
        data=minerals.overview(ordered),
    )
