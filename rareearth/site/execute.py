"""Executes a notebook by papermill in a kernel of its own, in this thread; several threads may do so at once.

The kernel runs in a folder and an environment of its own, from the code of this checkout. It reports what it has read.
A crash, a hang or a kill there never touches an earlier output.
"""

import contextlib
import json
import logging
import os
import signal
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError
from papermill import PapermillExecutionError, execute_notebook
from papermill.engines import NBClientEngine, papermill_engines

from rareearth import inputs
from rareearth.errors import Refused
from rareearth.paths import ROOT

CELL_TIMEOUT_S = 600
START_TIMEOUT_S = 600  # of a kernel
TOTAL_TIMEOUT_S = 1800
# In the name of a variable: what it holds is no business of a notebook.
_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")
# Paths of local sockets may have about 100 characters, and Jupyter adds some to that of a kernel's folder.
_LONGEST_FOLDER = 70
_ENGINE = "rareearth"
_RUNNING: set["_Kernel"] = set()
logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what went wrong is in the error


@dataclass(frozen=True)
class Executed:
    """An executed notebook."""

    notebook: Any  # with its outputs
    read: dict[str, list[str]]  # file or folder of the checkout to the hashes of what was read there, see `inputs.seen`


def _changes_a_page(name: str) -> bool:
    """Whether a variable of the caller is a setting of Python, Jupyter or matplotlib, or a secret."""
    if name.startswith(("RAREEARTH_", "MPL", "MATPLOTLIB", "JUPYTER_", "IPYTHON")):
        return True
    # Python's own run other code, hide warnings or take out asserts.
    return name.startswith("PYTHON") or any(word in name.upper() for word in _SECRET)


def _environment(folder: Path) -> dict[str, str]:
    """The caller's environment without what could change a page or must not reach one."""
    # Of a person's PYTHONPATH, what lies in the checkout: nothing else is hashed.
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if Path(path).is_relative_to(ROOT)]
    return {
        **{name: value for name, value in os.environ.items() if not _changes_a_page(name)},
        # The code of this checkout, also where the environment was copied from another one.
        "PYTHONPATH": os.pathsep.join([str(ROOT), *paths]),
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "0",
        "JUPYTER_RUNTIME_DIR": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        "MPLCONFIGDIR": str(folder / "matplotlib"),
        "MPLBACKEND": "agg",
        "OPENBLAS_NUM_THREADS": "1",  # no sum depends on the number of processors
        # Memory that is free is given back: some 60 MB a kernel.
        "MALLOC_ARENA_MAX": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        inputs.REPORT: str(folder / "inputs.json"),
    }


class _Kernel(AsyncKernelManager):
    """A kernel of this Python in a folder of its own, with all that it starts in one process group."""

    def __init__(self, folder: Path):
        # Local sockets instead of ports: no clash between builds, and no network is needed. In a long folder they have
        # a name without a path, which Linux alone knows.
        is_short = len(str(folder)) <= _LONGEST_FOLDER
        address = str(folder / "k") if is_short else f"@{folder.name}"
        place = {"transport": "ipc", "ip": address} if is_short or sys.platform == "linux" else {}
        specs = KernelSpecManager(kernel_dirs=[])  # this Python, whatever kernels are installed at home
        connection = str(folder / "kernel.json")
        super().__init__(kernel_name="python3", kernel_spec_manager=specs, connection_file=connection, **place)
        self.folder = folder
        self.is_late = False

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # it is made to be awaited
        """Starts it; papermill calls this."""
        _RUNNING.add(self)
        options |= {"env": _environment(self.folder), "cwd": str(self.folder)}
        await self._async_start_kernel(**options)

    def kill(self) -> None:
        """Ends it with all that it has started; whoever waits for it comes back."""
        group = getattr(self.provisioner, "pgid", None)
        if group:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def kill_late(self) -> None:
        """Ends it because the time for the whole notebook is over."""
        self.is_late = True
        self.kill()


class _Engine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """papermill's own engine; it writes the notebook when it fails instead of after every cell, which takes longer."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
        place, nb_man.output_path = nb_man.output_path, None
        try:
            return super().execute_managed_notebook(nb_man, kernel_name, **options)
        except Exception:
            nb_man.output_path = place
            nb_man.save()
            raise


papermill_engines.register(_ENGINE, _Engine)


def notebook(source: Path, parameters: dict[str, Any], output: Path) -> Executed:
    """Executes a notebook file with complete and typed parameters, and writes it to `output`, also when it fails.

    Raises:
        Refused: it failed, or took longer than the limits; the message is the last line of what went wrong.
    """
    with tempfile.TemporaryDirectory(prefix="reb-", ignore_cleanup_errors=True) as folder:
        one = _Kernel(Path(folder))
        limit = threading.Timer(TOTAL_TIMEOUT_S, one.kill_late)
        limit.start()
        try:
            execute_notebook(
                source,
                output,
                parameters=parameters,
                engine_name=_ENGINE,
                kernel_name="python3",
                progress_bar=False,
                log_output=False,
                start_timeout=START_TIMEOUT_S,
                execution_timeout=CELL_TIMEOUT_S,
                extra_arguments=[
                    f"--InteractiveShellApp.extra_extensions={inputs.__name__}",
                    "--IPKernelApp.log_level=40",  # no warning of what is meant so
                ],
                km=one,
            )
        except Exception as error:  # any failure of a notebook is reported the same way
            raise Refused(_problem(error, one)) from None
        finally:
            limit.cancel()
            run_sync(one.shutdown_kernel)(now=True)
            _RUNNING.discard(one)
        found = json.loads((Path(folder) / "inputs.json").read_text(encoding="utf-8"))
        if found.get("root") != str(ROOT):
            raise Refused(f"the kernel ran the code of another checkout than {ROOT}: take it off Python's path")
        inputs.check_libraries(found["loaded"])
        return Executed(nbformat.read(output, as_version=4), found["read"])  # as it is written, keys in their order


def _problem(error: Exception, one: _Kernel) -> str:
    """One line that says why a notebook was not executed to its end."""
    if one.is_late:
        return f"not finished after {TOTAL_TIMEOUT_S} s"
    if isinstance(error, DeadKernelError) or "Kernel died" in str(error):
        return "the kernel died (out of memory, or it was killed): free memory, then run it again"
    lines = [line for line in str(error).splitlines() if line.strip(" -")]
    if isinstance(error, PapermillExecutionError):
        return lines[-1]
    return f"{type(error).__name__}: {lines[-1] if lines else 'no reason given'}"


def end_all() -> None:
    """Ends every kernel that still runs, so that the threads that wait for them come back."""
    for one in list(_RUNNING):
        one.kill()
