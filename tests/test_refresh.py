"""A download is whole and from the host that was asked, or it is refused in one line and data/raw stays as it is."""

import gzip
import re
import shutil
import socket
import subprocess
import sys
import time
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial

import pytest
from refresh_server import CANARY, NOW, Site, quick, raw_bytes, refused, send, silence, snapshot

from rareearth.paths import RAW, ROOT
from rareearth.refresh import command, download, pull_comtrade, pull_fx
from rareearth.refusal import Refused

HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """A copy of data/raw that no test of this file may change."""
    return shutil.copytree(RAW, tmp_path_factory.mktemp("data") / "raw")


def get(site, raw, client=None, base=None):
    """Fetches one file in the course of a refresh; returns its bytes."""
    found = []

    def pull(visit):
        target = visit.folder / "file"
        visit.client.fetch((base or site.url) + "/file", target)
        found.append(target.read_bytes())
        assert [path.name for path in visit.folder.iterdir()] == ["file"]
        return []

    command.refresh({"one": pull}, root=raw, client=client or quick(), now=NOW, add=True)
    return found[0]


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
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    site.answers = [
        send(429, Retry_After="2"),
        send(429, Retry_After=soon),
        send(429, Retry_After="soon"),
        send(),
    ]
    sleeps = []
    get(site, raw, quick(sleeps, total_s=100))
    assert sleeps[0] == 2 and 15 < sleeps[1] <= 20 and sleeps[2] == 0.04


@pytest.mark.fault(63)
@pytest.mark.parametrize("wait", ["86400", "99999999999", "date"])
def test_an_absurd_wait_is_refused(site, raw, wait):
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    site.answers = [send(429, Retry_After=tomorrow if wait == "date" else wait)]
    sleeps = []
    with refused(raw, "answers 429 (too many requests)", "asks to wait", "try again after that"):
        get(site, raw, quick(sleeps))
    assert sleeps == [] and len(site.asked) == 1


@pytest.mark.fault(63)
def test_a_wait_beyond_the_deadline_is_refused_at_once(site, raw):
    site.answers = [send(503, Retry_After="30")]
    sleeps = []
    with refused(raw, "not whole after 1.5 s"):
        get(site, raw, quick(sleeps))
    assert sleeps == []


@pytest.mark.fault(64)
@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_taken_is_not_tried_again(site, raw, status):
    site.answers = [send(status)]
    with refused(raw, f"127.0.0.1: answers {status}", "check your key"):
        get(site, raw)
    assert len(site.asked) == 1


@pytest.mark.parametrize("status", [400, 404, 410, 204, 206])
def test_other_answers_are_refused_at_once(site, raw, status):
    site.answers = [send(status, body=b"")]
    with refused(raw, f"answers {status}"):
        get(site, raw)
    assert len(site.asked) == 1


