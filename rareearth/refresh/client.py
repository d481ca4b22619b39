"""What a publisher sends: a file that is whole, in time, in size and from the host that was asked, then read strictly.

This is the only code that uses the network. A key travels in a header and nowhere else, and no message holds the text
of an exception of the HTTP library, because those print addresses and headers. All that goes wrong raises `Refused` in
one line that names the host, whatever was sent.

No ready client keeps these limits. pooch 1.9 and wbgapi 1.0 follow redirects to any host and set neither a total time
nor a size; comtradeapicall 1.3 does the same, and puts the key into the address; the retries of urllib3 read the
whole body of an answer that they throw away, and do not notice one that breaks off.
"""

import contextlib
import csv
import difflib
import io
import json
import lzma
import os
import signal
import time
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from requests.exceptions import ConnectTimeout, ProxyError, ReadTimeout, RequestException, SSLError
from urllib3.exceptions import MaxRetryError

from rareearth import files
from rareearth.errors import Refused

KEY_VARIABLE = "COMTRADE_API_KEY"
KEY_HEADER = "Ocp-Apim-Subscription-Key"
_BUSY = {429: " (too many requests)", 500: "", 502: "", 503: "", 504: ""}
_BLOCK_BYTES = 65_536
_REDIRECTS = 3
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# More rows than any table here can need: a query that brings them is wrong.
MAX_ROWS = 1_000_000
# A file of a year of BACI has 0.4 GB.
_MAX_UNPACKED_BYTES = 4_000_000_000
_SHOWN_CHARACTERS, _SHOWN_DIFFERENCES = 120, 5
_UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, OSError)
# No signal interrupts the look-up of a name, so the C library's own patience (10 s a server) is made shorter.
os.environ.setdefault("RES_OPTIONS", "timeout:2 attempts:1")

T = TypeVar("T")
Wanted = Callable[[dict[str, str]], bool]
Year = Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}$")]
Day = Annotated[str, Field(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}$")]
Digits = Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
Amount = Annotated[Decimal, Field(ge=0, lt=10**15, decimal_places=20)]


class NotFound(Refused):
    """The publisher has no such file (404)."""


class _OutOfTime(BaseException):
    """The total time is over; no library catches this class."""


class _TryAgain(Exception):
    """The next attempt may succeed: why this one failed, and how many seconds the server asks to wait."""


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
    if cell is None or isinstance(cell, bool):
        return "" if cell is None else str(cell).lower()
    return f"{cell.normalize():f}" if isinstance(cell, Decimal) else str(cell)


# --- Reading ---


@dataclass(frozen=True)
class Answer:
    """A file of a publisher."""

    host: str  # who sent it; every message begins with it
    path: Path

    def refusal(self, found: str, advice: str = "look for a new format") -> Refused:
        """The error that says what was found in this answer, and what to do."""
        return Refused(f"{self.host}: {found}: {advice}")

    def json(self, schema: type[T]) -> T:
        """The JSON of the file as the schema declares it, if it is whole and reports no error."""
        text = self._text()
        try:
            found = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=int)  # int refuses NaN
        except (ValueError, RecursionError, ArithmeticError):
            raise self.refusal(
                f"sends no JSON, or one that breaks off after {len(text)} characters", "try again"
            ) from None
        if isinstance(found, dict) and (found.get("error") or found.get("statusCode", 200) != 200):
            words = f"{found.get('statusCode', 200)} {found.get('error') or found.get('message', '')}"
            raise self.refusal(f"reports an error ({one_line(words)})", "change the query or wait")
        return self.checked(schema, found)

    def csv(self, wanted: Wanted, columns: Collection[str], encodings: tuple[str, ...]) -> list[dict[str, str]]:
        """The wanted rows of a CSV that has these columns, perhaps among others; at most `MAX_ROWS`."""
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
        """Refuses values of a field but those asked for."""
        if others := found - set(asked):
            raise self.refusal(f"sends {one_line(min(others))!r} in {name}, which was not asked", "try again")

    def _text(self, encodings: tuple[str, ...] = ("utf-8-sig",)) -> str:
        """The text in the first of the encodings that fits all of it."""
        for encoding in encodings:
            with contextlib.suppress(UnicodeDecodeError):
                text = self.path.read_bytes().decode(encoding)
                if text.lstrip()[:1] == "<":
                    raise self.refusal("sends a web page (HTML or XML) instead of data", "open it in a browser")
                return text
        raise self.refusal(f"the text is not in {' or '.join(encodings)}", "report it there")

    def _rows(self, lines: Iterable[str], name: str, wanted: Wanted, columns: Collection[str]) -> list[dict[str, str]]:
        rows, reader = [], csv.reader(lines, strict=True)
        try:
            header = next(reader, [])
            if missing := sorted(set(columns) - set(header)):
                raise self.refusal(f"{name} has no column {', '.join(missing)}, but {one_line(', '.join(header))}")
            for cells in reader:
                if len(cells) != len(header):
                    found = f"line {reader.line_num} of {name} has {len(cells)} fields instead of {len(header)}"
                    raise self.refusal(found, "try again")
                row = dict(zip(header, cells, strict=True))
                if wanted(row):
                    rows.append(row)
                if len(rows) > MAX_ROWS:
                    raise self.refusal(f"more than {MAX_ROWS:,} rows", "ask for less")
        except (csv.Error, UnicodeDecodeError):
            found = f"{name} is no CSV in UTF-8, or breaks off, after line {reader.line_num}"
            raise self.refusal(found, "try again") from None
        return rows


