"""The frame of every chart (style, sizes, theme, title, alternative text, data, sources) and the parts that charts share.

A chart is drawn wide, narrow and small, at the same letter size, so that it can be read on a telephone and in the index. In a page the
title, the alternative text, the data and the sources stand in HTML beside the drawing. The SVG file that goes with the
page holds them itself, because a picture is passed on without its page. Colours follow the reader's theme.
"""

import base64
import io
import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from textwrap import fill, wrap
from typing import Any

import matplotlib
import pandas as pd
from IPython.display import display
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from rareearth import tables
from rareearth.quantity import Estimate
from rareearth.show import bundle, csv_link, csv_text, estimates_of, html_table, sources_html, sources_of
from rareearth.text import FIGURE_MIME, typeset

Draw = Callable[[Figure, bool], None]

# Okabe and Ito (2008): told apart in every common form of colour blindness. The orange is darkened to keep 3:1 against
# white; in the dark theme each has its lighter form.
INK, GREY, FAINT, WASH, GROUND = "#1a1a1a", "#6b6b6b", "#b9b9b9", "#f2f2f2", "#ffffff"
ACCENT, SECOND, TINT = "#0072b2", "#b85000", "#8bb8d8"
_IN_THE_DARK = {
    INK: "#ececec",
    GREY: "#b3b3b3",
    FAINT: "#6f7378",
    WASH: "#23272c",
    GROUND: "#16181b",
    ACCENT: "#56b4e9",
    SECOND: "#f0a04b",
    TINT: "#33658a",
    "#dddddd": "#3a3e44",  # the grid
    "#ffefcf": "#4a3d1c",  # the band of "about 90 %"
}
_FONT = "font-family:'DejaVu Sans',Verdana,sans-serif"
_SIZES_IN = {"wide": (7.4, 4.4), "narrow": (3.7, 4.6), "small": (4.4, 3.2)}
# A style sheet of matplotlib, so that a researcher's own charts can look the same.
STYLE = str(Path(__file__).with_name("rareearth.mplstyle"))
_MARK = "mark: "


def mark(artist: Artist, words: str) -> None:
    """Gives a line, bar or dot the words, with its number, that are shown beside it where the SVG itself is looked at."""
    artist.set_gid(_MARK + words)


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
    """One value that says `words`; hollow where it is not measured alike: a projection, or another's figure."""
    fill_of, edge = (GROUND, colour) if hollow else (colour, GROUND)
    (line,) = axes.plot(x, y, marker, markerfacecolor=fill_of, markeredgecolor=edge, zorder=3)
    mark(line, words)


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
    """Names at the ends of lines in place of a key, moved apart to at least `step` where the lines end close together.

    `labels` has for each line its last value, its words and its colour.
    """
    lowest = float("-inf")
    for value, words, colour in sorted(labels):
        lowest = max(value, lowest + step)
        label(axes, x, lowest, words, colour)


def _saved(draw: Draw, size: str, height_in: float | None = None, name: str = "") -> bytes:
    """A drawing as SVG where it has a name, else as PNG."""
    width, height = _SIZES_IN[size]
    style = matplotlib.rc_params_from_file(STYLE, use_default_template=False)
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **style, "svg.hashsalt": f"{name}-{size}"}):
        figure = Figure(figsize=(width, height_in or height), layout="constrained")
        draw(figure, size != "wide")
        for axes in figure.axes:  # what a vertical axis shows goes above it: nobody reads text that stands
            if words := axes.get_ylabel():
                axes.set_ylabel("")
                axes.set_title(words, loc="left", fontsize="medium")
        buffer = io.BytesIO()
        if name:  # as `savefig` does it, but without a first drawing that is thrown away
            FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
        else:
            figure.set_dpi(90)
            FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()


def _svg(draw: Draw, name: str, size: str, height_in: float | None = None) -> str:
    return _themed(_compact(_saved(draw, size, height_in, name).decode()))


