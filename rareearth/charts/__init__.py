"""Accessible charts: the only place that draws. A file for each subject, and `frame` around every chart."""

from rareearth.charts.frame import STYLE, show_figure

__all__ = ["STYLE", "show_figure"]
