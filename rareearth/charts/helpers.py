"""Parts that several charts share: lists of rows, ranges with a dot, bars, lines, labels beside marks and at the ends of lines."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rareearth.charts.frame import GROUND, INK, mark


def list_axes(figure: Figure, names: Sequence[str], narrow: bool, **settings: Any) -> Axes:
    """Axes as a list: the first name on top, a grid across only; `settings` are those of ``Axes.set``."""
    axes = figure.add_subplot()
    is_phone = figure.get_figwidth() < 4
    shown = ["\n".join(fill(line, 24) for line in name.splitlines()) if is_phone else name for name in names]
    axes.set_yticks(range(len(names)), shown, fontsize=8 if narrow else 9.5)
    axes.set_ylim(len(names) - 0.5, -0.6)
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    axes.set(**settings)
    return axes


def label(axes: Axes, x: float, y: float, words: str, colour: str = INK, left: bool = False, **text) -> None:
    """Words beside a mark, to its right or left; no line of the grid runs through them."""
    place = {
        "bbox": {"facecolor": GROUND, "edgecolor": "none", "pad": 0.6},
        "xytext": (-5 if left else 5, 0),
        "textcoords": "offset points",
        "ha": "right" if left else "left",
    }
    axes.annotate(words, (x, y), va="center", color=colour, **{"fontsize": 9, **place, **text})


def dot(axes: Axes, x: float, y: float, colour: str, words: str, *, hollow: bool = False, marker: str = "o") -> None:
    """One value, filled or hollow.

    Args:
        axes: Where.
        x: Across.
        y: Up.
        colour: Of the mark.
        words: What it is, with its number.
        hollow: Whether it is not measured alike: a projection, or another's figure.
        marker: Of matplotlib.
    """
    fill_of, edge = (GROUND, colour) if hollow else (colour, GROUND)
    (line,) = axes.plot(x, y, marker, markerfacecolor=fill_of, markeredgecolor=edge, zorder=3)
    mark(line, words)


def dotted_line(axes: Axes, values: Mapping[int, float], colour: str, words: str, marker: str = "o") -> None:
    """A line through values, each with a dot that says `words`, in which ``{x}`` and ``{y}`` are filled in."""
    axes.plot(list(values), list(values.values()), color=colour, linewidth=1.4)
    for x, y in values.items():
        dot(axes, x, y, colour, words.format(x=x, y=y), marker=marker)


def interval(axes: Axes, low: float, high: float, y: float, colour: str, words: str) -> None:
    """A range across a row, which a dot may stand on."""
    mark(axes.hlines(y, low, high, color=colour, linewidth=4, alpha=0.6), words)


def bar(axes: Axes, y: float, width: float, colour: str, words: str, *, height: float = 0.66, hatch: str = "") -> None:
    """A bar across a row; hatched where it counts another thing than its neighbour."""
    (drawn,) = axes.barh(
        y, width, height, facecolor=GROUND if hatch else colour, edgecolor=colour, hatch=hatch, linewidth=0.8
    )
    mark(drawn, words)


def end_labels(axes: Axes, x: float, labels: Sequence[tuple[float, str, str]], step: float) -> None:
    """Names at the ends of lines in place of a key, moved apart where the lines end close together.

    Args:
        axes: Where.
        x: Where the lines end.
        labels: For each line its last value, its words and its colour.
        step: Least distance between two labels, in units of the axis.
    """
    lowest = float("-inf")
    for value, words, colour in sorted(labels):
        lowest = max(value, lowest + step)
        label(axes, x, lowest, words, colour)
