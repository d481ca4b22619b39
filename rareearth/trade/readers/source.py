"""A file as it comes: unpacked within a size limit, checked as text, cut into tables of text cells.

Nothing is guessed: a file that is not plain UTF-8 text with as many fields in every row as in its header is refused
as a whole, with what was found and what to do.
"""

import codecs
import csv
import gzip
import hashlib
import io
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rareearth.refusal import Refused
from rareearth.trade.engine import LARGE_BYTES, Engine, Table, quoted

# Of what is held in memory, or unpacked from an archive of any size; plain text stays on disk and has no limit.
LARGEST_BYTES = 512 * 2**20
# Text of trade is packed to a fifth or a tenth; what grows more than this is no text of trade.
_LARGEST_RATIO = 50
_BLOCK = 4 * 2**20
_MAGIC = {
    b"\x80\x04": "a Python pickle, which is never opened",
    b"\x80\x05": "a Python pickle, which is never opened",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls): save it as .xlsx or CSV",
    b"\xff\xfe": "text in UTF-16: save it as UTF-8",
    b"\xfe\xff": "text in UTF-16: save it as UTF-8",
}
_GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_CONTROL_BYTES = bytes(byte for byte in range(32) if byte not in b"\t\n\r")


class Sheet(NamedTuple):
    """One table of text cells.

    Attributes:
        preamble: First cells of the lines above the header.
        header: Column names as they stand.
        body: One string column for each name, named by position ("0", "1", ...), and `place`, counted from 0.
        rows: Number of rows of `body`; None where nobody has counted them.
        first_row: Row number, counted from 1 over all sheets of the file, of the first row of `body`.
    """

    preamble: tuple[str, ...]
    header: tuple[str, ...]
    body: Table
    rows: int | None
    first_row: int

    def column(self, name: str) -> str:
        """The cells of a column of the header, in SQL."""
        return f'"{self.header.index(name)}"'

    def cells(self) -> list[dict[str, str]]:
        """All rows at once, name in the header to cell: for small sheets."""
        rows = sorted(self.body.rows(), key=lambda row: row["place"])
        return [{name: row[str(n)] for n, name in enumerate(self.header)} for row in rows]


def small_sheet(
    preamble: tuple[str, ...], header: tuple[str, ...], rows: Sequence[Sequence[str]], first_row: int
) -> Sheet:
    """A sheet of rows of cells that are in memory; other arguments as the attributes of `Sheet`."""
    names = [str(number) for number in range(len(header))]
    body = Table.of(["place", *names], ([str(place), *row] for place, row in enumerate(rows)))
    body = body.mutate(place="CAST(place AS BIGINT)")
    return Sheet(preamble, header, body, len(rows), first_row)


class Source(NamedTuple):
    """A file, or a member of an archive, with the id under which its rows are kept.

    Attributes:
        name: As a message calls it.
        data: The content; of a large text its beginning alone.
        source_id: Hash of what was given.
        path: Where a large text lies; None for all others.
        is_quoted: Whether a large text holds quotation marks.
    """

    name: str
    data: bytes
    source_id: str
    path: Path | None = None
    is_quoted: bool = False


