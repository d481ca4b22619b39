"""The functions of ``import rareearth as re``: examples, answers, refusals, and what completion offers."""

import doctest
import importlib
import inspect
import json
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

import rareearth as re
from rareearth import api, countries
from rareearth.errors import Refused
from rareearth.paths import ROOT
from rareearth.processing import simulation
from rareearth.processing.bases import BASES, share_pct
from rareearth.reserves import goods
from rareearth.results import Answer, Table
from rareearth.site import parameters
from rareearth.suppliers import concentration

WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "rareearth").rglob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_of_the_tutorial_run():
    assert doctest.testfile(str(ROOT / "docs" / "tutorial.md"), module_relative=False, encoding="utf-8").failed == 0


def test_every_public_function_has_an_example_and_a_place_in_the_package():
    for name in api.__all__:
        function = getattr(re, name)
        assert function is getattr(api, name) and ">>>" in function.__doc__, name
        required = [one for one in inspect.signature(function).parameters.values() if one.default is one.empty]
        assert len([one for one in required if one.kind is not one.VAR_KEYWORD]) <= 1, name
    assert set(api.__all__) < set(dir(re))


def test_scenario_is_the_closed_form_at_central_values():
    found = re.scenario(2024, "feed", lynas=1.3).iloc[0]
    flows = simulation.model().years[2024].central
    other = replace(flows, lynas=1.3 * flows.lynas, lynas_ndpr=1.3 * flows.lynas_ndpr)
    first, second = (share_pct(*BASES["feed"].masses(one)) for one in (flows, other))
    assert found["change"] == pytest.approx(second - first, abs=0.15)
    assert found["change_low"] < found["change"] < found["change_high"] < 0
    same = re.scenario(2024, "feed", lynas=1.0).iloc[0]
    assert same["change"] == 0 and same["after"] == pytest.approx(same["before"], abs=0.05)


def test_hhi_lies_between_one_and_many_other_places():
    for basis in ("feed", "ndpr"):
        found, china = re.hhi(2024, basis), re.share(2024, basis).value
        bounds = concentration({"China": china}, residual=100 - china)
        assert bounds.hhi_low < found.value < bounds.hhi_high and found.unit == "hhi"


def test_imports_are_those_of_the_pages():
    found = re.imports("Japan", "8505.11", 2024)
    assert found["value_pct"].sum() == pytest.approx(100) and found["mass_pct"].sum() == pytest.approx(100)
    china = re.imports("JPN", partner="China").iloc[0]
    of_page = goods.dependence(goods.magnets("JPN"))
    assert (china["value_pct"], china["mass_pct"]) == pytest.approx((of_page.low, of_page.high))
    assert re.imports("Germany", "284690", 2025)["record"].unique().tolist() == ["its own record"]


def test_imports_of_several_years_are_those_of_each_year():
    every = re.imports("United States", "280530", [2025, 2023, 2024, 2010], partner="China")
    alone = [re.imports("USA", "280530", year, partner="CHN") for year in (2023, 2024, 2025)]
    assert every["year"].tolist() == [2023, 2024, 2025]
    assert every["value_usd"].tolist() == [one["value_usd"].iloc[0] for one in alone]
    assert every.answer == " ".join([one.answer for one in alone]) + " No record has such imports in 2010."


def test_a_country_is_understood_as_people_call_it():
    assert re.imports("Korea").answer == re.imports("KOR").answer
    assert countries.iso3("korea") == "KOR" and countries.iso3("North Korea") == "PRK"
    assert countries.comtrade_code("Korea") == "410"
    assert countries.known("Korea") is None  # a record names its country as its publisher does
    assert parameters.validate("04_country_briefing.ipynb", {"country": "Korea"}) == {"country": "KOR"}


def test_a_stock_whose_days_are_not_published_is_set_against_what_is():
    found = re.cover("Germany", "NdPr", stock_t=500)
    assert "not published" in found.answer and not found["fits"].any() and (found["days"] > 0).all()
    japan = re.cover("Japan", "ndpr", stock_t=500).iloc[0]
    assert japan["fits"] and japan["days"] == pytest.approx(500 / japan["a_year_t"] * 365)
    assert re.cover("Germany", "NdPr")["days"].isna().all()


