"""Tables of text cells, out of CSV, JSON, workbooks, web pages and Parquet.

Where a table begins is not known before its header is recognised: titles stand above it, notes below it.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from rareearth.errors import Refused
from rareearth.trade.engine import Engine, Table, quoted
from rareearth.trade.readers.source import Source, opened_archive, whole

# Of a table that is held in memory: some hundred MB. A publisher's table has some fifty columns.
MOST_CELLS = 6_000_000
MOST_COLUMNS = 1_000
_ABOVE = 30  # rows among which a header is looked for
_HEAD = 200  # rows that show how cells are written
# Of the first of a row alone: a sentence, not the beginning of a row that breaks off.
_NOTE = re.compile(r".*\S\s+\S|.{20}")
# What to do with tables that are known and not read.
_ADVICE = {
    "tradestat": "it is of India's TradeStat: export the table as CSV",
    "bilateral trade between": "it is Trade Map's table of two countries: take the list of markets of one product",
    "section.*trade value": "it is OEC's trade of products, without reporter and partner: ask OEC for both countries",
    r"(val[eo]u?r|cantidad|quantité) (im|ex)port(ad[ao]|ée) en": "it is Trade Map's table in French or Spanish: choose "
    "English on the site and export it again",
}
IsHeader = Callable[[Sequence[str]], bool]


class Number(str):
    """A cell that its file holds as a number, not as text: its point is that of decimals."""


@dataclass(frozen=True)
class Sheet:
    """One table of text cells.

    Attributes:
        name: Of the file.
        title: Of the sheet in its workbook.
        above: The rows above the header.
        header: Column names as they stand.
        first_row: Row number, counted from 1 over all sheets of the file, of the first row of the table.
        rows: The rows of a table in memory; of a large one the first of them.
        large: The rows of a large table, columns named by position ("0", "1", ...), and ``place``, counted from 0.
        count: Number of rows; None where nobody has counted them.
        notes: What a user should know, a line each.
        book: All sheets of the file.
    """

    name: str
    title: str
    above: tuple[tuple[str, ...], ...]
    header: tuple[str, ...]
    first_row: int
    rows: list[list[str]] = field(repr=False)
    large: Table | None = None
    count: int | None = None
    notes: tuple[str, ...] = ()
    book: Sequence["Sheet"] = field(default=(), repr=False)

    def taken(self, columns: Mapping[str, str]) -> Table:
        """Some columns as a table with the row numbers, ``source_row``.

        Args:
            columns: Other name to name in the header.
        """
        places = [self.header.index(published) for published in columns.values()]
        if self.large:
            cells = {name: f'"{place}"' for name, place in zip(columns, places, strict=True)}
            return self.large.select(source_row=f"place + {self.first_row}", **cells)
        rows = ([str(n), *(row[place] for place in places)] for n, row in enumerate(self.rows, self.first_row))
        return Table.of(["source_row", *columns], rows).mutate(source_row="CAST(source_row AS BIGINT)")

    def records(self) -> Iterator[dict[str, str]]:
        """The rows of a table in memory, name in the header to cell."""
        return (dict(zip(self.header, row, strict=True)) for row in self.rows)

    def held(self) -> "Sheet":
        """The table in memory, for a layout that is read row by row.

        Raises:
            Refused: it has too many cells for that.
        """
        if not self.large:
            return self
        rows = sorted(self.large.rows(), key=lambda row: row["place"])
        _refuse_too_many(self.name, len(self.header), len(rows))
        places = [str(n) for n in range(len(self.header))]
        return replace(self, rows=[[row[n] for n in places] for row in rows], large=None, count=len(rows))


def tables(source: Source, engine: Engine, is_header: IsHeader) -> list[Sheet]:
    """The tables of a file; of a workbook also the sheets that describe it.

    Args:
        source: The file.
        engine: Reads what is large.
        is_header: Whether a row is the header of a known layout.

    Raises:
        Refused: no table can be read.
    """
    if source.kind == "workbook":
        return _workbook(source, is_header)
    if source.kind == "parquet":
        return [_parquet(source, engine)]
    start = source.text.lstrip()[:1]
    if start in ("{", "["):
        return [_json(source)]
    if start == "<":
        return _page(source, is_header)
    return [_csv(source, engine, is_header)]


def _sheet(name: str, rows: list[list[str]], is_header: IsHeader, title: str = "", above: int = 0) -> Sheet | None:
    """The table among some rows; None where there is none."""
    rows = [row for row in rows if any(row)]
    start = next((n for n, row in enumerate(rows[:_ABOVE]) if is_header(row)), None)
    if start is None:
        start = next((n for n, row in enumerate(rows[:_ABOVE]) if len([c for c in row if c]) > 2), 0)
    header = list(rows[start]) if rows else []
    while header and not header[-1].strip():
        header.pop()
    body, notes = _without_notes(rows[start + 1 :], len(header))
    if len(header) < 2 or not body:
        return None
    titles = tuple(map(tuple, rows[:start]))
    return Sheet(name, title, titles, tuple(header), above + start + 2, body, None, len(body), notes)


def _without_notes(rows: list[list[str]], columns: int) -> tuple[list[list[str]], tuple[str, ...]]:
    """Rows without the sentences below them: a source, a date, how the table was asked for."""
    # A sentence may have commas: where names begin the rows, one that breaks off looks alike.
    firsts = {row[0] for row in rows if len(row) >= columns}
    few = 1 if len(firsts) * 2 > len(rows) and any(map(_NOTE.match, firsts)) else max(1, columns // 3)
    last = len(rows)
    while last and columns > 2 and _is_note(rows[last - 1], few, firsts):
        last -= 1
    left_out = tuple(row[0] for row in rows[last:])
    return rows[:last], (f"below the table, no part of it: {left_out[0][:60]!r}",) if left_out else ()


def _is_note(row: Sequence[str], few: int, firsts: set[str]) -> bool:
    is_short = not any(row[few:])
    return is_short and bool(_NOTE.match(row[0])) and (few == 1 or row[0] not in firsts)


def checked(sheet: Sheet) -> Sheet:
    """The sheet with each row as wide as its header.

    Raises:
        Refused: rows of other widths, a column that is there twice, more columns than any layout has.
    """
    width = len(sheet.header)
    if width > MOST_COLUMNS:
        raise Refused(f"{sheet.name}: {width} columns, more than any layout has (A22): give the publisher's own file")
    if not sheet.large:
        # The web downloads of Comtrade and Eurostat end their rows, and not their header, with a separator.
        widths = {len(row) for row in sheet.rows}
        if widths == {width + 1} and not any(row[-1] for row in sheet.rows):
            sheet = replace(sheet, header=(*sheet.header, ""))
        elif widths != {width}:
            sheet = replace(
                sheet, rows=[_of_width(sheet.name, row, width, n) for n, row in enumerate(sheet.rows, sheet.first_row)]
            )
    repeated = [column for column, count in Counter(sheet.header).items() if count > 1 and column]
    for column in repeated:
        sheet = _without_copies(sheet, column)
    return sheet


def _of_width(name: str, row: list[str], width: int, number: int) -> list[str]:
    if len(row) > width and not any(row[width:]):
        return row[:width]
    if len(row) != width:
        raise Refused(f"{name}: row {number} has {len(row)} fields instead of {width} (A14): mend it or fetch it again")
    return row


def _without_copies(sheet: Sheet, column: str) -> Sheet:
    """The API of the Census Bureau gives a column again that is asked for and selected by."""
    places = [n for n, other in enumerate(sheet.header) if other == column]
    if sheet.large or any(len({row[n] for n in places}) > 1 for row in sheet.rows):
        raise Refused(f"{sheet.name}: column {column!r} is there twice (A11): keep one")
    kept = [n for n in range(len(sheet.header)) if n not in places[1:]]
    return replace(
        sheet, header=tuple(sheet.header[n] for n in kept), rows=[[row[n] for n in kept] for row in sheet.rows]
    )


def _csv(source: Source, engine: Engine, is_header: IsHeader) -> Sheet:
    """The single table of a text with separators."""
    separator = _separator(source.text, is_header)
    if source.path:
        sheet = _large_csv(source, engine, is_header, separator)
        if sheet:
            return sheet
        source = whole(source)
    if source.text.count('"') % 2:
        raise Refused(f"{source.name}: a quotation mark is not closed (A17): the file is cut, fetch it again")
    sheet = _sheet(source.name, list(_parsed(source, separator)), is_header)
    if sheet is None:
        raise Refused(f"{source.name}: a header without any row (A09): fetch it again")
    return checked(sheet)


def _separator(text: str, is_header: IsHeader) -> str:
    """What separates the cells of the first lines: what makes a header of one, else what is there most."""
    lines = text[:20_000].splitlines()[:_ABOVE]
    for mark in ",\t;|":
        if any(map(is_header, csv.reader(lines, delimiter=mark))):
            return mark
    counts = {mark: max(line.count(mark) for line in lines) for mark in ",\t;|"}
    if counts[";"] and counts[";"] >= counts[","]:
        # A comma within cells separated by semicolons is a decimal mark.
        return ";" if counts[";"] > counts["\t"] else "\t"
    return max(counts, key=counts.__getitem__)


def _parsed(source: Source, separator: str) -> Iterator[list[str]]:
    cells = 0
    try:
        for row in csv.reader(io.StringIO(source.text, newline=""), delimiter=separator):
            if row:
                cells += len(row)
                if len(row) > MOST_COLUMNS or cells > MOST_CELLS:
                    raise Refused(
                        f"{source.name}: {len(row)} columns and more than {cells} cells, too many to be held (A22): "
                        "give the publisher's own file, in parts"
                    )
                yield row
    except csv.Error as error:
        raise Refused(f"{source.name}: no readable CSV (A17): {error}: fetch it again") from None


def _large_csv(source: Source, engine: Engine, is_header: IsHeader, separator: str) -> Sheet | None:
    """A large text as the engine reads it; None where a second look must say what is wrong with it."""
    if source.text.count('"') % 2:  # the beginning ends within a cell
        source = source._replace(text=source.text[: source.text.rfind('"')])
    rows = list(_parsed(source, separator))
    lines = source.text.split("\n")
    sheet = _sheet(source.name, rows[:_HEAD], is_header)
    if sheet is None or len(sheet.above) and any(not line.strip() for line in lines[: len(sheet.above) + 1]):
        return None
    sheet = checked(sheet)
    names = [str(position) for position in range(len(sheet.header))]
    body = engine.csv(source.path, names, len(sheet.above) + 1, source.is_quoted, separator)
    return body and replace(sheet, large=body[0], count=body[1], notes=())


def _json(source: Source) -> Sheet:
    """Records, or lists of which the first is the header, as a table of text cells."""
    try:
        answer = _parsed_json(source.text)
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise Refused(f"{source.name}: no readable JSON (A17): {reason}: fetch it again") from None
    listed = answer
    if isinstance(answer, dict) and isinstance(answer.get("columns"), list) and answer.get("data"):
        listed = [answer["columns"], *answer["data"]]  # pandas, orient="split"
    elif isinstance(answer, dict) and answer and all(isinstance(cells, dict) for cells in answer.values()):
        listed = [{name: cells.get(row) for name, cells in answer.items()} for row in next(iter(answer.values()))]
    elif isinstance(answer, dict):
        listed = next((answer[key] for key in ("data", "dataset") if isinstance(answer.get(key), list)), None)
    if listed is None:
        reason = answer.get("error") or answer.get("message") or "no list data"
        raise Refused(f"{source.name}: no answer of an API of trade (A13): {reason}: ask again")
    if not listed:
        raise Refused(f"{source.name}: the answer holds no record (A09): check the query")
    count = answer.get("count") if isinstance(answer, dict) else None
    if count is not None and str(count) != str(len(listed)):
        raise Refused(f"{source.name}: {len(listed)} records, but it says {count} (A17): fetch it again")
    if all(isinstance(record, dict) for record in listed):
        names = list(dict.fromkeys(name for record in listed for name in record))
        _refuse_too_many(source.name, len(names), len(listed))
        rows = [[_cell(record.get(name)) for name in names] for record in listed]
    elif all(isinstance(record, list) for record in listed) and len(listed) > 1:
        _refuse_too_many(source.name, max(map(len, listed)), len(listed))
        names, *rows = [[_cell(cell) for cell in record] for record in listed]
    else:
        raise Refused(
            f"{source.name}: no answer of an API of trade (A13): a list of other things than records: ask again"
        )
    return checked(Sheet(source.name, "", (), tuple(names), 2, rows, None, len(rows)))


def _parsed_json(text: str) -> Any:
    """JSON, or a record in each line; numbers as they are written."""
    read = partial(json.loads, parse_float=Number, parse_int=str, parse_constant=str)
    first, _, rest = text.strip().partition("\n")
    if first.rstrip().endswith("}") and rest.lstrip().startswith("{"):
        return [read(line) for line in text.splitlines() if line.strip()]
    return read(text)


def _refuse_too_many(name: str, columns: int, rows: int) -> None:
    if columns > MOST_COLUMNS or columns * rows > MOST_CELLS:
        raise Refused(f"{name}: {columns} columns and {rows} rows, too many to be held (A22): give it as CSV, in parts")


def _cell(value: object) -> str:
    """What a cell of a file with types holds, as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return Number(value) if isinstance(value, float | Number) else str(value)