def png(draw: Draw) -> bytes:
    """A drawing as a picture for the screen, for controls that are moved in JupyterLab."""
    return _saved(draw, "wide")


def _compact(svg: str) -> str:
    """The same drawing in half the bytes, because a page holds every chart twice; marks get their words.

    The font stands once, with fall-backs of the same kind for other systems; a hundredth of a point is fine enough.
    """
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.S)
    svg = svg.replace("font-family: 'DejaVu Sans'; ", "")
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(rf'<g id="{_MARK}([^"]*)">', r"<g><title>\1</title>", svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # a page holds several drawings, and an id only once
    svg = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(\.\d\d)\d+", r"\1", tag.group()), svg)
    svg = re.sub(r">([^<]+)(?=</text>|</title>)", lambda words: ">" + typeset(words[1]), svg)
    return re.sub(r"\s*\n\s*", " ", re.sub(r">\s+<", "><", svg)).strip()


def _themed(svg: str) -> str:
    """The drawing with its colours as classes, so that they follow the theme of the reader."""
    used: dict[str, None] = {}

    def as_classes(styled: re.Match[str]) -> str:
        rest, classes = styled[1], []
        for paint, colour in re.findall(r"(fill|stroke): (#\w{6})", styled[1]):
            if colour in _IN_THE_DARK:
                rest = re.sub(rf"{paint}: {colour}(; )?", "", rest)
                used[f"{paint}{colour}"] = None
                classes.append(f"{paint[0]}{colour[1:]}")
        return (f'class="{" ".join(classes)}" ' if classes else "") + (f'style="{rest}"' if rest else "")

    svg = re.sub(r'fill="(#\w{6})"', r'style="fill: \1"', svg)
    svg = re.sub(r'style="([^"]*)"', as_classes, svg)
    light, dark = (
        "".join(f".{one[0]}{one[-6:]}{{{one[:-7]}:{colours.get(one[-7:], one[-7:])}}}" for one in sorted(used))
        for colours in ({}, _IN_THE_DARK)
    )
    style = (
        f"text{{{_FONT};fill:{INK}}}{light}@media(prefers-color-scheme:dark){{text{{fill:{_IN_THE_DARK[INK]}}}{dark}}}"
    )
    return svg.replace('<style type="text/css">', f'<style type="text/css">{style}', 1)


def _data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _origin(source_ids: Sequence[str], estimates: Sequence[Estimate]) -> str:
    """Who the numbers are from, in one line for those who see the picture alone."""
    publishers = tables.select("sources", source_id=source_ids)["publisher"]
    names = list(dict.fromkeys([*filter(None, publishers)])) or list(source_ids)
    shown = "; ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    editions = ", ".join(dict.fromkeys(estimate.edition for estimate in estimates))
    return f"Data: {shown}. " + (f"Edition: {editions}. " if editions else "") + "Rare-earth briefings, CC BY 4.0."


def _complete(svg: str, title: str, subtitle: str, alt: str, origin: str) -> str:
    """The drawing between its title and its sources: a picture that needs no page."""
    width, height = (float(number) for number in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    y, lines = 6.0, []
    # Letters a line are those of DejaVu Sans: about 0.6 of the size each, bold ones 0.7.
    for words, size, weight, step in ((title, 14, "bold", 18), (subtitle, 10.5, "normal", 14)):
        for line in wrap(words, int(width / (size * (0.7 if weight == "bold" else 0.6)))):
            y += step
            lines.append(f'<text x="6" y="{y:g}" font-size="{size}" font-weight="{weight}">{escape(line)}</text>')
    top = y + 8
    bottom = top + height
    for line in wrap(origin, int(width / (8 * 0.6))):
        bottom += 11
        lines.append(f'<text x="6" y="{bottom:g}" font-size="8">{escape(line)}</text>')
    place = rf'<svg y="{top:g}" width="{width:g}" height="{height:g}" viewBox="\1">'
    inner = re.sub(r'<svg [^>]*viewBox="([^"]*)"[^>]*>', place, svg, count=1)
    ground = f"rect.g{{fill:{GROUND}}}@media(prefers-color-scheme:dark){{rect.g{{fill:{_IN_THE_DARK[GROUND]}}}}}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width:g} {bottom + 8:g}" width="{width:g}pt" height="{bottom + 8:g}pt" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(alt)}</desc><style>{ground}</style>"
        f'<rect class="g" width="100%" height="100%"/>{"".join(lines)}{inner}</svg>'
    )


