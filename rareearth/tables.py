"""Accessible tables, and the CSV behind them.

Cells may be Estimates: the table prints them like the text does, and the CSV holds value, low and high.
"""

import io
import re
from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import display

from rareearth.estimate import UNITS, Estimate, bundle
from rareearth.spreadsheet import neutral

# A number that was written out for its decimals or its sign, with or without a range behind it.
_WRITTEN_NUMBER = re.compile(r"[+\-]?[\d,]+(\.\d+)?( \([\d,. to]+\))?")


def _is_number(cell: Any) -> bool:
    return isinstance(cell, Estimate | int | float | np.integer) and not isinstance(cell, bool)


def _reads_as_number(cell: Any) -> bool:
    return _is_number(cell) or (isinstance(cell, str) and _WRITTEN_NUMBER.fullmatch(cell) is not None)


# Letters of the longest text of a column from which it gets room: else a row of a wide table is a tower of words.
_ROOM_FROM = {"w": 61, "m": 17, "s": 5}


def _kind(cells: pd.Series) -> str:
    """Class of a column: n for numbers (an empty cell is no word), s, m or w for the room that text needs, or none."""
    filled = [cell for cell in cells if not (isinstance(cell, str) and not cell.strip())]
    if filled and all(map(_reads_as_number, filled)):
        return "n"
    longest = max((len(str(cell)) for cell in filled), default=0)
    return next((kind for kind, letters in _ROOM_FROM.items() if longest >= letters), "")


def _cell_html(cell: Any) -> str:
    if isinstance(cell, Estimate):
        return cell.html()
    if _is_number(cell):
        return "not published" if pd.isna(cell) else f'<data value="{cell}">{_plain_number(cell)}</data>'
    return escape(str(cell))


def _plain_number(cell: float) -> str:
    # Years and counts are integers and carry no separator; quantities are floats.
    if isinstance(cell, int | np.integer):
        return str(cell)
    return f"{cell:,.0f}" if abs(cell) >= 1000 or float(cell).is_integer() else f"{cell:,.1f}"


def html_table(frame: pd.DataFrame, *, caption: str, name: str) -> str:
    """The frame as a table with caption, column scopes and row scopes (its first column).

    Args:
        frame: Columns as they are to be read, units in their names; cells text, numbers or Estimates.
        caption: What the table shows.
        name: Makes the header ids of this table unique in the page.
    """
    kinds = [_kind(frame[column]) for column in frame.columns]
    kinds[0] = kinds[0].replace("n", "")  # row heads stand left, also years
    head = "".join(
        f'<th scope="col"{f" class={kind}" if kind else ""}>{escape(str(column))}</th>'
        for column, kind in zip(frame.columns, kinds, strict=True)
    )
    rows = []
    for record in frame.itertuples(index=False, name=None):
        first, *rest = record
        cells = "".join(
            f"<td{' class=n' if kind == 'n' else ''}>{_cell_html(cell)}</td>"
            for cell, kind in zip(rest, kinds[1:], strict=True)
        )
        rows.append(f'<tr><th scope="row">{_cell_html(first)}</th>{cells}</tr>')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)} ({escape(name)})">'
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def csv_text(frame: pd.DataFrame) -> str:
    """The frame as CSV; an Estimate becomes the columns id, value, low and high at full precision."""
    columns: dict[str, list[Any]] = {}
    for column in frame.columns:
        cells = list(frame[column])
        estimates = [cell for cell in cells if isinstance(cell, Estimate)]
        if not estimates:
            columns[neutral(str(column))] = [neutral(cell) for cell in cells]
            continue
        unit = estimates[0].unit
        if unit not in UNITS or any(cell.unit != unit for cell in estimates):
            raise ValueError(f"column {column!r} mixes units")
        for part in ("id", "low", "value", "high"):
            suffix = "" if part == "id" else f"_{unit}"
            columns[neutral(f"{column} {part}{suffix}")] = [
                getattr(cell, part) if isinstance(cell, Estimate) else None for cell in cells
            ]
    buffer = io.StringIO()
    pd.DataFrame(columns).to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue()


def sources_html(source_ids: Iterable[str]) -> str:
    """Links to the page's list of sources; folded when they are many."""
    ids = list(dict.fromkeys(source_ids))
    links = ", ".join(f'<a href="#source-{escape(source)}">{escape(source)}</a>' for source in ids)
    if len(ids) <= 6:
        return f'<p class="sources">Sources: {links}</p>'
    return f'<details class="sources"><summary>{len(ids)} sources</summary><p>{links}</p></details>'


def show_table(frame: pd.DataFrame, *, caption: str, name: str, source_ids: Iterable[str]) -> None:
    """Shows a table; every Estimate in it joins results.json and the list of origins.

    Args:
        frame: See `html_table`.
        caption: What the table shows, with years and units.
        name: Lower case with hyphens; unique in the notebook.
        source_ids: Ids in data/raw/sources.csv.

    Raises:
        ValueError: the caption is missing or the frame has no row.
    """
    if not caption.strip():
        raise ValueError(f"table {name!r}: caption is missing")
    if frame.empty:
        raise ValueError(f"table {name!r}: no rows")
    source_ids = list(source_ids)
    if not source_ids:
        raise ValueError(f"table {name!r}: no source")
    estimates = [cell for column in frame.columns for cell in frame[column] if isinstance(cell, Estimate)]
    display(
        {
            "text/plain": f"{caption}: {len(frame)} rows",
            "text/html": html_table(frame, caption=caption, name=name) + sources_html(source_ids),
            **bundle(estimates, source_ids),
        },
        raw=True,
    )
