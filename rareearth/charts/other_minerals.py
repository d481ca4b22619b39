"""The chart of the page on other minerals."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from rareearth.charts.frame import ACCENT, GREY, SECOND, bar, label, list_axes, show_figure
from rareearth.processing import minerals


def show_largest(supplies: Sequence[minerals.Supply]) -> None:
    """The largest supplier of each of `minerals.newest_by_stage`, the largest share first; China in one colour, others in another."""
    ordered = sorted(supplies, key=lambda one: -one.largest[1])
    by_china = sum(one.largest[0] == "China" for one in ordered)

    def draw(figure: Figure, narrow: bool) -> None:
        axes = list_axes(figure, [one.words for one in ordered], narrow, xlim=(0, 145 if narrow else 122))
        for y, one in enumerate(ordered):
            name, share = one.largest
            words = f"{minerals.top_share(one):rounded} {name}"
            bar(axes, y, share, ACCENT if name == "China" else SECOND, f"{one.words}, {one.year}: {words}")
            label(axes, share, y, words, GREY)
        words = "Share, %" if narrow else "Share of the largest supplier, %"
        axes.set(xticks=[0, 25, 50, 75, 100], xlabel=words)

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
