"""The tools that people use for notebooks and environments work here as they do elsewhere."""

import json
import os
import shutil
import subprocess
import sys

import jupytext
import nbformat
import pytest
import yaml

from rareearth.paths import NOTEBOOKS, ROOT


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_comes_back_from_a_script(path):
    """jupytext to a script of percent cells and back: no cell, tag or parameter is lost."""
    before = nbformat.read(path, as_version=4)
    after = jupytext.reads(jupytext.writes(before, "py:percent"), "py:percent")
    kept = [
        [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in one.cells] for one in (before, after)
    ]
    assert kept[0] == kept[1] and before.metadata["kernelspec"] == after.metadata["kernelspec"]


@pytest.mark.long
def test_nbconvert_executes_a_notebook(tmp_path):
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", "--output-dir", tmp_path]
    subprocess.run([*command, NOTEBOOKS / "starter.ipynb"], check=True, capture_output=True, cwd=tmp_path)
    text = (tmp_path / "starter.html").read_text(encoding="utf-8")
    assert "instead of 88.7%" in text and "No days can be said" in text


def test_conda_and_binder_install_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, _, packages = environment["dependencies"]
    runtime = (ROOT / ".binder" / "runtime.txt").read_text().strip()
    assert packages == {"pip": ["-r requirements.txt"]}
    assert (ROOT / ".binder" / "requirements.txt").read_text().strip() == "-r ../requirements.txt"
    assert python.replace("=", "-") == runtime == "python-3.13"
    assert os.access(ROOT / ".binder" / "postBuild", os.X_OK)


@pytest.mark.long
def test_what_binder_runs_after_the_lock_makes_a_notebook_run(tmp_path):
    """postBuild in a copy of the checkout, in an environment that has the lock and not the package."""
    copy = tmp_path / "checkout"
    left_out = shutil.ignore_patterns(".venv", ".git", "reports", "processed", ".*_cache", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=left_out)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    (library,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (library / "libraries.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    bin_ = tmp_path / "venv" / "bin"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PATH"] = os.pathsep.join([str(bin_), os.environ["PATH"]])
    subprocess.run([".binder/postBuild"], cwd=copy, env=environment, check=True, capture_output=True)
    assert (copy / "data" / "processed" / "flows.parquet").is_file()
    asked = """
import json, rareearth as re
from rareearth.paths import ROOT
print(json.dumps([str(ROOT), re.imports("Japan").answer]))
"""
    done = subprocess.run([bin_ / "python", "-c", asked], cwd=tmp_path, env=environment, capture_output=True)
    place, answer = json.loads(done.stdout)
    assert place == str(copy) and answer.startswith("Japan imported")
