"""Runs commands in interleaved rounds and measures time and the peak memory of the whole process tree."""

import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from rareearth.paths import ROOT

_PACKAGES = ("duckdb", "ibis-framework", "pandas", "pyarrow", "numpy", "papermill", "nbconvert", "ipykernel")
_EVERY_SECONDS = 0.05


class Run(NamedTuple):
    """One process from start to end: its answer, seconds on the clock and of the processors, peak in MB."""

    answer: object
    wall_s: float
    cpu_s: float
    peak_mb: float


def once(command: Sequence[str], folder: Path = ROOT) -> Run:
    """Runs a command; its last line of output, if it is JSON, is its answer.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    peaks: list[float] = []
    before, started = os.times(), time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment()
    )
    watcher = threading.Thread(target=_watch, args=(process, peaks))
    watcher.start()
    said, wrong = process.communicate()
    wall = time.perf_counter() - started
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {wrong[-2000:]}")
    after = os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])  # children that have ended, and theirs
    return Run(_answer(said), wall, cpu, max(peaks, default=0.0))


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}


def _answer(said: str) -> object:
    lines = said.splitlines()
    try:
        return json.loads(lines[-1]) if lines else None
    except ValueError:
        return None


def _watch(process: subprocess.Popen, peaks: list[float]) -> None:
    while process.poll() is None:
        peaks.append(_tree_mb(process.pid))
        time.sleep(_EVERY_SECONDS)


def _tree_mb(pid: int) -> float:
    """Memory of a process and all below it; what they share counts once (PSS of Linux)."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return 0.0
    own = next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
    return own / 1024 + sum(_tree_mb(int(child)) for child in children)


def rounds(commands: Mapping[str, Sequence[str]], count: int) -> list[dict]:
    """Medians of interleaved rounds, so that a busy minute meets all; the first command is the baseline.

    Returns:
        name, wall_s, spread_pct (range over median), cpu_s, peak_mb, ratio to the baseline by clock and by processor.

    Raises:
        AssertionError: two commands that answer do not answer the same.
    """
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(count):
        for name, command in commands.items():
            runs[name].append(once(command))
            print(f"  {name}: {runs[name][-1].wall_s:.2f} s", file=sys.stderr, flush=True)
    answers = {json.dumps(run.answer) for found in runs.values() for run in found if run.answer is not None}
    if len(answers) > 1:
        raise AssertionError(f"different answers: {sorted(answers)}")
    rows = [_row(name, found) for name, found in runs.items()]
    for row in rows:
        row["ratio"] = row["wall_s"] / rows[0]["wall_s"]
        row["cpu_ratio"] = row["cpu_s"] / rows[0]["cpu_s"]
    return rows


def _row(name: str, found: list[Run]) -> dict:
    wall = statistics.median(run.wall_s for run in found)
    spread = max(run.wall_s for run in found) - min(run.wall_s for run in found)
    return {
        "name": name,
        "wall_s": wall,
        "spread_pct": 100 * spread / wall,
        "cpu_s": statistics.median(run.cpu_s for run in found),
        "peak_mb": max(run.peak_mb for run in found),
    }


def machine() -> dict[str, str]:
    """What the figures were measured on; no name of the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    found = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} processors ({platform.machine()}), {memory:.0f} GB, {platform.system()}",
        "load when it began": f"{os.getloadavg()[0]:.1f} (other work on the machine slows every clock time)",
        "Python": platform.python_version(),
    }
    return found | {package: metadata.version(package) for package in _PACKAGES}
