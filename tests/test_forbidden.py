"""Code that is refused before it runs: each rule with a line that breaks it, and none broken in the repository."""

import json
import subprocess
import sys

import pytest

from rareearth.paths import NOTEBOOKS, ROOT
from tests.forbidden import found_in

BY_RUFF = {
    "S506": "import yaml\nyaml.load('x', Loader=yaml.Loader)\n",
    "S301": "import pickle\npickle.loads(b'x')\n",
    "S307": "eval('1 + 1')\n",
    "S102": "exec('x = 1')\n",
    "S602": "import subprocess\nsubprocess.run(f'ls {__name__}', shell=True)\n",
    "S605": "import os\nos.system('ls ' + __name__)\n",
    "S501": "import requests\nrequests.get('https://example.org', verify=False, timeout=1)\n",
}
BY_US = {
    "Styler": "frame.style.format('x')\n",
    "f-string": "display(HTML(f'<b>{name}</b>'))\n",
    "sum": "display(IPython.display.HTML('<b>' + name))\n",
    "format": "HTML('<b>{}</b>'.format(name))\n",
    "eval()": "frame.eval(text)\n",
    "query()": "frame.query(f'year == {year}')\n",
    "sql()": "connection.sql(text)\n",
    "read_pickle()": "pandas.read_pickle(path)\n",
}


@pytest.fixture(scope="module")
def codes(tmp_path_factory):
    """What ruff says, with the settings of this repository, of one file for each rule."""
    folder = tmp_path_factory.mktemp("lint")
    for code, text in BY_RUFF.items():
        (folder / f"{code}.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--config", ROOT / "pyproject.toml", "--no-cache",
         "--output-format", "json", folder],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    return {(hit["filename"].rpartition("/")[2], hit["code"]) for hit in json.loads(done.stdout)}


@pytest.mark.fault(160)
@pytest.mark.parametrize("code", BY_RUFF)
def test_the_linter_refuses(codes, code):
    assert (f"{code}.py", code) in codes


@pytest.mark.fault(160)
@pytest.mark.parametrize("name", BY_US)
def test_what_no_linter_knows_is_refused(tmp_path, name):
    path = tmp_path / "x.py"
    path.write_text(BY_US[name])
    assert found_in(path)
    path.write_text("plt.style.use(STYLE)\nHTML('<b>words</b>')\nshow_table(frame, caption=f'{year}')\n")
    assert found_in(path) == []


@pytest.mark.fault(160)
def test_nothing_of_that_is_in_the_package_the_tools_or_the_notebooks():
    files = [*(ROOT / "rareearth").rglob("*.py"), *(ROOT / "tools").rglob("*.py"), *NOTEBOOKS.glob("*.ipynb")]
    assert len(files) > 100 and [hit for path in files for hit in found_in(path)] == []
