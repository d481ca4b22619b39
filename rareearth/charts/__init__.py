"""Accessible charts: the only place that draws. A file for each page, `frame` around every chart, parts in `helpers`."""

from rareearth.charts.frame import STYLE, show_figure

__all__ = ["STYLE", "show_figure"]
