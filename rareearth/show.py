"""What a notebook shows: sentences with numbers, the finding, accessible tables and the CSV behind them.

Every number in a sentence or a cell is an `Estimate`, which joins results.json and the page's list of origins. Charts
are shown by `charts.frame.show_figure`.
"""

import base64
import io
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import display

from rareearth.quantity import LEVEL_PCT, PERCENTILES, UNITS, Estimate, is_probability
from rareearth.text import (
    DOES_NOT_APPLY,
    ESTIMATES_MIME,
    FINDING_MIME,
    SOURCES_MIME,
    TABLE_MIME,
    agreeing,
    day,
    neutral,
    typeset,
)

# A number that was written out for its decimals or its sign, with or without a range behind it.
_WRITTEN_NUMBER = re.compile(r"[+\-−]?[\d,]+(\.\d+)?( \((range )?[\d,. to–]+\))?")

NOT_PUBLISHED = '<span class="none">not published</span>'


def _is_number(cell: Any) -> bool:
    return isinstance(cell, Estimate | int | float | np.integer) and not isinstance(cell, bool)


def _reads_as_number(cell: Any) -> bool:
    return _is_number(cell) or (isinstance(cell, str) and _WRITTEN_NUMBER.fullmatch(cell) is not None)


# Letters of the longest text of a column from which it gets room: else a row of a wide table is a tower of words.
_ROOM_FROM = {"w": 61, "m": 17, "s": 5}
# The room in rem, as page.css has it, and from how much of it a table is wider than the text.
_ROOM_REM = {"w": 14, "m": 8}
_TEXT_REM = 46
# Rows of words are cards on a telephone, and so are a few rows of numbers that it is too narrow for; a long matrix of
# numbers or one of many columns scrolls under its fixed first column.
_CARD_COLUMNS = range(3, 9)
_PHONE_LETTERS, _FIRST_LETTERS, _MOST_CARDS = 51, 16, 16


def _kind(cells: pd.Series) -> str:
    """Class of a column: n for numbers (an empty cell is no word), s, m or w for the room that text needs, or none."""
    filled = [cell for cell in cells if not (isinstance(cell, str) and not cell.strip())]
    if filled and all(map(_reads_as_number, filled)):
        return "n"
    longest = max((len(str(cell)) for cell in filled), default=0)
    return next((kind for kind, letters in _ROOM_FROM.items() if longest >= letters), "")


def _letters(frame: pd.DataFrame) -> int:
    """How many letters across a table needs: a head breaks between words and has the arrows of its sorting, a cell of numbers does not break."""
    columns = frame.columns[1:]
    heads = [max(map(len, str(column).split())) + 2 for column in columns]
    cells = [
        max((len(re.sub("<[^>]*>", "", _cell_html(cell))) for cell in frame[column]), default=0) for column in columns
    ]
    return _FIRST_LETTERS + sum(1 + max(pair) for pair in zip(heads, cells, strict=True))


def _cell_html(cell: Any) -> str:
    if isinstance(cell, Estimate):
        return cell.html()
    if _is_number(cell):
        return NOT_PUBLISHED if pd.isna(cell) else f'<data value="{cell}">{_plain_number(cell)}</data>'
    text = str(cell).strip()
    if text == DOES_NOT_APPLY:
        return f'<span class="none">{text}</span>'
    if re.fullmatch(r"\d{4}-\d\d(-\d\d)?", text):  # a table sorts by the date itself
        return f'<time datetime="{text}">{day(text)}</time>'
    return escape(typeset(text), quote=False) if text else NOT_PUBLISHED


def _plain_number(cell: float) -> str:
    # Years are integers without a separator; other numbers have a comma at thousands and a true minus.
    if isinstance(cell, int | np.integer) and 1900 <= cell <= 2100:
        return str(cell)
    whole = abs(cell) >= 1000 or float(cell).is_integer()
    decimals = 0 if whole else 1 if abs(cell) >= 1 else 2
    return f"{round(cell, decimals) + 0.0:,.{decimals}f}".replace("-", "−")  # no -0


