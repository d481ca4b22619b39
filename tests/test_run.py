"""The runner: stale by content, refused in one line, nothing half-written."""

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from rareearth import files, inputs
from rareearth.errors import Refused
from rareearth.paths import NOTEBOOKS, ROOT
from rareearth.site import check, execute, run
from tests.builders import briefing, notebook


def command(*words, reports, **environment):
    """The command line in a process, writing to a reports folder of the test."""
    code = (
        "import sys, pathlib; from rareearth.site import run; "
        f"run.REPORTS = pathlib.Path({str(reports)!r}); "
        "from rareearth.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd="/",
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "nothing"], "there is no briefing"),
        (["run", "processing-share"], "no parameters given"),
        (["run", "processing-share", "-p", "yeer=2023"], "did you mean year"),
        (["run", "processing-share", "-p", "year=1999"], "from 2018 to 2025"),
        (["run", "../x", "-p", "year=2023"], "there is no briefing"),
    ],
)
def test_refusals_are_one_line_and_write_nothing(tmp_path, words, message):
    done = command(*words, reports=tmp_path / "reports")
    assert done.returncode == 1 and message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "reports").exists()


def test_wrong_usage_is_2(tmp_path):
    assert command("nonsense", reports=tmp_path).returncode == 2


def test_environment_reaches_the_run_without_a_shell(tmp_path):
    done = command(
        "run",
        reports=tmp_path,
        RAREEARTH_NAME="processing-share",
        RAREEARTH_PARAMS="year=2023 edition=$(touch${IFS}x)",
    )
    assert done.returncode == 1 and "one of MCS2025, MCS2026" in done.stderr


@pytest.mark.fault(106)
def test_nothing_changed_means_no_kernel_and_no_pandas(built):
    code = (
        "import sys, pathlib; from rareearth.site import run; "
        f"run.REPORTS = pathlib.Path({str(built)!r}); run.build(); "
        "assert not {'pandas', 'numpy', 'papermill', 'nbformat', 'nbconvert', 'jinja2', 'pydantic', 'filelock'} & set(sys.modules), 'heavy import'"
    )
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*.html")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "up to date" in done.stdout and done.stderr == ""
    assert before == {path: path.stat().st_mtime_ns for path in built.rglob("*.html")}


@pytest.mark.fault(108)
def test_what_changed_is_said(built, tmp_path):
    stamp = built / ".build" / "processing-share.json"
    now = json.loads(stamp.read_text())["inputs"]
    assert inputs.changes(stamp, now, built) == []
    changed = {**now, "CITATION.cff": "other"}
    assert inputs.changes(stamp, changed, built) == ["CITATION.cff changed"]
    del changed["CITATION.cff"]
    assert inputs.changes(stamp, changed, built) == ["CITATION.cff was removed"]
    assert inputs.changes(tmp_path / "none", now, built) == ["no earlier build"]
    stamp_copy = tmp_path / "stamp"
    stamp_copy.write_text(stamp.read_text()[:-20])
    assert inputs.changes(stamp_copy, now, built) == ["no earlier build"]
    assert any("processing-share.html is missing" in r for r in inputs.changes(stamp, now, tmp_path))


@pytest.mark.fault(114)
def test_saving_outputs_in_lab_changes_nothing(tmp_path):
    source = NOTEBOOKS / "02_processing_share.ipynb"
    notebook = nbformat.read(source, as_version=4)
    copy = tmp_path / source.name
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="x")]
    notebook.cells[2].execution_count = 7
    nbformat.write(notebook, copy)
    assert run.notebook_hash(copy) == run.notebook_hash(source)
    notebook.cells[2].source += "\n"
    nbformat.write(notebook, copy)
    assert run.notebook_hash(copy) != run.notebook_hash(source)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "page.html"
    files.write(target, "old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError):
        files.write(target, "new")
    assert target.read_text() == "old" and list(tmp_path.iterdir()) == [target]


@pytest.mark.fault(105)
def test_a_second_build_is_refused_and_a_dead_one_is_not_in_the_way(tmp_path):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time, pathlib\nfrom rareearth import files\n"
            f"with files.locked(pathlib.Path({str(tmp_path / '.build')!r})):\n"
            "    print('held', flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(Refused, match=f"process {holder.pid}"), files.locked(tmp_path / ".build"):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with files.locked(tmp_path / ".build"):
        pass


def ended(process):
    """Waits until a process is gone: the run of the tests has a time limit, a slow machine may take its time."""
    while True:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)


def executed(*outputs, count=1):
    cell = nbformat.v4.new_code_cell("x", outputs=list(outputs), execution_count=count)
    return nbformat.v4.new_notebook(cells=[cell])


