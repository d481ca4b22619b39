"""Kernels forked from a process that has imported what the notebooks import: as good as those that start alone."""

import sys

import nbformat
import pytest

from rareearth.briefing import execute, imports
from rareearth.errors import Refused
from rareearth.paths import NOTEBOOKS

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")
PARENT = "from pathlib import Path\nprint(Path(f'/proc/{__import__(\"os\").getppid()}/cmdline').read_text())"


def written(folder, name, *cells):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "p", "language": "python"}
    nbformat.write(notebook, folder / name)
    return folder / name


def executed(tmp_path, *notebooks):
    """What each notebook printed, run one after the other by one worker."""
    found = []
    with execute.workers(notebooks, 1) as (run, wait):
        wait()
        for number, notebook in enumerate(notebooks):
            work = tmp_path / f"work-{number}"
            work.mkdir()
            cells = run(notebook, {}, work).cells
            found.append("".join(output.text for cell in cells for output in cell.get("outputs", [])))
    return found


def test_imports_are_read_and_not_run(tmp_path):
    cells = [
        "import json, os.path as p\nfrom pandas import plotting",
        "%matplotlib inline\nimport lost",
        "if 1:\n    import later",
    ]
    one = written(tmp_path, "one.ipynb", *cells)
    assert imports.of([one, one]) == ["json", "os.path", "pandas", "pandas.plotting"]
    assert "rareearth.charts" in imports.of(NOTEBOOKS.glob("*.ipynb"))


@only_linux
def test_a_kernel_is_forked_with_its_imports_and_knows_nothing_of_the_one_before(tmp_path):
    first = "import json, sys\nprint('json' in sys.modules, hasattr(json, 'mark'))\njson.mark = 1"
    one, other = (written(tmp_path, name, first, PARENT) for name in ("a.ipynb", "b.ipynb"))
    for said in executed(tmp_path, one, other):
        assert said.startswith("True False") and "rareearth.briefing.warm" in said


@only_linux
def test_other_work_waits_until_all_is_imported(tmp_path, monkeypatch):
    done = tmp_path / "done"
    code = f"import pathlib, time\ntime.sleep(0.5)\npathlib.Path({str(done)!r}).touch()"
    (tmp_path / "slow_module.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    with execute.workers([written(tmp_path, "a.ipynb", "import slow_module")], 1) as (_, wait):
        wait()
        assert done.exists()


@only_linux
@pytest.mark.parametrize(
    "module",
    [
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "raise SystemExit",
        "import os; os._exit(3)",
    ],
)
def test_what_cannot_be_shared_is_started_alone(tmp_path, monkeypatch, module):
    (tmp_path / "odd_module.py").write_text(module)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    harmless = "import sys\nif 'never' in sys.modules: import odd_module"
    one = written(
        tmp_path,
        "a.ipynb",
        "try:\n    import odd_module\nexcept SystemExit:\n    pass" if "Exit" in module else harmless,
        PARENT,
    )
    monkeypatch.setattr(imports, "of", lambda notebooks: ["odd_module"])
    (said,) = executed(tmp_path, one)
    assert said


def test_where_a_process_cannot_be_held_kernels_start_alone(tmp_path, monkeypatch):
    monkeypatch.delattr("os.pidfd_open", raising=False)
    (said,) = executed(tmp_path, written(tmp_path, "a.ipynb", PARENT))
    assert "rareearth.briefing.worker" in said


@only_linux
def test_a_failing_import_is_said_by_the_notebook(tmp_path):
    with pytest.raises(Refused, match="ModuleNotFoundError: No module named 'lost_module'"):
        executed(tmp_path, written(tmp_path, "a.ipynb", "import lost_module"))