def _difference(error: Any) -> str:
    """One line of a difference: the field without its place in a list, and what was found there."""
    name = ".".join(str(part) for part in error["loc"] if isinstance(part, str)) or "the whole"
    if error["type"] != "missing":
        return f"{name}: {error['msg']}, found {one_line(error['input'])!r}"
    if not isinstance(error["input"], dict):
        return f"the whole is no list of {error['loc'][-1] + 1} but {one_line(error['input'])!r}"
    similar = difflib.get_close_matches(error["loc"][-1], error["input"], n=3, cutoff=0)
    return f"{name} is missing" + (f", there is {one_line(', '.join(similar))}" if similar else "")


# --- Fetching ---


@dataclass(frozen=True)
class Client:
    """Fetches files, in the main thread only (the total time is kept by a signal)."""

    key: str = field(default="", repr=False)  # sent in `KEY_HEADER`; empty for publishers that ask for none
    connect_s: float = 4  # for a connection
    read_s: float = 120  # without a byte
    total_s: float = 900  # for the whole file, with all attempts and waits
    attempts: int = 4  # how often a file is asked for
    backoff_s: float = 2  # before the second attempt; doubled each time
    longest_wait_s: float = 120  # that a server may ask to wait
    max_bytes: int = 300_000_000  # size of the file
    sleep: Callable[[float], None] = time.sleep

    def fetch(self, url: str, target: Path) -> Answer:
        """Writes the file at `url` to `target`, which is there only when all of it has come.

        Raises:
            NotFound: the publisher has no such file.
            Refused: it cannot be had whole, in time, in size, or from the host that was asked.
        """
        host = _split(url, url).hostname
        try:
            with files.part(target) as part, requests.Session() as session, _within(self.total_s):
                # An inner packing could end early without a sign, so that none is asked for.
                session.headers = {"User-Agent": "rare-earth-briefings", "Accept-Encoding": "identity"}
                session.headers |= {KEY_HEADER: self.key} if self.key else {}
                # Else the library reads the whole body of a redirect, though it does not follow it.
                session.get_redirect_target = lambda response: None
                for attempt in range(self.attempts):
                    try:
                        with self._answer(session, url, host) as response:
                            self._save(response, part, host)
                        return Answer(host, target)
                    except _TryAgain as error:
                        reason, wait_s = error.args
                    if attempt + 1 < self.attempts:
                        self.sleep(max(wait_s, self.backoff_s * 2**attempt))
                raise Refused(f"{host}: {reason}, {self.attempts} times: try again later")
        except _OutOfTime:
            raise Refused(f"{host}: not whole after {self.total_s:g} s: try again when it is faster") from None

    def _answer(self, session: requests.Session, url: str, host: str) -> requests.Response:
        """The answer with status 200, after redirects within the host."""
        limits = {"timeout": (self.connect_s, self.read_s), "allow_redirects": False, "stream": True}
        for _ in range(_REDIRECTS):
            try:
                response = session.get(url, **limits)
            except SSLError:
                advice = "check the clock and the network"
                raise Refused(f"{host}: its certificate or encryption is not accepted: {advice}") from None
            except ReadTimeout:
                raise _TryAgain(f"no answer within {self.read_s:g} s", 0) from None
            except RequestException as error:
                if isinstance(error, ConnectTimeout | ProxyError) or isinstance([*error.args, 0][0], MaxRetryError):
                    raise Refused(
                        f"{host}: cannot be reached, so it was not asked: connect to the network, or try again later; "
                        "the reports are made from the data in hand"
                    ) from None
                raise _TryAgain("the connection fails", 0) from None
            if not response.is_redirect:
                self._check(response, host)
                return response
            response.close()
            url = same_site(url, response.headers["Location"])
        raise Refused(f"{host}: redirects more than {_REDIRECTS} times: report it there")

    def _check(self, response: requests.Response, host: str) -> None:
        status = response.status_code
        packing = response.headers.get("Content-Encoding", "identity")
        if status == 200 and packing.lower() == "identity":
            return
        response.close()
        if status == 200:
            raise Refused(f"{host}: packs its answer ({one_line(packing)}) unasked: report it there")
        if status in (401, 403):
            raise Refused(f"{host}: answers {status}, the key is missing, wrong or used up: check your key")
        if status == 404:
            raise NotFound(f"{host}: answers 404, there is no such file: see whether it has moved")
        if status not in _BUSY:
            raise Refused(f"{host}: answers {status}: look at the address in rareearth/refresh")
        reason = f"answers {status}{_BUSY[status]}"
        wait_s = _asked_wait_s(response.headers.get("Retry-After", ""))
        if wait_s > self.longest_wait_s:
            raise Refused(f"{host}: {reason}, and asks to wait {wait_s:,.0f} s: try again after that")
        raise _TryAgain(reason, wait_s)

    def _save(self, response: requests.Response, part: Path, host: str) -> None:
        try:
            with part.open("wb") as stream:
                for block in response.iter_content(_BLOCK_BYTES):
                    stream.write(block)
                    if stream.tell() > self.max_bytes:
                        raise Refused(f"{host}: more than {self.max_bytes:,} bytes: ask for less, or raise the limit")
        except Refused:
            raise
        except (RequestException, ValueError):  # a negative length of a chunk is a ValueError
            raise _TryAgain("the answer stops or breaks off", 0) from None


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Interrupts the block after `seconds`, whatever it waits for: headers, chunks, trailers or a sleep."""

    def out_of_time(number: int, frame: object) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGALRM, out_of_time)
    # Again every second: Python drops an exception that meets it while an object is destroyed.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def same_site(url: str, location: str) -> str:
    """The address that `location` means on the page `url`.

    Raises:
        Refused: it is on another host, port or scheme, or no address at all.
    """
    before, after = urlsplit(url), _split(url, location)
    if (after.scheme, after.netloc) != (before.scheme, before.netloc):
        raise Refused(
            f"{before.hostname}: points to another host or scheme ({one_line(f'{after.scheme}://{after.netloc}')}): "
            "not followed; if it has moved, change the address in rareearth/refresh"
        )
    return after.geturl()


def _split(url: str, location: str) -> SplitResult:
    host = urlsplit(url).hostname
    try:
        parts = urlsplit(urljoin(url, location))
        if not location or parts.port == 0:  # to ask for the port checks it
            raise ValueError
    except ValueError:
        raise Refused(f"{host}: {one_line(location)!r} is no address: report it there") from None
    if parts.scheme != "https" and (parts.scheme, parts.hostname) not in [("http", one) for one in _LOOPBACK]:
        raise Refused(f"{host}: {one_line(parts.scheme) or 'no scheme'} is not encrypted: https only")
    return parts


def _asked_wait_s(header: str) -> float:
    """Retry-After in seconds: a number, or the time until a date; 0 where it is neither."""
    if header.strip().isdecimal():
        return float(header)
    try:
        date = parsedate_to_datetime(header)
        return max(0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return 0
