"""Accessible charts: the only place that draws. A file for each page, `frame` around every chart, parts in `helpers`."""

from rareearth.charts.frame import STYLE, show_figure
from rareearth.packages import lazy

__all__ = ["STYLE", "show_figure"]

lazy(__name__, functions={"frame": __all__})
