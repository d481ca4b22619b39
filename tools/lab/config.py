"""Settings of `make lab`: this machine only, token on, no call to any other host."""

from pathlib import Path

here = Path(__file__).resolve().parent
c = get_config()  # noqa: F821  (given by Jupyter)
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.allow_remote_access = False
c.ServerApp.root_dir = str(here.parent.parent / "notebooks")
c.LabApp.default_url = "/lab/tree/README.md"
c.LabApp.app_settings_dir = str(here)  # overrides.json: the README opens rendered, no news are asked for
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
c.KernelSpecManager.allowed_kernelspecs = {"python3"}  # the one of .venv: no other has the package
