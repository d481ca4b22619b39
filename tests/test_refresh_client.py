"""A download is whole and from the host that was asked, or it is refused in one line and data/raw stays as it is."""

import gzip
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from refresh_server import (
    CANARY,
    HEAD,
    NOW,
    Site,
    quick,
    raw_bytes,
    refresh,
    refused,
    send,
    snapshot,
)

from rareearth.paths import RAW, ROOT
from rareearth.refresh import command, comtrade
from rareearth.refresh.client import Client, same_site
from rareearth.refusal import Refused


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """A copy of data/raw that no test of this file may change."""
    return shutil.copytree(RAW, tmp_path_factory.mktemp("data") / "raw")


def get(site, raw, client=None, base=None):
    """Fetches one file in the course of a refresh; returns its bytes."""
    found = []

    def newer(run):
        found.append(run.fetch((base or site.url) + "/file").path.read_bytes())
        assert len(list(run.folder.iterdir())) == 1
        return []

    command.refresh({"one": newer}, root=raw, client=client or quick(), now=NOW)
    return found[0]


@pytest.fixture
def nobody():
    """An address at which nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}"


@pytest.mark.fault(61)
def test_a_server_in_trouble_is_asked_again(site, raw):
    site.answers = [send(500), send(502), send(503), send(body=b"whole")]
    sleeps = []
    assert get(site, raw, quick(sleeps)) == b"whole"
    assert sleeps == [0.01, 0.02, 0.04] and len(site.asked) == 4


@pytest.mark.fault(62)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_that_stays_in_trouble_is_given_up(site, raw, status):
    site.answers = [send(status)]
    with refused(raw, f"127.0.0.1: answers {status}, 4 times", "try again later"):
        get(site, raw)
    assert len(site.asked) == 4


@pytest.mark.fault(63)
def test_retry_after_is_obeyed(site, raw):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    waits = ["2", soon, "soon"]
    site.answers = [*(send(429, Retry_After=wait) for wait in waits), send()]
    sleeps = []
    get(site, raw, quick(sleeps))
    assert sleeps[0] == 2 and 0.02 <= sleeps[1] <= 100 and sleeps[2] == 0.04


@pytest.mark.fault(63)
@pytest.mark.parametrize("wait", ["86400", "9" * 5000, "date"])
def test_an_absurd_wait_is_refused(site, raw, wait):
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    site.answers = [send(429, Retry_After=tomorrow if wait == "date" else wait)]
    sleeps = []
    with refused(raw, "answers 429 (too many requests)", "asks to wait", "try again after that"):
        get(site, raw, quick(sleeps))
    assert sleeps == [] and len(site.asked) == 1


@pytest.mark.fault(63)
@pytest.mark.parametrize(
    "wait", ["-5", "Mon, 01 Jan 0000 00:00:00 +9999", "Fri, 31 Dec 9999 23:59:59 -2359", "1" * 30 + "x"]
)
def test_a_wait_that_is_no_time_is_ignored(site, raw, wait):
    site.answers = [send(503, Retry_After=wait), send(body=b"whole")]
    sleeps = []
    assert get(site, raw, quick(sleeps, longest_wait_s=10**12)) == b"whole" and len(sleeps) == 1


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        *(pytest.param(status, "check your key", marks=pytest.mark.fault(64)) for status in (401, 403)),
        *((status, "") for status in (400, 404, 410, 204, 206)),
    ],
)
def test_other_answers_are_refused_at_once(site, raw, status, advice):
    site.answers = [send(status)]
    with refused(raw, f"127.0.0.1: answers {status}", advice):
        get(site, raw)
    assert len(site.asked) == 1


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CUT = {
    "length": HEAD + b"Content-Length: 400\r\n\r\nhalf",
    "chunk": CHUNKED + b"40\r\nhalf",
    "no last chunk": CHUNKED + b"4\r\nhalf\r\n",
    "negative chunk": CHUNKED + b"-4\r\nhalf\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 4\r\nContent-Length: 9\r\n\r\nhalf",
    "header": b"HTTP/1.1 20",
    "no status": b"hello world\r\n\r\n",
    "many headers": HEAD + b"X-A: b\r\n" * 1000 + b"\r\n",
}


@pytest.mark.fault(68)
@pytest.mark.parametrize("how", CUT)
def test_a_body_that_breaks_off_is_noticed(site, raw, how):
    site.answers = [raw_bytes(CUT[how])]
    with refused(raw, "127.0.0.1: the ", "4 times: try again later"):
        get(site, raw)
    site.answers = [raw_bytes(CUT[how]), send(body=b"whole")]
    assert get(site, raw) == b"whole"


ENDLESS = {  # what is sent first, and then again and again
    "body": (HEAD + b"Content-Length: 4000000\r\n\r\n", b"x"),
    "chunks": (CHUNKED, b"1\r\nx\r\n"),
    "chunk extension": (CHUNKED + b"4;", b"x"),
    "chunk size": (CHUNKED, b"0"),
    "trailers": (CHUNKED + b"4\r\nabcd\r\n0\r\n", b"X-A: b\r\n"),
    "one header": (HEAD + b"X-A: ", b"b"),
    "100 continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "silence": (HEAD, b""),
}


@pytest.mark.fault(69)
@pytest.mark.parametrize("how", ENDLESS)
def test_an_answer_without_an_end_meets_the_total_limit(site, raw, how):
    """The server stops only when the test is over, so that no speed of the machine changes the outcome."""
    site.answers = [site.endless(*ENDLESS[how])]
    with refused(raw, "127.0.0.1: not whole after 0.5 s", "try again"):
        get(site, raw, quick(total_s=0.5))


@pytest.mark.fault(70)
@pytest.mark.parametrize("first", [b"", HEAD + b"Content-Length: 9\r\n\r\nhalf"])
def test_a_server_that_falls_silent(site, raw, first):
    site.answers = [site.endless(first)]
    with refused(raw, "127.0.0.1: ", "2 times: try again later"):
        get(site, raw, quick(attempts=2, read_s=0.2))


@pytest.mark.fault(70)
def test_a_host_that_takes_no_connection(raw):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port, held = listener.getsockname()[1], []
        for _ in range(4):  # fills the queue of connections
            held.append(socket.socket())
            held[-1].setblocking(False)
            held[-1].connect_ex(("127.0.0.1", port))
        with refused(raw, "127.0.0.1: cannot be reached", "try again later"):
            get(None, raw, quick(connect_s=0.2), base=f"http://127.0.0.1:{port}")
        for one in held:
            one.close()


def unknown(*_, **__):
    raise socket.gaierror("Name or service not known")


@pytest.mark.fault(71)
@pytest.mark.parametrize("publisher", command.PUBLISHERS)
def test_without_a_network_nobody_is_called_up_to_date(raw, nobody, publisher, monkeypatch, capsys):
    """Every publisher is asked, or the refusal says that it was not, at once."""
    monkeypatch.setenv(comtrade.KEY_VARIABLE, CANARY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    site, sleeps = type("Nobody", (), {"url": nobody}), []
    with refused(raw, "127.0.0.1: cannot be reached, so it was not asked: connect to the network"):
        refresh(command.PUBLISHERS[publisher], site, raw, client=quick(sleeps))
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with refused(raw, "publisher.invalid: cannot be reached, so it was not asked"):
        get(None, raw, quick(sleeps), base="https://publisher.invalid")
    assert sleeps == [] and "newer" not in capsys.readouterr().out
    assert Client().connect_s < 5  # what holds for users


@pytest.mark.fault(71)
def test_without_a_network_the_command_ends_with_1(nobody, raw, monkeypatch, capsys):
    from rareearth.__main__ import main

    monkeypatch.setitem(command.refresh.__kwdefaults__, "root", raw)
    monkeypatch.setenv("HTTPS_PROXY", nobody)
    monkeypatch.setenv("NO_PROXY", "")
    assert main(["refresh"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and "www.sciencebase.gov: cannot be reached, so it was not asked" in said.err


@pytest.mark.fault(71)
def test_reports_never_touch_the_network_code():
    code = (
        "import sys, rareearth.__main__, rareearth.briefing.run, rareearth.trade.data, rareearth.ledger\n"
        "assert not [name for name in sys.modules if name.startswith('rareearth.refresh')]"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.fault(72)
@pytest.mark.parametrize(
    "where",
    [
        "{other}/file",
        "file:///etc/passwd",
        "//127.0.0.2/file",
        "ftp://127.0.0.1/file",
        "https://127.0.0.1/file",
    ]
    + ["http://[::1", "http://127.0.0.1:99999999/", "http://u:p@127.0.0.1/", "http://e\x1b[2Jvil/"],
)
def test_a_redirect_elsewhere_is_not_followed(site, raw, monkeypatch, where):
    monkeypatch.setenv(comtrade.KEY_VARIABLE, CANARY)
    other = Site()
    other.answers, site.answers = [send(body=b"{}")], [send(302, Location=where.format(other=other.url))]
    with refused(raw, "127.0.0.1: "):
        refresh(comtrade.newer, site, raw)
    other.close()
    assert other.asked == [] and len(site.asked) == 1


@pytest.mark.fault(72)
def test_https_is_never_left():
    with pytest.raises(Refused, match="example.org: http is not encrypted"):
        same_site("https://example.org/a", "http://example.org/a")
    with pytest.raises(
        Refused, match=r"points to another host or scheme \(https://example.net\): not followed"
    ):
        same_site("https://example.org/a", "//example.net/a")
    with pytest.raises(Refused, match="example.org: http is not encrypted: https only"):
        quick().fetch("http://example.org/a", RAW / "nothing")


@pytest.mark.fault(72)
def test_a_redirect_within_the_host_is_followed_but_not_for_ever(site, raw):
    moved = b"HTTP/1.1 301 Moved\r\nLocation: /there\r\nContent-Length: 99999999\r\n\r\n"
    site.answers = [site.endless(moved, b"x"), send(body=b"whole")]  # what a redirect says is not read
    assert get(site, raw) == b"whole" and [path for path, _ in site.asked] == ["/file", "/there"]
    site.answers = [send(302, Location="/file")]
    with refused(raw, "redirects more than 3 times"):
        get(site, raw)


@pytest.mark.fault(73)
def test_a_server_without_tls_is_refused(site, raw):
    site.answers = [send(body=b"whole")]
    with refused(raw, "127.0.0.1: its certificate or encryption is not accepted"):
        get(site, raw, base=site.url.replace("http:", "https:"))


@pytest.mark.fault(73)
def test_a_certificate_that_nobody_signed_is_refused(site, raw, tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    words = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    made = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"]
    subprocess.run(["openssl", *words.split(), *made], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    site.answers = [send(body=b"whole")]
    with refused(raw, "127.0.0.1: its certificate or encryption is not accepted"):
        get(site, raw, base=site.url.replace("http:", "https:"))
    assert site.asked == []


@pytest.mark.fault(73)
def test_verification_is_never_switched_off():
    loose = re.compile(r"verify\s*=|CERT_NONE|_create_unverified|check_hostname|disable_warnings")
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "rareearth").rglob("*.py")}
    assert sources and not [path for path, text in sources.items() if loose.search(text)]
    assert loose.search("session.get(url, verify=False)")


@pytest.mark.fault(68)
@pytest.mark.fault(77)
@pytest.mark.parametrize("packing", ["gzip", "deflate", "br", "gzip, gzip", "\x1b[2J"])
def test_no_packing_is_asked_for_and_none_is_taken(site, raw, packing):
    """A packed body that was cut looks whole to the library, and so does its length."""
    site.answers = [send(body=gzip.compress(b"whole" * 1000)[:-9], Content_Encoding=packing)]
    with refused(raw, "127.0.0.1: packs its answer ("):
        get(site, raw)
    assert site.asked[0][1]["Accept-Encoding"] == "identity"


@pytest.mark.fault(82)
@pytest.mark.parametrize("length", [{}, {"Content_Length": None}])
def test_a_file_beyond_the_limit_is_refused(site, raw, length):
    site.answers = [send(body=b"x" * 50_000, **length)]
    with refused(raw, "127.0.0.1: more than 10,000 bytes", "ask for less"):
        get(site, raw, quick(max_bytes=10_000))
    assert len(get(site, raw, quick(max_bytes=50_000))) == 50_000


@pytest.mark.fault(83)
@pytest.mark.parametrize("name", ["../../evil.csv", "/tmp/evil.csv", "sources.csv"])
def test_a_name_from_the_server_is_ignored(site, raw, name):
    before = snapshot(raw)
    site.answers = [send(body=b"whole", Content_Disposition=f'attachment; filename="{name}"')]
    assert get(site, raw) == b"whole" and snapshot(raw) == before


RUN = """
import sys
from functools import partial
from pathlib import Path
from rareearth.refresh import command, world_bank
command.refresh({"fx": partial(world_bank.fx, base=sys.argv[1])}, root=Path(sys.argv[2]), adds=True)
"""


@pytest.mark.fault(78)
@pytest.mark.fault(79)
def test_killed_and_side_by_side(site, raw):
    """One refresh hangs: a second is refused by its name; killed, it leaves nothing and its lock is free."""
    before = snapshot(raw)
    site.answers = [site.endless(HEAD + b"Content-Length: 9000\r\n\r\n"), send(500)]
    again = [sys.executable, "-c", RUN, site.url, str(raw)]
    hanging = subprocess.Popen(again, cwd=ROOT)
    folder = raw.parent / ".refresh" / "downloads" / "fx"
    try:
        while not (site.asked and folder.is_dir() and list(folder.iterdir())):
            assert hanging.poll() is None
            time.sleep(0.02)
        with pytest.raises(Refused) as caught:
            get(site, raw)
        assert f"(process {hanging.pid})" in str(caught.value) and "\n" not in str(caught.value)
        done = subprocess.run(again, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode != 0 and f"(process {hanging.pid})" in done.stderr
    finally:
        hanging.kill()
        hanging.wait()
    assert snapshot(raw) == before and [path.name[:6] for path in folder.iterdir()] == [".part-"]
    holder = (raw.parent / ".refresh" / "lock" / "lock-holder").read_text(encoding="utf-8")
    assert holder == str(hanging.pid)  # the lock of a dead process is taken over
    site.answers = [send(body=b"whole")]
    assert get(site, raw) == b"whole" and not folder.exists()


@pytest.mark.fault(79)
def test_a_refusal_ends_the_command_with_1(capsys):
    from rareearth.__main__ import main

    assert main(["refresh", "nobody"]) == 1
    assert capsys.readouterr().err == (
        "rareearth: publisher 'nobody' is none of usgs, baci, world_bank, fx, comtrade: name one of these\n"
    )
    assert list(command.chosen(["comtrade", "fx"])) == ["fx", "comtrade"]
    assert command.chosen([]) == command.PUBLISHERS
