"""Small builders that several tests share."""

import contextlib
import csv
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from rareearth.site.briefings import Briefing

# Values that others published or computed, by id.
with (Path(__file__).parent / "targets.csv").open(encoding="utf-8", newline="") as stream:
    TARGETS = {row["target_id"]: row for row in csv.DictReader(stream)}


def briefing(
    slug: str, notebook: Path, parameters: dict[str, Any] | None = None, rerun: str = "make reports"
) -> Briefing:
    """A briefing of a notebook of the test's own, which has no model: its parameters are taken as they are."""
    one = Briefing(slug, notebook, parameters or {}, rerun)
    one.__dict__["parameters"] = parameters or {}
    return one


def notebook(path: Path, *cells: Any) -> Path:
    """Writes a notebook of these cells, for the kernel of this Python."""
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "p", "language": "python"}
    nbformat.write(made, path)
    return path


_NUMBERED = """
import os, pathlib, time
from rareearth.quantity import Estimate
from rareearth.show import conclude
if number == {bad}: raise ValueError("no such cell")
pathlib.Path({marks!r}, f"{{number}}-{{os.getpid()}}").touch()
time.sleep({seconds})
one = Estimate(id=f"test.sweep.{{number}}", value=50.0, low=40.0, high=60.0, unit="pct", stage="separation",
    basis="t_reo", elements="all", reference_year=2024, edition="MCS2025", method="test", inputs=("quota-0001",),
    source_ids=("usgs_mcs2025_pdf",), interval="test", note="test")
conclude("A finding", ["{{headline}}"], headline=one)
"""


def numbered(path: Path, marks: Path, bad: int = -1, seconds: float = 0) -> Path:
    """Writes a notebook with the parameter `number`, which leaves a file in the folder `marks` when it is executed."""
    return notebook(
        path,
        nbformat.v4.new_markdown_cell("# What?"),
        nbformat.v4.new_code_cell("number: int = 0", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(_NUMBERED.format(bad=bad, marks=str(marks), seconds=seconds)),
    )


@contextlib.contextmanager
def lab(checkout: Path, **environment: str) -> Iterator[tuple[str, str]]:
    """JupyterLab as `make lab` starts it, while it runs and listens: address of the server, and ``token=...``."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, checkout / "tools" / "lab" / "start.py"],
        env={**os.environ, "RAREEARTH_ARGS": f"--no-browser --port {port}", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        printed = (re.search(r"(http://127\S+?)/lab\S*\?(token=\w+)", line) for line in process.stderr)
        server, token = next(found.groups() for found in printed if found)
        threading.Thread(target=process.stderr.read, daemon=True).start()
        while process.poll() is None:  # the address is printed just before the server listens
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield server, token
    finally:
        process.kill()
        process.wait()
