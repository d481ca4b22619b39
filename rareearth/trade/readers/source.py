"""A file as it comes: looked at before it is opened, unpacked within a limit, its encoding found.

Nothing is held in memory that can stay on disk: a large text is kept there as UTF-8, and only its beginning is read here.
"""

import codecs
import gzip
import hashlib
import itertools
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple, TextIO

from rareearth.errors import Refused
from rareearth.trade.engine import LARGE_BYTES

# Of what is held in memory, or unpacked from an archive of any size; plain text stays on disk and has no limit.
LARGEST_BYTES = 512 * 2**20
# Text of trade is packed to a fifth or a tenth; what grows more than this is no text of trade.
_LARGEST_RATIO = 50
_BLOCK = 4 * 2**20
_HEAD = 2**18  # characters of a large text in which its header and first rows stand
_GZIP, PARQUET, ZIP = b"\x1f\x8b", b"PAR1", b"PK"
_REFUSED = {
    b"\x80\x04": "a Python pickle, which is never opened",
    b"\x80\x05": "a Python pickle, which is never opened",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls): save it as .xlsx or CSV",
    # Eurostat packs its bulk files so.
    **dict.fromkeys(
        (b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zX", b"\x28\xb5\x2f\xfd"),
        "an archive that is neither gzip nor zip: unpack it, and give what is in it",
    ),
}
# What systems add to archives.
_NO_MEMBER = re.compile(r"(^|/)(\.|__MACOSX/|Thumbs\.db$|desktop\.ini$)")
_CODECS = {"UTF-8": "utf-8-sig", "UTF-16": "utf-16", "UTF-16LE": "utf-16-le", "UTF-16BE": "utf-16-be"}
_CODECS |= {"Windows-1252": "cp1252", "GB18030": "gb18030"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_CONTROL_BYTES = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
_HIGH = re.compile(rb"[\x80-\xff]+")


class Source(NamedTuple):
    """A file, or a member of an archive, with the id under which its rows are kept.

    Attributes:
        name: As a message calls it.
        kind: ``text``, ``workbook`` or ``parquet``.
        text: Of a text; of a large one its beginning, up to the end of a line.
        path: Of a workbook, a Parquet file or a large text, in UTF-8; its name is no pattern. None for small texts.
        source_id: Hash of what was given.
        encoding: Of a text.
        is_quoted: Whether a large text holds quotation marks.
    """

    name: str
    kind: str
    text: str
    path: Path | None
    source_id: str
    encoding: str = ""
    is_quoted: bool = False


def open_file(path: Path, scratch: Path) -> Iterator[Source]:
    """The file, or each member of a gzip or zip archive.

    Args:
        path: The file.
        scratch: Folder for what is unpacked or written again.

    Raises:
        Refused: no regular file, of a refused kind, damaged, or too large when unpacked.
    """
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise Refused(f"{path.name}: cannot be opened ({error.strerror}): name an existing file") from None
    if not stat.S_ISREG(mode):
        kind = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise Refused(f"{path.name}: is {kind} (A21): name the file itself")
    with path.open("rb") as stream:
        start = stream.read(4)
    source_id = _source_id(path)
    if start.startswith(_GZIP):
        plain = _unpacked(partial(gzip.open, path), path.name, scratch, _most(path))
        yield _opened(plain, path.name, source_id, scratch)
    elif start.startswith(ZIP) and not _is_workbook(path):
        for plain, name in _members(path, scratch):
            yield _opened(plain, name, _source_id(plain), scratch)
    else:
        yield _opened(path, path.name, source_id, scratch)


def _source_id(path: Path) -> str:
    with path.open("rb") as stream:
        return "file:" + hashlib.file_digest(stream, "sha256").hexdigest()[:12]


def _opened(path: Path, name: str, source_id: str, scratch: Path) -> Source:
    """A file that is not packed."""
    with path.open("rb") as stream:
        start = stream.read(4)
    for magic, kind in _REFUSED.items():
        if start.startswith(magic):
            raise Refused(f"{name}: is {kind} (A20)")
    if start == PARQUET:
        return Source(name, "parquet", "", _plainly_named(path, scratch), source_id)
    if start.startswith(ZIP):
        return Source(name, "workbook", "", path, source_id)
    return _text(path, name, source_id, scratch)


def _plainly_named(path: Path, scratch: Path) -> Path:
    """The same file under a name that a database cannot take for a pattern, or for columns (year=2020)."""
    link = next(link for n in itertools.count() if not (link := scratch / f"given_{n}{path.suffix}").is_symlink())
    link.symlink_to(path.resolve())
    return link


def _text(path: Path, name: str, source_id: str, scratch: Path) -> Source:
    look, size = _look(path), path.stat().st_size
    with path.open("r", encoding=_CODECS[look.encoding], newline="") as stream:
        try:
            head = stream.read(_HEAD)
            # Marks that do not close, control characters, JSON and pages need the whole text.
            is_table = look.is_clean and look.marks % 2 == 0 and head.lstrip()[:1] not in ("{", "[", "<")
            if size > LARGE_BYTES and is_table and "\n" in head:
                if look.encoding != "UTF-8":
                    path = _written_as_utf8(head, stream, scratch)
                head = head[: head.rfind("\n") + 1]
                plain = _plainly_named(path, scratch)
                return Source(name, "text", head, plain, source_id, look.encoding, bool(look.marks))
            _refuse_too_large(name, size, "no plain CSV")
            text = head + stream.read()
        except UnicodeDecodeError as error:
            raise Refused(
                f"{name}: neither UTF-8, UTF-16, Windows-1252 nor GB18030 (A03): {error.reason}: save it as UTF-8"
            ) from None
    control = _CONTROL.search(text)
    if control:
        row = text.count("\n", 0, control.start()) + 1
        raise Refused(f"{name}: row {row}: a control character (A08): fetch the file again")
    if not text.strip():
        raise Refused(f"{name}: is empty (A09): fetch it again")
    return Source(name, "text", text, None, source_id, look.encoding)


def _refuse_too_large(name: str, size: int, why: str) -> None:
    if size > LARGEST_BYTES:
        raise Refused(f"{name}: larger than {LARGEST_BYTES // 2**20} MB and {why} (A22): split it")


def whole(source: Source) -> Source:
    """A large text in memory, for a second look at what is wrong with it.

    Raises:
        Refused: it is too large for that.
    """
    _refuse_too_large(source.name, source.path.stat().st_size, "its rows are not alike")
    return source._replace(text=source.path.read_text(encoding="utf-8-sig"), path=None)


class _Look(NamedTuple):
    """What one pass over a text shows: its encoding, its quotation marks, whether it has control characters."""

    encoding: str
    marks: int
    is_clean: bool


def _look(path: Path) -> _Look:
    decoder, marks, high, is_utf8, is_clean = codecs.getincrementaldecoder("utf-8")(), 0, b"", True, True
    with path.open("rb") as stream:
        block = stream.read(_BLOCK)
        utf_16 = _utf_16(block[:1000])
        if utf_16:
            return _Look(utf_16, 1, False)  # to be read as a whole
        while block:
            marks += block.count(b'"')
            is_clean = is_clean and len(block.translate(None, _CONTROL_BYTES)) == len(block)
            try:
                if is_utf8:
                    decoder.decode(block, final=len(block) < _BLOCK)
            except UnicodeDecodeError:
                is_utf8 = False
            if not is_utf8 and len(high) < _BLOCK:
                high += b" ".join((b"", *_HIGH.findall(block)))
            block = stream.read(_BLOCK)
    return _Look("UTF-8" if is_utf8 else _of_high_bytes(high or b"\xff"), marks, is_clean)


def _utf_16(start: bytes) -> str:
    """Which UTF-16 a text is in by its mark, or by every second byte of a header of Latin letters; "" where it is none."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 4 > len(start) > 8 * min(even, odd):
        return "UTF-16BE" if even > odd else "UTF-16LE"
    return ""


def _of_high_bytes(high: bytes) -> str:
    """Chinese letters are pairs of high bytes; letters with accents stand alone."""
    runs = high.split()
    pairs = sum(len(run) for run in runs if len(run) % 2 == 0)
    try:
        high.decode("gb18030")
        return "GB18030" if pairs * 2 > len(high.replace(b" ", b"")) else "Windows-1252"
    except UnicodeDecodeError:
        return "Windows-1252"


def _written_as_utf8(head: str, rest: TextIO, scratch: Path) -> Path:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", dir=scratch, delete=False) as file:
        file.write(head)
        shutil.copyfileobj(rest, file, _BLOCK)
        return Path(file.name)


def _most(path: Path) -> int:
    return max(LARGEST_BYTES, _LARGEST_RATIO * path.stat().st_size)


def _unpacked(opened: Callable[[], IO[bytes]], name: str, scratch: Path, most: int) -> Path:
    """The content of an archive as a file in `scratch`."""
    try:
        with opened() as stream, tempfile.NamedTemporaryFile(dir=scratch, delete=False) as file:
            while block := stream.read(_BLOCK):
                if file.tell() + len(block) > most:
                    raise Refused(f"{name}: larger than {most // 2**20} MB when unpacked (A18): split it")
                file.write(block)
            return Path(file.name)
    except Refused:
        raise
    except Exception as error:  # zlib.error is raised as such, beside those of gzip and zipfile
        raise Refused(f"{name}: damaged archive (A18): {error}: fetch it again") from None


def opened_archive(path: Path, name: str) -> zipfile.ZipFile:
    """A zip archive; a damaged one is refused."""
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Refused(f"{name}: damaged archive (A18): {error}: fetch it again") from None


def _is_workbook(path: Path) -> bool:
    with opened_archive(path, path.name) as archive:
        return "[Content_Types].xml" in archive.namelist()


def _members(path: Path, scratch: Path) -> Iterator[tuple[Path, str]]:
    left, name = _most(path), path.name
    with opened_archive(path, name) as archive:
        members = [
            member for member in archive.infolist() if not member.is_dir() and not _NO_MEMBER.search(member.filename)
        ]
        if not members:
            raise Refused(f"{name}: the archive is empty (A09): fetch it again")
        for member in members:
            plain = _unpacked(partial(archive.open, member), f"{name}/{member.filename}", scratch, left)
            left -= plain.stat().st_size
            yield plain, member.filename.rsplit("/", 1)[-1]
