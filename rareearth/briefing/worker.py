"""Executes one notebook in a process (and process group) of its own: ``python -m ...worker JOB.json``.

A crash, a hang or a kill here never touches the runner or an earlier output.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path


def execute(job: dict) -> None:
    """Runs the notebook by papermill's API.

    Args:
        job: ``notebook``, ``output`` (paths), ``parameters`` (typed) and ``cell_timeout_s``.
    """
    import papermill
    from traitlets.config import Config

    # Local sockets instead of TCP: no port on the machine, no clash between builds, no network needed.
    sockets = Config({"KernelManager": {"transport": "ipc"}})
    papermill.execute_notebook(
        job["notebook"],
        job["output"],
        parameters=job["parameters"],
        kernel_name="python3",
        progress_bar=False,
        log_output=False,
        execution_timeout=job["cell_timeout_s"],
        config=sockets,
        cwd=str(Path(job["output"]).parent),
    )


def _end_with_the_runner() -> None:
    """The runner holds the other end of standard input: when it is gone, so is this process group."""
    sys.stdin.read()
    os.killpg(0, signal.SIGKILL)


def main() -> int:
    """Exit status 0 when every cell ran; 1 with the error's last line on standard error."""
    threading.Thread(target=_end_with_the_runner, daemon=True).start()
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        execute(job)
    except Exception as error:  # any failure of a notebook is reported the same way
        lines = [line for line in str(error).splitlines() if line.strip(" -")]
        message = lines[-1] if lines else type(error).__name__
        print(f"{type(error).__name__}: {message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