@pytest.mark.parametrize(
    ("notebook", "message"),
    [
        (executed(count=None), "was not executed"),
        (executed(nbformat.v4.new_output("error", ename="E", evalue="no", traceback=[])), "E: no"),
        (executed(nbformat.v4.new_output("stream", name="stderr", text="Warning: x")), "wrote a warning"),
        (
            executed(nbformat.v4.new_output("display_data", {"text/plain": "<Figure size 640x480>"})),
            "did not go through show_figure",
        ),
        (executed(), "conclude"),
    ],
)
def test_what_is_not_fit_is_not_published(notebook, message):
    with pytest.raises(Refused, match=message):
        check.executed(notebook, "n.ipynb")


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A briefing whose notebook does what a test says, in a reports tree with an earlier good page."""
    monkeypatch.setattr(run, "REPORTS", tmp_path / "reports")
    files.write(tmp_path / "reports" / "bad.html", "earlier")
    (tmp_path / "reports" / ".build").mkdir()

    def make(source):
        return briefing("bad", notebook(tmp_path / "bad.ipynb", nbformat.v4.new_code_cell(source)))

    return make


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param("raise ValueError('no')", "ValueError: no", marks=pytest.mark.fault(98)),
        pytest.param("import os; os._exit(0)", "the kernel died", marks=pytest.mark.fault(99)),
        pytest.param(
            "import os, signal; os.kill(os.getpid(), 9)",
            "the kernel died (out of memory, or it was killed)",
            marks=pytest.mark.fault(99),
        ),
        pytest.param("import ctypes; ctypes.string_at(0)", "the kernel died", marks=pytest.mark.fault(99)),
        pytest.param(
            "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32)); x = bytearray(2**33)",
            "MemoryError",
            marks=pytest.mark.fault(101),
        ),
    ],
)
def test_a_failing_notebook_leaves_the_earlier_page(broken, source, said):
    with pytest.raises(Refused, match="bad: ") as caught:
        run.make(broken(source))
    assert said in str(caught.value) and "kept as reports/failed/bad.ipynb" in str(caught.value)
    assert (run.REPORTS / "bad.html").read_text() == "earlier" and not run.stamp("bad").exists()
    assert (run.REPORTS / "failed" / "bad.ipynb").is_file()
    assert not list((run.REPORTS / ".build").glob("work-*"))


@pytest.mark.fault(116)
def test_leaving_with_0_is_no_success(broken):
    with pytest.raises(Refused, match="bad.ipynb, cell 1: SystemExit: 0"):
        run.make(broken("import sys; sys.exit(0)"))
    assert (run.REPORTS / "bad.html").read_text() == "earlier" and not run.stamp("bad").exists()


@pytest.mark.fault(100)
def test_a_hanging_cell_ends(broken, monkeypatch):
    monkeypatch.setattr(execute, "CELL_TIMEOUT_S", 2)
    with pytest.raises(Refused, match="Timeout"):
        run.make(broken("import time; time.sleep(600)"))
    assert (run.REPORTS / "bad.html").read_text() == "earlier"


def test_a_kernel_ends_with_a_killed_runner(tmp_path):
    mark = tmp_path / "kernel-pid"
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                f"import os, pathlib, time; pathlib.Path({str(mark)!r}).write_text(str(os.getpid())); time.sleep(600)"
            )
        ]
    )
    nbformat.write(notebook, tmp_path / "hang.ipynb")
    code = (
        "import pathlib; from rareearth.site import execute; "
        f"execute.notebook(pathlib.Path({str(tmp_path / 'hang.ipynb')!r}), {{}}, pathlib.Path({str(tmp_path / 'out.ipynb')!r}))"
    )
    runner = subprocess.Popen([sys.executable, "-c", code])
    while not (mark.is_file() and mark.read_text()):
        assert runner.poll() is None
        time.sleep(0.05)
    runner.kill()
    runner.wait()
    ended(int(mark.read_text()))


@pytest.mark.fault(114)
def test_notebooks_are_committed_clean():
    for path in NOTEBOOKS.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        text = path.read_text(encoding="utf-8")
        assert notebook.cells[0].source.startswith("# ") and str(ROOT) not in text
        for cell in notebook.cells:
            assert cell.get("outputs", []) == [] and cell.get("execution_count") is None
            assert not (cell.cell_type == "code" and cell.source.rstrip().endswith(";"))


def test_progress_on_a_terminal_and_quiet_in_a_log(built):
    import fcntl
    import pty
    import struct
    import termios

    code = "import time; from rareearth.site import run\nfor _ in run._with_progress(range(2), 2): time.sleep(0.2)"
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    subprocess.run([sys.executable, "-c", code], stderr=theirs, check=True)
    os.close(theirs)
    assert b"briefings" in os.read(ours, 4096)
    quiet = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert quiet.stderr == b""


@pytest.mark.fault(71)
@pytest.mark.skipif(sys.platform != "linux", reason="local sockets without a path are Linux's")
@pytest.mark.parametrize("folder", ["short", "a" * 100])
def test_a_kernel_asks_for_no_port_however_long_the_temporary_folder_is(tmp_path, folder):
    """A build without even the loopback waited ten minutes for its kernel where TMPDIR was long."""
    one = execute._Kernel(tmp_path / folder)
    assert one.transport == "ipc" and len(f"{one.ip}-{99999}") < 108