def _workbook(source: Source, is_header: IsHeader) -> list[Sheet]:
    """The sheets of an Excel workbook."""
    import warnings

    import openpyxl  # here: it takes a fifth of a second, and few files are workbooks
    from openpyxl.styles import named_styles

    # Older workbooks of WITS have styles without a name.
    named_styles.NamedStyle.name.allow_none = named_styles._NamedCellStyle.name.allow_none = True
    with opened_archive(source.path, source.name) as archive:
        if any("vbaProject" in name for name in archive.namelist()):
            raise Refused(f"{source.name}: a workbook with macros (A20): save it as .xlsx or CSV")
    try:
        with warnings.catch_warnings():  # DataWeb's workbooks have no default style
            warnings.simplefilter("ignore", UserWarning)
            with source.path.open("rb") as stream:
                book = openpyxl.load_workbook(stream, data_only=True, read_only=True)
                pages = [(page.title, _cells_of(source.name, page)) for page in book.worksheets]
    except Refused:
        raise
    except Exception as error:  # openpyxl raises what its parts raise
        reason = " ".join(str(error).split())
        raise Refused(f"{source.name}: damaged workbook (A18): {reason}: fetch it again") from None
    found, above = [], 0
    for title, rows in pages:
        sheet = _sheet(source.name, rows, is_header, title, above)
        above += len(rows)
        if sheet:
            found.append(checked(sheet))
    if not found:
        raise Refused(f"{source.name}: no sheet with a table (A09): export the data sheet")
    return found


