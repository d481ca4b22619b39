"""Accessible charts: the only place that draws. `frame` around every chart, and a file for each subject of pages."""

from rareearth.charts.frame import STYLE, show_figure
from rareearth.packages import lazy

__all__ = ["STYLE", "show_figure"]

lazy(__name__, functions={"frame": __all__})
