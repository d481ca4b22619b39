"""A notebook as another Lab saved it, run with another person's settings, secrets and warnings."""

import json

import nbformat
import pytest

from rareearth import files
from rareearth.errors import Refused
from rareearth.paths import NOTEBOOKS
from rareearth.site import check, execute, run

WARNINGS = {
    "findfont": "from matplotlib.figure import Figure\nimport io\n"
    "Figure().text(0, 0, 'x', family='No Such Font').figure.savefig(io.BytesIO())",
    "Glyph": "Figure().text(0, 0, '\u4e2d').figure.savefig(io.BytesIO())",
    "DeprecationWarning": "import warnings; warnings.warn('old', DeprecationWarning)",
    "RuntimeWarning": "import numpy; numpy.array([1.0]) / 0",
    "ChainedAssignmentError": "import pandas\nframe = pandas.DataFrame({'a': [1, 2]})\nframe['a'][0] = 3",
}
LOOK = (
    "import json, os, matplotlib\n"
    "print(json.dumps({'backend': matplotlib.get_backend(), 'size': matplotlib.rcParams['font.size'],\n"
    "    'names': [n for n in ('from_ipython', 'from_python') if n in globals()], 'variables': dict(os.environ)}))"
)


@pytest.fixture(scope="module")
def lab_saved(tmp_path_factory):
    """A notebook as another Lab saved it, executed with another person's settings; one kernel for many questions."""
    base = tmp_path_factory.mktemp("person")
    home = base / "home"
    for name, text in {
        ".ipython/profile_default/startup/00.py": "from_ipython = 1",
        ".ipython/profile_default/ipython_config.py": "raise SystemExit",
        ".jupyter/jupyter_config.py": "raise SystemExit",
        ".config/matplotlib/matplotlibrc": "font.size: 30",
        "start.py": "from_python = 1",
        "jupyter/kernels/python3/kernel.json": '{"argv": ["false"], "display_name": "x", "language": "python"}',
    }.items():
        files.write(home / name, text)
    cells = [nbformat.v4.new_code_cell(source) for source in (LOOK, *WARNINGS.values())]
    cells[0].outputs = [nbformat.v4.new_output("stream", text="from Lab")]
    cells[0].execution_count = 7
    for cell in cells:
        del cell["id"]  # format 4.2 has none
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.nbformat_minor = 2
    notebook.metadata["kernelspec"] = {"name": "conda-env-mine", "display_name": "mine", "language": "python"}
    path = base / "saved.ipynb"
    path.write_bytes(json.dumps(notebook, indent=1).replace("\n", "\r\n").encode())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "HOME": str(home), "PYTHONSTARTUP": str(home / "start.py"), "MPLBACKEND": "TkAgg", "DISPLAY": ":9",
            "MATPLOTLIBRC": str(home / ".config/matplotlib"), "JUPYTER_PATH": str(home / "jupyter"),
            "JUPYTER_CONFIG_DIR": str(home / ".jupyter"), "PYTHONWARNINGS": "ignore", "PYTHONOPTIMIZE": "1",
            "COMTRADE_API_KEY": "canary", "GITHUB_TOKEN": "canary", "PGPASSWORD": "canary",
        }.items():  # fmt: skip
            patch.setenv(name, value)
        return execute.notebook(path, {}, base / "executed.ipynb").notebook


@pytest.mark.fault(114)
def test_a_notebook_saved_by_lab_runs(lab_saved):
    assert lab_saved.cells[0].execution_count == 1 and "from Lab" not in str(lab_saved.cells[0].outputs)


@pytest.mark.fault(114)
def test_line_ends_outputs_and_format_are_no_change(tmp_path):
    source = NOTEBOOKS / "02_processing_share.ipynb"
    notebook = json.loads(source.read_text(encoding="utf-8"))
    notebook["nbformat_minor"] = 2
    notebook["metadata"]["kernelspec"]["name"] = "conda-env-mine"
    for cell in notebook["cells"]:
        cell.pop("id", None)
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["x"]}]
    copy = tmp_path / source.name
    copy.write_bytes(json.dumps(notebook, indent=2).replace("\n", "\r\n").encode())
    assert run.notebook_hash(copy) == run.notebook_hash(source)


@pytest.mark.fault(134)
def test_settings_of_a_person_do_not_reach_a_briefing(lab_saved):
    found = json.loads(lab_saved.cells[0].outputs[0].text)
    assert found["backend"].lower() == "agg" and found["size"] == 10 and found["names"] == []


@pytest.mark.fault(124)
def test_secrets_of_the_environment_do_not_reach_a_notebook(lab_saved):
    variables = json.loads(lab_saved.cells[0].outputs[0].text)["variables"]
    assert "canary" not in variables.values() and "PATH" in variables


@pytest.mark.fault(117)
@pytest.mark.parametrize("kind", WARNINGS)
def test_a_warning_is_not_published(lab_saved, kind):
    """No warning is on a list of allowed ones: what is harmless is mended where it comes from."""
    cell = lab_saved.cells[1 + list(WARNINGS).index(kind)]
    assert kind in "".join(output.get("text", "") for output in cell.outputs)
    with pytest.raises(Refused, match="n.ipynb, cell 1: wrote a warning"):
        check.executed(nbformat.v4.new_notebook(cells=[cell]), "n.ipynb")
