"""Settings of `make lab`: this machine only, token on, no call to any other host."""

import shutil
import subprocess
from pathlib import Path

here = Path(__file__).resolve().parent
c = get_config()  # noqa: F821  (given by Jupyter)
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.allow_remote_access = False
c.ServerApp.allow_origin = ""
c.ServerApp.allow_origin_pat = ""
c.ServerApp.disable_check_xsrf = False
c.ServerApp.jpserver_extensions = {"jupyter_server_terminals": True}  # no file of the machine turns it on
c.ServerApp.allow_root = True  # the user of a container
c.ServerApp.root_dir = str(here.parent.parent)  # notebooks/ and reports/
c.LabApp.default_url = "/lab/tree/notebooks/README.md"
c.LabApp.app_settings_dir = str(here)  # overrides.json: the README opens rendered, no news are asked for
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
c.KernelSpecManager.allowed_kernelspecs = {"python3"}  # the one of .venv: no other has the package


def refresh_git(model, os_path, **_):
    """Where git's filter leaves nothing changed, git is told so: it takes any file of another size for a changed one."""
    git = shutil.which("git")
    if git and model["type"] == "notebook":
        folder = Path(os_path).parent
        same = subprocess.run([git, "diff", "--quiet", "--", os_path], cwd=folder, capture_output=True)
        if same.returncode == 0:
            subprocess.run([git, "add", "--update", "--", os_path], cwd=folder, capture_output=True)


c.FileContentsManager.post_save_hook = refresh_git
