"""What takes longer: builds under other conditions, a hundred mutations, kills at random moments."""

import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest
import yaml

from rareearth import tables
from rareearth.paths import ROOT
from tests.trade_files import comtrade

pytestmark = pytest.mark.long


def checkout(folder):
    """The tracked and untracked files of this checkout, without what is made."""
    made = (".git", ".venv", "reports", "processed", "__pycache__", ".hypothesis", ".pytest_cache")
    return shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*made))


def start(folder, command="build", umask=-1, before=(), **environment):
    return subprocess.Popen(
        [*before, sys.executable, "-m", "rareearth", *command.split()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        umask=umask,
    )


def finish(folder, build="build", umask=-1, before=(), **environment):
    """Data and reports brought up to date; every made file with its hash."""
    for command in ("data", build):
        process = start(folder, command, umask, before, **environment)
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    return made(folder)


def made(folder):
    """Every made file of a checkout with its hash, without what only says what was made."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for made in ("reports", "data/processed")
        for path in sorted((folder / made).rglob("*"))
        if path.is_file() and not {".build", "kept"} & set(path.parts)
    }


# What a machine may have: a namespace without any network, not even the loopback, and a clock that is wrong.
NO_NETWORK = ("unshare", "--map-root-user", "--net")
OTHER_YEAR = ("faketime", "-f", "+900d")


def works(words):
    return shutil.which(words[0]) and subprocess.run([*words, "true"], capture_output=True).returncode == 0


@pytest.mark.fault(113)
@pytest.mark.fault(130)
@pytest.mark.fault(131)
@pytest.mark.fault(134)
def test_two_builds_are_the_same_bytes(tmp_path, capsys):
    """All at once: folder, home, its settings, umask, zone, language, hashes, one job; no network, another year."""
    plain = finish(checkout(tmp_path / "one"))
    settings = tmp_path / "home" / ".config" / "matplotlib"
    settings.mkdir(parents=True)
    (settings / "matplotlibrc").write_text("font.size: 30\n")
    jupyter = tmp_path / "home" / ".jupyter"
    jupyter.mkdir()
    (jupyter / "jupyter_nbconvert_config.py").write_text("c.HTMLExporter.exclude_input = True\n")
    before = [words for words in (NO_NETWORK, OTHER_YEAR) if works(words)]
    with capsys.disabled():
        print(
            f"\nbuilt again under: {'; '.join(map(' '.join, before)) or 'neither unshare nor faketime here'}"
        )
    other = finish(
        checkout(tmp_path / '"zwei" it\'s $HOME 100% ä #2'),
        build="build --jobs 1",
        before=[word for words in before for word in words],
        umask=0o077,
        TZ="Asia/Tokyo",
        LC_ALL="C",
        PYTHONHASHSEED="7",
        HOME=str(tmp_path / "home"),
        MPLBACKEND="TkAgg",
    )
    assert len(plain) >= 7 and plain == other


def changed_digit(raw, choose, names):
    """Changes one digit of one table; gives the table and what it was."""
    path = raw / choose.choice(names)
    good = path.read_bytes()
    place = choose.choice([i for i, byte in enumerate(good) if 48 <= byte <= 57])
    digit = choose.choice([d for d in range(48, 58) if d != good[place]])
    path.write_bytes(good[:place] + bytes([digit]) + good[place + 1 :])
    return path, good


SEALED = [name for name in sorted(tables.names().values()) if not tables.sidecar(name).get("judgement")]


@pytest.mark.fault(152)
@pytest.mark.fault(172)
def test_a_hundred_changed_digits_are_refused_by_the_build_itself(tmp_path, capsys):
    folder, choose, refused = checkout(tmp_path / "one"), random.Random(0), 0
    for _ in range(100):
        path, good = changed_digit(folder / "data" / "raw", choose, SEALED)
        process = start(folder)
        out, errors = process.communicate()
        name = path.relative_to(folder).as_posix()
        refused += process.returncode == 1 and name in errors and len(errors.splitlines()) == 1 and not out
        path.write_bytes(good)
    with capsys.disabled():
        print(f"\nchanged digits refused by the build: {refused} of 100")
    assert refused == 100


@pytest.mark.fault(178)
def test_what_is_made_after_a_change_is_what_is_made_anew(tmp_path, capsys):
    """Ten changed digits, each built upon what is there and from nothing: the same bytes, or the same refusal."""
    folder = with_briefings(checkout(tmp_path / "one"), "other-minerals", "magnet-elements")
    finish(folder)
    names = [
        "minerals/other_minerals.csv",
        "processing/facilities.csv",
        "claims/claims.csv",
        "money/fx_rates.csv",
    ]
    choose, same = random.Random(2), 0
    for _ in range(10):
        path, good = changed_digit(folder / "data" / "raw", choose, names)
        results = []
        for anew in (False, True):
            if anew:
                shutil.rmtree(folder / "reports")
                shutil.rmtree(folder / "data" / "processed")
            process = start(folder, RAREEARTH_UNSEALED="1")
            process.communicate()
            results.append((process.returncode, made(folder) if process.returncode == 0 else None))
        same += results[0] == results[1]
        path.write_bytes(good)
    with capsys.disabled():
        print(f"\nbuilt upon what is there as anew: {same} of 10")
    assert same == 10


@pytest.mark.fault(177)
def test_a_poor_machine_makes_the_same_bytes(tmp_path):
    """Few open files, one processor, no home, a folder of temporary files with a long name that looks like a pattern."""
    plain = finish(with_one_briefing(checkout(tmp_path / "one")))
    long_name = tmp_path / "year=1990" / ("x[1]" * 30)
    long_name.mkdir(parents=True)
    before = [
        words
        for words in (("prlimit", "--nofile=256:256"), ("taskset", "-c", "0"), ("env", "-u", "HOME"))
        if works(words)
    ]
    poor = finish(
        with_one_briefing(checkout(tmp_path / "other")),
        before=[word for words in before for word in words],
        TMPDIR=str(long_name),
        RAREEARTH_MEMORY_LIMIT="400MB",
    )
    assert plain == poor


def with_briefings(folder, *slugs):
    """A checkout that makes these pages alone."""
    entries = yaml.safe_load((folder / "briefings.yml").read_text(encoding="utf-8"))
    kept = [entry for entry in entries if entry["slug"] in slugs]
    (folder / "briefings.yml").write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
    return folder


def with_one_briefing(folder):
    """A checkout that makes one small page: what is killed is the runner, not the analysis."""
    return with_briefings(folder, "other-minerals")


KILLS = 50
KINDS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def processes_of(folder):
    """Process ids of what runs in a checkout: the runner, its worker, and the worker's kernel."""
    listed = subprocess.run(
        ["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True
    ).stdout.splitlines()[1:]
    rows = [line.split(None, 2) for line in listed]
    found = {int(pid) for pid, _, words in rows if str(folder) in words}
    while more := {int(pid) for pid, parent, _ in rows if int(parent) in found} - found:
        found |= more
    return sorted(found)


def make(folder):
    """`make reports` in a checkout, with this Python in the place of its environment."""
    python = folder / ".venv" / "bin" / "python"
    if not python.exists():
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        shutil.copy(folder / "requirements.txt", folder / ".venv" / "installed-requirements.txt")
        (folder / ".venv" / "checkout").write_text(str(folder))
    return subprocess.Popen(
        ["make", "-C", folder, "reports"],
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def hit(folder, what, process, kind):
    """Sends a signal to the whole group, to the head of it, or to the youngest process: with luck the kernel."""
    with contextlib.suppress(ProcessLookupError):
        if what == "group":
            os.killpg(process.pid, kind)
        elif what == "youngest":
            os.kill(max(processes_of(folder), default=process.pid), kind)
        else:
            process.send_signal(kind)


def nothing_runs(folder, process):
    """Ends what a killed make left behind, which would rightly hold the lock, and waits for workers and kernels."""
    time.sleep(0.5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    while processes_of(folder):
        time.sleep(0.1)


@pytest.mark.fault(102)
def test_kills_leave_whole_files_and_the_next_build_is_the_clean_one(tmp_path, capsys):
    clean = finish(with_one_briefing(checkout(tmp_path / "clean")))
    folder = with_one_briefing(checkout(tmp_path / "killed"))
    choose, recovered = random.Random(1), 0
    for number in range(KILLS):
        what = ("head", "group", "youngest")[number // 3 % 3]
        process = make(folder) if number % 2 else start(folder)
        time.sleep(choose.uniform(0.1, 7))
        hit(folder, what, process, KINDS[number % 3])
        nothing_runs(folder, process)
        for page in (folder / "reports").glob("*.html"):
            assert page.read_bytes().endswith(b"</html>\n") or page.read_bytes().endswith(b"</html>")
        assert finish(folder) == clean, (number, what)
        recovered += 1
        shutil.rmtree(folder / "reports")
    with capsys.disabled():
        print(f"\nkills at random moments: {KILLS}, recovered to identical bytes: {recovered}")
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert recovered == KILLS and str(folder) not in left


@pytest.mark.fault(105)
def test_two_builds_at_once_end_in_one_valid_tree(tmp_path):
    folder = with_one_briefing(checkout(tmp_path / "one"))
    clean = finish(with_one_briefing(checkout(tmp_path / "clean")))
    both = [start(folder), start(folder)]
    errors = [process.communicate()[1] for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 0], [0, 1])
    assert codes == [0, 0] or any("another build is running (process " in error for error in errors)
    assert finish(folder) == clean


@pytest.mark.fault(110)
@pytest.mark.fault(111)
@pytest.mark.fault(112)
def test_cut_and_deleted_outputs_are_made_again_with_the_same_bytes(tmp_path):
    folder = with_one_briefing(checkout(tmp_path / "one"))
    clean = finish(folder)
    (tmp_path / "link").symlink_to(folder)
    for damage in (
        lambda reports: (reports / "other-minerals.html").write_bytes(b""),
        lambda reports: (reports / "other-minerals.ipynb").write_text("{"),
        lambda reports: shutil.rmtree(reports / "other-minerals"),
        lambda reports: shutil.rmtree(reports),
    ):
        damage(folder / "reports")
        finish(tmp_path / "link")
        assert finish(folder) == clean


def test_a_users_own_files_reach_the_page_and_leave_again(tmp_path):
    """USER_DATA adds a file to the records; without it the next build is as if it had never been there."""
    folder = checkout(tmp_path / "one")
    plain = finish(folder)
    own = tmp_path / "own files"
    own.mkdir()
    rows = [
        {
            "reporterCode": reporter,
            "partnerCode": partner,
            "flowCode": flow,
            "primaryValue": value,
            "cmdCode": "850511",
        }
        for reporter, partner, flow, value in (
            ("156", "392", "X", "90"),
            ("392", "156", "M", "100"),
            ("156", "842", "X", "50"),
            ("842", "156", "M", "200"),
        )
    ]
    (own / "mine.csv").write_text(comtrade(*rows))
    environment = {"RAREEARTH_USER_DATA": str(own), "RAREEARTH_NAME": "trade-quality"}
    for command, parameters in (("data", ""), ("run", "year=2024 codes=850511")):
        process = start(folder, command, **environment, RAREEARTH_PARAMS=parameters)
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    page = (folder / "reports" / "trade-quality--codes-850511--year-2024.html").read_text(encoding="utf-8")
    assert "Of 2 flows of 2024 that both countries report" in page and "mine.csv" in page
    assert "Your own trade files (mine.csv) are behind" in page and str(own) not in page
    assert {name: one for name, one in finish(folder).items() if "--" not in name} == plain
