"""The set-up script says in one line what is missing, and does nothing while the lock is the same."""

import json
import os
import re
import shutil
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from rareearth.paths import ROOT
from tests import builders

TOOLS = ("sh", "cmp", "rm", "cp", "cat")


@pytest.fixture
def machine(tmp_path):
    """A checkout's set-up files, and a PATH with nothing but a shell's tools and what a test adds."""
    checkout, programs = tmp_path / "a checkout #1 é", tmp_path / "bin"
    (checkout / "tools").mkdir(parents=True)
    programs.mkdir()
    shutil.copy(ROOT / "tools" / "setup.sh", checkout / "tools")
    (checkout / "requirements.txt").write_text("")
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool))
    return checkout, programs


def setup(machine, **environment):
    checkout, programs = machine
    return subprocess.run(
        ["tools/setup.sh", "requirements.txt"],
        cwd=checkout,
        env={"PATH": str(programs), **environment},
        capture_output=True,
        text=True,
    )


def fake_python(programs, body):
    path = programs / "python3"
    path.write_text(f"#!{shutil.which('sh')}\n{body}\n")
    path.chmod(0o755)


@pytest.mark.fault(137)
def test_no_python(machine):
    done = setup(machine)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "no Python 3.11, 3.12 or 3.13 found" in done.stderr


@pytest.mark.fault(137)
def test_python_of_another_version(machine):
    fake_python(machine[1], "exit 1")
    assert "no Python 3.11" in setup(machine).stderr


def test_python_without_venv(machine):
    fake_python(machine[1], 'case "$2" in *ensurepip*) exit 1;; esac; exit 0')
    done = setup(machine)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "no venv or ensurepip module" in done.stderr and not (machine[0] / ".venv").exists()


def test_the_named_python_is_the_one(machine):
    done = setup(machine, PYTHON="python9")
    assert done.returncode == 1 and "(looked for python9)" in done.stderr


@pytest.fixture
def installed(machine):
    """The same with an environment whose Python writes down how it was called."""
    checkout, programs = machine
    folder = checkout / ".venv" / "bin"
    folder.mkdir(parents=True)
    fake_python(programs, f'echo "$@" >>"{checkout}/calls"')
    (programs / "python3").rename(folder / "python")
    (checkout / ".venv" / "installed-requirements.txt").write_text("")
    (checkout / ".venv" / "checkout").write_text(f"{checkout}\n")
    return machine


def test_same_lock_does_nothing(installed):
    done = setup(installed)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "") and not (installed[0] / "calls").exists()


@pytest.mark.fault(184)
def test_an_environment_that_was_copied_is_bound_to_its_own_checkout(installed):
    checkout, _ = installed
    (checkout / ".venv" / "checkout").write_text("/the/other/one\n")
    os.link(checkout / ".venv" / "checkout", checkout / "of the other one")
    done = setup(installed)
    assert (checkout / "of the other one").read_text() == "/the/other/one\n"
    assert done.returncode == 0 and "came from another folder" in done.stderr
    calls = (checkout / "calls").read_text().splitlines()
    assert calls[-1].endswith("install --no-deps --no-build-isolation --editable .")
    assert (checkout / ".venv" / "checkout").read_text() == f"{checkout}\n"
    assert setup(installed).stderr == ""


def test_an_environment_whose_python_is_gone_is_made_again(installed):
    (installed[0] / ".venv" / "bin" / "python").unlink()
    done = setup(installed)
    assert done.returncode == 1 and "no Python 3.11" in done.stderr  # it looked for one


@pytest.mark.fault(165)
def test_an_environment_whose_making_was_stopped_is_made_again(installed):
    """Python is there, pip is not."""
    checkout, programs = installed
    (checkout / ".venv" / "installed-requirements.txt").unlink()
    fake_python(programs, 'case "$2" in "import pip") exit 1;; esac; exit 0')
    (programs / "python3").rename(checkout / ".venv" / "bin" / "python")
    done = setup(installed)
    assert done.returncode == 1 and "no Python 3.11" in done.stderr  # it looked for one


