"""Charts of other minerals."""

from collections.abc import Callable, Sequence

from matplotlib.figure import Figure

from rareearth.charts.frame import ACCENT, GREY, SECOND
from rareearth.processing.minerals import Supply


def draw_largest(supplies: Sequence[Supply], highlight: str) -> Callable[[Figure, bool], None]:
    """The drawing of the largest supplier of each mineral and stage, the highlighted mineral in colour.

    Args:
        supplies: In the order of the rows.
        highlight: A mineral.

    Returns:
        A function for `show_figure`.
    """
    ordered = sorted(supplies, key=lambda one: -one.spread.top(1)[1])

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        for y, one in enumerate(ordered):
            (name,), share = one.spread.top(1)
            colour = (ACCENT if name == "China" else SECOND) if one.mineral == highlight else "#b9b9b9"
            axes.barh(y, share, 0.66, color=colour)
            who = "DR Congo" if name.startswith(("Congo", "Democratic")) else name
            beside = {"textcoords": "offset points", "va": "center", "fontsize": 9, "color": GREY}
            axes.annotate(f"{share:.0f}  {who}", (share, y), (4, 0), **beside)
        axes.set_yticks(range(len(ordered)), [f"{one.mineral}, {one.stage}" for one in ordered], fontsize=9)
        axes.set_ylim(len(ordered) - 0.4, -0.6)
        axes.set_xlim(0, 135 if narrow else 116)
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.tick_params(length=0)
        axes.grid(axis="x")
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("Share, %" if narrow else "Share of the largest supplier, %")

    return draw
