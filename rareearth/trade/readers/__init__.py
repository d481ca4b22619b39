"""Readers of trade files: one file a layout, recognised by the columns, never by the name."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rareearth.refusal import Refused
from rareearth.trade.columns import Reading
from rareearth.trade.engine import Engine
from rareearth.trade.readers import baci, comtrade, dataweb, legacy, oec, reduced
from rareearth.trade.readers.source import (
    PARQUET,
    Sheet,
    Source,
    csv_sheet,
    open_file,
    parquet_sheet,
)
from rareearth.trade.readers.workbook import workbook_sheets


@dataclass(frozen=True)
class Layout:
    """How a publisher hands out its rows.

    Attributes:
        name: As a message calls it.
        required: Columns without which the layout cannot be read.
        read: Makes the common table from a sheet, the file's name and the year that the user or the name gives.
        needs_year: The layout has no column of years.
        is_wide: A row holds several records.
        keys: What tells two rows of one flow apart: ``total`` columns of detail, ``largest`` value, or nothing.
    """

    name: str
    required: frozenset[str]
    read: Callable[[Sheet, str, str], Reading]
    needs_year: bool = False
    is_wide: bool = False
    keys: str = ""


# The order decides where the columns of one layout contain those of another.
LAYOUTS = (
    Layout(legacy.NAME_35, frozenset(legacy.REQUIRED_35), lambda s, n, y: legacy.read_35(s), keys="total"),
    Layout(legacy.NAME_11, frozenset(legacy.REQUIRED_11), lambda s, n, y: legacy.read_11(s)),
    Layout(comtrade.NAME, frozenset(comtrade.REQUIRED), lambda s, n, y: comtrade.read(s), keys="total"),
    Layout(dataweb.NAME, frozenset(dataweb.REQUIRED), lambda s, n, y: dataweb.read(s, n), is_wide=True),
    Layout(oec.NAME, frozenset(oec.REQUIRED), lambda s, n, y: oec.read(s, y), True, is_wide=True),
    Layout(
        reduced.NAME,
        frozenset(reduced.REQUIRED),
        lambda s, n, y: reduced.read(s, y),
        needs_year=True,
        keys="largest",
    ),
    Layout(baci.NAME, frozenset(baci.REQUIRED), lambda s, n, y: baci.read(s, n)),
    Layout(baci.NAME_LABELLED, frozenset(baci.REQUIRED_LABELLED), lambda s, n, y: baci.read_labelled(s, n)),
    Layout(
        baci.NAME_ISO3,
        frozenset(baci.REQUIRED_ISO3),
        lambda s, n, y: baci.read_iso3(s, n, y),
        needs_year=True,
    ),
    *(
        Layout("BACI table of codes", frozenset(columns), lambda s, n, y: baci.refuse_companion(s, n))
        for columns in baci.COMPANIONS
    ),
)


def layout_of(sheet: Sheet, name: str) -> Layout:
    """The layout of a sheet.

    Raises:
        Refused: it is none of the known ones; the message names the nearest and what it lacks.
    """
    header = set(sheet.header)
    for layout in LAYOUTS:
        if layout.required <= header or (layout.name == comtrade.NAME and comtrade.recognises(sheet.header)):
            if sheet.header[-1] == "" and layout.name != comtrade.NAME:
                raise Refused(
                    f"{name}: every row ends with a separator that its header lacks (A15): remove it"
                )
            return layout
    nearest = max(LAYOUTS, key=lambda layout: len(layout.required & header) / len(layout.required))
    lacking = sorted(nearest.required - header)
    renamed = [
        f"{column!r} is called {comtrade.FORMER_NAMES[column]!r} there"
        for column in sheet.header
        if comtrade.FORMER_NAMES.get(column) in lacking
    ]
    raise Refused(
        f"{name}: no known layout (A13); the nearest, {nearest.name}, has also {', '.join(lacking)}"
        + "".join(f"; {hint}" for hint in renamed)
        + ": give the file as its publisher hands it out"
    )


def _year_of(name: str, given: str) -> str:
    """The year of a file whose rows name none: as given, else the only year in its name."""
    # Digits behind letters are a revision of the codes (hs2017) or a version (V2024); only Y says year.
    found = set(re.findall(r"(?:(?<![^\W_])|(?<![^\W_])[Yy])((?:19|20)\d\d)(?!\d)", name))
    return given or (found.pop() if len(found) == 1 else "")


def reading_of(sheet: Sheet, name: str, layout: Layout, year: str) -> Reading:
    """What the layout of a sheet makes of it.

    Args:
        sheet: The sheet.
        name: Of its file.
        layout: See `layout_of`.
        year: For layouts without a year, where the name of the file has none.

    Raises:
        Refused: nothing names the year.
    """
    is_asked = layout.needs_year and "year" not in sheet.header
    known = _year_of(name, year) if is_asked else ""
    if is_asked and not known:
        raise Refused(f"{name}: {layout.name} names no year (A13): give it with --year")
    reading = layout.read(sheet, name, known)
    if is_asked and not year:
        reading = reading._replace(notes=(*reading.notes, f"year {known}: taken from the name of the file"))
    return reading


def _sheets(source: Source, engine: Engine) -> list[Sheet]:
    if source.data[:2] == b"PK":
        return workbook_sheets(source)
    if source.data == PARQUET:
        return [parquet_sheet(source.path, source.name, engine)]
    start = source.data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return [comtrade.json_sheet(source) if start in (b"{", b"[") else csv_sheet(source, engine)]


def read_file(path: Path, engine: Engine, year: str = "") -> list[tuple[Source, Layout, Reading]]:
    """Every sheet of a file that holds trade.

    Args:
        path: A file, or a gzip or zip archive of one or several.
        engine: Reads what is large.
        year: For layouts without a year.

    Raises:
        Refused: the file cannot be read as a known layout, or has no year.
    """
    found = []
    for source in open_file(path, engine.scratch):
        sheets = _sheets(source, engine)
        for sheet in sheets:
            try:
                layout = layout_of(sheet, source.name)
            except Refused:
                if len(sheets) > 1:  # a workbook holds sheets about itself too
                    continue
                raise
            found.append((source, layout, reading_of(sheet, source.name, layout, year)))
        if not any(source == one for one, _, _ in found):
            raise Refused(
                f"{source.name}: no sheet of a known layout (A13): give it as its publisher hands it out"
            )
    return found