def open_file(path: Path, scratch: Path) -> list[Source]:
    """The file, or each member of a zip archive, unpacked.

    Args:
        path: The file.
        scratch: Folder for what is unpacked.

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
    source_id = _source_id(path) if _begins(path, _GZIP) else ""
    return [_opened(plain, name, source_id) for plain, name in unpacked(path, scratch)]


def _begins(path: Path, magic: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(magic)) == magic


def unpacked(path: Path, scratch: Path) -> Iterator[tuple[Path, str]]:
    """The members of a gzip or zip archive as files in `scratch`, or the file itself; each with its name.

    Raises:
        Refused: damaged, or too large when unpacked.
    """
    if _begins(path, _GZIP):
        yield _unpacked(gzip.GzipFile(path), path.name, scratch, _most(path)), path.name
    elif _begins(path, b"PK") and not _is_workbook(path, path.name):
        yield from _members(path, scratch)
    else:
        yield path, path.name


def _opened(path: Path, name: str, source_id: str = "") -> Source:
    """A file that is not packed: in memory, or only its beginning where it is Parquet or a large plain text."""
    if _begins(path, PARQUET):
        return Source(name, PARQUET, source_id or _source_id(path), path)
    if path.stat().st_size > LARGE_BYTES:
        source = _large(path, name)
        if source:
            return source._replace(source_id=source_id or source.source_id)
    return Source(name, _content(path, name), source_id or _source_id(path))


def _content(path: Path, name: str) -> bytes:
    if path.stat().st_size > LARGEST_BYTES:
        raise Refused(f"{name}: larger than {LARGEST_BYTES // 2**20} MB and no plain CSV (A22): split it")
    return path.read_bytes()


def _source_id(path: Path) -> str:
    with path.open("rb") as stream:
        return "file:" + hashlib.file_digest(stream, "sha256").hexdigest()[:12]


def _large(path: Path, name: str) -> Source | None:
    """A large text that needs no second look; None for all others, of which `text` says what is wrong."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    marks, head = 0, b""
    with path.open("rb") as stream:
        try:
            while block := stream.read(_BLOCK):
                head = head or block
                if len(block.translate(None, _CONTROL_BYTES)) != len(block):
                    return None
                decoder.decode(block)
                digest.update(block)
                marks += block.count(b'"')
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    if marks % 2 or head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[", b"<"):
        return None
    head = head[: head.rfind(b"\n") + 1]
    return Source(name, head, "file:" + digest.hexdigest()[:12], path, bool(marks)) if head else None


def _most(path: Path) -> int:
    return max(LARGEST_BYTES, _LARGEST_RATIO * path.stat().st_size)


def _unpacked(stream, name: str, scratch: Path, most: int) -> Path:
    """The content of an archive as a file in `scratch`."""
    try:
        with stream, tempfile.NamedTemporaryFile(dir=scratch, delete=False) as file:
            shutil.copyfileobj(_Limited(stream, name, most), file, _BLOCK)
            return Path(file.name)
    except Refused:
        raise
    except Exception as error:  # zlib.error is raised as such, beside those of gzip and zipfile
        raise Refused(f"{name}: damaged archive (A18): {error}: fetch it again") from None


class _Limited:
    """A stream that refuses to give more than it may."""

    def __init__(self, stream, name: str, most: int):
        self._stream, self._name, self._most, self._given = stream, name, most, 0

    def read(self, size: int) -> bytes:
        block = self._stream.read(size)
        self._given += len(block)
        if self._given > self._most:
            raise Refused(f"{self._name}: larger than {self._most // 2**20} MB when unpacked (A18): split it")
        return block


def opened_archive(file, name: str) -> zipfile.ZipFile:
    """A zip archive; a damaged one is refused."""
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Refused(f"{name}: damaged archive (A18): {error}: fetch it again") from None


def _is_workbook(path: Path, name: str) -> bool:
    with opened_archive(path, name) as archive:
        return "[Content_Types].xml" in archive.namelist()


def _members(path: Path, scratch: Path) -> Iterator[tuple[Path, str]]:
    left, name = _most(path), path.name
    with opened_archive(path, name) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if not members:
            raise Refused(f"{name}: the archive is empty (A09): fetch it again")
        for member in members:
            try:
                stream = archive.open(member)
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
                raise Refused(f"{name}: damaged archive (A18): {error}: fetch it again") from None
            plain = _unpacked(stream, f"{name}/{member.filename}", scratch, left)
            left -= plain.stat().st_size
            yield plain, member.filename.rsplit("/", 1)[-1]


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


def csv_sheet(source: Source, engine: Engine) -> Sheet:
    """The single table of a CSV file."""
    if source.path:
        sheet = _large_sheet(source, engine)
        if sheet:
            return sheet
        source = source._replace(data=_content(source.path, source.name))
    decoded = text(source)
    preamble, header, _ = above(source.name, decoded)
    if decoded.count('"') % 2:
        raise Refused(f"{source.name}: a quotation mark is not closed (A17): the file is cut, fetch it again")
    columns, skipped = len(header), len(preamble) + 1
    rows = _parsed(source.name, decoded, columns, skipped)
    if not rows:
        raise Refused(f"{source.name}: a header without any row (A09): fetch it again")
    # The web download of Comtrade ends its rows, and not its header, with a comma.
    if len(rows[0]) == columns + 1:
        header = (*header, "")
    return small_sheet(preamble, header, rows, skipped + 1)


def _large_sheet(source: Source, engine: Engine) -> Sheet | None:
    """A large text as the engine reads it; None where a second look must say what is wrong with it."""
    preamble, header, first = above(source.name, text(source))
    if len(first) != len(header):
        return None
    names = [str(position) for position in range(len(header))]
    body = engine.csv(source.path, names, len(preamble) + 1, source.is_quoted)
    return body and Sheet(preamble, header, body[0], body[1], len(preamble) + 2)


def above(name: str, decoded: str) -> tuple[tuple[str, ...], tuple[str, ...], list[str]]:
    """First cells of the lines above the header, the header, and the row below it."""
    lines = csv.reader(io.StringIO(decoded, newline=""))
    try:
        above = [next(lines), next(lines, [])]
        preamble: tuple[str, ...] = ()
        header, first = above
        # USITC DataWeb writes its title and a row count above the header.
        if above[1][:1] == ["Data Row Count"]:
            preamble, header, first = tuple(row[0] for row in above), next(lines, []), next(lines, [])
    except (csv.Error, StopIteration) as error:
        raise Refused(f"{name}: no readable CSV (A17): {error}: fetch it again") from None
    check_header(name, header)
    return preamble, tuple(header), first


def check_header(name: str, header: Sequence[str]) -> None:
    """Turns headers away that are not separated by commas, or name a column twice."""
    for separator, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) <= 2 and header and header[0].count(separator) > 1:
            raise Refused(f"{name}: separated by {word} (A16): save it with commas")
    repeated = {column for column in header if header.count(column) > 1}
    if repeated:
        raise Refused(f"{name}: column {min(repeated)!r} is there twice (A11): keep one")


