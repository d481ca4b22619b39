"""Section E of the fault catalogue, and what of G needs no second build: full disks, odd folders, other settings."""

import dataclasses
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from rareearth import files, inputs
from rareearth.cli import main
from rareearth.errors import Refused
from rareearth.paths import RAW, ROOT
from rareearth.site import execute, run, share
from tests.test_run import broken, ended

__all__ = ["broken"]
SLUG = "processing-share"


@pytest.fixture
def reports(built, tmp_path, monkeypatch):
    """A copy of the built tree, to damage."""
    copy = shutil.copytree(built, tmp_path / "reports", ignore=shutil.ignore_patterns("lock*", "share"))
    monkeypatch.setattr(run, "REPORTS", copy)
    return copy


def reasons(reports):
    stamp = reports / ".build" / f"{SLUG}.json"
    return inputs.changes(stamp, json.loads(stamp.read_text())["inputs"], reports)


@pytest.mark.fault(100)
def test_a_report_has_a_time_limit_and_leaves_no_process(broken, monkeypatch, tmp_path):
    monkeypatch.setattr(execute, "TOTAL_TIMEOUT_S", 6)
    mark = tmp_path / "pid"
    source = f"import os, pathlib, time; pathlib.Path({str(mark)!r}).write_text(str(os.getpid())); time.sleep(600)"
    with pytest.raises(Refused, match="bad: not finished after 6 s"):
        run.make(broken(source))
    assert (run.REPORTS / "bad.html").read_text() == "earlier"
    if mark.is_file():  # a slow machine may not have come to the cell
        ended(int(mark.read_text()))


@pytest.mark.fault(103)
def test_a_disk_that_is_full_for_the_notebook_leaves_the_earlier_page(broken, monkeypatch):
    # Python 3.11 and 3.12 leave half a compiled module in .venv, which no later process can import.
    usual = execute._environment
    monkeypatch.setattr(execute, "_environment", lambda folder: {**usual(folder), "PYTHONDONTWRITEBYTECODE": "1"})
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    soft = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    briefing = broken("print('x' * 9_000)")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, hard))  # no file may be longer
        with pytest.raises(Refused, match=r"bad: OSError: .*File too large") as caught:
            run.make(briefing)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert (run.REPORTS / "bad.html").read_text() == "earlier" and not run.stamp("bad").exists()


@pytest.mark.fault(103)
@pytest.mark.parametrize("full_at", [1, 2, 3, 4])
def test_a_disk_that_is_full_while_publishing(tmp_path, monkeypatch, full_at):
    """1 to 3: a file of the briefing; 4: the stamp, the manifest of what was built."""
    old, new = ({name: word for name in ("a.html", "a.ipynb", "a/data.csv")} for word in ("old", "new"))
    stamp = tmp_path / ".build" / "a.json"
    monkeypatch.setattr(run, "REPORTS", tmp_path)
    run.publish(old, stamp, {})
    write_bytes, written = Path.write_bytes, []

    def full(path, content):
        written.append(path)
        if len(written) == full_at:
            write_bytes(path, content[:1])
            raise OSError(28, "No space left on device", str(path))
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        run.publish(new, stamp, {})
    monkeypatch.undo()
    expected = old if full_at < 4 else new
    assert {name: (tmp_path / name).read_text() for name in old} == expected
    assert not list(tmp_path.rglob(".part-*"))
    # Whole as they are: either the earlier briefing is known, or it is built again.
    assert bool(inputs.changes(stamp, {}, tmp_path)) == (full_at == 4)


@pytest.mark.fault(103)
@pytest.mark.fault(104)
@pytest.mark.parametrize("error", [OSError(28, "No space left on device", "reports/x"), PermissionError(13, "Permission denied", "reports/x")])  # fmt: skip
def test_a_disk_that_says_no_is_one_line(monkeypatch, capsys, error):
    def fails(*options):
        raise error

    monkeypatch.setattr(run, "build", fails)
    assert main(["build"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"rareearth: reports/x: {error.strerror}: earlier files are kept; free space or make")


@pytest.mark.fault(104)
def test_a_folder_that_may_not_be_written_is_refused(monkeypatch, capsys):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o555)
        monkeypatch.setattr(run, "REPORTS", place / "reports")
        monkeypatch.setattr(run, "listed", list)
        root = os.geteuid() == 0
        try:
            if root:  # who may write everywhere becomes somebody who may not
                os.seteuid(65534)
            assert main(["build"]) == 1
        finally:
            if root:
                os.seteuid(0)
            place.chmod(0o755)
        assert "Permission denied" in capsys.readouterr().err and not list(place.iterdir())


