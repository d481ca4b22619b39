"""The frame of every chart: style, two sizes, title, alternative text, data, sources.

A chart is drawn twice, wide and narrow, at the same letter size, so that it can be read on a telephone. The
title, the alternative text, the data (as a link inside the page) and the sources stand in HTML beside it.
"""

import base64
import io
import re
from collections.abc import Callable
from html import escape
from pathlib import Path

import matplotlib
import pandas as pd
from IPython.display import display
from matplotlib.figure import Figure

from rareearth.quantity import Estimate
from rareearth.show import bundle, csv_text, html_table, sources_html
from rareearth.text import FIGURE_MIME

# Okabe and Ito (2008): told apart in every common form of colour blindness. The orange is darkened to keep
# 3:1 against white.
INK, GREY, ACCENT, SECOND = "#1a1a1a", "#6b6b6b", "#0072B2", "#B85000"
_FONT = "font-family: 'DejaVu Sans', Verdana, sans-serif"
_SIZES_IN = {"wide": (7.4, 4.4), "narrow": (3.7, 4.6)}
# A style sheet of matplotlib, so that a researcher's own charts can look the same.
STYLE = str(Path(__file__).with_name("rareearth.mplstyle"))


def _svg(draw: Callable[[Figure, bool], None], name: str, size: str, height_in: float | None = None) -> str:
    width, height = _SIZES_IN[size]
    style = matplotlib.rc_params_from_file(STYLE, use_default_template=False)
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **style, "svg.hashsalt": f"{name}-{size}"}):
        figure = Figure(figsize=(width, height_in or height), layout="constrained")
        draw(figure, size == "narrow")
        _lay_down(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _compact(buffer.getvalue())


def _lay_down(figure: Figure) -> None:
    """Puts what a vertical axis shows above it, because nobody reads text that stands."""
    for axes in figure.axes:
        if words := axes.get_ylabel():
            axes.set_ylabel("")
            axes.set_title(words, loc="left", fontsize="medium")


def _compact(svg: str) -> str:
    """The same drawing in half the bytes, because a page holds every chart twice.

    The font stands once, with fall-backs of the same kind for other systems; a hundredth of a point is fine enough.
    """
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.S)
    svg = svg.replace("font-family: 'DejaVu Sans'; ", "")
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = svg.replace('<style type="text/css">', f'<style type="text/css">text{{{_FONT}}}')
    svg = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(\.\d\d)\d+", r"\1", tag.group()), svg)
    return re.sub(r"\s*\n\s*", " ", re.sub(r">\s+<", "><", svg)).strip()


def _data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def show_figure(
    draw: Callable[[Figure, bool], None],
    *,
    name: str,
    title: str,
    subtitle: str,
    alt: str,
    data: pd.DataFrame,
    source_ids: list[str],
    estimates: list[Estimate],
    height_in: float | None = None,
) -> None:
    """Shows a chart with its message as title.

    Args:
        draw: Called with an empty Figure and True for the narrow form; draws no title.
        name: File name of the data, lower case with hyphens.
        title: The message, one sentence.
        subtitle: What, unit, place, time.
        alt: What the chart shows, with its numbers, for those who do not see it.
        data: The plotted values, one row a mark; becomes the CSV and the table view.
        source_ids: Ids in data/raw/sources.csv.
        estimates: The Estimates that are drawn.
        height_in: Height of both drawings in inches, for a list of many rows; the usual one when None.

    Raises:
        ValueError: title, subtitle, alternative text or sources are missing, the alternative text holds no
            number, or the name is no plain file name.
    """
    for label, text in (("title", title), ("subtitle", subtitle), ("alt", alt)):
        if not text.strip():
            raise ValueError(f"figure {name!r}: {label} is missing")
    if not re.search(r"\d", alt):
        raise ValueError(f"figure {name!r}: the alternative text says no number")
    if not source_ids:
        raise ValueError(f"figure {name!r}: no source")
    if not re.fullmatch(r"[a-z0-9-]{1,60}", name):
        raise ValueError(f"figure {name!r}: name is not lower-case letters, digits and hyphens")
    wide, narrow = (_svg(draw, name, size, height_in) for size in _SIZES_IN)
    (wide_px, wide_height), (narrow_px, narrow_height) = (
        (round(100 * width), round(100 * (height_in or height))) for width, height in _SIZES_IN.values()
    )
    csv = csv_text(data)
    download = "data:text/csv;charset=utf-8;base64," + base64.b64encode(csv.encode()).decode()
    html = (
        f'<figure class="chart" id="figure-{name}"><figcaption><b>{escape(title)}</b>'
        f"<span>{escape(subtitle)}</span></figcaption>"
        f'<picture><source media="(max-width: 600px)" srcset="{_data_uri(narrow)}"'
        f' width="{narrow_px}" height="{narrow_height}">'
        f'<img src="{_data_uri(wide)}" alt="{escape(alt)}" width="{wide_px}" height="{wide_height}"></picture>'
        f'<div class="under"><a download="{name}.csv" href="{download}">Data (CSV)</a>'
        f"{sources_html(source_ids)}"
        f"<details><summary>Table view</summary>{html_table(data, caption=subtitle, name=name)}</details></div>"
        "</figure>"
    )
    display(
        {
            "text/plain": alt,
            "text/html": html,
            FIGURE_MIME: {"name": name, "title": title, "alt": alt, "csv": csv, "svg": wide},
            **bundle(estimates, source_ids),
        },
        raw=True,
        metadata={"text/html": {"alt": alt}},
    )