def _parsed(name: str, decoded: str, columns: int, skipped: int) -> list[list[str]]:
    """The rows below the header; all may end with one separator more than the header has."""
    lines = csv.reader(io.StringIO(decoded, newline=""))
    try:
        rows = [row for number, row in enumerate(lines, 1) if number > skipped and row]
    except csv.Error as error:
        raise Refused(f"{name}: no readable CSV (A17): {error}: fetch it again") from None
    if rows and all(len(row) == columns + 1 and not row[-1] for row in rows):
        return rows
    for number, row in enumerate(rows, skipped + 1):
        if len(row) != columns:
            raise Refused(
                f"{name}: row {number} has {len(row)} fields instead of {columns} (A14): mend it or fetch it again"
            )
    return rows


def parquet_sheet(path: Path, name: str, engine: Engine) -> Sheet:
    """The rows of a Parquet file as text cells, in their order.

    Raises:
        Refused: damaged.
    """
    try:
        return _parquet_sheet(path, engine)
    except Refused:
        raise Refused(f"{name}: damaged Parquet (A19): fetch it again") from None


def _parquet_sheet(path: Path, engine: Engine) -> Sheet:
    table = engine.parquet(path)
    columns = {
        str(number): f"coalesce(CAST({quoted(column)} AS VARCHAR), '')"
        for number, column in enumerate(table.columns)
    }
    body, rows = engine.numbered(table.select(**columns))
    return Sheet((), table.columns, body, rows, 1)
