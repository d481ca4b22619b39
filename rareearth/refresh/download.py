"""One file from one address: whole, bounded in time and size, from the host that was asked, or a refusal.

The key goes in a header and nowhere else. No message holds the text of an exception of the HTTP library, because
those print addresses and headers.
"""

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from rareearth import files
from rareearth.errors import Refused
from rareearth.refresh.answers import shown

KEY_HEADER = "Ocp-Apim-Subscription-Key"
_BUSY = {429: "too many requests", 500: "", 502: "", 503: "", 504: ""}
_BLOCK_BYTES = 65_536
_REDIRECTS = 3
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

T = TypeVar("T")


class NotThere(Refused):
    """The publisher has no such file (404)."""


class _Again(Exception):
    """The answer may be better next time.

    Attributes:
        reason: What was found.
        wait_s: How many seconds the server asks to wait; 0 when it says nothing.
    """

    def __init__(self, reason: str, wait_s: float = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait_s = wait_s


@dataclass(frozen=True)
class Limits:
    """What a download may take.

    Attributes:
        reach_s: Seconds until the host must have been reached, with the look-up of its name.
        connect_s: Seconds for a connection.
        read_s: Seconds without a byte.
        total_s: Seconds for the whole file, with retries and waits.
        tries: Attempts.
        backoff_s: Seconds before the second attempt; doubled each time.
        longest_wait_s: Seconds that a server may ask to wait.
        max_bytes: Size of the file, unpacked.
    """

    reach_s: float = 8
    connect_s: float = 4
    read_s: float = 120
    total_s: float = 900
    tries: int = 4
    backoff_s: float = 2
    longest_wait_s: float = 120
    max_bytes: int = 300_000_000


@contextlib.contextmanager
def kept_out(key: str) -> Iterator[None]:
    """No refusal that leaves this block holds the key, even where a server repeats it in its answer."""
    try:
        yield
    except Refused as refusal:
        raise type(refusal)(str(refusal).replace(key, "[key]") if key else str(refusal)) from None


@dataclass(frozen=True)
class Client:
    """Fetches files.

    Attributes:
        key: Sent in `KEY_HEADER`; empty for publishers that ask for none.
        limits: What a download may take.
        sleep: Waits that many seconds.
    """

    key: str = field(default="", repr=False)
    limits: Limits = field(default_factory=Limits)
    sleep: Callable[[float], None] = time.sleep

    def fetch(self, url: str, target: Path) -> None:
        """Writes the file at `url` to `target`, which is there only when all of it has come.

        Raises:
            NotThere: the publisher has no such file.
            Refused: it cannot be had whole, in time, in size, or from the host that was asked.
        """
        deadline = time.monotonic() + self.limits.total_s
        asked = _address(url)
        self._reach(asked)
        with files.part(target) as part, requests.Session() as session:
            for attempt in range(1, self.limits.tries + 1):
                try:
                    with self._answer(session, url, deadline) as answer:
                        self._save(answer, part, deadline, asked.hostname)
                    return
                except _Again as again:
                    self._wait(again, attempt, deadline, asked.hostname)

    def _reach(self, asked: SplitResult) -> None:
        """Says in seconds that there is no network: the look-up of a name obeys no timeout of its own."""
        proxy = requests.utils.select_proxy(
            asked.geturl(), requests.utils.get_environ_proxies(asked.geturl())
        )
        door = urlsplit(proxy) if proxy else asked
        port = door.port or (443 if door.scheme == "https" else 80)

        def knock() -> None:
            socket.create_connection((door.hostname, port), self.limits.connect_s).close()

        try:
            _within(self.limits.reach_s, knock)
        except OSError:
            raise Refused(
                f"{asked.hostname}: cannot be reached: connect to the network, or try again later; "
                "the reports are made from the data in hand"
            ) from None

    def _answer(self, session: requests.Session, url: str, deadline: float) -> requests.Response:
        for _ in range(_REDIRECTS):
            answer = self._ask(session, url, deadline)
            if not answer.is_redirect:
                _check_status(answer, urlsplit(url).hostname)
                return answer
            answer.close()
            url = _next_address(url, answer.headers["Location"])
        raise Refused(f"{urlsplit(url).hostname}: redirects more than {_REDIRECTS} times: report it there")

    def _ask(self, session: requests.Session, url: str, deadline: float) -> requests.Response:
        host = urlsplit(url).hostname
        headers = {"User-Agent": "rare-earth-briefings"} | ({KEY_HEADER: self.key} if self.key else {})
        times = (self.limits.connect_s, self.limits.read_s)

        def get() -> requests.Response:
            return session.get(url, headers=headers, timeout=times, allow_redirects=False, stream=True)

        try:
            return _within(deadline - time.monotonic(), get)
        except requests.exceptions.SSLError:
            raise Refused(
                f"{host}: its certificate or encryption is not accepted: check the clock and the network"
            ) from None
        except requests.exceptions.ReadTimeout:
            raise _Again(f"no answer within {self.limits.read_s:g} s") from None
        except requests.exceptions.RequestException:
            raise _Again("the connection fails") from None
        except TimeoutError:
            raise self._too_slow(host) from None

    def _save(self, answer: requests.Response, part: Path, deadline: float, host: str) -> None:
        written = 0
        try:
            with part.open("wb") as stream:
                # One read of the socket at a time: a larger read would wait for a server that drips.
                while block := answer.raw.read1(_BLOCK_BYTES, decode_content=True):
                    written += len(block)
                    if written > self.limits.max_bytes:
                        raise Refused(
                            f"{host}: more than {self.limits.max_bytes:,} bytes: ask for less, or raise the cap"
                        )
                    if time.monotonic() > deadline:
                        raise self._too_slow(host)
                    stream.write(block)
        except DecodeError:
            raise Refused(f"{host}: the body is not packed as its header says: report it there") from None
        except ReadTimeoutError:
            raise _Again(f"no byte for {self.limits.read_s:g} s") from None
        except HTTPError:
            raise _Again("the body breaks off") from None

    def _wait(self, again: _Again, attempt: int, deadline: float, host: str) -> None:
        if attempt == self.limits.tries:
            raise Refused(f"{host}: {again.reason}, {attempt} times: try again later") from None
        if again.wait_s > self.limits.longest_wait_s:
            raise Refused(
                f"{host}: {again.reason}, and asks to wait {again.wait_s:,.0f} s: try again after that"
            ) from None
        wait_s = max(again.wait_s, self.limits.backoff_s * 2 ** (attempt - 1))
        if time.monotonic() + wait_s > deadline:
            raise self._too_slow(host) from None
        self.sleep(wait_s)

    def _too_slow(self, host: str) -> Refused:
        return Refused(f"{host}: not whole after {self.limits.total_s:g} s: try again when it is faster")


def _address(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise Refused(f"{parts.hostname}: {parts.scheme or 'no scheme'} is not encrypted: https only")
    return parts


def _next_address(url: str, location: str) -> str:
    before, after = urlsplit(url), urlsplit(urljoin(url, location))
    if (after.scheme, after.netloc) != (before.scheme, before.netloc):
        raise Refused(
            f"{before.hostname}: redirects to another host or scheme ({shown(f'{after.scheme}://{after.netloc}')}): "
            "not followed; if it has moved, change the address in rareearth/refresh"
        )
    return after.geturl()


def _check_status(answer: requests.Response, host: str) -> None:
    status = answer.status_code
    if status == 200:
        return
    answer.close()
    if status in (401, 403):
        raise Refused(f"{host}: answers {status}, the key is missing, wrong or used up: check your key")
    if status == 404:
        raise NotThere(f"{host}: answers 404, there is no such file: see whether it has moved")
    if status in _BUSY:
        words = f" ({_BUSY[status]})" if _BUSY[status] else ""
        raise _Again(f"answers {status}{words}", _asked_wait_s(answer.headers.get("Retry-After", "")))
    raise Refused(f"{host}: answers {status}: look at the address in rareearth/refresh")


def _asked_wait_s(header: str) -> float:
    """Retry-After in seconds: a number, or the time until a date; 0 where it is neither."""
    if header.strip().isdecimal():
        return float(header)
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return 0
    return max(0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _within(seconds: float, work: Callable[[], T]) -> T:
    """The result of `work`, which is left behind after `seconds`: look-ups and headers that drip obey no timeout.

    Raises:
        TimeoutError: it has not ended.
    """
    results: queue.SimpleQueue = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((work(), None))
        except BaseException as error:  # handed over to the waiting thread, which raises it
            results.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        result, error = results.get(timeout=max(seconds, 0))
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return result
