"""Shared: no network, the reports of this checkout built once into a temporary tree, and which notebooks are run."""

import contextlib
import filecmp
import gc
import itertools
import json
import os
import re
import shutil
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from rareearth import checks, tables
from rareearth.paths import NOTEBOOKS, RAW, ROOT
from rareearth.site import run
from rareearth.trade import clean, store
from tests import nbval_dead, offline

__all__ = ["nbval_dead"]
# In this process, and in every Python that a test starts; those import the checkout that is tested.
offline.block()
_CHILD = str(Path(__file__).parent / "child")
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_CHILD, str(ROOT), os.environ.get("PYTHONPATH")]))
# A slow machine is no fault: no property fails for the time that its input or its run takes.
settings.register_profile("slow", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("slow")
# The questions to the database are trees of many small objects: to look through all of them for garbage each time
# that some hundred are new takes a tenth of the tests' time.
gc.set_threshold(50_000)
# Stands in the environment while the pages are built, and must not reach them.
CANARY = "canary-5f1d0c9e"

# One page of each notebook, the last that is listed: pages of one notebook differ only in their parameters.
PAGES = list({briefing.notebook: briefing.slug for briefing in run.listed()}.values())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One more than there are processors: a fifth of the tests' time is spent waiting for kernels and the browser."""
    return run.processors() + 1


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """`make reports` into a tree of the tests' own, once for all processes of the tests."""
    base = tmp_path_factory.getbasetemp()
    reports = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built" / "reports"
    reports.parent.mkdir(exist_ok=True)
    with FileLock(reports.parent / "lock"), pytest.MonkeyPatch.context() as patch:
        if not (reports / "index.html").is_file():
            patch.setattr(run, "REPORTS", reports)
            for name in ("COMTRADE_API_KEY", "AWS_SECRET_ACCESS_KEY", "SESSION_TOKEN", "RAREEARTH_NAME"):
                patch.setenv(name, CANARY)
            run.build()
    return reports


@pytest.fixture(scope="session")
def processed(tmp_path_factory) -> Path:
    """data/processed of this checkout's records, in a folder of the tests' own."""
    folder = tmp_path_factory.mktemp("processed")
    store.write(clean.clean(store.tables()), folder)
    return folder


@pytest.fixture(scope="session")
def flows(processed):
    return store.load_flows(processed)


@pytest.fixture(scope="session")
def totals(processed):
    return store.load_totals(processed)


@pytest.fixture
def site(monkeypatch):
    """A publisher on the loopback, reached directly whatever proxy the machine has."""
    from refresh_server import Site

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    site = Site()
    yield site
    site.close()


@pytest.fixture
def raw(tmp_path, monkeypatch) -> Path:
    """A copy of data/raw to damage or to refresh; a table that is still as committed is checked once for all tests."""

    def told(name, root=RAW):
        declared = (name, tables.table_of(name).removesuffix(".csv") + tables.SIDECAR, tables.FIELDS)
        with contextlib.suppress(FileNotFoundError):
            if all(filecmp.cmp(root / part, RAW / part, shallow=False) for part in declared):
                return _of_committed(name)
        return _table_problems(name, root)

    monkeypatch.setattr(checks, "table_problems", told)
    return shutil.copytree(RAW, tmp_path / "data" / "raw")


_table_problems = checks.table_problems


@cache
def _of_committed(name):
    return _table_problems(name)


@pytest.fixture(autouse=True)
def no_network():
    """A connection that leaves this machine fails the test, even where the code swallows the error."""
    offline.ATTEMPTS.clear()
    yield
    assert offline.ATTEMPTS == []


def listed_notebooks() -> set[str]:
    """The notebooks that notebooks/README.md links: what lies beside them is nobody's, and is not run."""
    return set(re.findall(r"\]\((\w+\.ipynb)\)", (NOTEBOOKS / "README.md").read_text(encoding="utf-8")))


def _is_of_notebook(item) -> bool:
    return type(item).__module__.startswith("nbval")


def pytest_collection_modifyitems(config, items):
    """Cells of a notebook that is not listed are taken out before anything is executed."""
    listed = listed_notebooks()
    strange = [item for item in items if _is_of_notebook(item) and item.path.parent == NOTEBOOKS
               and item.path.name not in listed]  # fmt: skip
    config.hook.pytest_deselected(items=strange)
    items[:] = [item for item in items if item not in strange]


def pytest_collection_finish(session):
    """nbval must have collected every code cell: a silent zero would look like success."""
    collected = [item for item in session.items if _is_of_notebook(item)]
    asked = any(Path(str(word)).name == "notebooks" for word in session.config.args)
    if not asked:
        return
    expected = sum(
        cell["cell_type"] == "code"
        for name in listed_notebooks()
        for cell in json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    )
    if "long" not in session.config.option.markexpr.replace("not long", "") and len(collected) != expected:
        raise pytest.UsageError(f"nbval collected {len(collected)} of {expected} code cells")


def pytest_terminal_summary(terminalreporter):
    """What long tests have counted, also where another process ran them."""
    for report in itertools.chain.from_iterable(terminalreporter.stats.values()):
        for name, value in getattr(report, "user_properties", ()):
            if name == "counted" and report.when == "call":
                terminalreporter.write_line(value)