def _cells_of(name: str, page) -> list[list[str]]:
    page.reset_dimensions()  # the sheets of DataWeb state a size of one cell
    rows: list[list[str]] = []
    cells = width = 0
    for number, row in enumerate(page.iter_rows(values_only=True)):
        if not any(cell is not None for cell in row):
            continue
        cells += len(row)
        if cells > MOST_CELLS or len(row) > MOST_COLUMNS:
            raise Refused(
                f"{name}: sheet {page.title!r} has too many cells at row {number + 1} (A22): save the table alone as CSV"
            )
        rows.append([_cell(cell) for cell in row])
        width = max(width, len(row))
    return [row + [""] * (width - len(row)) for row in rows]


def _page(source: Source, is_header: IsHeader) -> list[Sheet]:
    """The tables of a web page: some publishers hand out pages under the name of a workbook."""
    from selectolax.lexbor import LexborHTMLParser  # here: few files are pages

    tables = [
        [[" ".join(cell.text().split()) for cell in row.css("td, th")] for row in table.css("tr")]
        for table in LexborHTMLParser(source.text).css("table:not(:has(table))")
    ]
    titles = [tuple(row) for rows in tables for row in rows if len(row) == 1]
    for rows in tables:
        if any(is_header(row) for row in rows[:_ABOVE]):
            sheet = _sheet(source.name, rows, is_header)
            if sheet:
                return [checked(replace(sheet, above=(*titles, *sheet.above)))]
    raise Refused(
        f"{source.name}: is a web page, without a table of a known layout (A12): "
        + (advice_for(source.text) or "download the data itself, as CSV")
    )


