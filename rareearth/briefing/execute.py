"""Executes notebooks in worker processes: a crash, a hang or a kill there never touches an earlier output.

Every worker is the head of a process group of its own, which ends with it, with this process, and when a
build is stopped.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rareearth.refusal import Refused

CELL_TIMEOUT_S = 600
TOTAL_TIMEOUT_S = 1800
# In the name of a variable: what it holds is no business of a notebook.
_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")
_DEAD = "the kernel died (out of memory, or it was killed): free memory, then run it again"
_RUNNING: set[subprocess.Popen] = set()


def _changes_a_page(name: str) -> bool:
    """Whether a variable of the caller is a setting of Python, Jupyter or matplotlib, or a secret."""
    if name.startswith(("RAREEARTH_", "MPL", "MATPLOTLIB", "JUPYTER_", "IPYTHON")):
        return True
    # PYTHONPATH stays: it says where the package is. The rest runs code, hides warnings or takes out asserts.
    python = name.startswith("PYTHON") and name != "PYTHONPATH"
    return python or any(word in name.upper() for word in _SECRET)


def _environment(work: Path, runtime: str) -> dict[str, str]:
    """The caller's environment without what could change a page or must not reach one."""
    kept = {name: value for name, value in os.environ.items() if not _changes_a_page(name)}
    return {
        **kept,
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel of this environment, not one of the same name at home
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "0",
        "IPYTHONDIR": str(work / "ipython"),
        "JUPYTER_RUNTIME_DIR": runtime,
        "MPLCONFIGDIR": str(work / "matplotlib"),
        "MPLBACKEND": "agg",
    }


def _end(worker: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)


def end_all() -> None:
    """Ends every worker that still runs, so that the threads that wait for them come back."""
    for worker in list(_RUNNING):
        _end(worker)


def notebook(source: Path, parameters: dict[str, Any], work: Path) -> Any:
    """The executed notebook.

    Args:
        source: The notebook file.
        parameters: Complete and typed.
        work: An empty folder for this execution; a partial notebook stays there as ``executed.ipynb``.

    Raises:
        Refused: it failed, or took longer than the limits; the message is the worker's last line.
    """
    # Paths of local sockets may have about 100 characters, so they do not lie below the checkout.
    with tempfile.TemporaryDirectory(prefix="reb-") as runtime:
        status, errors = _worker(source, parameters, work, runtime)
    if status:
        said = [line for line in errors.splitlines() if line.strip()]
        if not said or said[-1].startswith("DeadKernelError"):
            raise Refused(_DEAD)
        raise Refused(said[-1])
    import nbformat

    return nbformat.read(work / "executed.ipynb", as_version=4)


def _worker(source: Path, parameters: dict[str, Any], work: Path, runtime: str) -> tuple[int, str]:
    job = {
        "notebook": str(source),
        "output": str(work / "executed.ipynb"),
        "parameters": parameters,
        "cell_timeout_s": CELL_TIMEOUT_S,
    }
    (work / "job.json").write_text(json.dumps(job), encoding="utf-8")
    # The worker reads one end: when this process dies, however it dies, the worker ends itself.
    reading, alive = os.pipe()
    worker = subprocess.Popen(
        [sys.executable, "-m", "rareearth.briefing.worker", str(work / "job.json")],
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(work, runtime),
        cwd=work,
        start_new_session=True,
    )
    _RUNNING.add(worker)
    try:
        _, errors = worker.communicate(timeout=TOTAL_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise Refused(f"not finished after {TOTAL_TIMEOUT_S} s") from None
    finally:
        _RUNNING.discard(worker)
        _end(worker)
        worker.wait()
        os.close(reading)
        os.close(alive)
    return worker.returncode, errors