def test_the_latest_edition_has_one_figure_of_a_thing():
    every = re.table("mine_production", iso3="China", reference_year=2024)
    latest = re.table("mine_production", edition="latest", iso3="CHN", reference_year=2024)
    assert {"MCS2025", "MCS2026"} <= set(every["edition"]) and "MCS2025" not in set(latest["edition"])
    older = re.table("mine_production", edition="MCS2025", iso3="CHN", reference_year=2024)
    assert "MCS2026" not in set(older["edition"]) and len(older)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: re.share(2030), "there is one for 2018"),
        (lambda: re.share(2024, "fead"), "did you mean feed?"),
        (lambda: re.share(2024, edition="MCS2019"), "MCS2025, MCS2026"),
        (lambda: re.scenario(), "lynas=1.3"),
        (lambda: re.scenario(lynass=2), "did you mean lynas?"),
        (lambda: re.scenario(lynas=-1), "a number from 0"),
        (lambda: re.imports("Jpan"), "did you mean 'Japan'"),
        (lambda: re.share("2024"), "as a number, such as 2024"),
        (lambda: re.scenario(unknown=2), "There is lynas, usa,"),
        (lambda: re.imports("Atlantis"), "such as 'South Korea' or KOR"),
        (lambda: re.imports("Japan", year="2024"), "as a number"),
        (lambda: re.imports("Japan", year=[2023, 2022]), "there is a record of 2024"),
        (lambda: re.imports("Japan", year=[]), "range(2020, 2026)"),
        (lambda: re.imports("Japan", year=2023), "there is a record of 2024"),
        (lambda: re.imports("Japan", "999999"), "850511"),
        (lambda: re.imports("Japan", partner="Peru"), "its largest origin"),
        (lambda: re.cover("Germany", "Ndpt"), "did you mean ndpr?"),
        (lambda: re.cover("Germany", stock_t=-1), "tonnes from 0"),
        (lambda: re.plans("Peru"), "there are plans of Australia"),
        (lambda: re.events("Peru"), "no event"),
        (lambda: re.table("china_quota"), "did you mean china_quotas?"),
        (lambda: re.table("china_quotas", edition="2099"), "There is latest"),
        (lambda: re.table("china_quotas", place="x"), "it has figure_id"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(asked, said):
    with pytest.raises(Refused) as caught:
        asked()
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value._render_traceback_() == [f"Refused: {caught.value}"]


@pytest.mark.parametrize(
    "found",
    [
        re.share,
        re.shares,
        lambda: re.scenario(lynas=1.3),
        re.hhi,
        re.quotas,
        lambda: re.imports("Japan"),
        lambda: re.cover("Germany", stock_t=500),
        re.plans,
        re.events,
        lambda: re.table("china_quotas"),
    ],
)
def test_results_show_draw_and_name_their_sources(found, tmp_path):
    import matplotlib.pyplot as plt

    result = found()
    assert isinstance(result, Answer | Table)
    assert result.plot().get_figure() is not None and len(result.sources) and result.sources["title"].all()
    plt.close("all")
    result.to_csv(tmp_path / "result.csv")
    assert len(pd.read_csv(tmp_path / "result.csv")) and "None" not in result._repr_html_()[:200]
    assert str(result) or isinstance(result, Table)


def test_part_of_a_table_has_its_sources_and_not_its_sentence():
    found = re.quotas()
    assert found.answer in repr(found) and found.answer not in repr(found.head(2))
    assert 0 < len(found.head(1).sources) < len(found.sources)


OFFERED = {
    "rareearth.": ({"share", "imports", "tables", "processing"}, {"lazy", "packages", "importlib", "Any"}),
    "rareearth.processing.": ({"simulation", "output", "bases"}, {"lazy"}),
    "rareearth.reserves.": ({"cover", "plans", "goods"}, {"lazy"}),
    "rareearth.trade.": ({"store", "clean", "mirror"}, {"lazy"}),
    "rareearth.tables.": ({"load", "select", "names"}, {"pd", "csv", "Any"}),
    "rareearth.processing.output.": ({"quota", "growth", "YEARS"}, {"pd", "cache", "Quantity", "tables"}),
}
_COMPLETE = """
import json, sys
import rareearth
from IPython.core.completer import IPCompleter, provisionalcompleter
completer = IPCompleter(namespace=globals())
found = []
for completer.use_jedi in (False, True):
    with provisionalcompleter():
        for typed in json.loads(sys.argv[1]):
            found.append([one.text.rpartition(".")[2] for one in completer.completions(typed, len(typed))])
print(json.dumps(found))
"""


def test_completion_offers_the_public_names_and_nothing_else():
    """In a process where nothing of a package was used before, with Jedi and without."""
    command = [sys.executable, "-c", _COMPLETE, json.dumps(list(OFFERED))]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    every = json.loads(done.stdout.splitlines()[-1])
    for names, (typed, (offered, hidden)) in zip(every, 2 * list(OFFERED.items()), strict=True):
        assert offered <= set(names) and not hidden & set(names), (typed, names)


def test_importing_the_package_costs_nothing():
    code = "import sys, rareearth; dir(rareearth); print({'numpy', 'pandas', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"
