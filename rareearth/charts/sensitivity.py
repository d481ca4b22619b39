"""Charts of what moves a result."""

from collections.abc import Callable, Sequence

from matplotlib.figure import Figure

from rareearth.charts.frame import ACCENT, INK
from rareearth.uncertainty import Sensitivity


def draw_sensitivity(parts: Sequence[Sensitivity]) -> Callable[[Figure, bool], None]:
    """The drawing of the part of the variance that each input explains, alone and with its interactions.

    Args:
        parts: See `uncertainty.sensitivity`; drawn in their order.

    Returns:
        A function for `show_figure`.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        rows = range(len(parts))
        axes.barh(rows, [100 * part.total for part in parts], 0.55, color=ACCENT, alpha=0.45)
        axes.scatter(
            [100 * max(part.first, 0) for part in parts], rows, color=INK, marker="|", s=130, zorder=3
        )
        for y, part in zip(rows, parts, strict=True):
            axes.text(100 * part.total + 1.2, y, f"{100 * part.total:.0f} %", va="center", fontsize=9)
            axes.text(0, y - 0.32, part.primitive.name, va="bottom", fontsize=9 if narrow else 9.5)
        axes.set_yticks([])
        axes.set_ylim(len(parts) - 0.4, -0.8)
        axes.set_xlim(0, max(100 * part.total for part in parts) * 1.16)
        axes.tick_params(length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("Part of the variance, %")

    return draw