@pytest.mark.fault(104)
@pytest.mark.parametrize(
    ("kind", "put"),
    [
        ("a link", lambda page: page.symlink_to("elsewhere")),
        ("a folder", Path.mkdir),
        ("a device or a pipe", os.mkfifo),  # /dev/null would become a file
    ],
)
def test_a_link_or_a_folder_in_the_place_of_an_output_is_refused(tmp_path, kind, put):
    target, page = tmp_path / "elsewhere", tmp_path / "page.html"
    target.write_text("not ours")
    put(page)
    with pytest.raises(Refused, match=f"page.html: is {kind}"):
        files.write(page, "x")
    assert target.read_text() == "not ours" and sorted(p.name for p in tmp_path.iterdir()) == [
        "elsewhere",
        "page.html",
    ]


@pytest.mark.long
@pytest.mark.fault(104)
def test_the_figures_are_only_read(tmp_path):
    """Every opening for writing below data/raw would end the run."""
    code = (
        "import sys, pathlib\n"
        f"raw = {str(RAW)!r}\n"
        "def look(event, given):\n"
        "    if event == 'open' and str(given[0]).startswith(raw) and (given[2] or 0) & 3:\n"
        "        raise PermissionError(13, 'read only', str(given[0]))\n"
        "    if event in ('os.rename', 'os.remove', 'os.mkdir', 'os.chmod') and str(given[0]).startswith(raw):\n"
        "        raise PermissionError(13, 'read only', str(given[0]))\n"
        "sys.addaudithook(look)\n"
        "from rareearth.trade import data\n"
        f"data.FOLDER = pathlib.Path({str(tmp_path)!r})\n"
        "assert data.bring_up_to_date()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "flows.parquet").is_file()


@pytest.mark.fault(107)
@pytest.mark.fault(109)
@pytest.mark.parametrize("when", [0, 4_000_000_000])
def test_times_of_files_do_not_count(reports, when):
    for path in reports.rglob("*"):
        os.utime(path, (when, when))
    assert reasons(reports) == []


@pytest.mark.fault(109)
def test_a_change_with_the_old_time_is_seen(reports):
    page = reports / f"{SLUG}.html"
    before = page.stat()
    page.write_bytes(page.read_bytes().replace(b"9", b"8", 1))
    os.utime(page, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert reasons(reports) == [f"output {SLUG}.html is missing or was changed"]


@pytest.mark.fault(110)
@pytest.mark.fault(111)
@pytest.mark.parametrize("name", [f"{SLUG}.html", f"{SLUG}.ipynb", f"{SLUG}/summary.json"])
@pytest.mark.parametrize("left", [None, 0, 100])
def test_an_output_that_is_cut_or_gone_is_built_again_and_not_shared(reports, name, left):
    path = reports / name
    whole = path.read_bytes()
    path.unlink()
    if left is not None:
        path.write_bytes(whole[:left])
    assert reasons(reports) == [f"output {name} is missing or was changed"]
    with pytest.raises(Refused, match=f"reports/{name} is missing or was changed: run make reports first"):
        share.share()


@pytest.mark.fault(110)
@pytest.mark.fault(111)
def test_shared_files_that_are_cut_or_gone_are_written_again(reports):
    names = ("index.html", "results.json", "feed.json")
    whole = {name: (reports / name).read_bytes() for name in names}
    (reports / "index.html").write_bytes(b"")
    (reports / "results.json").write_bytes(whole["results.json"][:100])
    (reports / "feed.json").unlink()
    run.build()
    assert {name: (reports / name).read_bytes() for name in names} == whole


@pytest.mark.fault(111)
def test_without_the_folder_everything_is_to_be_built(tmp_path):
    assert inputs.changes(tmp_path / "none" / "x.json", {}, tmp_path / "none") == ["no earlier build"]


@pytest.mark.fault(118)
def test_a_briefing_that_is_no_longer_listed_leaves_index_feed_and_results(reports, monkeypatch):
    kept = [briefing for briefing in run.listed() if briefing.slug != "other-minerals"]
    monkeypatch.setattr(run, "listed", lambda: kept)
    run.build()
    for name in ("index.html", "feed.json", "results.json"):
        assert "other-minerals" not in (reports / name).read_text(encoding="utf-8")
    monkeypatch.undo()
    monkeypatch.setattr(run, "REPORTS", reports)
    run.build()
    assert "other-minerals.html" in (reports / "index.html").read_text(encoding="utf-8")


@pytest.mark.fault(108)
@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("data/raw/minerals/other_minerals.csv", {"other-minerals"}),
        ("data/raw/claims/claims.csv", {"processing-share", "magnet-elements", "claims-checked"}),
        (
            "data/processed/flows.parquet",
            {
                "trade-quality",
                "reserve-plans",
                "g7",
                *(f"country-{code}" for code in ("jpn", "usa", "deu", "chn")),
            },
        ),
        ("notebooks/02_processing_share.ipynb", {"processing-share"}),
        ("rareearth/processing/minerals.py", {"other-minerals"}),
        ("rareearth/text.py", "all"),
        ("rareearth/site/templates/page.html.j2", "all"),
        ("rareearth/site/templates/page.css", "all"),
        ("data/raw/minerals/", "all"),
    ],
)
def test_a_change_concerns_the_pages_that_were_made_from_it(reports, monkeypatch, name, pages):
    current, notebook_hash = inputs.current, run.notebook_hash
    monkeypatch.setattr(inputs, "current", lambda one: "changed" if one == name else current(one))
    monkeypatch.setattr(
        run, "notebook_hash", lambda path: "changed" if path.name == Path(name).name else notebook_hash(path)
    )
    changed = {one.slug: run.reasons(one) for one in run.listed()}
    stale = {slug for slug, reasons in changed.items() if reasons}
    assert stale == ({*changed} if pages == "all" else pages)
    assert all(changed[slug] == [f"{name} changed"] for slug in stale)


