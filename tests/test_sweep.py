"""Sweeps: every cell is made or reported with its parameters, here and on a cluster whose worker is killed midway."""

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from rareearth.errors import Refused
from rareearth.site import run, sweep
from tests.builders import briefing, numbered


@pytest.fixture
def cells(tmp_path, monkeypatch):
    """Makes the briefings of a grid of one parameter; each leaves a mark when it is executed."""
    monkeypatch.setattr(run, "REPORTS", tmp_path / "reports")
    (tmp_path / "marks").mkdir()

    def grid(count, bad=-1, seconds=0):
        path = numbered(tmp_path / "sweep.ipynb", tmp_path / "marks", bad, seconds)
        return [briefing(f"cell-{number}", path, {"number": number}) for number in range(count)]

    return grid


def marks(tmp_path):
    """Which cells were executed, once for each time."""
    return sorted(int(path.name.partition("-")[0]) for path in (tmp_path / "marks").iterdir())


def test_a_failed_cell_is_reported_and_the_rest_is_published_and_left_alone(cells, tmp_path):
    briefings = cells(4, bad=2)
    for _ in range(2):  # the second time only the failed cell is tried
        with pytest.raises(Refused) as caught:
            sweep.sweep(briefings, jobs=2)
        assert "1 of 4 failed: cell-2: " in str(caught.value) and "no such cell" in str(caught.value)
        assert "with number=2; the others are published" in str(caught.value)
        assert marks(tmp_path) == [0, 1, 3]
        pages = sorted(path.name for path in run.REPORTS.glob("cell-*.html"))
        assert pages == ["cell-0.html", "cell-1.html", "cell-3.html"]


def test_each_notebook_has_a_kernel_of_its_own_that_ends_with_it(cells, tmp_path):
    sweep.sweep(cells(3), jobs=1)
    kernels = [path.name.partition("-")[2] for path in (tmp_path / "marks").iterdir()]
    assert len(kernels) == len(set(kernels)) == 3
    for kernel in kernels:
        with pytest.raises(ProcessLookupError):
            os.kill(int(kernel), 0)


def test_a_grid_has_every_combination():
    found = sweep.grid("processing-share", {"year": "2020,2021", "edition": "MCS2025,MCS2026"})
    assert [one.slug for one in found] == [
        f"processing-share--edition-{edition}--year-{year}"
        for year in (2020, 2021)
        for edition in ("MCS2025", "MCS2026")
    ]
    assert {one.parameters["year"] for one in found} == {2020, 2021}
    with pytest.raises(Refused, match="parameter year: '1999'"):
        sweep.grid("processing-share", {"year": "2020,1999"})
    with pytest.raises(Refused, match="there is no briefing"):
        sweep.grid("other", {"year": "2020"})


def test_without_a_scheduler_at_the_address_it_is_one_line(cells, monkeypatch):
    monkeypatch.setattr(sweep, "_CONNECT_S", 1)
    with pytest.raises(Refused, match="no Dask scheduler answers at tcp://127.0.0.1:9|needs Dask") as caught:
        sweep.sweep(cells(1), scheduler="tcp://127.0.0.1:9")
    assert len(str(caught.value).splitlines()) == 1


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, each a process on the loopback; gives the address and the workers."""
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("Dask is not installed (extra `cluster`)")
    options = ["--no-dashboard", "--host", "127.0.0.1"]
    file = tmp_path / "scheduler.json"
    start = f"import pathlib; from rareearth.site import run; run.REPORTS = pathlib.Path({str(tmp_path / 'far')!r})\n"
    worker = [*options, "--nthreads", "1", "--no-nanny", "--scheduler-file", str(file), "--local-directory", str(tmp_path)]  # fmt: skip
    processes = [
        subprocess.Popen([sys.executable, "-c", f"{start}from distributed.cli import {name}; {name}.main()", *words],
                         stderr=subprocess.DEVNULL)
        for name, words in (
            ("dask_scheduler", [*options, "--port", "0", "--scheduler-file", str(file)]),
            ("dask_worker", worker),
            ("dask_worker", worker),
        )
    ]  # fmt: skip
    try:
        from distributed import Client

        while not file.is_file():
            assert processes[0].poll() is None
            time.sleep(0.1)
        with Client(scheduler_file=str(file), set_as_default=False) as client:
            client.wait_for_workers(2)
            address = client.scheduler.address
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.long
def test_a_cluster_loses_a_worker_midway_and_no_result(cells, cluster, tmp_path):
    address, (victim, _) = cluster

    ended = threading.Event()

    def kill_midway():
        while len(marks(tmp_path)) < 3 and not ended.wait(0.05):
            pass
        victim.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill_midway)
    killer.start()
    try:
        with pytest.raises(Refused, match="1 of 6 failed: cell-5: .*no such cell.* with number=5"):
            sweep.sweep(cells(6, bad=5, seconds=3), scheduler=address)
    finally:
        ended.set()
        killer.join()
    assert victim.wait() == -signal.SIGKILL
    assert sorted(path.name for path in run.REPORTS.glob("cell-*.html")) == [f"cell-{n}.html" for n in range(5)]
    assert set(marks(tmp_path)) == set(range(5))
    for number in range(5):
        assert run.reasons(briefing(f"cell-{number}", tmp_path / "sweep.ipynb", {"number": number})) == []
