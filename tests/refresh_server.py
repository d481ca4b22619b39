"""A publisher on the loopback that answers as it is told, well or badly, and a copy of data/raw to refresh."""

import contextlib
import hashlib
import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from rareearth.errors import Refused
from rareearth.refresh.download import Client, Limits

CANARY = "canary5f0a7c9d3e1b"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LIMITS = Limits(
    reach_s=2,
    connect_s=1,
    read_s=0.4,
    total_s=1.5,
    tries=4,
    backoff_s=0.01,
    longest_wait_s=60,
    max_bytes=5_000_000,
)


class Site:
    """A server whose `answers` are given one by one, the last for ever; `asked` holds paths and headers."""

    def __init__(self):
        self.answers, self.asked, self.stopped = [], [], threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked.append((self.path, dict(self.headers)))
                answer = site.answers.pop(0) if len(site.answers) > 1 else site.answers[0]
                self.close_connection = True
                with contextlib.suppress(OSError):
                    answer(self)

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()


def send(status=200, body=b"", **headers):
    """An answer with a length, unless `Content_Length` says another one or None for none."""
    if not isinstance(body, bytes):
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
    named = {"Content-Length": str(len(body))} | {n.replace("_", "-"): v for n, v in headers.items()}

    def answer(handler):
        handler.send_response(status)
        for name, value in named.items():
            if value is not None:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def raw_bytes(*parts, pause_s=0.0):
    """What is written to the socket as it is, with pauses between the parts."""

    def answer(handler):
        for part in parts:
            handler.wfile.write(part)
            handler.wfile.flush()
            time.sleep(pause_s)

    return answer


def silence(site):
    """Never answers while the test runs."""
    return lambda handler: site.stopped.wait(20)


def by_query(make):
    """An answer made from the path and the parameters of the address."""

    def answer(handler):
        parts = urlsplit(handler.path)
        send(body=make(parts.path, {name: words[0] for name, words in parse_qs(parts.query).items()}))(
            handler
        )

    return answer


def snapshot(folder):
    """Every file below a folder with its hash."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@contextlib.contextmanager
def refused(raw, *words):
    """One line with these words, the key not in it, and data/raw as it was."""
    before = snapshot(raw)
    with pytest.raises(Refused) as caught:
        yield caught
    message = str(caught.value)
    assert "\n" not in message and CANARY not in message and ": " in message
    assert all(word in message for word in words), message
    assert snapshot(raw) == before
    assert not (raw.parent / ".refresh" / "downloads").exists()


def quick(sleeps=None, **limits):
    """A client that does not wait, with a record of how long it would have waited."""
    from dataclasses import replace

    waited = [] if sleeps is None else sleeps
    return Client(limits=replace(LIMITS, **limits), sleep=waited.append)
