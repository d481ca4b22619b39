"""Executes notebooks one after the other in a process group of its own: ``python -m ...worker FOLDER OUTCOMES KERNELS``.

Every line of standard input is a job, every line of the pipe OUTCOMES says how it ended. While a notebook runs, the
kernel of the next one starts. A crash, a hang or a kill here never touches the runner or an earlier output.
"""

import json
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop

from rareearth.briefing import imports, warm


class Kernel:
    """A kernel with a folder of its own, in which it runs and keeps its settings."""

    def __init__(self, place: Path):
        self.folder = Path(tempfile.mkdtemp(prefix="kernel-", dir=place))
        self.settings = self.folder / "matplotlib"
        self.settings.mkdir()
        # Local sockets instead of TCP: no port on the machine, no clash between builds, no network needed.
        self.manager = AsyncKernelManager(kernel_name="python3", transport="ipc")
        own = {"IPYTHONDIR": str(self.folder / "ipython"), "MPLCONFIGDIR": str(self.settings)}
        starting = self.manager.start_kernel(cwd=str(self.folder), env={**os.environ, **own})
        ensure_event_loop().run_until_complete(starting)

    def end(self) -> None:
        """Kills it with all that it has started."""
        ensure_event_loop().run_until_complete(self.manager.shutdown_kernel(now=True))
        shutil.rmtree(self.folder, ignore_errors=True)


def execute(job: dict, kernel: Kernel) -> None:
    """Runs the notebook by papermill's API.

    Args:
        job: ``notebook``, ``output`` (paths), ``parameters`` (typed) and ``cell_timeout_s``.
        kernel: Fresh, started or starting.
    """
    with imports.without(imports.ADDRESSES, "pyarrow"):  # of pyarrow papermill wants Hadoop's file system
        import papermill

        from rareearth.briefing import engine

    papermill.execute_notebook(
        job["notebook"],
        job["output"],
        parameters=job["parameters"],
        engine_name=engine.NAME,
        kernel_name="python3",
        progress_bar=False,
        log_output=False,
        start_timeout=job["cell_timeout_s"],
        execution_timeout=job["cell_timeout_s"],
        cwd=str(kernel.folder),
        km=kernel.manager,
    )


def _error(job: dict, kernel: Kernel) -> str:
    """The last line of what went wrong; empty when every cell ran."""
    try:
        execute(job, kernel)
    except Exception as error:  # any failure of a notebook is reported the same way
        lines = [line for line in str(error).splitlines() if line.strip(" -")]
        return f"{type(error).__name__}: {lines[-1] if lines else type(error).__name__}"
    return ""


def _listen(jobs: queue.SimpleQueue) -> None:
    """The runner holds the other end of standard input: when it is gone, so is this process group."""
    for line in sys.stdin:
        jobs.put(json.loads(line))
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Serves the runner until it closes standard input."""
    place, outcomes = Path(sys.argv[1]), os.fdopen(int(sys.argv[2]), "w")
    warm.use(sys.argv[3])
    jobs: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs,), daemon=True).start()
    fonts, ahead = place / "fonts", Kernel(place)
    while True:
        job = jobs.get()
        kernel = ahead or Kernel(place)
        if fonts.is_dir():  # matplotlib's list of the machine's fonts, made by the kernel before
            shutil.copytree(fonts, kernel.settings, dirs_exist_ok=True)
        ahead = Kernel(place) if job["more"] else None
        error = _error(job, kernel)
        if not fonts.is_dir() and not error:
            shutil.copytree(
                kernel.settings, fonts, ignore=lambda _, names: [n for n in names if "fontlist" not in n]
            )
        print(json.dumps({"error": error}), file=outcomes, flush=True)
        kernel.end()  # while the runner makes the page


if __name__ == "__main__":
    main()
