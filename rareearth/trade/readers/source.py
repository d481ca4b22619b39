"""A file as it comes: unpacked within a size limit, checked as text, cut into tables of text cells.

Nothing is guessed: a file that is not plain UTF-8 text with as many fields in every row as in its header is refused
as a whole, with what was found and what to do.
"""

import csv
import gzip
import hashlib
import io
import re
import stat
import warnings
import zipfile
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pyarrow as pa
import pyarrow.csv

from rareearth.refusal import Refused

# A year of BACI over all products takes about 300 MB as text.
LARGEST_BYTES = 512 * 2**20
_MAGIC = {
    b"\x80\x04": "a Python pickle, which is never opened",
    b"\x80\x05": "a Python pickle, which is never opened",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls): save it as .xlsx or CSV",
    b"PAR1": "a Parquet file: give the publisher's own CSV, JSON or workbook",
    b"\xff\xfe": "text in UTF-16: save it as UTF-8",
    b"\xfe\xff": "text in UTF-16: save it as UTF-8",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Sheet(NamedTuple):
    """One table of text cells.

    Attributes:
        preamble: First cells of the lines above the header.
        header: Column names as they stand.
        body: One string column for each name, named by position ("0", "1", ...).
        first_row: Row number, counted from 1 over all sheets of the file, of the first row of `body`.
    """

    preamble: tuple[str, ...]
    header: tuple[str, ...]
    body: pa.Table
    first_row: int

    def column(self, name: str) -> pa.ChunkedArray:
        """The cells of a column of the header."""
        return self.body.column(str(self.header.index(name)))


class Source(NamedTuple):
    """A file, or a member of an archive, with the id under which its rows are kept."""

    name: str
    data: bytes
    source_id: str


def open_file(path: Path) -> list[Source]:
    """The file, or each member of a zip archive, unpacked.

    Raises:
        Refused: not a regular file, not readable, of a refused kind, or too large when unpacked.
    """
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise Refused(f"{path.name}: cannot be opened ({error.strerror}): name an existing file") from None
    if not stat.S_ISREG(mode):
        kind = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise Refused(f"{path.name}: is {kind} (A21): name the file itself")
    if path.stat().st_size > LARGEST_BYTES:
        raise Refused(f"{path.name}: larger than {LARGEST_BYTES // 2**20} MB (A22): split it")
    data = path.read_bytes()
    source_id = "file:" + hashlib.sha256(data).hexdigest()[:12]
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(gzip.GzipFile(fileobj=io.BytesIO(data)), path.name, LARGEST_BYTES)
    elif data[:2] == b"PK" and not _is_workbook(data, path.name):
        return _members(data, path.name, source_id)
    return [Source(path.name, data, source_id)]


def _unpacked(stream, name: str, limit: int) -> bytes:
    try:
        data = stream.read(limit + 1)
    except (EOFError, OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise Refused(f"{name}: damaged archive (A18): {error}: fetch it again") from None
    except Exception as error:  # zlib.error is raised as such
        raise Refused(f"{name}: damaged archive (A18): {error}: fetch it again") from None
    if len(data) > limit:
        raise Refused(f"{name}: larger than {limit // 2**20} MB when unpacked (A18): split it")
    return data


def _archive(data: bytes, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Refused(f"{name}: damaged archive (A18): {error}: fetch it again") from None


def _is_workbook(data: bytes, name: str) -> bool:
    return "[Content_Types].xml" in _archive(data, name).namelist()


def _members(data: bytes, name: str, source_id: str) -> list[Source]:
    found, left = [], LARGEST_BYTES
    archive = _archive(data, name)
    for member in archive.infolist():
        if member.is_dir():
            continue
        try:
            stream = archive.open(member)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise Refused(f"{name}: damaged archive (A18): {error}: fetch it again") from None
        with stream:
            unpacked = _unpacked(stream, f"{name}/{member.filename}", left)
        left -= len(unpacked)
        member_id = "file:" + hashlib.sha256(unpacked).hexdigest()[:12]
        found.append(Source(member.filename.rsplit("/", 1)[-1], unpacked, member_id))
    if not found:
        raise Refused(f"{name}: the archive is empty (A09): fetch it again")
    return found


def text(source: Source) -> str:
    """The file as text.

    Raises:
        Refused: wrong encoding, control characters, a page or program instead of data.
    """
    for magic, kind in _MAGIC.items():
        if source.data.startswith(magic):
            raise Refused(f"{source.name}: is {kind} (A20)")
    control = _CONTROL.search(source.data)
    if control:
        row = source.data.count(b"\n", 0, control.start()) + 1
        raise Refused(f"{source.name}: row {row}: a control character (A08): fetch the file again")
    try:
        decoded = source.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = source.data.count(b"\n", 0, error.start) + 1
        raise Refused(f"{source.name}: row {row}: not UTF-8 (A03): save the file as UTF-8") from None
    if not decoded.strip():
        raise Refused(f"{source.name}: is empty (A09): fetch it again")
    if re.match(r"\s*<(!doctype|html|\?xml)", decoded, re.I):
        raise Refused(f"{source.name}: is a web page, not data (A12): download the data itself")
    return decoded


def csv_sheet(source: Source) -> Sheet:
    """The single table of a CSV file."""
    decoded = text(source)
    lines = csv.reader(io.StringIO(decoded, newline=""))
    try:
        above = [next(lines), next(lines, [])]
        preamble: tuple[str, ...] = ()
        header = above[0]
        # USITC DataWeb writes its title and a row count above the header.
        if above[1][:1] == ["Data Row Count"]:
            preamble, header = tuple(row[0] for row in above), next(lines, [])
    except (csv.Error, StopIteration) as error:
        raise Refused(f"{source.name}: no readable CSV (A17): {error}: fetch it again") from None
    _check_header(source.name, header)
    if decoded.count('"') % 2:
        raise Refused(f"{source.name}: a quotation mark is not closed (A17): the file is cut, fetch it again")
    columns = len(header)
    try:
        body = _parsed(decoded, columns, len(preamble) + 1)
    except pa.ArrowInvalid as error:
        # The web download of Comtrade ends its rows, and not its header, with a comma.
        body = _one_column_more(source.name, decoded, columns, len(preamble) + 1, str(error))
        header.append("")
    if body.num_rows == 0:
        raise Refused(f"{source.name}: a header without any row (A09): fetch it again")
    return Sheet(preamble, tuple(header), body, len(preamble) + 2)


def _check_header(name: str, header: list[str]) -> None:
    for separator, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) <= 2 and header and header[0].count(separator) > 1:
            raise Refused(f"{name}: separated by {word} (A16): save it with commas")
    repeated = {column for column in header if header.count(column) > 1}
    if repeated:
        raise Refused(f"{name}: column {min(repeated)!r} is there twice (A11): keep one")


def _parsed(decoded: str, columns: int, skipped: int) -> pa.Table:
    names = [str(position) for position in range(columns)]
    return pyarrow.csv.read_csv(
        io.BytesIO(decoded.encode()),
        read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows=skipped, use_threads=False),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            strings_can_be_null=False, column_types=dict.fromkeys(names, pa.string())
        ),
    )