def show_figure(
    draw: Draw,
    *,
    name: str,
    title: str,
    subtitle: str,
    alt: str,
    data: pd.DataFrame,
    source_ids: Iterable[str] = (),
    estimates: Iterable[Estimate] = (),
    height_in: float | None = None,
) -> None:
    """Shows a chart with its message as title.

    Args:
        draw: Called with an empty Figure and True for the narrow form; draws no title.
        name: File name of the data, lower case with hyphens.
        title: The message, one sentence.
        subtitle: What, unit, place, time.
        alt: What the chart shows, with its numbers, for those who do not see it.
        data: The plotted values, one row a mark; becomes the CSV and the table view. A column ``source_ids`` is read
            and not shown.
        source_ids: Ids in data/raw/sources.csv; those of the data and the Estimates where none are named.
        estimates: The Estimates that are drawn, those among the data aside.
        height_in: Height of the wide and the narrow drawing in inches, for a list of many rows; the usual one when None.

    Raises:
        ValueError: title, subtitle, alternative text or sources are missing, the alternative text holds no
            number, or the name is no plain file name.
    """
    for label, text in (("title", title), ("subtitle", subtitle), ("alt", alt)):
        if not text.strip():
            raise ValueError(f"figure {name!r}: {label} is missing")
    if not re.search(r"\d", alt):
        raise ValueError(f"figure {name!r}: the alternative text says no number")
    if not re.fullmatch(r"[a-z0-9-]{1,60}", name):
        raise ValueError(f"figure {name!r}: name is not lower-case letters, digits and hyphens")
    title, subtitle, alt = typeset(title), typeset(subtitle), typeset(alt)
    estimates = list(dict.fromkeys([*estimates, *estimates_of(data)]))
    source_ids = list(source_ids) or sources_of(data, estimates)
    if not source_ids:
        raise ValueError(f"figure {name!r}: no source")
    data = data.drop(columns="source_ids", errors="ignore")
    wide, narrow = (_svg(draw, name, size, height_in) for size in ("wide", "narrow"))
    small = _svg(draw, name, "small")  # of one height, as they stand side by side
    wide_size, narrow_size = (
        f'width="{round(100 * width)}" height="{round(100 * (height_in or height))}"'
        for width, height in (_SIZES_IN["wide"], _SIZES_IN["narrow"])
    )
    csv = csv_text(data)
    html = (
        f'<figure class="chart" id="figure-{name}"><figcaption><b>{escape(title)}</b>'
        f"<span>{escape(subtitle)}</span></figcaption>"
        f'<picture><source media="(max-width: 600px)" srcset="{_data_uri(narrow)}" {narrow_size}>'
        f'<img src="{_data_uri(wide)}" alt="{escape(alt)}" {wide_size}></picture>'
        f'<p class="under" data-figure="{name}">{sources_html(source_ids)}{csv_link(csv, name)}</p>'
        f"<details><summary>Table view</summary>{html_table(data, caption=subtitle, name=name)}</details>"
        "</figure>"
    )
    svg = _complete(wide, title, subtitle, alt, _origin(source_ids, estimates))
    display(
        {
            "text/plain": alt,
            "text/html": html,
            FIGURE_MIME: {"name": name, "title": title, "alt": alt, "csv": csv, "svg": svg, "small": small},
            **bundle(estimates, source_ids),
        },
        raw=True,
        metadata={"text/html": {"alt": alt}},
    )