def html_table(frame: pd.DataFrame, *, caption: str, name: str) -> str:
    """The frame as a table with caption, column scopes and row scopes (its first column).

    Args:
        frame: Columns as they are to be read, units in their names; cells text, numbers or Estimates.
        caption: What the table shows.
        name: Makes the header ids of this table unique in the page.
    """
    caption = typeset(caption)
    kinds = [_kind(frame[column]) for column in frame.columns]
    kinds[0] = kinds[0].replace("n", "")  # row heads stand left, also years
    names = [escape(typeset(str(column))) for column in frame.columns]
    is_wordy = any(kind in _ROOM_REM for kind in kinds[1:])
    is_short = len(frame) <= _MOST_CARDS
    cards = len(names) in _CARD_COLUMNS and (is_wordy or (is_short and _letters(frame) > _PHONE_LETTERS))
    columns = list(zip(names, kinds, strict=True))
    head = "".join(f'<th scope="col"{f" class={kind}" if kind else ""}>{column}</th>' for column, kind in columns)
    opened = [
        "<td" + " class=n" * (kind == "n") + f' data-head="{column}"' * cards + ">" for column, kind in columns[1:]
    ]
    rows = []
    for first, *rest in frame.itertuples(index=False, name=None):
        cells = "".join(f"{td}{_cell_html(cell)}</td>" for td, cell in zip(opened, rest, strict=True))
        rows.append(f'<tr><th scope="row">{_cell_html(first)}</th>{cells}</tr>')
    room = sum(_ROOM_REM.get(kind, 5) for kind in kinds)
    wider = " wider" if room > _TEXT_REM else ""
    return (
        f'<div class="scroll{wider}" tabindex="0" role="region" aria-label="{escape(caption)} ({escape(name)})">'
        f'<table class="sortable{" rows" if cards else ""}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def csv_text(frame: pd.DataFrame) -> str:
    """The frame as CSV; an Estimate becomes the columns id, value, low and high at full precision."""
    columns: dict[str, list[Any]] = {}
    for column, cells in frame.items():
        units = {cell.unit for cell in cells if isinstance(cell, Estimate)}
        if not units:
            columns[neutral(str(column))] = [neutral(agreeing(one)) if isinstance(one, str) else one for one in cells]
            continue
        unit = units.pop()
        if unit not in UNITS or units:
            raise ValueError(f"column {column!r} mixes units")
        for part in ("id", "low", "value", "high"):
            suffix = "" if part == "id" else f"_{unit}"
            columns[neutral(f"{column} {part}{suffix}")] = [
                getattr(cell, part) if isinstance(cell, Estimate) else None for cell in cells
            ]
    buffer = io.StringIO()
    pd.DataFrame(columns).to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue()


def csv_link(csv: str, name: str) -> str:
    """A link that saves the data, and needs no other file."""
    data = base64.b64encode(csv.encode()).decode()
    return f'<a download="{escape(name)}.csv" href="data:text/csv;charset=utf-8;base64,{data}">Data (CSV)</a>'


def sources_html(source_ids: Iterable[str]) -> str:
    """The sources as one phrase; the ids are in its title, and the page's record lists them."""
    ids = list(dict.fromkeys(source_ids))
    words = "1 source" if len(ids) == 1 else f"{len(ids)} sources"
    return f'<span class="sources" title="{escape(", ".join(ids))}">{words}</span>'


def estimates_of(frame: pd.DataFrame) -> list[Estimate]:
    """The Estimates among the cells of a table."""
    return [cell for column in frame.columns for cell in frame[column] if isinstance(cell, Estimate)]


def sources_of(frame: pd.DataFrame, estimates: Iterable[Estimate]) -> list[str]:
    """The sources of some Estimates, and those in the column ``source_ids`` of a table where it has one."""
    of_rows = frame.get("source_ids", pd.Series(dtype=object))
    ids = [*(one for row in of_rows for one in row), *(one for of in estimates for one in of.source_ids)]
    return list(dict.fromkeys(ids))


def show_table(frame: pd.DataFrame, *, caption: str, name: str, source_ids: Iterable[str] = ()) -> None:
    """Shows a table; every Estimate in it joins results.json and the list of origins.

    Args:
        frame: See `html_table`; a column ``source_ids`` is read and not shown.
        caption: What the table shows, with years and units.
        name: Lower case with hyphens; unique in the notebook.
        source_ids: Ids in data/raw/sources.csv; those of the rows and of the Estimates where none are named.

    Raises:
        ValueError: the caption is missing or the frame has no row.
    """
    if not caption.strip():
        raise ValueError(f"table {name!r}: caption is missing")
    if frame.empty:
        raise ValueError(f"table {name!r}: no rows")
    estimates = estimates_of(frame)
    source_ids = list(source_ids) or sources_of(frame, estimates)
    if not source_ids:
        raise ValueError(f"table {name!r}: no source")
    frame = frame.drop(columns="source_ids", errors="ignore")
    csv = csv_text(frame)
    under = f'<p class="under">{sources_html(source_ids)}{csv_link(csv, name)}</p>'
    display(
        {
            "text/plain": f"{caption}: {len(frame)} rows",
            "text/html": html_table(frame, caption=caption, name=name) + under,
            TABLE_MIME: {"name": name, "caption": typeset(caption), "csv": csv},
            **bundle(estimates, source_ids),
        },
        raw=True,
    )


class _Linked:
    """Lets ``str.format`` render an Estimate as linked HTML."""

    def __init__(self, estimate: Estimate):
        self._estimate = estimate

    def __format__(self, spec: str) -> str:
        return self._estimate.html(spec)


def bundle(estimates: list[Estimate], source_ids: Iterable[str] = ()) -> dict[str, Any]:
    """The parts of an output that carry Estimates, and sources shown beside them, to results.json and to the page."""
    return {
        ESTIMATES_MIME: {"estimates": [estimate.to_dict() for estimate in estimates]},
        SOURCES_MIME: {"source_ids": sorted(set(source_ids))},
    }


def _text_and_html(template: str, values: dict[str, Any]) -> tuple[str, str, list[Estimate]]:
    estimates = [value for value in values.values() if isinstance(value, Estimate)]
    template = typeset(template)
    values = {name: typeset(value) if isinstance(value, str) else value for name, value in values.items()}
    linked = {
        name: _Linked(value) if isinstance(value, Estimate) else escape(str(value)) for name, value in values.items()
    }
    html = escape(template, quote=False).format(**linked)
    return agreeing(template.format(**values)), agreeing(html), estimates


def say(template: str, **values: Any) -> None:
    """Shows a paragraph whose numbers are rendered from values.

    Args:
        template: Text with named fields; a number may not be typed into it beside a field.
        **values: Estimates, or plain words and years.

    Raises:
        ValueError: the template holds no Estimate, so it belongs into a markdown cell.
    """
    text, html, estimates = _text_and_html(template, values)
    if not estimates:
        raise ValueError("say() without an Estimate: write this sentence into a markdown cell")
    display({"text/plain": text, "text/html": f'<p class="said">{html}</p>', **bundle(estimates)}, raw=True)


def _change(headline: Estimate, before: Estimate | None) -> str:
    """What the edition before had, in words; empty where there is none."""
    if before is None:
        return ""
    release = re.sub(r"\bMCS(\d{4})", r"USGS \1 figures", before.edition)
    if f"{before:value}" == f"{headline:value}":
        return f"{release} gave the same."
    return f"{release} gave {before:value}: a revision, not a change in the world."


def _kind_of_range(interval: str) -> str:
    """What the ends of a number are, in words that stand before them."""
    if not is_probability(interval):
        return "Range"
    of_what = interval.removeprefix(PERCENTILES)
    return f"{LEVEL_PCT}% interval" if of_what == interval else f"Middle {LEVEL_PCT}%{of_what}"


def conclude(
    title: str,
    points: list[str],
    before: Estimate | None = None,
    row: Mapping[str, Estimate | str] | None = None,
    says: str = "",
    **values: Any,
) -> None:
    """Shows the finding: the briefing's title, its main points and the Estimate named ``headline``.

    Args:
        title: One sentence with named fields; becomes the page's title and h1.
        points: Up to five sentences with named fields, the most important first.
        before: The headline as the edition before has it, where there is one; the page says by how much it moved.
        says: What the headline counts, as a reader calls it, with named fields; where none is given, its definition.
        row: What the index says of the page where it lists many in one table, by the head of the column.
        **values: Estimates and words; ``headline`` is required.
    """
    headline = values["headline"]
    says, _, _ = _text_and_html(says, values)
    in_row = [cell for cell in (row or {}).values() if isinstance(cell, Estimate)]
    plain_title, _, estimates = _text_and_html(title, values)
    said = [_text_and_html(point, values) for point in points]
    items = "".join(f"<li>{html}</li>" for _, html, _ in said)
    display(
        {
            "text/plain": "\n".join([plain_title, *("- " + text for text, _, _ in said)]),
            "text/html": f'<p class="finding"><b>{escape(plain_title)}</b></p><ul class="points">{items}</ul>',
            FINDING_MIME: {
                "title": plain_title,
                "headline": headline.id,
                "headline_says": says,
                "headline_text": str(headline),
                "headline_html": headline.html("value"),
                "headline_kind": _kind_of_range(headline.interval),
                "headline_range": f"{headline:range}" if headline.low != headline.high else "",
                "row": [  # a list, for a notebook sorts the keys of an object
                    {"head": head, "text": str(cell), "value": cell.value if isinstance(cell, Estimate) else None}
                    for head, cell in (row or {}).items()
                ],
                "change": _change(headline, before),
                "points": [text for text, _, _ in said],
                "points_html": [html for _, html, _ in said],
            },
            **bundle([*estimates, *in_row]),
        },
        raw=True,
    )
