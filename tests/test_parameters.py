"""Parameters are typed, and what is refused is refused in one line that says what is allowed."""

import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth import inputs
from rareearth.errors import Refused
from rareearth.paths import NOTEBOOKS
from rareearth.site import parameters, run
from rareearth.site.briefings import parse_assignments
from rareearth.site.parameters import complete, suffix, validate

NOTEBOOK = "02_processing_share.ipynb"


@pytest.mark.fault(84)
@pytest.mark.fault(85)
@pytest.mark.fault(86)
@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"yeer": "2023"}, "did you mean year"),
        ({"x=1;import os#": "1"}, "has no parameter"),
        ({"year": "2026"}, "a whole number from 2018 to 2025"),
        ({"year": "2022.5"}, "whole number"),
        ({"year": "true"}, "whole number"),
        ({"year": True}, "whole number"),
        ({"year": ""}, "whole number"),
        ({"year": None}, "whole number"),
        ({"year": "2_023"}, "whole number"),
        ({"edition": "MCS2031"}, "one of MCS2025, MCS2026"),
        ({"edition": '"; import os; "'}, "one of"),
        ({"india_t_reo": "nan"}, "a number from 0"),
        ({"india_t_reo": "1e3"}, "a number from 0"),
        ({"india_t_reo": "-1"}, "a number from 0"),
        ({"india_t_reo": float("inf")}, "a number from 0"),
    ],
)
def test_refused_in_one_line(given_, message):
    with pytest.raises(Refused, match=message) as caught:
        validate(NOTEBOOK, given_)
    assert "\n" not in str(caught.value)


def test_a_year_that_the_edition_does_not_have_is_refused_before_a_kernel_starts():
    with pytest.raises(Refused, match="MCS2025 has years to 2024, not 2025"):
        validate(NOTEBOOK, {"year": "2025", "edition": "MCS2025"})
    assert validate(NOTEBOOK, {"year": "2025", "edition": "MCS2026"})["year"] == 2025


def test_a_value_with_blanks_is_written_in_quotes():
    with pytest.raises(Refused, match="a value with blanks: name='one two'"):
        parse_assignments(["codes=280530", "284610"])


def test_typed():
    assert validate(NOTEBOOK, {"year": "2023", "india_t_reo": "2900"}) == {
        "year": 2023,
        "india_t_reo": 2900.0,
    }


@pytest.mark.fault(88)
@pytest.mark.fault(89)
def test_codes_stay_text(monkeypatch):
    class Codes(parameters._Model):
        country: str
        hs: str

    monkeypatch.setitem(parameters.MODELS, "codes.ipynb", Codes)
    for country, hs in (("NO", "010121"), ("NA", "0o17"), ("y", "12:30:45"), ("ON", "1e5")):
        assert validate("codes.ipynb", {"country": country, "hs": hs}) == {"country": country, "hs": hs}


@pytest.mark.fault(97)
def test_defaults_stand_in_the_notebook_and_fit_the_model():
    found = complete(NOTEBOOKS / NOTEBOOK, {})
    assert set(found) == set(parameters.MODELS[NOTEBOOK].model_fields)
    assert complete(NOTEBOOKS / NOTEBOOK, {"year": "2020"}) == {**found, "year": 2020}


@pytest.mark.fault(96)
def test_every_notebook_has_a_model_and_one_parameters_cell():
    for path in NOTEBOOKS.glob("[0-9]*.ipynb"):  # the others are no briefings
        assert path.name in parameters.MODELS
        complete(path, {})


@pytest.mark.fault(96)
@pytest.mark.parametrize("cells", [[], ["x: int = 1", "y: int = 2"], ["import os"], ["x = 1"]])
def test_bad_parameters_cells(tmp_path, cells):
    path = tmp_path / NOTEBOOK
    content = [{"cell_type": "code", "source": source, "metadata": {"tags": ["parameters"]}} for source in cells]
    path.write_text(json.dumps({"cells": content, "nbformat": 4}))
    with pytest.raises(Refused):
        parameters.defaults(path)


@pytest.mark.fault(85)
def test_assignments():
    assert parse_assignments(["year=2023", "edition=MCS2025"]) == {"year": "2023", "edition": "MCS2025"}
    for words in (["year"], ["=3"], ["a b=3"], ["year=1", "year=2"]):
        with pytest.raises(Refused):
            parse_assignments(words)


@pytest.mark.fault(92)
@given(st.dictionaries(st.sampled_from(["year", "edition", "india_t_reo", "x"]), st.text() | st.integers()))
def test_any_input_is_typed_or_refused(given_):
    try:
        typed = validate(NOTEBOOK, given_)
    except Refused as refusal:
        assert len(str(refusal).splitlines()) == 1
    else:
        assert isinstance(typed.get("year", 2018), int) and set(typed) == set(given_)


@pytest.mark.fault(90)
@given(st.text(max_size=400))
def test_file_names_hold_only_plain_characters(text):
    assert set(suffix({"name": text})) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")


@pytest.mark.parametrize("slug", ["processing-share", "reserve-plans"])
def test_a_notebook_compares_its_headline_with_results_json(built, monkeypatch, slug):
    """As the last cell of 02 and 03 does, and only where the page was made of the same figures, code and parameters."""
    monkeypatch.setattr(run, "REPORTS", built)
    page = next(one for one in run.listed() if one.slug == slug)
    results = json.loads((built / "results.json").read_text(encoding="utf-8"))
    (value,) = [one["value"] for one in results if slug in one.get("headline_of", ())]
    cells = json.loads(page.notebook.read_text(encoding="utf-8"))["cells"]
    (last,) = ["".join(one["source"]) for one in cells if "results.json" in "".join(one["source"])]

    def compares(found, **others):
        headline = SimpleNamespace(value=found)
        names = {"parameters": parameters, "result": headline, "headline": headline}
        exec(last, names | page.parameters | others)

    compares(value)
    with pytest.raises(AssertionError, match=r"results\.json has"):
        compares(value + 1)
    other = {"year": 2023} if "year" in page.parameters else {"days": 90}
    compares(value + 1, **other)
    with monkeypatch.context() as patch:
        patch.setattr(run, "reasons", lambda page: ["code changed"])
        compares(value + 1)
    monkeypatch.setattr(inputs, "in_build", True)
    compares(value + 1)
