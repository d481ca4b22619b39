"""Readers of trade files: one file a layout, recognised by the columns, never by the name."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rareearth.errors import Refused
from rareearth.trade.columns import Reading
from rareearth.trade.engine import Engine
from rareearth.trade.readers import (
    baci,
    census,
    comext,
    comtrade,
    comtrade_former,
    dataweb,
    oec,
    reduced,
    trade_map,
    wits,
)
from rareearth.trade.readers.layout import Layout, folded
from rareearth.trade.readers.sheets import Sheet, advice_for, tables
from rareearth.trade.readers.source import Source, open_file

# The order decides where the columns of one layout contain those of another.
LAYOUTS = (
    comtrade.COMTRADE,
    comtrade.FORMER_API,
    comtrade_former.SITE,
    comtrade_former.OLD_DATABASE,
    wits.WITS,
    wits.BY_PARTNER,
    wits.BY_YEAR,
    comext.SDMX,
    comext.WIDE,
    comext.BULK,
    dataweb.DATAWEB,
    census.CENSUS,
    trade_map.TRADE_MAP,
    oec.NET_TRADE,
    oec.BILATERAL,
    baci.YEAR_FILE,
    baci.LABELLED,
    reduced.REDUCED,
    baci.BY_ISO3,
)
# Names of columns of tables that come with trade files and hold none.
_CODES = (
    {"countrycode", "countryname"},
    {"code", "description"},
    {"id", "text"},
    {"reportercode", "reporterdesc"},
    {"partnercode", "partnerdesc"},
    {"cmdcode", "cmddesc"},
)


def is_header(row: Sequence[str]) -> bool:
    """Whether a row is the header of a known layout."""
    return any(layout.recognises(row) for layout in LAYOUTS)


def layout_of(sheet: Sheet) -> Layout:
    """The layout of a sheet.

    Raises:
        Refused: it is none of the known ones; the message names the nearest and what it lacks.
    """
    for layout in LAYOUTS:
        if layout.recognises(sheet.header):
            return layout
    names = {folded(column) for column in sheet.header}
    if len(names) < 6 and any(codes <= names for codes in _CODES):
        raise Refused(f"{sheet.name}: is a table of codes, without trade (A13): give the file with the trade")
    if advice := advice_for(" ".join(sheet.header)):
        raise Refused(f"{sheet.name}: no known layout (A13): {advice}")
    served = {layout: len(set(layout.served(sheet.header).values())) for layout in LAYOUTS}
    nearest = max(LAYOUTS, key=lambda layout: served[layout] / max(len(layout.required), 1))
    if served[nearest] > 2 and served[nearest] * 2 > len(nearest.required):
        raise Refused(
            f"{sheet.name}: no known layout (A13); the nearest, {nearest.name}, has also "
            f"{', '.join(nearest.lacks(sheet.header))}: give the file as its publisher hands it out"
        )
    shown = ", ".join(column for column in sheet.header[:8] if column)
    raise Refused(f"{sheet.name}: no known layout (A13): its columns are {shown}: docs/layouts.md lists what is read")


def _year_in(name: str) -> str:
    """The only year in the name of a file; digits behind HS or V are a revision or a version."""
    found = set()
    for year in re.finditer(r"(?<!\d)(?:19|20)\d\d(?!\d)", name):
        if not re.search(r"(hs?|v|rev)[ _.-]?$", name[: year.start()], re.I):
            found.add(year.group())
    return found.pop() if len(found) == 1 else ""


def _reading(sheet: Sheet, layout: Layout, year: str) -> Reading:
    """What the layout of a sheet makes of it."""
    notes = sheet.notes
    if layout.needs_year and "year" not in layout.served(sheet.header) and not year:
        year = _year_in(sheet.name)
        if not year:
            raise Refused(f"{sheet.name}: {layout.name} names no year (A13): give it with --year")
        notes += (f"year {year}: taken from the name of the file",)
    reading = layout.read(layout, sheet)
    notes = tuple(dict.fromkeys((*notes, *reading.notes)))
    return reading._replace(constants={"year": year, **reading.constants}, notes=notes)


def read_file(path: Path, engine: Engine, year: str = "") -> list[tuple[Source, Layout, Reading]]:
    """Every sheet of a file that holds trade.

    Args:
        path: A file, or a gzip or zip archive of one or several.
        engine: Reads what is large.
        year: For layouts without a year.

    Raises:
        Refused: the file cannot be read as a known layout, or has no year.
    """
    found, beside = [], []
    for source in open_file(path, engine.scratch):
        try:
            found += _read_source(source, engine, year)
        except Refused as refusal:
            # BACI packs its tables of codes and a text about them with its years.
            if source.name == path.name or not _is_beside(source, refusal):
                raise
            beside.append(refusal)
    if beside and not found:
        raise beside[0]
    names = ", ".join(str(refusal).split(":")[0] for refusal in beside)
    note = (f"in the archive and no file of trade: {names}",) if beside else ()
    return [(source, layout, read._replace(notes=(*read.notes, *note))) for source, layout, read in found]


def _is_beside(source: Source, refusal: Refused) -> bool:
    """Whether a file of an archive that is refused holds no trade: one that is damaged must not go unseen."""
    lines = source.text.splitlines()[:30]
    return "(A13)" in str(refusal) or not any(is_header(re.split(r"[,;\t|]", line)) for line in lines)


def _read_source(source: Source, engine: Engine, year: str) -> list[tuple[Source, Layout, Reading]]:
    sheets = tables(source, engine, is_header)
    known = [sheet for sheet in sheets if is_header(sheet.header)]
    if not known and len(sheets) > 1:
        raise Refused(f"{source.name}: no sheet of a known layout (A13): give it as its publisher hands it out")
    read_as = (f"read as {source.encoding}",) if source.encoding not in ("", "UTF-8") else ()
    found = []
    for sheet in known or sheets:
        layout = layout_of(sheet)
        if layout.is_wide and sheet.large:
            sheet = sheet.held()
            sheets = [sheet]
        sheet = replace(sheet, header=layout.published(sheet.header), notes=(*sheet.notes, *read_as), book=sheets)
        found.append((source, layout, _reading(sheet, layout, year)))
    return found
