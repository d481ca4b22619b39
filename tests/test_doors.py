"""What comes in by files that people edit, figures and kept lists is checked, and what ran is what was hashed."""

import json
import marshal
import os
import py_compile
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from rareearth import files, inputs
from rareearth.errors import Refused
from rareearth.paths import RAW, ROOT
from rareearth.site import briefings, execute, page, run, share, sources
from rareearth.trade import data
from tests import builders

FINDING = """
from rareearth.paths import RAW
from rareearth.quantity import Estimate
from rareearth.show import conclude
value = 50.0 + (b"changed" in TABLE.read_bytes())
one = Estimate(id="test.door.2024", value=value, low=40.0, high=60.0, unit="pct", stage="separation", basis="t_reo",
    elements="all", reference_year=2024, edition="MCS2025", method="test", inputs=("quota-0001",),
    source_ids=("usgs_mcs2025_pdf",), interval="test", note="test")
conclude("A finding", ["{headline}"], headline=one)
"""


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table below the checkout that only the notebook of these tests reads."""
    place = ROOT / "data" / "processed" / "table-of-a-test.csv"
    files.write(place, "figure\n")
    yield place
    place.unlink()


@pytest.fixture
def made_from(tmp_path, monkeypatch, table):
    """A briefing whose notebook reads the table, after code of the test."""
    monkeypatch.setattr(run, "REPORTS", tmp_path / "reports")

    def build(code="", after=""):
        source = f"from pathlib import Path\nTABLE = Path({str(table)!r})\n{code}\n{FINDING}\n{after}"
        cells = [nbformat.v4.new_markdown_cell("# What?"), nbformat.v4.new_code_cell(source)]
        return builders.briefing("door", builders.notebook(tmp_path / "door.ipynb", *cells))

    return build


# --- What ran is what was hashed ---


@pytest.mark.fault(162)
def test_a_table_that_changes_and_changes_back_while_the_kernel_reads_it_is_refused(made_from, table):
    """The page would show 51 where the data say 50, and be called up to date."""
    changing = 'TABLE.write_text("changed")'
    back = 'TABLE.write_text("figure\\n")'
    with pytest.raises(
        Refused, match="door: data/processed/table-of-a-test.csv changed while it was made: run it again"
    ):
        run.make(made_from(changing, back))
    assert not (run.REPORTS / "door.html").exists() and not run.stamp("door").exists()


def test_a_page_depends_on_what_its_kernel_read(made_from, table):
    briefing = made_from()
    run.make(briefing)
    assert run.reasons(briefing) == []
    table.write_text("other\n")
    assert run.reasons(briefing) == ["data/processed/table-of-a-test.csv changed"]
    table.write_text("figure\r\n")  # another line end is no change
    assert run.reasons(briefing) == []


@pytest.mark.fault(162)
def test_hashes_on_a_page_are_those_of_the_bytes_in_hand(monkeypatch):
    """An altered figure is never published under the hash of the sealed table."""
    name = "data/raw/production/china_quotas.csv"
    monkeypatch.setattr(sources, "_hashes", lambda: {name: "f" * 64})
    estimate = {"id": "x", "inputs": ["quota-0001"]}
    assert sources.tables_of([estimate]) == [{"table": name, "figures": 1, "sha256": "f" * 64}]


# --- Figures are checked before anything is made ---


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """data/raw as a copy that the checks of `make data` look at."""
    from rareearth import checks

    root = tmp_path / "checkout"
    shutil.copytree(RAW, root / "data" / "raw")
    for path in RAW.parent.glob("*.yml"):
        shutil.copy(path, root / "data")
    for module, name, value in (
        (inputs, "ROOT", root),
        (inputs, "PACKAGE", root / "rareearth"),
        (data, "RAW", root / "data" / "raw"),
        (data, "FOLDER", root / "data" / "processed"),
        (inputs, "checked", {}),
    ):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(inputs, "code", lambda *modules: [])
    every = checks.all_problems
    monkeypatch.setattr(checks, "all_problems", lambda: every(root / "data" / "raw"))
    return root / "data" / "raw"


def altered(raw):
    path = raw / "minerals" / "other_minerals.csv"
    path.write_text(path.read_text().replace(",98.9,", ",48.9,", 1))


@pytest.mark.fault(172)
def test_an_altered_figure_is_refused_once_and_named(raw):
    assert data.check_figures() == []
    altered(raw)
    with pytest.raises(Refused, match=r"data/raw/minerals/other_minerals.csv: .*UNSEALED=1") as caught:
        data.check_figures()
    assert len(str(caught.value).splitlines()) == 1
    assert data.check_figures(unsealed=True) == ["data/raw/minerals/other_minerals.csv"]


@pytest.mark.fault(172)
def test_a_changed_judgement_is_allowed_and_its_pages_say_so(raw):
    path = raw / "processing" / "assumptions.csv"
    path.write_text(path.read_text().replace(",300,", ",310,"))
    assert data.check_figures() == ["data/raw/processing/assumptions.csv"]


@pytest.mark.fault(172)
def test_a_changed_digit_is_refused_by_the_build_itself(raw, capsys):
    from rareearth.cli import main

    altered(raw)
    assert main(["build"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("rareearth: data/raw/minerals/other_minerals.csv: ")


@pytest.mark.fault(172)
def test_a_broken_table_is_refused_also_where_unsealed_figures_are_allowed(raw):
    path = raw / "claims" / "claims.csv"
    path.write_text(path.read_text().replace("\n", "\n<<<<<<< HEAD\n", 1))
    for unsealed in (False, True):
        with pytest.raises(Refused, match="data/raw/claims/claims.csv: row 2 "):
            data.check_figures(unsealed)


@pytest.mark.parametrize(
    "put",
    [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to(path)],
)
@pytest.mark.fault(166)
def test_what_is_no_file_in_the_place_of_a_table_is_named(raw, put):
    path = raw / "claims" / "claims.csv"
    path.unlink()
    put(path)
    with pytest.raises(Refused, match=r"data/raw/claims/claims.csv: no regular file \(F07\)"):
        data.check_figures()


@pytest.mark.fault(165)
def test_a_file_that_is_there_again_is_not_missed_any_more(raw, monkeypatch):
    """A file that was not there is none of the inputs of the check, whose refusal must not be kept."""
    from rareearth import checks

    monkeypatch.setattr(checks, "all_problems", lambda: ["data/corrections.yml: no such file (F15): restore it"])
    with pytest.raises(Refused, match="corrections.yml: no such file"):
        data.check_figures()
    monkeypatch.setattr(checks, "all_problems", lambda: [])
    assert data.check_figures() == []


def test_figures_are_looked_at_again_only_after_a_change(raw, monkeypatch):
    from rareearth import checks

    data.check_figures()
    monkeypatch.setattr(checks, "all_problems", lambda: pytest.fail("looked again"))
    assert data.check_figures() == []
    (raw / "money" / "new.csv").write_text("x")
    with pytest.raises(pytest.fail.Exception, match="looked again"):
        data.check_figures()


@pytest.mark.fault(172)
def test_pages_and_results_of_unsealed_figures_say_so(made_from, table):
    briefing = made_from()
    unsealed = ["data/processed/table-of-a-test.csv", "data/raw/minerals/other_minerals.csv"]
    run.make(briefing, unsealed)
    text = (run.REPORTS / "door.html").read_text()
    assert (
        "Unsealed figures: data/processed/table-of-a-test.csv differ from the figures" in text
        and "other_minerals" not in text
    )
    (result,) = json.loads((run.REPORTS / "door" / "results.json").read_text())
    assert result["unsealed"] == unsealed[:1]
    assert run.reasons(briefing, unsealed) == [] and run.reasons(briefing) == ["unsealed figures changed"]
    run.make(briefing)
    assert "Unsealed" not in (run.REPORTS / "door.html").read_text()


@pytest.mark.fault(162)
def test_a_figure_that_changes_after_the_check_is_on_no_page(made_from, table, tmp_path, monkeypatch):
    """Between the check of the seals and the kernel a minute may pass."""
    name = "data/processed/table-of-a-test.csv"
    monkeypatch.setitem(inputs.checked, name, inputs.current(name))
    run.make(made_from())
    table.write_text("altered\n")
    with pytest.raises(Refused, match=f"door: {name} changed while it was made"):
        run.make(made_from())


@pytest.mark.fault(162)
def test_compiled_code_counts_by_the_content_of_its_source(tmp_path, monkeypatch):
    """An edit of the same length with the old time would run the old code under the hash of the new one."""
    package = tmp_path / "rareearth"
    package.mkdir()
    monkeypatch.setattr(inputs, "ROOT", tmp_path)
    source = package / "one_of_a_test.py"
    source.write_text("value = 1\n")
    py_compile.compile(str(source), doraise=True)
    inputs.bind_bytecode()
    before = source.stat()
    source.write_text("value = 2\n")
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    code = f"import sys; sys.path.insert(0, {str(package)!r}); import one_of_a_test; print(one_of_a_test.value)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "2\n"


@pytest.mark.fault(174)
def test_a_library_that_is_missing_is_named(monkeypatch):
    from rareearth import cli

    monkeypatch.setattr(inputs, "installed", lambda: {"markupsafe": (["3.0.3"], "")})
    with pytest.raises(Refused, match="markupsafe is not installed, the lock has 3.0.3: rm -r .venv, then make setup"):
        cli._check_environment()
    monkeypatch.undo()
    assert all(version for _, version in inputs.installed().values())


@pytest.mark.fault(174)
def test_a_library_that_cannot_be_imported_is_one_line(monkeypatch, capsys):
    from rareearth import cli

    monkeypatch.setattr(cli, "_verify", lambda given: __import__("no_such_library"))
    assert cli.main(["verify"]) == 1
    assert capsys.readouterr().err == "rareearth: no_such_library cannot be imported: rm -r .venv, then make setup\n"
    monkeypatch.setattr(cli, "_verify", lambda given: marshal.loads(marshal.dumps("half")[:3]))
    assert cli.main(["verify"]) == 1
    said = "rareearth: a library was compiled when the disk was full: rm -r .venv, then make setup\n"
    assert capsys.readouterr().err == said


# --- Files of a user ---


@pytest.mark.parametrize(
    ("put", "said"),
    [
        (lambda place: os.mkfifo(place / "x.csv"), "x.csv is no regular file"),
        (lambda place: (place / "x.csv").symlink_to("/dev/zero"), "x.csv is a link"),
        (lambda place: (place / "x.csv").symlink_to(place / "none"), "x.csv is a link"),
        (lambda place: (place / "x.csv").mkdir(), "no file in it"),
    ],
)
@pytest.mark.fault(166)
def test_a_users_folder_is_looked_at_before_its_files_are_opened(tmp_path, put, said):
    put(tmp_path)
    with pytest.raises(Refused, match=said):
        data.user_files(str(tmp_path))


@pytest.mark.parametrize("name", ["a[1]", "a*", "a?", "flowCode=M", "[!a]", "it's"])
@pytest.mark.fault(164)
def test_names_of_files_and_folders_are_no_patterns(tmp_path, name):
    """Neither of a file that is read nor of the folder of temporary files; beside it stands what a pattern would find."""
    from rareearth.trade.engine import Engine

    for value, folder in ((1, name), (2, "a1"), (2, "ab")):
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        Engine().run(
            f"COPY (SELECT {value} AS n, 'X' AS flowCode) TO '{place.as_posix().replace(chr(39), chr(39) * 2)}/f.parquet'"
        )
        (place / "f.csv").write_text(f"{value},X\n")
    given = tmp_path / name
    engine = Engine()
    engine.scratch = given
    row = [{"n": 1, "flowCode": "X"}]
    assert engine.rows(engine.parquet(given / "f.parquet").sql) == row
    assert engine.rows(engine.parquet([given / "f.parquet"]).sql) == row
    assert engine.rows(f"SELECT * FROM {engine.keep(engine.parquet(given / 'f.parquet').sql)}") == row
    assert engine.rows(engine.numbered(engine.parquet(given / "f.parquet"))[0].sql)[0]["n"] == 1
    assert engine.rows(engine.lazy_csv(given / "f.csv", ["n", "flowCode"], 0).sql) == [{"n": "1", "flowCode": "X"}]


@pytest.mark.parametrize(
    ("name", "value"),
    [("MEMORY_LIMIT", "-1"), ("MEMORY_LIMIT", "2 GB; x"), ("THREADS", "0"), ("THREADS", "two")],
)
def test_settings_of_the_database_are_checked(monkeypatch, name, value):
    from rareearth.trade.engine import Engine

    monkeypatch.setenv(f"RAREEARTH_{name}", value)
    with pytest.raises(Refused, match=f"RAREEARTH_{name}="):
        Engine().rows("SELECT 1")


def test_countries_of_a_sweep_are_codes_with_a_page():
    from rareearth.site import sweep

    with pytest.raises(Refused, match="no data for country 'XXX'; there are: JPN"):
        sweep.country_briefings(["JPN", "XXX"])


# --- Files that people edit ---


DECLARING = ("fields.yml", "production/china_quotas.meta.yml", "../corrections.yml", "../dead_links.yml")
OF_NO_KIND = (b"", b"7", b"[]", b"{}", b"- 7\n", b"x: y\n", b"- []\n", b"- {}\n", b"fields: 7\n", b"fields: [7]\n", b"fields: [{name: x, unit: t}]\n",
              b"fields: [{name: x, pattern: y}]\n", b"- {table: x, figures: 7, reason: y, source_ids: [z]}\n", b"releases: x\n", b"<<<<<<< HEAD\n")  # fmt: skip


@pytest.mark.parametrize("name", DECLARING)
@pytest.mark.fault(167)
def test_files_that_declare_are_of_their_kind_or_refused(tmp_path, monkeypatch, name):
    """Whatever stands in them: one line that names a file of data, or it is taken as it is."""
    from rareearth import checks, tables

    root = tmp_path / "data" / "raw"
    for table in ("sources", "production/china_quotas"):
        for path in (f"{table}.csv", f"{table}.meta.yml"):
            files.write(root / path, (RAW / path).read_bytes())
    for path in ("fields.yml", "rows.sha256", "../corrections.yml", "../dead_links.yml"):
        files.write(root / path, (RAW / path).read_bytes())
    monkeypatch.setattr(tables, "CORRECTIONS", root.parent / "corrections.yml")
    refused = 0
    for content in OF_NO_KIND:
        files.write((root / name).resolve(), content)
        for cached in (tables._shared, tables.releases, tables.fields):
            cached.cache_clear()
        try:
            lines = [
                *checks._correction_problems({}, set()),
                *checks._seal_problems("production/china_quotas.csv", root, None),
            ]
            lines += checks.table_problems("production/china_quotas.csv", root)[0]
            files.read_yaml(root.parent / "dead_links.yml", "data/dead_links.yml", kind=list[dict[str, str]])
        except Refused as error:
            lines = [str(error)]
        assert all(line.isprintable() and "data/" in line for line in lines), lines
        refused += bool(lines)
    for cached in (tables._shared, tables.releases, tables.fields):
        cached.cache_clear()
    assert refused > len(OF_NO_KIND) / 2


@pytest.mark.parametrize(
    "text",
    [b"", b"- {slug: a\n", b"- *x\n", b"x: &a [1]\ny: [*a, *a]\n", b"\xff\xfe", b"[" * 5000, b"a: b: c", b"<<<<<<< HEAD\n- x\n",
     b"- {slug: a, notebook: [x], parameters: {}}\n", b"- 7\n", b"- {slug: a, slug: b}\n",
     b"- {slug: a, short: [x], group: data, notebook: 07_other_minerals.ipynb, parameters: {}}\n", b"{}\n", b"- {slug: [a], notebook: 1, parameters: {}}\n"],
)  # fmt: skip
@pytest.mark.fault(167)
def test_a_damaged_list_of_briefings_is_one_line(tmp_path, monkeypatch, text):
    (tmp_path / "briefings.yml").write_bytes(text)
    monkeypatch.setattr(briefings, "BRIEFINGS", tmp_path / "briefings.yml")
    with pytest.raises(Refused, match="^briefings.yml: ") as caught:
        briefings.listed()
    assert len(str(caught.value).splitlines()) == 1 and str(caught.value).isprintable()


@pytest.mark.fault(167)
def test_a_parameter_that_the_list_has_wrong_names_the_list(tmp_path, monkeypatch):
    text = briefings.BRIEFINGS.read_text(encoding="utf-8").replace("MCS2026", "MCS2062", 1)
    (tmp_path / "briefings.yml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(briefings, "BRIEFINGS", tmp_path / "briefings.yml")
    monkeypatch.setattr(run, "REPORTS", tmp_path / "reports")
    with pytest.raises(Refused, match=r"^briefings.yml: [\w-]+: parameter edition: 'MCS2062' is not one of "):
        run.build()


CELL = {"id": "a", "cell_type": "code", "source": "", "metadata": {}}
CELLS = [
    json.dumps({"nbformat": 4, "cells": [{**CELL, **wrong}, {**CELL, "id": "b"}]}).encode()
    for wrong in (
        {"id": "b"},
        {"id": "<b>"},
        {"id": 7},
        {"cell_type": "x"},
        {"source": 7},
        {"source": [7]},
        {"metadata": []},
        {"metadata": {"tags": 7}},
        {"metadata": {"tags": [7]}},
    )
]


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"7", b"{", b'{"worksheets": [], "nbformat": 3}', b'{"nbformat": 4}', b'{"nbformat": 4, "cells": [1]}',
     b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}', *CELLS, b"<<<<<<< HEAD\n{}", b"[" * 100_000, b"\xff"],
)  # fmt: skip
@pytest.mark.fault(167)
def test_a_damaged_notebook_is_one_line(tmp_path, text):
    path = tmp_path / "own.ipynb"
    path.write_bytes(text)
    with pytest.raises(Refused, match=r"^notebooks/own.ipynb: ") as caught:
        files.read_notebook(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.fault(166)
def test_a_pipe_or_a_folder_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yml")
    (tmp_path / "folder.yml").mkdir()
    for name in ("pipe.yml", "folder.yml"):
        with pytest.raises(Refused, match=f"{name}: no regular file"):
            files.read_yaml(tmp_path / name)
    with pytest.raises(Refused, match="none.yml: no such file"):
        files.read_yaml(tmp_path / "none.yml")


@pytest.mark.fault(167)
def test_a_notebook_that_nobody_listed_stops_nothing(tmp_path, monkeypatch):
    folder = shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    (folder / "Untitled.ipynb").touch()
    os.mkfifo(folder / "pipe.ipynb")
    monkeypatch.setattr(briefings, "NOTEBOOKS", folder)
    for briefing in briefings.listed():
        assert run.notebook_hash(briefing.notebook)


@pytest.mark.parametrize("text", ["", "7", "title: x", "title: [x]\nversion: 1\ndate-released: 2\nauthors: []"])
@pytest.mark.fault(167)
def test_a_citation_without_its_fields_is_one_line(tmp_path, monkeypatch, text):
    (tmp_path / "CITATION.cff").write_text(text)
    monkeypatch.setattr(sources, "CITATION", tmp_path / "CITATION.cff")
    sources.citation.cache_clear()
    try:
        with pytest.raises(Refused, match="CITATION.cff: title, version"):
            sources.citation()
    finally:
        sources.citation.cache_clear()


# --- What a build leaves ---


@pytest.mark.parametrize(
    "content", [b"", b"{", b"5", b'{"inputs": [], "outputs": 3}', b'{"inputs": {}, "outputs": {}}']
)
@pytest.mark.fault(176)
def test_a_damaged_stamp_means_that_the_page_is_made_again(tmp_path, monkeypatch, content):
    monkeypatch.setattr(run, "REPORTS", tmp_path)
    run.stamp("processing-share").parent.mkdir()
    run.stamp("processing-share").write_bytes(content)
    assert run.reasons(briefings.listed()[0]) == ["no earlier build"]


@pytest.mark.fault(176)
def test_what_is_made_follows_the_list_and_no_copy_of_it(tmp_path, monkeypatch):
    """A slug that somebody writes below reports/ is never believed."""
    monkeypatch.setattr(run, "REPORTS", tmp_path / "reports")
    kept = [["../escaped", "07_other_minerals.ipynb", {}]]
    files.write(tmp_path / "reports" / ".build" / "list", json.dumps({"state": "x", "briefings": kept}))
    assert "../escaped" not in [briefing.slug for briefing in run.listed()]


@pytest.mark.parametrize("left", ["share/.part-folder/index.html", "a/.part-x1", ".build/work-x/executed.ipynb"])
@pytest.mark.fault(165)
def test_what_a_stopped_command_leaves_is_not_in_the_way(tmp_path, left):
    files.write(tmp_path / left, "half")
    with files.locked(tmp_path / ".build"):  # as in a user's folder, where nothing is ours to clear
        assert (tmp_path / left).exists()
    with files.locked(tmp_path / ".build", tmp_path):
        assert not (tmp_path / left).exists()


@pytest.mark.fault(165)
def test_a_stopped_share_is_done_again(built, tmp_path, monkeypatch):
    copy = shutil.copytree(built, tmp_path / "reports", ignore=shutil.ignore_patterns("lock*", "share"))
    monkeypatch.setattr(run, "REPORTS", copy)
    write, written = files.write, []

    def stopped(path, content):
        written.append(path)
        if len(written) == 5:
            raise KeyboardInterrupt
        write(path, content)

    monkeypatch.setattr(files, "write", stopped)
    with pytest.raises(KeyboardInterrupt):
        share.share()
    monkeypatch.setattr(files, "write", write)
    archive = share.share()
    assert archive.is_file() and sorted(path.name for path in archive.parent.iterdir()) == [
        share.NAME,
        f"{share.NAME}.zip",
    ]


# --- Kernels ---


@pytest.mark.fault(166)
def test_an_import_that_hangs_ends_with_the_time_for_the_notebook(made_from, monkeypatch, tmp_path):
    """Also where the kernel stands still: nothing waits without a limit, and no process stays."""
    monkeypatch.setattr(execute, "TOTAL_TIMEOUT_S", 8)
    (tmp_path / "hangs.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)")
    with pytest.raises(Refused, match="door: not finished after 8 s"):
        run.make(made_from(f"import sys; sys.path.append({str(tmp_path)!r}); import hangs"))
    assert execute._RUNNING == set()


@pytest.mark.fault(165)
def test_a_stopped_build_ends_its_kernels_at_once(tmp_path, made_from):
    mark = tmp_path / "pid"
    briefing = made_from(f"import os, time; Path({str(mark)!r}).write_text(str(os.getpid())); time.sleep(600)")
    code = (
        "import pathlib, signal\nfrom rareearth.site import run\nfrom tests import builders\n"
        # Where the tests run in the background of a shell, they have inherited that the signal is ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"run.REPORTS = pathlib.Path({str(run.REPORTS)!r})\n"
        f"one = builders.briefing('door', pathlib.Path({str(briefing.notebook)!r}))\n"
        "run.all_up_to_date([one], jobs=1)"
    )
    runner = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    while not (mark.is_file() and mark.read_text()):
        assert runner.poll() is None
        time.sleep(0.05)
    runner.send_signal(2)
    runner.wait()
    with pytest.raises(ProcessLookupError):
        while True:
            os.kill(int(mark.read_text()), 0)
            time.sleep(0.05)


@pytest.mark.fault(162)
def test_kernels_run_the_code_of_this_checkout(made_from, monkeypatch):
    """Whatever the environment has installed: a copied .venv is bound to the checkout that it came from."""
    found = {}
    monkeypatch.setattr(page, "outputs", lambda notebook, *_: found.setdefault("notebook", notebook) and {})
    run.begin()
    run.made(made_from("import rareearth; print(rareearth.__file__)"))
    text = found["notebook"].cells[1].outputs[0].text
    assert text.strip() == str(ROOT / "rareearth" / "__init__.py")
    monkeypatch.setenv("PYTHONPATH", "/of/a/person", prepend=os.pathsep)
    paths = execute._environment(ROOT)["PYTHONPATH"].split(os.pathsep)
    assert paths[0] == str(ROOT) and "/of/a/person" not in paths


@pytest.mark.fault(182)
def test_a_kernel_that_ran_other_code_makes_no_page(made_from, tmp_path):
    """As a file .pth in the environment does it."""
    (tmp_path / "elsewhere.py").touch()
    other = 'from rareearth import inputs; inputs._report = lambda: \'{"root": "/another"}\''
    for source, said in (
        (f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import elsewhere", "elsewhere.py: ran, and is no part"),
        (other, "the kernel ran the code of another checkout"),
    ):
        with pytest.raises(Refused, match=said):
            run.make(made_from(source))
