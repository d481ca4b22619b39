"""What a publisher sent, read strictly: the right format, whole, no error in the clothes of data."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from rareearth.errors import Refused

# More rows than any table here can need: a query that brings them is wrong.
MAX_ROWS = 1_000_000
_SHOWN = 120


def shown(text: object) -> str:
    """A publisher's words in one line without signs that steer a terminal, cut to what a message can hold."""
    return "".join(sign for sign in " ".join(str(text).split()) if sign.isprintable())[:_SHOWN]


def text_of(path: Path, where: str, encodings: tuple[str, ...] = ("utf-8-sig",)) -> str:
    """The text of a file in the first of the encodings that fits all of it.

    Raises:
        Refused: none does, or it is a web page.
    """
    content = path.read_bytes()
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.lstrip()[:1] == "<":
            raise Refused(f"{where}: sends a web page (HTML or XML) instead of data: open it in a browser")
        return text
    raise Refused(f"{where}: the text is not in {' or '.join(encodings)}: report it there")


def json_of(path: Path, where: str) -> Any:
    """The JSON of a file, with every number as it is printed.

    Raises:
        Refused: it is not JSON, breaks off, or reports an error.
    """
    text = text_of(path, where)
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refused(
            f"{where}: sends no JSON, or one that breaks off after {len(text)} characters: try again"
        ) from None
    if isinstance(found, dict):
        _check_error(found, where)
    return found


def _no_number(word: str) -> None:
    raise ValueError(word)


def _check_error(found: dict[str, Any], where: str) -> None:
    status = found.get("statusCode", 200)
    if status != 200 or found.get("error"):
        words = found.get("error") or found.get("message", "")
        raise Refused(f"{where}: reports an error ({shown(f'{status} {words}')}): change the query or wait")


def records_of(found: Any, where: str) -> list[dict[str, Any]]:
    """The records below ``data``, as many as ``count`` says.

    Raises:
        Refused: there are none to be had, their number is another one, or there are too many.
    """
    records = found.get("data") if isinstance(found, dict) else None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise Refused(f"{where}: 'data' is no list of records: look at its documentation for a new format")
    if found.get("count") != len(records):
        raise Refused(
            f"{where}: {len(records)} records where 'count' says {shown(found.get('count'))}: try again"
        )
    return capped(records, where)


def capped(records: list[Any], where: str) -> list[Any]:
    """The records, when they are not too many.

    Raises:
        Refused: more than `MAX_ROWS`.
    """
    if len(records) > MAX_ROWS:
        raise Refused(f"{where}: {len(records):,} rows, more than {MAX_ROWS:,}: ask for less")
    return records


def csv_of(path: Path, where: str, encodings: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a CSV by its header.

    Raises:
        Refused: it is no CSV, or a row has not as many fields as the header.
    """
    try:
        header, *rows = csv.reader(text_of(path, where, encodings).splitlines(keepends=True), strict=True)
    except (csv.Error, ValueError):
        raise Refused(f"{where}: sends no CSV with a header, or one that breaks off: try again") from None
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise Refused(f"{where}: row {number} has {len(row)} fields instead of {len(header)}: try again")
    return [dict(zip(header, row, strict=True)) for row in capped(rows, where)]


def plain(cell: object) -> str:
    """A cell as digits: null is empty, true is "true", 8.0 is 8 and no number has an exponent."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"{cell.normalize():f}" if isinstance(cell, Decimal) else str(cell)
