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
from refresh_server import CANARY, HEAD, NOW, Site, quick, raw_bytes, refresh, refused, send, snapshot

from rareearth.errors import Refused
from rareearth.paths import RAW, ROOT
from rareearth.refresh import command, comtrade
from rareearth.refresh.client import Client, same_site


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """A copy of data/raw that no test of this file may change."""
    return shutil.copytree(RAW, tmp_path_factory.mktemp("data") / "raw")


@pytest.fixture
def nobody():
    """An address at which nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}"


def get(site, raw, client=None, base=None):
    """Fetches one file in the course of a refresh; returns its bytes."""
    found = []

    def newer(run):
        found.append(run.fetch((base or site.url) + "/file").path.read_bytes())
        assert len(list(run.folder.iterdir())) == 1
        return []

    command.refresh({"one": newer}, root=raw, client=client or quick(), now=NOW)
    return found[0]


@pytest.mark.fault(61)
@pytest.mark.fault(63)
def test_a_server_in_trouble_is_asked_again_when_it_says(site, raw):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    waits = [{}, {"Retry_After": "2"}, {"Retry_After": soon}]
    site.answers = [*(send(503, **wait) for wait in waits), send(body=b"whole")]
    sleeps = []
    assert get(site, raw, quick(sleeps)) == b"whole"
    assert sleeps[:2] == [0.01, 2] and 0.04 <= sleeps[2] <= 100


@pytest.mark.fault(63)
@pytest.mark.parametrize("wait", ["soon", "-5", "Mon, 01 Jan 0000 00:00:00 +9999", "Fri, 31 Dec 9999 23:59:59 -2359"])
def test_a_wait_that_is_no_time_is_not_waited_for(site, raw, wait):
    site.answers = [send(503, Retry_After=wait), send(body=b"whole")]
    assert get(site, raw, quick(longest_wait_s=10**12)) == b"whole"


TOMORROW = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
AT_ONCE = {  # status, headers and what is said
    "bad key": (401, {}, "answers 401, the key is missing, wrong or used up: check your key"),
    "spent key": (403, {}, "answers 403, the key is missing, wrong or used up: check your key"),
    "a day": (429, {"Retry_After": "86400"}, "(too many requests), and asks to wait 86,400 s"),
    "5,000 digits": (429, {"Retry_After": "9" * 5000}, "asks to wait"),
    "date": (429, {"Retry_After": TOMORROW}, "asks to wait"),
    "gone": (404, {}, "answers 404"),
    "no content": (204, {}, "answers 204"),
    "part": (206, {}, "answers 206"),
    # A packed body that was cut looks whole to the library, and so does its length.
    "gzip": (200, {"Content_Encoding": "gzip"}, "packs its answer (gzip) unasked"),
    "unknown packing": (200, {"Content_Encoding": "br, \x1b[2J"}, "packs its answer (br, [2J) unasked"),
}


@pytest.mark.fault(63)
@pytest.mark.fault(64)
@pytest.mark.fault(68)
@pytest.mark.fault(77)
@pytest.mark.parametrize("how", AT_ONCE)
def test_what_no_second_attempt_mends_is_refused_at_once(site, raw, how):
    status, headers, words = AT_ONCE[how]
    site.answers = [send(status, gzip.compress(b"whole" * 99)[:-9] if status == 200 else b"", **headers)]
    sleeps = []
    with refused(raw, "one: 127.0.0.1: ", words):
        get(site, raw, quick(sleeps))
    assert sleeps == [] and len(site.asked) == 1
    assert site.asked[0][1]["Accept-Encoding"] == "identity"


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN = {
    "length": HEAD + b"Content-Length: 400\r\n\r\nhalf",
    "chunk": CHUNKED + b"40\r\nhalf",
    "no last chunk": CHUNKED + b"4\r\nhalf\r\n",
    "negative chunk": CHUNKED + b"-4\r\nhalf\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 4\r\nContent-Length: 9\r\n\r\nhalf",
    "header": b"HTTP/1.1 20",
    "no status": b"hello world\r\n\r\n",
    "many headers": HEAD + b"X-A: b\r\n" * 1000 + b"\r\n",
    "trouble": b"HTTP/1.1 502 Trouble\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.fault(62)
@pytest.mark.fault(68)
@pytest.mark.parametrize("how", BROKEN)
def test_an_answer_that_breaks_off_is_asked_for_again_and_then_given_up(site, raw, how):
    site.answers = [raw_bytes(BROKEN[how])]
    with refused(raw, "127.0.0.1: ", "4 times: try again later"):
        get(site, raw)
    site.answers = [raw_bytes(BROKEN[how]), send(body=b"whole")]
    assert get(site, raw) == b"whole"


ENDLESS = {  # what is sent first, and then again and again
    "body": (HEAD + b"Content-Length: 4000000\r\n\r\n", b"x"),
    "chunks": (CHUNKED, b"1\r\nx\r\n"),
    "chunk extension": (CHUNKED + b"4;", b"x"),
    "chunk size": (CHUNKED, b"0"),
    "trailers": (CHUNKED + b"4\r\nabcd\r\n0\r\n", b"X-A: b\r\n"),
    "one header": (HEAD + b"X-A: ", b"b"),
    "100 continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
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
        port, held = listener.getsockname()[1], [socket.socket() for _ in range(4)]
        for one in held:  # fills the queue of connections
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        with refused(raw, "127.0.0.1: cannot be reached", "try again later"):
            get(None, raw, quick(connect_s=0.2), base=f"http://127.0.0.1:{port}")
        for one in held:
            one.close()


@pytest.mark.fault(71)
@pytest.mark.parametrize("publisher", command.PUBLISHERS)
def test_without_a_network_nobody_is_called_up_to_date(raw, nobody, publisher, monkeypatch, capsys):
    """The refusal says that the publisher was not asked, without a second attempt."""
    monkeypatch.setenv(comtrade.KEY_VARIABLE, CANARY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    site, sleeps = type("Nobody", (), {"url": nobody}), []
    with refused(raw, "127.0.0.1: cannot be reached, so it was not asked: connect to the network"):
        refresh(command.PUBLISHERS[publisher], site, raw, client=quick(sleeps))
    assert sleeps == [] and "newer" not in capsys.readouterr().out
    assert Client().connect_s < 5  # what holds for users


@pytest.mark.fault(71)
def test_without_a_network_the_command_ends_with_1(nobody, raw, monkeypatch, capsys):
    from rareearth.cli import main

    monkeypatch.setitem(command.refresh.__kwdefaults__, "root", raw)
    monkeypatch.setenv("HTTPS_PROXY", nobody)
    monkeypatch.setenv("NO_PROXY", "")
    assert main(["refresh"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and "usgs: www.sciencebase.gov: cannot be reached, so it was not asked" in said.err


@pytest.mark.fault(71)
def test_a_name_that_is_not_known(raw, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with refused(raw, "publisher.invalid: cannot be reached, so it was not asked"):
        get(None, raw, base="https://publisher.invalid")


@pytest.mark.fault(71)
def test_reports_never_touch_the_network_code():
    code = (
        "import sys, rareearth.cli, rareearth.site.run, rareearth.trade.data, rareearth.checks\n"
        "assert not [name for name in sys.modules if name.startswith('rareearth.refresh')]"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


ELSEWHERE = [
    "{other}/file",
    "file:///etc/passwd",
    "//127.0.0.2/file",
    "ftp://127.0.0.1/file",
    "https://127.0.0.1/",
]
ELSEWHERE += ["http://[::1", "http://127.0.0.1:99999999/", "http://u:p@127.0.0.1/", "http://e\x1b[2Jvil/", ""]


@pytest.mark.fault(72)
@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_redirect_elsewhere_is_not_followed(site, raw, monkeypatch, where):
    monkeypatch.setenv(comtrade.KEY_VARIABLE, CANARY)
    other = Site()
    other.answers, site.answers = [send(body=b"{}")], [send(302, Location=where.format(other=other.url))]
    with refused(raw, "one: 127.0.0.1: "):
        refresh(comtrade.newer, site, raw)
    other.close()
    assert other.asked == [] and len(site.asked) == 1


@pytest.mark.fault(72)
def test_https_is_never_left():
    with pytest.raises(Refused, match="example.org: http is not encrypted: https only"):
        same_site("https://example.org/a", "http://example.org/a")
    with pytest.raises(Refused, match=r"points to another host or scheme \(https://example.net\): not followed"):
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
@pytest.mark.parametrize("signed", [False, True])
def test_without_a_certificate_that_is_trusted_nothing_is_asked(site, raw, tmp_path, signed):
    if signed and not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    if signed:
        words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
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


@pytest.mark.fault(82)
@pytest.mark.parametrize("length", [{}, {"Content_Length": None}])
def test_a_file_beyond_the_limit_is_refused(site, raw, length):
    site.answers = [send(body=b"x" * 50_000, **length)]
    with refused(raw, "127.0.0.1: more than 10,000 bytes", "ask for less"):
        get(site, raw, quick(max_bytes=10_000))
    assert len(get(site, raw, quick(max_bytes=50_000))) == 50_000


@pytest.mark.fault(83)
@pytest.mark.parametrize("name", ["../../evil.csv", "/evil.csv", "sources.csv"])
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
    hanging = subprocess.Popen([sys.executable, "-c", RUN, site.url, str(raw)], cwd=ROOT)
    folder = raw.parent / ".refresh" / "downloads" / "fx"
    try:
        while not (site.asked and folder.is_dir() and list(folder.iterdir())):
            assert hanging.poll() is None
            time.sleep(0.02)
        with pytest.raises(Refused) as caught:
            get(site, raw)
        assert f"(process {hanging.pid})" in str(caught.value) and "\n" not in str(caught.value)
    finally:
        hanging.kill()
        hanging.wait()
    assert snapshot(raw) == before and [path.name[:6] for path in folder.iterdir()] == [".part-"]
    site.answers = [send(body=b"whole")]  # the lock of a dead process is taken over
    assert get(site, raw) == b"whole" and not folder.exists()


@pytest.mark.fault(79)
def test_a_refusal_ends_the_command_with_1(capsys):
    from rareearth.cli import main

    assert main(["refresh", "nobody"]) == 1
    assert capsys.readouterr().err == (
        "rareearth: publisher 'nobody' is none of usgs, baci, world_bank, fx, comtrade: name one of these\n"
    )
    assert list(command.chosen(["comtrade", "fx"])) == ["fx", "comtrade"]
    assert command.chosen([]) == command.PUBLISHERS
