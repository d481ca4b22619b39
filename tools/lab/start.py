"""JupyterLab on this checkout, `make lab`: with config.py beside this file and no settings of the person or the machine."""

import os
import shlex
import sys
from pathlib import Path

here = Path(__file__).resolve().parent
root = here.parent.parent
os.environ["JUPYTER_NO_CONFIG"] = "1"  # a person's file may take the token away
os.environ.pop("JUPYTER_TOKEN", None)
# Kernels run the code of this checkout, also where .venv was copied from another one.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))

from jupyterlab.labapp import main  # noqa: E402 - reads the environment when it is imported

words = shlex.split(os.environ.pop("RAREEARTH_ARGS", ""))
sys.exit(main([f"--config={here / 'config.py'}", *words, *sys.argv[1:]]))
