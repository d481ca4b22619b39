"""Runs commands in interleaved rounds and measures time and the peak memory of the whole process tree.

Every module of this folder that claims something has ``CLAIMS``, a list of `Claim`; `python -m benchmarks` runs them.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil

from rareearth.paths import ROOT

_EVERY_S = 0.05


@dataclass(frozen=True)
class Goal:
    """The most that a row of a claim may have: `measure` is a field of `Row`."""

    row: str
    measure: str
    at_most: float


@dataclass(frozen=True)
class Claim:
    """What is claimed and the commands that show it.

    Attributes:
        name: What is claimed, one line.
        commands: Name of a row of the table to its command line; the first is the baseline. Each is a process of its
            own, started in a scratch folder with the repository on the path. The last line that it prints is its
            answer if it is JSON; all commands of a claim must answer the same. ``wall_s`` in an answer is the time
            without the start of the process, and stands for that of the clock.
        rounds: How often each command is run, in turn.
        is_long: Left to ``python -m benchmarks long``.
        prepare: Makes the inputs in that folder before the first round, or nothing. The folder is empty at first; what
            takes long to make may be linked from elsewhere. Says how many units there are, or None.
        units: What one run works through, for rates: a number and a word, such as ``(131_072, "draws")``. What
            `prepare` has counted stands above the number.
        goals: What is asked of its rows; the first table of README.md compares.
    """

    name: str
    commands: Mapping[str, Sequence[str]]
    rounds: int = 3
    is_long: bool = False
    prepare: Callable[[Path], int | None] | None = None
    units: tuple[int, str] | None = None
    goals: tuple[Goal, ...] = ()


class Run(NamedTuple):
    """One process from start to end: its answer, seconds on the clock and of the processors, peak in MB."""

    answer: object
    wall_s: float
    cpu_s: float
    peak_mb: float


class Row(NamedTuple):
    """All rounds of one command: medians, spread (range over median), answer; ratios to the baseline of the same round.

    A machine that is shared changes its speed from minute to minute: the ratio of one round changes less. That of the
    processor time is the ratio of the medians.
    """

    name: str
    rounds: int
    wall_s: float
    spread_pct: float
    cpu_s: float
    peak_mb: float
    ratio: float
    ratio_low: float
    ratio_high: float
    cpu_ratio: float
    answer: object


def once(command: Sequence[str], folder: Path) -> Run:
    """Runs a command in a folder.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    peaks, spent = [0.0], {}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as wrong:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=wrong, env=environment)
        watcher = threading.Thread(target=_watch, args=(process.pid, peaks, spent), daemon=True)
        watcher.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        watcher.join()
        for stream in (said, wrong):
            stream.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))}: {wrong.read()[-2000:]}")
        answer = _answer(said.read())
    if isinstance(answer, dict):
        wall = answer.pop("wall_s", wall)
    # The peak that the system keeps is of no use: a new process begins with that of the one which started it. And it
    # counts the time of a process only where its parent has waited for it.
    return Run(answer, wall, max(used.ru_utime + used.ru_stime, sum(spent.values())), max(peaks))


def _answer(said: str) -> object:
    lines = said.splitlines()
    try:
        return json.loads(lines[-1]) if lines else None
    except ValueError:
        return None


def _watch(pid: int, peaks: list[float], spent: dict[int, float]) -> None:
    """Notes the memory and the time of a process and all below it until it has ended; shared memory counts once."""
    try:
        root = psutil.Process(pid)
        while root.status() != psutil.STATUS_ZOMBIE:
            memory = 0.0
            for process in (root, *root.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    found = process.memory_full_info()
                    memory += getattr(found, "pss", found.uss) / 2**20
                    spent[process.pid] = sum(process.cpu_times()[:2])
            peaks.append(memory)
            time.sleep(_EVERY_S)
    except psutil.NoSuchProcess:
        return


def rounds(claim: Claim, folder: Path) -> list[Row]:
    """Runs all commands of a claim in turn, so that a busy minute meets all of them.

    Args:
        claim: What to run; its inputs are there.
        folder: Where.

    Raises:
        AssertionError: two commands that answer do not answer the same.
    """
    runs: dict[str, list[Run]] = {name: [] for name in claim.commands}
    for _ in range(claim.rounds):
        for name, command in claim.commands.items():
            runs[name].append(once(command, folder))
            print(f"  {name}: {runs[name][-1].wall_s:.2f} s", file=sys.stderr, flush=True)
    answers = {json.dumps(run.answer) for found in runs.values() for run in found if run.answer is not None}
    if len(answers) > 1:
        raise AssertionError(f"{claim.name}: different answers: {sorted(answers)}")
    baseline = next(iter(runs.values()))
    return [_row(name, found, baseline) for name, found in runs.items()]


def _row(name: str, found: Sequence[Run], baseline: Sequence[Run]) -> Row:
    walls = [run.wall_s for run in found]
    wall, cpu = statistics.median(walls), statistics.median(run.cpu_s for run in found)
    ratios = [run.wall_s / first.wall_s for run, first in zip(found, baseline, strict=True)]
    return Row(
        name=name,
        rounds=len(found),
        wall_s=wall,
        spread_pct=100 * (max(walls) - min(walls)) / wall,
        cpu_s=cpu,
        peak_mb=max(run.peak_mb for run in found),
        ratio=statistics.median(ratios),
        ratio_low=min(ratios),
        ratio_high=max(ratios),
        cpu_ratio=cpu / statistics.median(run.cpu_s for run in baseline),
        answer=found[-1].answer,
    )