CUT = {
    "length": send(body=b"half", Content_Length="400"),
    "chunk": raw_bytes(HEAD + b"Transfer-Encoding: chunked\r\n\r\n40\r\nhalf"),
    "no last chunk": raw_bytes(HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
    "header": raw_bytes(b"HTTP/1.1 20"),
}


@pytest.mark.fault(68)
@pytest.mark.parametrize("how", CUT)
def test_a_body_that_breaks_off_is_noticed(site, raw, how):
    site.answers = [CUT[how]]
    with refused(raw, "127.0.0.1: the ", "4 times: try again later"):
        get(site, raw)
    site.answers = [CUT[how], send(body=b"whole")]
    assert get(site, raw) == b"whole"


DRIPS = {
    "body": raw_bytes(HEAD + b"Content-Length: 4000\r\n\r\n", *[b"x"] * 100, pause_s=0.1),
    "chunks": raw_bytes(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 100, pause_s=0.1),
    "header": raw_bytes(HEAD, *[b"X-A: b\r\n"] * 100, pause_s=0.1),
}


@pytest.mark.fault(69)
@pytest.mark.parametrize("how", DRIPS)
def test_a_dripping_server_meets_the_deadline(site, raw, how):
    site.answers = [DRIPS[how]]
    start = time.monotonic()
    with refused(raw, "127.0.0.1: not whole after 1.5 s", "try again"):
        get(site, raw)
    assert time.monotonic() - start < 4


@pytest.mark.fault(70)
@pytest.mark.parametrize("first", [b"", HEAD + b"Content-Length: 9\r\n\r\nhalf"])
def test_a_server_that_falls_silent(site, raw, first):
    def answer(handler):
        handler.wfile.write(first)
        silence(site)(handler)

    site.answers = [answer]
    with refused(raw, " for 0.4 s" if first else "no answer within 0.4 s", "2 times: try again later"):
        get(site, raw, quick(tries=2))


@pytest.mark.fault(70)
def test_a_host_that_takes_no_connection(raw):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port, held, start = listener.getsockname()[1], [], time.monotonic()
        for _ in range(4):  # fills the queue of connections
            held.append(socket.socket())
            held[-1].setblocking(False)
            held[-1].connect_ex(("127.0.0.1", port))
        with refused(raw, "127.0.0.1: cannot be reached", "try again later"):
            get(None, raw, base=f"http://127.0.0.1:{port}")
        for one in held:
            one.close()
    assert time.monotonic() - start < 5


@pytest.mark.fault(71)
def test_without_a_network_it_says_so_in_seconds(raw, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    start = time.monotonic()
    with refused(raw, "127.0.0.1: cannot be reached", "connect to the network", "data in hand"):
        get(None, raw, base=nobody)

    def unknown(*_, **__):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with refused(raw, "publisher.invalid: cannot be reached", "connect to the network"):
        get(None, raw, base="https://publisher.invalid")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: time.sleep(20))
    with refused(raw, "publisher.invalid: cannot be reached", "connect to the network"):
        get(None, raw, base="https://publisher.invalid")
    assert time.monotonic() - start < 10
    assert download.Limits().reach_s < 10  # what holds for users


@pytest.mark.fault(71)
def test_reports_never_touch_the_network_code():
    code = (
        "import sys, rareearth.__main__, rareearth.briefing.run, rareearth.trade.store, rareearth.ledger\n"
        "assert not [name for name in sys.modules if name.startswith('rareearth.refresh')]"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.fault(72)
@pytest.mark.parametrize(
    "where", ["{other}/file", "file:///etc/passwd", "//127.0.0.2/file", "ftp://127.0.0.1/file"]
)
def test_a_redirect_elsewhere_is_not_followed(site, raw, monkeypatch, where):
    monkeypatch.setenv("COMTRADE_API_KEY", CANARY)
    other = Site()
    other.answers, site.answers = [send(body=b"{}")], [send(302, Location=where.format(other=other.url))]
    with refused(raw, "127.0.0.1: redirects to another host or scheme", "not followed"):
        command.refresh({"c": partial(pull_comtrade.pull, base=site.url)}, root=raw, client=quick(), now=NOW)
    other.close()
    assert other.asked == [] and len(site.asked) == 1


@pytest.mark.fault(72)
def test_https_is_never_left():
    with pytest.raises(Refused, match="redirects to another host or scheme"):
        download._next_address("https://example.org/a", "http://example.org/a")
    with pytest.raises(Refused, match="example.org: http is not encrypted: https only"):
        quick().fetch("http://example.org/a", RAW / "nothing")


@pytest.mark.fault(72)
def test_a_redirect_within_the_host_is_followed_but_not_for_ever(site, raw):
    moved, whole = send(301, Location="/there"), send(body=b"whole")
    # By path: on a busy machine the first question may be asked twice.
    site.answers = [lambda handler: (whole if handler.path == "/there" else moved)(handler)]
    assert get(site, raw) == b"whole" and site.asked[0][0] != "/there"
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
    import ssl

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
    assert len(sources) > 60 and not [path for path, text in sources.items() if loose.search(text)]
    assert loose.search("session.get(url, verify=False)")


@pytest.mark.fault(77)
def test_packed_bodies(site, raw):
    packed = {"gzip": gzip.compress(b"whole"), "deflate": zlib.compress(b"whole")}
    for name, body in packed.items():
        site.answers = [send(body=body, Content_Encoding=name)]
        assert get(site, raw) == b"whole"
        site.answers = [send(body=b"plain text", Content_Encoding=name)]
        with refused(raw, "127.0.0.1: the body is not packed as its header says"):
            get(site, raw)


@pytest.mark.fault(82)
@pytest.mark.parametrize("headers", [{}, {"Content_Length": None}, {"Content_Encoding": "gzip"}])
def test_a_file_beyond_the_cap_is_refused(site, raw, headers):
    body = b"x" * 50_000
    site.answers = [send(body=gzip.compress(body) if "Content_Encoding" in headers else body, **headers)]
    with refused(raw, "127.0.0.1: more than 10,000 bytes", "ask for less"):
        get(site, raw, quick(max_bytes=10_000))
    assert len(get(site, raw, quick(max_bytes=50_000))) == 50_000


@pytest.mark.fault(83)
@pytest.mark.parametrize("name", ["../../evil.csv", "/tmp/evil.csv", "sources.csv"])
def test_a_name_from_the_server_is_ignored(site, raw, name):
    before = snapshot(raw.parent)
    site.answers = [send(body=b"whole", Content_Disposition=f'attachment; filename="{name}"')]
    assert get(site, raw) == b"whole"  # the only file is the one that we name: asserted in the visit
    assert snapshot(raw) == {p.removeprefix("raw/"): h for p, h in before.items() if p.startswith("raw/")}


RUN = """
import sys
from functools import partial
from pathlib import Path
from rareearth.refresh import command, pull_fx
command.refresh({"fx": partial(pull_fx.pull, base=sys.argv[1])}, root=Path(sys.argv[2]), add=True)
"""


@pytest.mark.fault(78)
@pytest.mark.fault(79)
def test_killed_and_side_by_side(site, raw):
    """One refresh hangs: a second is refused by its name; killed, it leaves nothing and its lock is free."""
    before = snapshot(raw)
    site.answers = [
        raw_bytes(HEAD + b"Content-Length: 9000\r\n\r\n", *[b"x" * 10] * 400, pause_s=0.05),
        send(500),
    ]
    hanging = subprocess.Popen([sys.executable, "-c", RUN, site.url, str(raw)], cwd=ROOT)
    parts = raw.parent / ".refresh" / "downloads" / "fx"
    while not (site.asked and parts.is_dir() and list(parts.iterdir())):
        assert hanging.poll() is None
        time.sleep(0.02)
    try:
        with pytest.raises(Refused) as caught:
            get(site, raw)
        assert f"(process {hanging.pid})" in str(caught.value) and "\n" not in str(caught.value)
        done = subprocess.run(
            [sys.executable, "-c", RUN, site.url, str(raw)], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode != 0 and f"(process {hanging.pid})" in done.stderr
    finally:
        hanging.kill()
        hanging.wait()
    assert snapshot(raw) == before and [path.name for path in parts.iterdir()][0].startswith(".part-")
    holder = (raw.parent / ".refresh" / "lock" / "lock-holder").read_text(encoding="utf-8")
    assert holder == str(hanging.pid)  # the lock of a dead process is taken over
    site.answers = [send(body=b"whole")]
    assert get(site, raw) == b"whole" and not parts.exists()


@pytest.mark.fault(79)
def test_a_refusal_ends_the_command_with_1(capsys, monkeypatch):
    from rareearth.__main__ import main

    assert main(["refresh", "nobody"]) == 1
    assert capsys.readouterr().err == (
        "rareearth: publisher 'nobody' is none of usgs, baci, world_bank, fx, comtrade: name one of these\n"
    )
    assert list(command.chosen(["comtrade", "fx"])) == ["fx", "comtrade"]
    assert command.chosen([]) == command.PUBLISHERS and command.PUBLISHERS["fx"] is pull_fx.pull
