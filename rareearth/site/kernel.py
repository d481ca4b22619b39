"""What a kernel that executes a briefing does besides: an extension of IPython, loaded at its start by `execute`.

It reports which files of the checkout the notebook reads and which modules it imports, and it ends with the process
that started it, however that dies.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from rareearth import inputs
from rareearth.paths import ROOT

# In the environment of the kernel: where it writes what it has read.
REPORT = "RAREEARTH_INPUTS"
_PR_SET_PDEATHSIG = 1


def load_ipython_extension(shell: Any) -> None:
    """Starts the record of what is read; it is written after every cell."""
    report = Path(os.environ.pop(REPORT))
    inputs.watch()
    shell.events.register("post_run_cell", lambda result: report.write_text(_report()))
    if sys.platform == "linux":  # elsewhere ipykernel looks every second whether its parent lives
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _report() -> str:
    """Which checkout this is, what was read of it, and the code of libraries."""
    return json.dumps({"root": str(ROOT), "read": inputs.seen(), "loaded": inputs.loaded()})
