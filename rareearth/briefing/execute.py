"""Executes notebooks in worker processes: a crash, a hang or a kill there never touches an earlier output.

Every worker serves one notebook after the other and is the head of a process group of its own, which ends with it,
with this process, and when a build is stopped.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rareearth.briefing import imports
from rareearth.errors import Refused

CELL_TIMEOUT_S = 600
TOTAL_TIMEOUT_S = 1800
# In the name of a variable: what it holds is no business of a notebook.
_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")
_DEAD = "the kernel died (out of memory, or it was killed): free memory, then run it again"
_RUNNING: set["_Helper"] = set()

Execute = Callable[[Path, dict[str, Any], Path], Any]


def _changes_a_page(name: str) -> bool:
    """Whether a variable of the caller is a setting of Python, Jupyter or matplotlib, or a secret."""
    if name.startswith(("RAREEARTH_", "MPL", "MATPLOTLIB", "JUPYTER_", "IPYTHON")):
        return True
    # PYTHONPATH stays: it says where the package is. The rest runs code, hides warnings or takes out asserts.
    python = name.startswith("PYTHON") and name != "PYTHONPATH"
    return python or any(word in name.upper() for word in _SECRET)


def _environment(runtime: str) -> dict[str, str]:
    """The caller's environment without what could change a page or must not reach one."""
    kept = {name: value for name, value in os.environ.items() if not _changes_a_page(name)}
    return {
        **kept,
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel of this environment, not one of the same name at home
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "0",
        "JUPYTER_RUNTIME_DIR": runtime,
        "MPLCONFIGDIR": runtime,
        "MPLBACKEND": "agg",
        # No thread stands in the way of a fork, neither NumPy's nor Arrow's; and no sum depends on the processors.
        "OPENBLAS_NUM_THREADS": "1",
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
    }


class _Helper:
    """A process in a group of its own; it ends when this process does, however that dies."""

    def __init__(self, module: str, folder: str, arguments: Sequence[str], handles: Sequence[int]):
        # Its input is a pipe of which this process holds the other end. All are of one session: groups of another one
        # cannot be joined.
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"rareearth.briefing.{module}", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            env=_environment(folder),
            cwd=folder,
            process_group=0,
            pass_fds=handles,
        )
        for handle in handles:
            os.close(handle)
        self.is_running = True
        _RUNNING.add(self)

    def end(self) -> None:
        """Ends it with what it runs."""
        self.is_running = False
        _RUNNING.discard(self)
        self.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()

    def kill(self) -> None:
        """Ends the process group at once; whoever waits for it comes back."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


class Worker(_Helper):
    """A process that executes notebooks."""

    def __init__(self, kernels: str):
        """Starts it.

        Args:
            kernels: Where it asks for kernels.
        """
        # Paths of local sockets may have about 100 characters, so they do not lie below the checkout.
        self._folder = tempfile.TemporaryDirectory(prefix="reb-", ignore_cleanup_errors=True)
        place = self._folder.name
        outcomes, theirs = os.pipe()
        self._outcomes = os.fdopen(outcomes)
        super().__init__("worker", place, [place, str(theirs), kernels], [theirs])

    def end(self) -> None:
        """See `_Helper.end`."""
        super().end()
        self._outcomes.close()
        self._folder.cleanup()

    def execute(self, source: Path, parameters: dict[str, Any], output: Path, *, more: bool) -> None:
        """Writes the executed notebook, or what there is of it.

        Args:
            source: The notebook file.
            parameters: Complete and typed.
            output: Where it is written.
            more: Whether another notebook will follow, whose kernel can start meanwhile.

        Raises:
            Refused: it failed, or took longer than the limits.
        """
        job = {
            "notebook": str(source),
            "output": str(output),
            "parameters": parameters,
            "cell_timeout_s": CELL_TIMEOUT_S,
            "more": more,
        }
        try:
            said = self._outcome(json.dumps(job))
        except BaseException:
            self.end()
            raise
        if said.startswith("DeadKernelError"):
            raise Refused(_DEAD)
        if said:
            raise Refused(said)

    def _outcome(self, job: str) -> str:
        with contextlib.suppress(BrokenPipeError):  # it died: it will not answer either
            print(job, file=self._process.stdin, flush=True)
        if not select.select([self._outcomes], [], [], TOTAL_TIMEOUT_S)[0]:
            raise Refused(f"not finished after {TOTAL_TIMEOUT_S} s")
        line = self._outcomes.readline()
        if not line:
            raise Refused(_DEAD)
        return json.loads(line)["error"]


def end_all() -> None:
    """Ends every worker that still runs, so that the threads that wait for them come back."""
    for worker in list(_RUNNING):
        worker.kill()


def _has_handles() -> bool:
    """Whether a process can be held by a file descriptor: Linux, where no container forbids it."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


@contextlib.contextmanager
def _kernels(notebooks: Sequence[Path]) -> Iterator[tuple[str, int | None]]:
    """Where workers ask for kernels, see `warm`, and a pipe that is closed there when all is imported.

    Where that does not run, nobody is there, and they help themselves.
    """
    with tempfile.TemporaryDirectory(prefix="reb-", ignore_cleanup_errors=True) as folder:
        address = f"{folder}/kernels"
        if not notebooks or not _has_handles():
            yield address, None
            return
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(address)
        listener.listen()
        handle = listener.detach()
        imported, theirs = os.pipe()
        arguments = [str(handle), str(theirs), *imports.of(notebooks)]
        helper = _Helper("warm", folder, arguments, [handle, theirs])
        try:
            yield address, imported
        finally:
            helper.end()
            os.close(imported)


@contextlib.contextmanager
def workers(notebooks: Sequence[Path], side_by_side: int) -> Iterator[tuple[Execute, Callable[[], None]]]:
    """What executes notebooks, for threads: a worker for each that runs, started when it is first needed.

    And what waits until the first kernels can begin: whoever has other work leaves the processors to them until then.

    Args:
        notebooks: What will be executed, at most.
        side_by_side: How many of them at once.
    """
    idle: list[Worker] = []
    waiting = iter(range(len(notebooks) - 1, -1, -1))

    def notebook(source: Path, parameters: dict[str, Any], work: Path) -> Any:
        try:
            worker = idle.pop()
        except IndexError:
            worker = Worker(address)
        output = work / "executed.ipynb"
        try:
            worker.execute(source, parameters, output, more=next(waiting) >= side_by_side)
        finally:
            if worker.is_running:
                idle.append(worker)
        with imports.without(imports.ADDRESSES):
            import nbformat

        return nbformat.read(output, as_version=4)

    def wait() -> None:
        if imported is not None:
            os.read(imported, 1)

    with _kernels(list(dict.fromkeys(notebooks))) as (address, imported):
        try:
            yield notebook, wait
        finally:
            for worker in idle:
                worker.end()


def notebook(source: Path, parameters: dict[str, Any], work: Path) -> Any:
    """The executed notebook, by a worker of its own.

    Args:
        source: The notebook file.
        parameters: Complete and typed.
        work: An empty folder for this execution; a partial notebook stays there as ``executed.ipynb``.

    Raises:
        Refused: it failed, or took longer than the limits; the message is the worker's last line.
    """
    with workers([source], 1) as (execute, _):
        return execute(source, parameters, work)
