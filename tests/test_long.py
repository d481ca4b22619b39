"""What takes longer: builds under other conditions, a hundred mutations, kills at random moments."""

import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

import nbformat
import psutil
import pytest
import yaml

from rareearth import tables
from rareearth.paths import ROOT
from rareearth.site import run
from tests import builders
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
    process = start(folder, build, umask, before, **environment)
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
@pytest.mark.fault(180)
def test_two_builds_are_the_same_bytes(tmp_path, record_property):
    """All at once: folder, home, its settings, umask, zone, language, hashes, one job; no network, another year.

    Nothing is kept in the second, what the first has kept is used in the third.
    """
    plain = finish(checkout(tmp_path / "one"))
    kept = len(list((tmp_path / "one" / "data" / "processed" / "kept").glob("*.parquet")))
    shutil.rmtree(tmp_path / "one" / "reports")
    assert finish(tmp_path / "one") == plain and kept
    settings = tmp_path / "home" / ".config" / "matplotlib"
    settings.mkdir(parents=True)
    (settings / "matplotlibrc").write_text("font.size: 30\n")
    jupyter = tmp_path / "home" / ".jupyter"
    jupyter.mkdir()
    (jupyter / "jupyter_nbconvert_config.py").write_text("c.HTMLExporter.exclude_input = True\n")
    before = [words for words in (NO_NETWORK, OTHER_YEAR) if works(words)]
    other = checkout(tmp_path / '"zwei" it\'s $HOME 100% ä #2')
    (other / "data" / "processed").mkdir()
    (other / "data" / "processed" / "kept").write_text("a file in its place: nothing can be kept")
    (tmp_path / "other folder").mkdir()
    varied = finish(
        other,
        build="build --jobs 1",
        before=[word for words in before for word in words],
        umask=0o077,
        TZ="Asia/Tokyo",
        LC_ALL="C",
        PYTHONHASHSEED="7",
        HOME=str(tmp_path / "home"),
        TMPDIR=str(tmp_path / "other folder"),
        MPLBACKEND="TkAgg",
    )
    under = "; ".join(map(" ".join, before)) or "neither unshare nor faketime here"
    record_property("counted", f"builds varied in all, {under}: {len(plain)} equal files; {kept} results kept")
    assert len(plain) >= 7 and plain == varied


def changed(path, choose, places):
    """Changes one byte of a file at one of the places, a digit into another; gives what it was."""
    good = path.read_bytes()
    place = choose.choice(places(good))
    digit = choose.choice([d for d in range(48, 58) if d != good[place]])
    path.write_bytes(good[:place] + bytes([digit]) + good[place + 1 :])
    return good


def digits(text):
    return [place for place, byte in enumerate(text) if 48 <= byte <= 57]


def numbers_in_code(text):
    """Last digits of the numbers that stand alone in lines of code."""
    return [found.end() - 1 for found in re.finditer(rb"(?<=[ (\[,])\d+(\.\d+)?(?=[,)\] ])", text)]


TABLES = sorted(tables.names().values())


@pytest.mark.fault(152)
@pytest.mark.fault(172)
def test_a_hundred_changed_digits_are_refused_or_stamped_by_make_itself(tmp_path, record_property):
    """In any table. One of judgements, which a user may change, is no error: its pages say that it was changed."""
    folder, choose, counts = small(checkout(tmp_path / "one"), "other-minerals"), random.Random(0), Counter()
    finish(folder)
    for _ in range(100):
        name = choose.choice(TABLES)
        path = folder / "data" / "raw" / name
        good = changed(path, choose, digits)
        process = make(folder)
        out, errors = process.communicate()
        refused = process.returncode and len(errors.splitlines()) == 2 and f"data/raw/{name}" in errors
        page = (folder / "reports" / "other-minerals.html").read_text(encoding="utf-8")
        stamped = not process.returncode and f"Unsealed figures: data/raw/{name} differ" in page
        counts["refused" if refused else "stamped" if stamped else f"missed: {name}: {errors}{out}"] += 1
        path.write_bytes(good)
    record_property("counted", f"changed digits, make reports: {dict(counts)}")
    assert counts["refused"] + counts["stamped"] == 100


@pytest.mark.fault(178)
def test_what_is_made_after_a_change_is_what_is_made_anew(tmp_path, record_property):
    """Ten changed digits of tables and of code, built upon all pages that are there, and from nothing: the same bytes, or
    the same refusal."""
    folder, choose, counts = checkout(tmp_path / "one"), random.Random(2), Counter()
    finish(folder)
    for number in range(10):
        if number % 2:
            name = f"data/raw/{choose.choice(TABLES)}"
            good = changed(folder / name, choose, digits)
        else:
            code = [path for path in (folder / "rareearth").rglob("*.py") if numbers_in_code(path.read_bytes())]
            name = choose.choice(sorted(code)).relative_to(folder).as_posix()
            good = changed(folder / name, choose, numbers_in_code)
        results = []
        for anew in (False, True):
            if anew:
                shutil.rmtree(folder / "reports")
                shutil.rmtree(folder / "data" / "processed")
            process = start(folder, RAREEARTH_UNSEALED="1")
            _, errors = process.communicate()
            results.append(errors if process.returncode else made(folder))
        how = "refused" if process.returncode else "built"
        counts[how if results[0] == results[1] else f"stale: {name}"] += 1
        (folder / name).write_bytes(good)
    record_property("counted", f"changed lines, built upon what is there as anew: {dict(counts)}")
    assert counts["refused"] + counts["built"] == 10 and counts["built"]


def memory_of(process):
    """Memory of a process and all that it has started, in MB; what several share counts once."""
    found = 0
    with contextlib.suppress(psutil.Error):
        for one in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                found += one.memory_full_info().pss
    return found / 1e6


