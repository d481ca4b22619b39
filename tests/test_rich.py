"""What a researcher sees in Jupyter when a cell ends with an object of the package."""

import dataclasses
import importlib
import pkgutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import rareearth
from rareearth import facts, rich
from rareearth.estimate import Estimate
from rareearth.processing import minerals, simulation
from rareearth.reserves import country, plans, scenario, shocks, stress, worth
from tests.test_estimate import made

# Results are made by these rooms; what is left out is machinery that no function hands to a reader.
ROOMS = ("processing", "reserves", "concentration", "conversion", "exposure", "money", "uncertainty")


def modules():
    for room in ROOMS:
        module = importlib.import_module(f"rareearth.{room}")
        yield module
        for found in pkgutil.iter_modules(getattr(module, "__path__", [])):
            yield importlib.import_module(f"rareearth.{room}.{found.name}")


def test_every_result_class_is_shown():
    public = {
        (module.__name__.removeprefix("rareearth."), name)
        for module in modules()
        for name, one in vars(module).items()
        if dataclasses.is_dataclass(one) and one.__module__ == module.__name__ and not name.startswith("_")
    }
    shown = {(module, name) for module, names in rich.SHOWN.items() for name in names}
    assert len(public) > 20 and public <= shown
    for module, name in shown:
        assert dataclasses.is_dataclass(getattr(importlib.import_module(f"rareearth.{module}"), name))


@pytest.fixture(scope="module")
def shown():
    """Formats as a kernel does."""
    shell = InteractiveShell.instance()
    rich.register()
    yield lambda value: shell.display_formatter.format(value)[0].get("text/html", "")
    InteractiveShell.clear_instance()


def test_results_of_all_rooms_are_tables_with_intervals(shown):
    stock = worth.stock(60, next(iter(worth.prices())))
    page = shown(stock)
    assert page.startswith("<table>") and "<b>Stock</b>: A stock of NdPr oxide" in page
    for one in dataclasses.fields(stock):
        value = getattr(stock, one.name)
        assert one.name in page and (not isinstance(value, Estimate) or str(value) in page)
    run = stress.run(country.magnets("JPN"), shocks.shapes()[0], 60, 500, 1)
    page = shown(run)
    assert "<i>Shape</i>" in page and "good magnets" in page
    assert shown(run.result).count("500 draws, median") == 6
    for value in (
        minerals.supplies("gallium")[0],
        simulation.year(2024, "MCS2026", 300.0, "china_customs"),
        scenario.Baseline(10.0, {"CHN": 5.0}),
    ):
        page = shown(value)
        assert f"<b>{type(value).__name__}</b>" in page and "object at 0x" not in page and len(page) < 6_000


def test_a_missing_part_and_hostile_words_are_readable():
    budget = plans.Budget("X", made(), None, None, None, "<script>alert(1)</script>")
    page = rich.html(budget)
    assert "92.4 % (90.1 to 94.5)" in page and page.count("not available") == 3 and "<script" not in page


def test_long_lists_and_draws_are_counted():
    assert rich._cell(tuple("abcdefg")) == "a, b, c, d, e, … 7 in all"
    assert rich._cell(()) == "none"
    assert rich._cell(np.arange(101.0)) == "101 draws, median 50 (5 to 95)"
    assert rich._cell(pd.DataFrame({"a": [1, 2]})) == "2 × 1 values"
    assert rich._cell({frozenset("ba"): 1.5}) == "a + b: 1.5"
    assert rich._cell({"few": 1.0, "many": 20_000.0}) == "many: 20,000; few: 1"
    assert rich._cell(np.full(3, np.inf)) == "3 draws, median inf (inf to inf)"


@pytest.mark.parametrize("load", [name for name in dir(facts) if name.startswith("load_")])
def test_every_table_shows_rows_and_columns(load):
    table = getattr(facts, load)()
    page = table._repr_html_()
    assert len(table) and "<table" in page and str(table.columns[0]) in page


def test_an_import_outside_jupyter_does_not_need_ipython():
    code = "import sys, rareearth; assert 'IPython' not in sys.modules and 'numpy' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    assert "rich" not in rareearth.__all__
