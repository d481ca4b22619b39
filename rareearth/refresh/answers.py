"""What a publisher sent, read strictly: the right format, whole, in the fields and limits of a schema.

Every reader of an answer is here. Each raises `Refused` in one line that names the host, whatever was sent.
"""

import contextlib
import csv
import difflib
import io
import json
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rareearth.errors import Refused

KEY_VARIABLE = "COMTRADE_API_KEY"
# More rows than any table here can need: a query that brings them is wrong.
MAX_ROWS = 1_000_000
# A file of a year of BACI has 0.4 GB.
_MAX_UNPACKED_BYTES = 4_000_000_000
_SHOWN_CHARACTERS, _SHOWN_DIFFERENCES = 120, 5
_UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, OSError)

T = TypeVar("T")
Wanted = Callable[[dict[str, str]], bool]
Year = Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}$")]
Day = Annotated[str, Field(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}$")]
Digits = Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
Amount = Annotated[Decimal, Field(ge=0, lt=10**15, decimal_places=20)]


class Record(BaseModel):
    """Fields of an answer that are used; others may come with them. A JSON number is always a Decimal."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, str_strip_whitespace=True)


def printable(text: object) -> str:
    """A publisher's words in one line, without signs that steer a terminal."""
    return "".join(sign for sign in " ".join(str(text).split()) if sign.isprintable())


def one_line(text: object) -> str:
    """A publisher's words for a message: printable, without the user's key, cut to what a line can hold."""
    key = os.environ.get(KEY_VARIABLE, "")
    words = printable(text)
    return (words.replace(key, "[key]") if key else words)[:_SHOWN_CHARACTERS]


def plain(cell: object) -> str:
    """A cell as digits: null is empty, true is "true", 8.0 is 8 and no number has an exponent."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"{cell.normalize():f}" if isinstance(cell, Decimal) else str(cell)


@dataclass(frozen=True)
class Answer:
    """A file of a publisher."""

    host: str  # who sent it; every message begins with it
    path: Path

    def refusal(self, found: str, advice: str = "look for a new format") -> Refused:
        """The error that says what was found in this answer, and what to do."""
        return Refused(f"{self.host}: {found}: {advice}")

    def json(self, schema: type[T]) -> T:
        """The JSON of the file as the schema declares it.

        Raises:
            Refused: it is not JSON, breaks off, reports an error, or differs from the schema.
        """
        text = self._text()
        try:
            found = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)
        except (ValueError, RecursionError, ArithmeticError):
            raise self.refusal(
                f"sends no JSON, or one that breaks off after {len(text)} characters", "try again"
            ) from None
        if isinstance(found, dict) and (found.get("error") or found.get("statusCode", 200) != 200):
            words = f"{found.get('statusCode', 200)} {found.get('error') or found.get('message', '')}"
            raise self.refusal(f"reports an error ({one_line(words)})", "change the query or wait")
        return self.checked(schema, found)

    def csv(self, wanted: Wanted, columns: Collection[str], encodings: tuple[str, ...]) -> list[dict[str, str]]:
        """The wanted rows of a CSV that has these columns, perhaps among others.

        Raises:
            Refused: it is no CSV, a column is missing, a row has not as many fields as the header, or there are
                more than `MAX_ROWS`.
        """
        return self._rows(io.StringIO(self._text(encodings), newline=""), "the file", wanted, columns)

    def zipped_csv(self, wanted: Wanted, columns: Collection[str], names: Iterable[str]) -> list[dict[str, str]]:
        """The same of the CSV files of these names inside a zip, in UTF-8; all but the first may be missing."""
        found: list[dict[str, str]] = []
        try:
            with zipfile.ZipFile(self.path) as archive:
                sizes = {file.filename: file.file_size for file in archive.infolist()}
                for number, name in enumerate(names):
                    if number == 0 and name not in sizes:
                        raise self.refusal(f"the zip has no file {name}", "look at it there")
                    if sizes.get(name, 0) > _MAX_UNPACKED_BYTES:
                        raise self.refusal(f"{name} has {sizes[name]:,} bytes", "look at it there")
                    if name in sizes:
                        with archive.open(name) as stream:
                            text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
                            found += self._rows(text, name, wanted, columns)
        except _UNREADABLE:
            raise self.refusal("sends no whole zip", "try again") from None
        return found

    def checked(self, schema: type[T], found: object) -> T:
        """What was found as the schema declares it; a field that is only new is no difference.

        Raises:
            Refused: a field is missing or renamed, or a value has another type, a new word or no sensible size;
                the message lists the first differences.
        """
        try:
            return TypeAdapter(schema).validate_python(found)
        except ValidationError as error:
            differences = list(dict.fromkeys(map(_difference, error.errors(include_url=False))))
            hidden = len(differences) - _SHOWN_DIFFERENCES
            more = f"; and {hidden} more" if hidden > 0 else ""
            raise self.refusal(
                f"the answer differs from the saved fields ({'; '.join(differences[:_SHOWN_DIFFERENCES])}{more})",
                "read the publisher's notes, then change the fields in rareearth/refresh",
            ) from None

    def only(self, name: str, found: set[str], asked: Collection[str]) -> None:
        """Checks that a field has no values but those asked for.

        Raises:
            Refused: it has another one.
        """
        if others := found - set(asked):
            raise self.refusal(f"sends {one_line(min(others))!r} in {name}, which was not asked", "try again")

    def _text(self, encodings: tuple[str, ...] = ("utf-8-sig",)) -> str:
        """The text in the first of the encodings that fits all of it."""
        content = self.path.read_bytes()
        for encoding in encodings:
            with contextlib.suppress(UnicodeDecodeError):
                text = content.decode(encoding)
                if text.lstrip()[:1] == "<":
                    raise self.refusal("sends a web page (HTML or XML) instead of data", "open it in a browser")
                return text
        raise self.refusal(f"the text is not in {' or '.join(encodings)}", "report it there")

    def _rows(self, lines: Iterable[str], name: str, wanted: Wanted, columns: Collection[str]) -> list[dict[str, str]]:
        rows, reader = [], csv.reader(lines, strict=True)
        try:
            header = next(reader, [])
            if missing := sorted(set(columns) - set(header)):
                found = f"{name} has no column {', '.join(missing)}, but {one_line(', '.join(header))}"
                raise self.refusal(found)
            for cells in reader:
                if len(cells) != len(header):
                    raise self.refusal(
                        f"line {reader.line_num} of {name} has {len(cells)} fields instead of {len(header)}",
                        "try again",
                    )
                row = dict(zip(header, cells, strict=True))
                if wanted(row):
                    rows.append(row)
                if len(rows) > MAX_ROWS:
                    raise self.refusal(f"more than {MAX_ROWS:,} rows", "ask for less")
        except (csv.Error, UnicodeDecodeError):
            raise self.refusal(
                f"{name} is no CSV in UTF-8, or breaks off, after line {reader.line_num}", "try again"
            ) from None
        return rows


def _no_number(word: str) -> None:
    raise ValueError(word)


def _difference(error: Any) -> str:
    """One line of a difference: the field without its place in a list, and what was found there."""
    name = ".".join(str(part) for part in error["loc"] if isinstance(part, str)) or "the whole"
    if error["type"] != "missing":
        return f"{name}: {error['msg']}, found {one_line(error['input'])!r}"
    if not isinstance(error["input"], dict):
        return f"the whole is no list of {error['loc'][-1] + 1} but {one_line(error['input'])!r}"
    similar = difflib.get_close_matches(error["loc"][-1], error["input"], n=3, cutoff=0)
    return f"{name} is missing" + (f", there is {one_line(', '.join(similar))}" if similar else "")