def advice_for(text: str) -> str:
    """What to do with a table that is known and not read; "" of any other."""
    return next((advice for words, advice in _ADVICE.items() if re.search(words, text, re.I)), "")


def _parquet(source: Source, engine: Engine) -> Sheet:
    """The rows of a Parquet file as text cells, in their order."""
    import pyarrow.parquet  # here: few files are Parquet, and no other library counts columns without reading all

    try:
        types = pyarrow.parquet.read_schema(source.path).types
        if len(types) > MOST_COLUMNS:
            raise Refused(
                f"{source.name}: {len(types)} columns, more than any layout has (A22): give the publisher's file"
            )
        table = engine.parquet(source.path)
        cells = {
            str(number): f"coalesce(CAST({quoted(column)} AS VARCHAR), '')"
            for number, column in enumerate(table.columns)
        }
        body, count = engine.numbered(table.select(**cells))
        kinds = [str if pyarrow.types.is_string(kind) else Number for kind in types]
        head = [[kind(row[str(n)]) for n, kind in enumerate(kinds)] for row in body.rows(f"place < {_HEAD}")]
    except (Refused, OSError, ValueError) as error:
        if "(A22)" in str(error):
            raise
        raise Refused(f"{source.name}: damaged Parquet (A19): fetch it again") from None
    return Sheet(source.name, "", (), table.columns, 1, head, body, count)
