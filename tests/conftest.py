"""Shared: the reports of this checkout built once into a temporary tree, and the count of notebook cells."""

import json
import os
from pathlib import Path

import pytest
from filelock import FileLock

from rareearth.briefing import run
from rareearth.paths import NOTEBOOKS
from rareearth.trade import clean, data, store

# One page of each notebook, the last that is listed: pages of one notebook differ only in their parameters.
PAGES = list({briefing.notebook: briefing.slug for briefing in run.listed()}.values())


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """`make reports` into a tree of the tests' own, once for all processes of the tests."""
    base = tmp_path_factory.getbasetemp()
    reports = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built" / "reports"
    reports.parent.mkdir(exist_ok=True)
    with FileLock(reports.parent / "lock"), pytest.MonkeyPatch.context() as patch:
        if not (reports / "index.html").is_file():
            patch.setattr(run, "REPORTS", reports)
            run.build()
    return reports


@pytest.fixture(scope="session")
def processed(tmp_path_factory) -> Path:
    """data/processed of this checkout's records, in a folder of the tests' own."""
    folder = tmp_path_factory.mktemp("processed")
    store.write(clean.clean(data.tables()), folder)
    return folder


@pytest.fixture(scope="session")
def flows(processed):
    return store.load_flows(processed)


@pytest.fixture(scope="session")
def totals(processed):
    return store.load_totals(processed)


def pytest_collection_finish(session):
    """nbval must have collected every code cell: a silent zero would look like success."""
    collected = [item for item in session.items if type(item).__module__.startswith("nbval")]
    asked = any(Path(str(word)).name == "notebooks" for word in session.config.args)
    if not asked:
        return
    expected = sum(
        cell["cell_type"] == "code"
        for path in NOTEBOOKS.glob("*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    )
    if "long" not in session.config.option.markexpr.replace("not long", "") and len(collected) != expected:
        raise pytest.UsageError(f"nbval collected {len(collected)} of {expected} code cells")
