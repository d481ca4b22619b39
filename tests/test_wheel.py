"""The package as a wheel: with its figures, in an environment of its own, away from the checkout."""

import json
import os
import site
import subprocess
import sys
from pathlib import Path

import papermill
import pytest

from rareearth.paths import NOTEBOOKS, RAW, ROOT

_ASKED = """
import json
import rareearth as re
from rareearth.paths import ROOT
magnets = re.imports("Japan", partner="China")
print(json.dumps([str(ROOT), str(re.share(2024)), magnets["mass_t"].iloc[0], len(re.table("china_quotas"))]))
"""


@pytest.mark.long
def test_a_wheel_answers_and_runs_a_notebook_anywhere(tmp_path):
    import rareearth as re

    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        tmp_path,
        ROOT,
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel], check=True)
    # The libraries of this environment, as no test uses a network; not its checkout, which a .pth of it names.
    (library,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (library / "libraries.pth").write_text("\n".join(site.getsitepackages()))
    away = tmp_path / "away"
    away.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    done = subprocess.run([python, "-c", _ASKED], cwd=away, env=environment, capture_output=True, text=True, check=True)
    root, share, mass_t, quotas = json.loads(done.stdout.splitlines()[-1])
    assert Path(root).is_relative_to(library) and share == str(re.share(2024))
    assert (mass_t, quotas) == (
        re.imports("Japan", partner="China")["mass_t"].iloc[0],
        len(re.table("china_quotas")),
    )
    assert len(list((Path(root) / "data" / "raw").rglob("*.csv"))) == len(list(RAW.rglob("*.csv")))

    run = [python, "-m", "papermill", NOTEBOOKS / "05_magnet_elements.ipynb", away / "out.ipynb"]
    subprocess.run(run, cwd=away, env=environment, check=True, capture_output=True)
    executed = papermill.iorw.load_notebook_node(str(away / "out.ipynb"))
    assert not executed.metadata.papermill["exception"] and not list(Path(root).glob("data/processed"))
    assert sorted(path.name for path in away.iterdir()) == ["out.ipynb"]