@pytest.mark.fault(159)
@pytest.mark.parametrize(
    "lock", ["requirements.txt", "requirements-test.txt", "requirements-cluster.txt", "tools/installers.txt"]
)
def test_locks_are_hashed_and_name_no_index(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search("://|index.url|find.links|trusted.host", text)
    pinned = re.findall(r"^([a-z0-9_.-]+)==\S+.*(?: \\\n    --hash=sha256:[0-9a-f]{64})+", text, re.M)
    names = re.findall(r"^([a-z0-9_.-]+)==", text, re.M)
    assert len(pinned) == len(names)
    assert names == ["pip", "uv"] if lock.startswith("tools") else len(names) > 80 and "hatchling" in names
    assert str(sys.prefix) not in text


def test_every_direct_dependency_says_its_job():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lines = re.findall(r'^  "[a-z0-9-]+>=.*$', text, re.M)
    assert len(lines) > 20 and all(re.search(r",\s+# \S", line) for line in lines)


def lab_config():
    from traitlets.config.loader import PyFileConfigLoader

    return PyFileConfigLoader("config.py", path=str(ROOT / "tools" / "lab")).load_config()


@pytest.mark.fault(154)
@pytest.mark.fault(175)
def test_settings_of_a_person_do_not_take_the_token_away(tmp_path):
    """`make lab` as it is started, with a configuration at home that opens the server to everybody."""
    (tmp_path / ".jupyter").mkdir()
    (tmp_path / ".jupyter" / "jupyter_config.py").write_text(
        'c.IdentityProvider.token = ""\nc.ServerApp.disable_check_xsrf = True\nc.ServerApp.allow_origin = "*"\n'
    )
    with builders.lab(ROOT, HOME=str(tmp_path), JUPYTER_TOKEN="") as (server, _):
        opener = build_opener(ProxyHandler({}))
        for method, path in (("GET", "contents"), ("POST", "terminals")):
            with pytest.raises(HTTPError, match="403"):
                opener.open(Request(f"{server}/api/{path}", method=method))


@pytest.mark.fault(154)
@pytest.mark.fault(161)
def test_lab_is_for_this_machine_only():
    config = lab_config()
    assert config.ServerApp.ip == "127.0.0.1" and not config.ServerApp.allow_remote_access
    assert "token" not in str(config) and "password" not in str(config)  # Jupyter makes a token by itself
    assert config.LabApp.news_url is None and config.LabApp.extension_manager == "readonly"
    assert "NeverCheckForUpdate" in config.LabApp.check_for_updates_class


def test_lab_opens_on_the_readme_with_the_kernel_of_this_environment(tmp_path, monkeypatch):
    """The server as `make lab` configures it: its folder, its first page, and which Python runs the notebooks."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import KernelManager

    for name in ("CONFIG", "DATA", "RUNTIME"):  # nothing of the machine's own settings
        monkeypatch.setenv(f"JUPYTER_{name}_DIR", str(tmp_path / name))
    config = lab_config()
    shown = ROOT / config.LabApp.default_url.removeprefix("/lab/tree/")
    assert config.ServerApp.root_dir == str(ROOT) and shown.is_file()
    viewers = json.loads((ROOT / "tools" / "lab" / "overrides.json").read_text(encoding="utf-8"))
    assert viewers["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"]["markdown"] == "Markdown Preview"
    specs = KernelSpecManager(config=config)
    assert set(specs.get_all_specs()) == {"python3"}
    command = KernelManager(kernel_name="python3", kernel_spec_manager=specs).format_kernel_cmd()
    assert command[0] == sys.executable
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        kernel = json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]
        assert kernel["name"] == "python3", path.name


def test_the_readme_in_lab_leads_to_every_notebook():
    text = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([a-z0-9_]+\.ipynb)\)", text))
    assert linked == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_what_lab_saves_beside_the_cells_leaves_git_clean(tmp_path):
    """With the filter that setup gives a clone, and the hook that Lab calls after it has saved."""
    import nbformat

    place = tmp_path / "clone"
    (place / "notebooks").mkdir(parents=True)
    shutil.copy(ROOT / ".gitattributes", place)
    path = shutil.copy(ROOT / "notebooks" / "starter.ipynb", place / "notebooks")
    (place / ".venv").symlink_to(sys.prefix)
    clean = re.search(r"filter\.nbstripout\.clean \\\n\s+'(.*)'", (ROOT / "tools" / "setup.sh").read_text())[1]

    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run(["git", *who, *words], cwd=place, check=True, capture_output=True, text=True).stdout

    def saved(notebook):
        nbformat.write(notebook, path)
        lab_config().FileContentsManager.post_save_hook({"type": "notebook"}, str(path))
        return git("status", "--porcelain", "notebooks")

    git("init", "-q")
    git("config", "filter.nbstripout.clean", clean)
    git("add", "notebooks", ".gitattributes")
    git("commit", "-qm", "one")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["language_info"]["version"] = "3.13.1"
    for cell in notebook.cells:
        if cell["cell_type"] == "code":
            cell["execution_count"], cell["outputs"] = 1, [nbformat.v4.new_output("stream", text="x")]
    assert saved(notebook) == ""
    notebook.cells[0]["source"] += " Changed."
    assert saved(notebook) == " M notebooks/starter.ipynb\n"