def _one_column_more(name: str, decoded: str, columns: int, skipped: int, error: str) -> pa.Table:
    found = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", error)
    if found is None:
        raise Refused(f"{name}: no readable CSV (A17): the file is damaged, fetch it again")
    row, expected, got = found.groups()
    wrong = Refused(
        f"{name}: row {row} has {got} fields instead of {expected} (A14): mend it or fetch it again"
    )
    if int(got) != columns + 1:
        raise wrong
    try:
        body = _parsed(decoded, columns + 1, skipped)
    except pa.ArrowInvalid:
        raise wrong from None
    if set(body.column(columns).unique().to_pylist()) - {""}:
        raise wrong
    return body


def workbook_sheets(source: Source) -> list[Sheet]:
    """The tables of an Excel workbook; sheets without a table of at least three columns are left out.

    Raises:
        Refused: damaged, with macros, or too large when unpacked.
    """
    archive = _archive(source.data, source.name)
    if any("vbaProject" in name for name in archive.namelist()):
        raise Refused(f"{source.name}: a workbook with macros (A20): save it as .xlsx or CSV")
    if sum(member.file_size for member in archive.infolist()) > LARGEST_BYTES:
        raise Refused(f"{source.name}: larger than {LARGEST_BYTES // 2**20} MB when unpacked (A18): split it")
    try:
        # Not read-only: the sheets of DataWeb state a size of one cell, and a read-only reader believes it.
        with warnings.catch_warnings():  # DataWeb's workbooks have no default style
            warnings.simplefilter("ignore", UserWarning)
            book = openpyxl.load_workbook(io.BytesIO(source.data), data_only=True)
    except Exception as error:  # openpyxl raises what its parts raise
        reason = " ".join(str(error).split())
        raise Refused(f"{source.name}: damaged workbook (A18): {reason}: fetch it again") from None
    found, above = [], 0
    for page in book.worksheets:
        rows = [[_cell(value) for value in row] for row in page.iter_rows(values_only=True)]
        sheet = _sheet_of(source.name, rows, above)
        above += len(rows)
        if sheet:
            found.append(sheet)
    if not found:
        raise Refused(f"{source.name}: no sheet with a table (A09): export the data sheet")
    return found


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _sheet_of(name: str, rows: list[list[str]], above: int) -> Sheet | None:
    start = 2 if len(rows) > 1 and rows[1][0] == "Data Row Count" else 0
    header = rows[start] if len(rows) > start else []
    while header and not header[-1]:
        header.pop()
    body = [row[: len(header)] for row in rows[start + 1 :] if any(row)]
    if len(header) < 3 or not body or any(not column for column in header):
        return None
    _check_header(name, header)
    columns = zip(*body, strict=True)
    table = pa.table({str(i): pa.array(cells, pa.string()) for i, cells in enumerate(columns)})
    return Sheet(tuple(row[0] for row in rows[:start]), tuple(header), table, above + start + 2)
