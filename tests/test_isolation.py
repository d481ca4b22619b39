"""What tests may do: ask no other machine, run no notebook that nobody listed, notice cells that were not run."""

import os
import shutil
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from rareearth.paths import NOTEBOOKS, ROOT
from rareearth.site import run
from tests import conftest, offline

ELSEWHERE = "192.0.2.1"  # an address of documentation: nobody is there


@pytest.mark.fault(157)
@pytest.mark.parametrize(
    "ask",
    [
        lambda: socket.create_connection((ELSEWHERE, 80), timeout=1),
        lambda: socket.socket().connect_ex((ELSEWHERE, 80)),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (ELSEWHERE, 53)),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", 0, (ELSEWHERE, 53)),
        lambda: socket.getaddrinfo("example.org", 443),
    ],
)
def test_no_test_reaches_another_machine(ask):
    with pytest.raises(offline.LeftTheMachine):
        ask()
    assert offline.ATTEMPTS  # what `no_network` would hold against the test
    offline.ATTEMPTS.clear()


@pytest.mark.fault(157)
def test_nor_does_what_a_test_starts():
    code = f"import socket; socket.create_connection(({ELSEWHERE!r}, 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "LeftTheMachine" in done.stderr


@pytest.mark.fault(157)
def test_this_machine_may_be_asked():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Configuration and notebooks of a checkout, with one notebook more that nobody listed."""
    folder = tmp_path_factory.mktemp("checkout") / "c"
    for name in ("pyproject.toml", "briefings.yml", "requirements.txt", "CITATION.cff"):
        folder.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder)
    for name in ("notebooks", "tests", "rareearth"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(folder / "notebooks" / "starter.ipynb", folder / "notebooks" / "strange.ipynb")
    return folder


def collected(folder, *words):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "--collect-only", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([conftest._CHILD, str(folder)])},
        capture_output=True,
        text=True,
    )


@pytest.mark.fault(158)
def test_a_notebook_that_is_not_listed_is_not_run_by_the_tests(checkout):
    done = collected(checkout, "tests/test_fault_table.py", "notebooks")
    assert done.returncode == 0, done.stdout[-500:]
    assert "starter.ipynb" in done.stdout and "strange.ipynb" not in done.stdout


@pytest.mark.fault(158)
def test_every_notebook_here_is_listed_and_reports_are_made_of_listed_ones_only():
    listed = conftest.listed_notebooks()
    assert {path.name for path in NOTEBOOKS.glob("*.ipynb")} >= listed
    assert {briefing.notebook.name for briefing in run.listed()} <= listed


@pytest.mark.fault(115)
@pytest.mark.parametrize("missing", [1, 1000])
def test_cells_that_were_not_collected_are_an_error(request, missing):
    items = [item for item in request.session.items if conftest._is_of_notebook(item)]
    config = SimpleNamespace(args=["notebooks"], option=SimpleNamespace(markexpr="not long"))
    session = SimpleNamespace(items=items[missing:], config=config)
    with pytest.raises(pytest.UsageError, match=r"nbval collected \d+ of \d+ code cells"):
        conftest.pytest_collection_finish(session)


@pytest.mark.fault(115)
def test_nothing_collected_is_a_failure(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-c", str(ROOT / "pyproject.toml"), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 5


@pytest.mark.fault(115)
def test_a_dead_kernel_fails_and_does_not_wait(tmp_path):
    import nbformat

    cells = [nbformat.v4.new_code_cell(source) for source in ("import os, signal; os.kill(os.getpid(), 9)", "1")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "dead.ipynb")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-c", str(ROOT / "pyproject.toml"), "-p", "tests.nbval_dead", "--nbval-cell-timeout=6000",
         str(tmp_path / "dead.ipynb")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=3000,  # whoever waits for the limit of the cell is not done by then
    )  # fmt: skip
    assert done.returncode == 1 and "kernel died" in done.stdout
