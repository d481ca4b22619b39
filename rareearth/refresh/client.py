"""Downloads: a file is whole, in time, within a size and from the host that was asked, or it is refused in one line.

This is the only code that uses the network. A key travels in a header and nowhere else, and no message holds the text
of an exception of the HTTP library, because those print addresses and headers.

No ready client keeps these limits. pooch 1.9 and wbgapi 1.0 follow redirects to any host and set neither a total time
nor a size; comtradeapicall 1.3 does the same, and puts the key into the address; the retries of urllib3 read the
whole body of an answer that they throw away.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from requests.exceptions import ConnectTimeout, ProxyError, ReadTimeout, RequestException, SSLError
from urllib3.exceptions import MaxRetryError

from rareearth import files
from rareearth.errors import Refused
from rareearth.refresh.answers import Answer, one_line

KEY_HEADER = "Ocp-Apim-Subscription-Key"
_BUSY = {429: "too many requests", 500: "", 502: "", 503: "", 504: ""}
_BLOCK_BYTES = 65_536
_REDIRECTS = 3
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# No signal interrupts the look-up of a name, so the C library's own patience (10 s a server) is made shorter.
os.environ.setdefault("RES_OPTIONS", "timeout:2 attempts:1")


class NotFound(Refused):
    """The publisher has no such file (404)."""


class _OutOfTime(BaseException):
    """The total time is over; no library catches this class."""


class _TryAgain(Exception):
    """The next attempt may succeed; `wait_s` is what the server asks to wait, in seconds."""

    def __init__(self, reason: str, wait_s: float = 0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


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
                # Else the library reads the whole body of a redirect, though it does not follow it.
                session.get_redirect_target = lambda response: None
                for attempt in range(1, self.attempts + 1):
                    try:
                        with self._answer(session, url) as response:
                            self._save(response, part, host)
                        break
                    except _TryAgain as reason:
                        if attempt == self.attempts:
                            raise Refused(f"{host}: {reason}, {attempt} times: try again later") from None
                        self.sleep(max(reason.wait_s, self.backoff_s * 2 ** (attempt - 1)))
        except _OutOfTime:
            raise Refused(f"{host}: not whole after {self.total_s:g} s: try again when it is faster") from None
        return Answer(host, target)

    def _answer(self, session: requests.Session, url: str) -> requests.Response:
        """The answer with status 200, after redirects within the host."""
        host = urlsplit(url).hostname
        for _ in range(_REDIRECTS):
            response = self._ask(session, url)
            if not response.is_redirect:
                self._check(response, host)
                return response
            response.close()
            url = same_site(url, response.headers["Location"])
        raise Refused(f"{host}: redirects more than {_REDIRECTS} times: report it there")

    def _ask(self, session: requests.Session, url: str) -> requests.Response:
        host = urlsplit(url).hostname
        # An inner packing could end early without a sign, so that none is asked for.
        headers = {"User-Agent": "rare-earth-briefings", "Accept-Encoding": "identity"}
        if self.key:
            headers[KEY_HEADER] = self.key
        try:
            return session.get(
                url,
                headers=headers,
                timeout=(self.connect_s, self.read_s),
                allow_redirects=False,
                stream=True,
            )
        except SSLError:
            raise Refused(
                f"{host}: its certificate or encryption is not accepted: check the clock and the network"
            ) from None
        except ReadTimeout:
            raise _TryAgain(f"no answer within {self.read_s:g} s") from None
        except RequestException as error:
            unreached = isinstance(error, ConnectTimeout | ProxyError)
            if unreached or isinstance(next(iter(error.args), None), MaxRetryError):
                raise Refused(
                    f"{host}: cannot be reached, so it was not asked: connect to the network, or try again later; "
                    "the reports are made from the data in hand"
                ) from None
            raise _TryAgain("the connection fails") from None

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
        reason = f"answers {status}" + (f" ({_BUSY[status]})" if _BUSY[status] else "")
        wait_s = _asked_wait_s(response.headers.get("Retry-After", ""))
        if wait_s > self.longest_wait_s:
            raise Refused(f"{host}: {reason}, and asks to wait {wait_s:,.0f} s: try again after that")
        raise _TryAgain(reason, wait_s)

    def _save(self, response: requests.Response, part: Path, host: str) -> None:
        written = 0
        try:
            with part.open("wb") as stream:
                for block in response.iter_content(_BLOCK_BYTES):
                    written += len(block)
                    if written > self.max_bytes:
                        raise Refused(f"{host}: more than {self.max_bytes:,} bytes: ask for less, or raise the limit")
                    stream.write(block)
        except Refused:
            raise
        except (RequestException, ValueError):  # a negative length of a chunk is a ValueError
            raise _TryAgain("the answer stops or breaks off") from None


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