@pytest.mark.fault(177)
def test_a_poor_machine_makes_the_same_bytes(tmp_path, record_property):
    """Few open files, one processor, no home, a folder of temporary files with a long name that looks like a pattern."""
    plain = finish(with_briefings(checkout(tmp_path / "one"), "processing-share", "trade-quality"))
    long_name = tmp_path / "year=1990" / ("x[1]" * 30)
    long_name.mkdir(parents=True)
    before = [
        words
        for words in (("prlimit", "--nofile=256:256"), ("taskset", "-c", "0"), ("env", "-u", "HOME"))
        if works(words)
    ]
    folder = with_briefings(checkout(tmp_path / "other"), "processing-share", "trade-quality")
    process, most = start(folder, before=sum(before, ()), TMPDIR=str(long_name)), 0
    while process.poll() is None:
        most = max(most, memory_of(process))
        time.sleep(0.05)
    assert process.returncode == 0, process.stderr.read()
    record_property("counted", f"a poor machine: at most {most:.0f} MB in use at once")
    assert most < 700 and made(folder) == plain


def with_briefings(folder, *slugs):
    """A checkout that makes these pages alone."""
    entries = yaml.safe_load((folder / "briefings.yml").read_text(encoding="utf-8"))
    kept = [entry for entry in entries if entry["slug"] in slugs]
    (folder / "briefings.yml").write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
    return folder


# Reads every table of judgements; nothing of it takes long.
SMALL = """
from rareearth import tables
from rareearth.quantity import Estimate
from rareearth.show import conclude
judged = [name for name, path in tables.names().items() if tables.sidecar(path).get("judgement")]
rows = sum(len(tables.load(name)) for name in judged)
one = Estimate(id="test.small.rows", value=rows, low=rows, high=rows, unit="claims", stage="none", basis="none",
    elements="none", reference_year=2024, edition="MCS2025", method="test", inputs=("quota-0001",),
    source_ids=("usgs_mcs2025_pdf",), interval="test", note="test")
conclude("A finding", ["{headline}"], headline=one)
"""


def small(folder, *slugs):
    """A checkout that makes these pages of a few lines: what is tested is the runner, not the analysis."""
    for briefing in (one for one in run.listed() if one.slug in slugs):
        path = folder / "notebooks" / briefing.notebook.name
        cells = [cell for cell in nbformat.read(path, 4).cells if "parameters" in cell.metadata.get("tags", ())]
        markdown, code = nbformat.v4.new_markdown_cell("# What?"), nbformat.v4.new_code_cell(SMALL)
        builders.notebook(path, markdown, *cells, code)
    return with_briefings(folder, *slugs)


TWO = ("other-minerals", "claims-checked")
KINDS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def processes_of(folder):
    """Process ids of what runs in a checkout: the runner, its worker, and the worker's kernel."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout.splitlines()[1:]
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
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
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
@pytest.mark.parametrize(("slugs", "kills"), [(TWO, 45), (tuple(one.slug for one in run.listed()), 5)])
def test_kills_leave_whole_files_and_the_next_build_is_the_clean_one(tmp_path, slugs, kills, record_property):
    """Of two small pages, and of all as they are."""
    folder = checkout(tmp_path / "killed")
    folder = small(folder, *slugs) if slugs == TWO else folder
    started = time.monotonic()
    clean = finish(folder)
    took_s, choose, recovered = time.monotonic() - started, random.Random(1), 0
    for number in range(kills):
        shutil.rmtree(folder / "reports")
        if not number % 6:
            shutil.rmtree(folder / "data" / "processed")
        what = ("head", "group", "youngest")[number // 3 % 3]
        process = make(folder) if number % 2 else start(folder)
        time.sleep(choose.uniform(0, took_s))
        hit(folder, what, process, KINDS[number % 3])
        nothing_runs(folder, process)
        for path in (folder / "reports").glob("*.html"):
            assert path.read_bytes().rstrip().endswith(b"</html>")
        assert finish(folder) == clean, (number, what)
        recovered += 1
    record_property("counted", f"kills of {len(slugs)} pages: {kills}, equal bytes afterwards: {recovered}")
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert str(folder) not in left


SWEEP = "sweep --slug other-minerals -p mineral=gallium,germanium,cobalt"


@pytest.mark.fault(105)
@pytest.mark.fault(181)
@pytest.mark.parametrize(
    ("first", "second"),
    [("build", other) for other in ("build", "data", "refresh fx", "share", "make clean")] + [(SWEEP, SWEEP)],
)
def test_two_commands_at_once_end_in_one_valid_tree(tmp_path, first, second):
    """Each ends with 0 or in one line; what is built next is what was built without them."""
    folder = small(checkout(tmp_path / "one"), *TWO)
    clean = finish(folder)
    shutil.rmtree(folder / "reports")
    both = [start(folder, first)]
    if second == "make clean":
        time.sleep(2)
        subprocess.run(["make", "-C", folder, "clean"], check=True, stdout=subprocess.DEVNULL)
    else:
        both.append(start(folder, second))
    for process in both:
        _, errors = process.communicate()
        assert process.returncode in (0, 1) and len(errors.splitlines()) == process.returncode, errors
    for made_by_both in ("reports", "data/processed"):
        shutil.rmtree(folder / made_by_both, ignore_errors=True)
    assert finish(folder) == clean


@pytest.mark.fault(110)
@pytest.mark.fault(111)
@pytest.mark.fault(112)
def test_cut_and_deleted_outputs_are_made_again_with_the_same_bytes(tmp_path):
    folder = small(checkout(tmp_path / "one"), "other-minerals")
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