@pytest.mark.fault(178)
@pytest.mark.parametrize("count", [5, pytest.param(200, marks=pytest.mark.long)])
def test_a_change_of_any_input_is_seen_and_no_other(reports, monkeypatch, count):
    """On keys alone: a page is stale exactly when what it was made from has changed, a file that is read by none never."""
    choose = random.Random(count)
    made_from = {one.slug: inputs.read_stamp(run.stamp(one.slug))[0] for one in run.listed()}
    names = sorted({name for found in made_from.values() for name in found if (ROOT / name).exists()})
    current = inputs.current
    for name in [*choose.sample(names, min(count, len(names))), "docs/architecture.md", "tests/conftest.py"]:
        if name.endswith(".ipynb"):
            continue  # of a notebook only the cells count; see above
        monkeypatch.setattr(inputs, "current", lambda one, name=name: "changed" if one == name else current(one))
        stale = {one.slug for one in run.listed() if run.reasons(one)}
        assert stale == {slug for slug, found in made_from.items() if name in found}, name


@pytest.mark.fault(108)
def test_a_changed_parameter_or_library_is_seen(reports, monkeypatch):
    (first, *_) = run.listed()
    other = dataclasses.replace(first, given={"year": "2023"})
    assert run.reasons(other) == ["parameters changed"] and run.reasons(first) == []
    monkeypatch.setattr(inputs, "environment", lambda: "other")
    assert run.reasons(first) == ["installed libraries changed"]
    assert run.reasons(first, ["data/raw/claims/claims.csv"])[-1] == "unsealed figures changed"


@pytest.mark.fault(112)
def test_through_a_link_and_from_another_folder_nothing_is_to_be_built(built, tmp_path):
    (tmp_path / "link").symlink_to(ROOT)
    code = (
        "import pathlib; from rareearth.site import run; "
        f"run.REPORTS = pathlib.Path({str(built)!r}); run.build(why=True)"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "link")}
    done = subprocess.run([sys.executable, "-c", code], cwd="/", env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "up to date: reports/index.html" in done.stdout, done.stderr


@pytest.fixture
def odd(tmp_path):
    """A checkout in a folder with every letter that shells, make and addresses give a meaning, and its Python."""
    folder = tmp_path / '"a" it\'s $HOME $(x) 100% #1 é;&'
    shutil.copytree(ROOT / "data" / "raw", folder / "data" / "raw")
    for name in ("rareearth", "tools", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "requirements.txt", "briefings.yml", "CITATION.cff"):
        shutil.copy(ROOT / name, folder)
    for name in ("corrections.yml", "dead_links.yml"):
        shutil.copy(ROOT / "data" / name, folder / "data")
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    shutil.copy(folder / "requirements.txt", folder / ".venv" / "installed-requirements.txt")
    (folder / ".venv" / "checkout").write_text(str(folder))
    return folder


@pytest.mark.long
@pytest.mark.fault(112)
@pytest.mark.fault(113)
def test_make_works_in_a_folder_with_an_odd_name(odd):
    environment = {**os.environ, "PYTHONPATH": str(odd)}
    for target, said in (("verify", "every raw file is as it was sealed"), ("data", "rows read")):
        done = subprocess.run(
            ["make", "--no-print-directory", "-C", odd, target],
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0 and said in done.stdout, done.stderr
    assert (odd / "data" / "processed" / "flows.parquet").is_file()


@pytest.mark.fault(113)
def test_quotes_in_the_path_are_letters_like_others(tmp_path, monkeypatch, processed):
    from rareearth.trade import data

    folder = tmp_path / """O'Brien's "own" \\ folder""" / "processed"
    monkeypatch.setattr(data, "FOLDER", folder)
    assert main(["data"]) == 0
    for name in ("flows.parquet", "totals.parquet"):
        assert (folder / name).read_bytes() == (processed / name).read_bytes()
    assert sorted(path.name for path in folder.glob("[!.]*")) == sorted(data._OUTPUTS)
