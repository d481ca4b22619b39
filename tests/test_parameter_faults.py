"""Section D of the fault catalogue: whatever reaches a parameter is typed or refused, and every parameter is used."""

import ast
import json
import re
import shutil

import nbformat
import pytest

from rareearth.errors import Refused
from rareearth.paths import BRIEFINGS, NOTEBOOKS, ROOT
from rareearth.site import briefings, execute, run
from rareearth.site.parameters import MODELS, as_given, check, complete, defaults, suffix, validate

EVERY = [(notebook, name) for notebook, model in sorted(MODELS.items()) for name in model.model_fields]
NUMBERS = [(n, p) for n, p in EVERY if MODELS[n].model_fields[p].annotation in (int, float)]
TEXTS = [(n, p) for n, p in EVERY if (n, p) not in NUMBERS and p != "with_scrap"]
PLACES = ("../../x", "/etc/passwd", "C:\\x", "a\0b", "CON", "x" * 300, "{year}", "-rf", "a/b", "~", ".")
WORDS = (
    "<script>alert(1)</script>", "{{7*7}}", "{% raw %}", "[x](javascript:1)", "$\\unicode{41}$", "`x`", '"; import os; "',
    '"""', "x\\", "\N{PILE OF POO}", "JPN\u202e", "' OR 1=1 --", "JPN\n", " JPN", "jpn", "NO", "y", "",
)  # fmt: skip


# What looks odd and is of the form of a code or of a source's id; it stays a word.
FIT = {"reporters": {"CON"}, "hubs": {"CON", ""}, "prefer": {"y", "jpn", "x" * 300, ""}}


def refused(notebook, name, value):
    with pytest.raises(Refused, match=f"parameter {name}: ") as caught:
        validate(notebook, {name: value})
    assert len(str(caught.value).splitlines()) == 1 and str(caught.value).isascii()


@pytest.mark.fault(86)
@pytest.mark.fault(87)
@pytest.mark.parametrize(("notebook", "name"), NUMBERS)
def test_no_number_outside_its_range(notebook, name):
    for value in (
        "-1",
        "1000000000000",
        "1e5",
        "inf",
        "nan",
        "",
        "x",
        None,
        True,
        float("nan"),
        float("inf"),
        10**12,
        -1,
    ):
        refused(notebook, name, value)


@pytest.mark.fault(87)
@pytest.mark.parametrize("value", ["0", "-3", "1000000000", "60.5"])
def test_days_of_a_reserve_are_one_to_two_years(value):
    refused("03_reserve_plans.ipynb", "days", value)


@pytest.mark.fault(87)
def test_shares_are_of_a_hundred():
    for value in ("101", "-0.1", "0.9"):  # 0.9 is no whole number of percent
        refused("08_g7_briefing.ipynb", "common_pct", value)


@pytest.mark.fault(90)
@pytest.mark.fault(91)
@pytest.mark.fault(92)
@pytest.mark.fault(93)
@pytest.mark.parametrize(("notebook", "name"), TEXTS)
def test_no_text_outside_its_vocabulary(notebook, name):
    for value in set(PLACES + WORDS) - FIT.get(name, set()):
        refused(notebook, name, value)


@pytest.mark.fault(90)
@pytest.mark.parametrize("value", [*PLACES, *WORDS])
def test_a_name_of_a_file_is_plain_and_short(value):
    name = suffix({"country": value, "prefer": "a" * 300})
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")
    assert len(name) < 120 and name.startswith("country-")


@pytest.mark.fault(90)
def test_long_values_have_names_of_their_own():
    assert suffix({"prefer": "a" * 300}) != suffix({"prefer": "a" * 301})


@pytest.fixture
def listing(tmp_path, monkeypatch):
    """Reads a briefings.yml of the test."""

    def read(text):
        (tmp_path / "briefings.yml").write_text(text, encoding="utf-8")
        monkeypatch.setattr(briefings, "BRIEFINGS", tmp_path / "briefings.yml")
        found = briefings.listed()
        assert all(isinstance(one.parameters, dict) for one in found)  # what a build looks at before it begins
        return found

    return read


ENTRY = "- {{slug: {slug}, short: A, group: {group}, notebook: {notebook}, parameters: {given}}}\n"


def entry(slug="a", notebook="01_clean_trade.ipynb", given="{}", group="data"):
    return ENTRY.format(slug=slug, notebook=notebook, given=given, group=group)


@pytest.mark.fault(90)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (entry(slug="../../x"), "write lower-case words with hyphens"),
        (entry(slug="index"), "none of index"),
        (entry(slug="CON"), "write lower-case words"),
        (entry(notebook="../x.ipynb"), "there is no notebooks/"),
        (entry(notebook="starter.ipynb"), "no model of its parameters"),
        (entry(given="[]"), "write {name: value}"),
        (entry(given="{yeer: 2024}"), "did you mean year"),
        (entry(group="other"), "group 'other' is none of findings, position, reserves, countries, data"),
        ("- {slug: a}\n", "write slug, short, group, notebook, parameters"),
        (entry() + entry(), "a is there twice"),
    ],
)
def test_a_list_of_briefings_with_a_fault_is_refused_in_one_line(listing, text, said):
    with pytest.raises(Refused) as caught:
        listing(text)
    assert said in str(caught.value) and len(str(caught.value).splitlines()) == 1


@pytest.mark.fault(88)
def test_codes_of_countries_stay_text_in_yaml(listing):
    (found,) = listing(entry(given="{reporters: all, hubs: NOR, prefer: no}"))
    assert found.parameters["hubs"] == "NOR" and found.parameters["prefer"] == "no"
    for code in ("NO", "NA", "ON", "y"):
        with pytest.raises(Refused, match=f"parameter country: '{code}' is not one of JPN"):
            listing(entry(notebook="04_country_briefing.ipynb", given=f"{{country: {code}}}"))


@pytest.mark.fault(89)
def test_codes_of_goods_stay_text_in_yaml(listing):
    (found,) = listing(entry(given="{codes: 010620, year: 2023, prefer: 1_000}"))
    assert found.parameters["codes"] == "010620" and found.parameters["year"] == 2023
    assert found.parameters["prefer"] == "1_000"
    for text in ("0o17", "12:30", "1e5"):
        with pytest.raises(Refused, match=f"parameter codes: '{text}'"):
            listing(entry(given=f"{{codes: {text}}}"))


@pytest.mark.fault(94)
@pytest.mark.parametrize("name", ["codes", "reporters", "prefer", "hubs"])
def test_lists_are_not_empty_not_repeated_and_not_endless(name):
    word = "850511" if name == "codes" else "JPN" if name != "prefer" else "baci"
    assert validate("01_clean_trade.ipynb", {name: word}) == {name: word}
    many = " ".join(f"{850000 + n}" if name == "codes" else f"a{n}" for n in range(10_000))
    for value in (f"{word} {word}", f"{word}  {word}", " ", many):
        refused("01_clean_trade.ipynb", name, value)
    if name in ("codes", "reporters"):
        refused("01_clean_trade.ipynb", name, "")


def assigned_and_read(notebook):
    """Names of the parameters, and every name that the other cells read."""
    cells = json.loads((NOTEBOOKS / notebook).read_text(encoding="utf-8"))["cells"]
    code = [c for c in cells if c["cell_type"] == "code" and "parameters" not in c["metadata"].get("tags", [])]
    trees = [ast.parse("".join(cell["source"])) for cell in code]
    read = {n.id for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return set(defaults(NOTEBOOKS / notebook)), read


@pytest.mark.fault(95)
@pytest.mark.parametrize("notebook", sorted(MODELS))
def test_every_parameter_is_read(notebook):
    names, read = assigned_and_read(notebook)
    assert names == set(MODELS[notebook].model_fields) and names <= read


# Of each parameter a value that must change what a page shows.
OTHER = {
    "01_clean_trade.ipynb": {"codes": "280530", "year": 2023, "reporters": "JPN USA", "method": "mean",
                             "hubs": "NLD", "origins_year": 2015},
    "02_processing_share.ipynb": {"year": 2020, "edition": "MCS2025", "india_t_reo": 2900.0,
                                  "us_ore_record": "us_exports", "with_scrap": None, "basis": "ndpr",
                                  "weight_of_feed": 0.2, "weight_of_wood_mackenzie": 0.5},
    "03_reserve_plans.ipynb": {"country": "USA", "days": 30},
    "04_country_briefing.ipynb": {"country": "DEU", "days": 30, "draws": 600, "seed": 1},
    "05_magnet_elements.ipynb": {"with_scrap": None},
    "06_claims_checked.ipynb": {"edition": "MCS2025"},
    "07_other_minerals.ipynb": {"mineral": "tungsten"},
    "08_g7_briefing.ipynb": {"common_pct": 10, "level_pct": 10.0, "draws": 1000, "seed": 1},
}  # fmt: skip


# Acts where two sources report one code, as with a user's own files; test_trade_mirror has it.
ONLY_WITH_MORE_SOURCES = {"prefer"}


def shown(notebook, given, folder):
    """Everything that an executed notebook shows, without its parameters."""
    folder.mkdir()
    parameters = complete(NOTEBOOKS / notebook, given)
    found = execute.notebook(NOTEBOOKS / notebook, parameters, folder / "executed.ipynb").notebook
    return [output for cell in found.cells for output in cell.get("outputs", [])]


@pytest.mark.long
@pytest.mark.fault(95)
@pytest.mark.parametrize("notebook", sorted(MODELS))
def test_every_parameter_changes_what_is_shown(notebook, tmp_path):
    plain = shown(notebook, {}, tmp_path / "plain")
    usual = defaults(NOTEBOOKS / notebook)
    assert set(OTHER[notebook]) == set(usual) - ONLY_WITH_MORE_SOURCES
    for name, value in OTHER[notebook].items():
        value = not usual[name] if value is None else value
        assert value != usual[name]
        assert shown(notebook, {name: value}, tmp_path / name) != plain, name


@pytest.mark.fault(96)
@pytest.mark.parametrize("cells", [0, 2])
def test_a_notebook_has_one_parameters_cell(tmp_path, cells):
    path = tmp_path / "02_processing_share.ipynb"
    tagged = [nbformat.v4.new_code_cell("year: int = 2024", metadata={"tags": ["parameters"]}) for _ in range(cells)]
    nbformat.write(nbformat.v4.new_notebook(cells=tagged), path)
    with pytest.raises(Refused, match=f"{cells} cells are tagged 'parameters', expected 1"):
        complete(path, {})


@pytest.mark.fault(97)
def test_the_list_says_all_parameters_and_the_notebooks_start_with_the_same():
    import yaml

    entries = yaml.safe_load(BRIEFINGS.read_text(encoding="utf-8"))
    for briefing, listed in zip(run.listed(), entries, strict=True):
        assert briefing.parameters == listed["parameters"]
        assert set(briefing.parameters) == set(MODELS[briefing.notebook.name].model_fields)
    assert briefings.changed_defaults() == []
    of_france = briefings.variant("country-fra", {})
    assert of_france.given == {**run.listed()[-1].given, "country": "FRA"}


@pytest.mark.fault(163)
def test_a_default_that_was_saved_in_a_notebook_is_announced_and_changes_no_page(tmp_path, monkeypatch, capsys):
    folder = shutil.copytree(NOTEBOOKS, tmp_path / "notebooks")
    path = folder / "02_processing_share.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("year: int = 2024", "year: int = 2023"))
    monkeypatch.setattr(briefings, "NOTEBOOKS", folder)
    assert briefings.changed_defaults() == [
        "notebooks/02_processing_share.ipynb: the default year is 2023; the pages are made with 2024, as briefings.yml says"
    ]
    assert briefings.listed()[0].parameters["year"] == 2024


@pytest.mark.fault(163)
@pytest.mark.parametrize(
    ("notebook", "given", "said"),
    [
        ("02_processing_share.ipynb", {"us_ore_record": "us_export"}, "parameter us_ore_record: 'us_export' is not one of china"),
        ("02_processing_share.ipynb", {"year": 2030}, "parameter year: 2030 is not a whole number from 2018 to 2025"),
        ("02_processing_share.ipynb", {"yeer": 2023}, "has no parameter 'yeer'; did you mean year?"),
        ("04_country_briefing.ipynb", {"country": "Germoney"}, "parameter country: 'Germoney' is not one of JPN"),
        ("01_clean_trade.ipynb", {"codes": 850511}, "parameter codes: 850511 is not six-digit HS codes"),
    ],
)  # fmt: skip
def test_a_notebook_checks_its_own_parameters(notebook, given, said):
    """As plain papermill and Lab hand them over: by a cell of their own, with the answer of `make report`."""
    names = defaults(NOTEBOOKS / notebook) | given
    written = "# Parameters\n" + "".join(f"{name} = {value!r}\n" for name, value in given.items())
    with pytest.raises(Refused) as caught:
        check(notebook, names | {"In": ["", "import this", written]})
    assert said in str(caught.value)
    if set(given) <= set(names) and "yeer" not in given:
        with pytest.raises(Refused, match=re.escape(str(caught.value))):
            validate(notebook, given)
    assert caught.value._render_traceback_() == [f"Refused: {caught.value}"]


@pytest.mark.fault(163)
def test_names_of_countries_are_understood():
    for given, code in (
        ("Germany", "DEU"),
        ("United States", "USA"),
        ("japan", "JPN"),
        ("European Union", "EUU"),
    ):
        names = defaults(NOTEBOOKS / "04_country_briefing.ipynb") | {"country": given}
        check("04_country_briefing.ipynb", names)
        assert names["country"] == code
    assert validate("01_clean_trade.ipynb", {"reporters": "Japan"}) == {"reporters": "JPN"}
    refused("04_country_briefing.ipynb", "country", "World")


@pytest.mark.fault(163)
@pytest.mark.parametrize("notebook", sorted(MODELS))
def test_every_notebook_checks_before_it_computes(notebook):
    """The first cell after the parameters has nothing but imports before the check."""
    cells = json.loads((NOTEBOOKS / notebook).read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    place = next(n for n, cell in enumerate(code) if "parameters" in cell["metadata"].get("tags", []))
    body = ast.parse("".join(code[place + 1]["source"])).body
    first = next(node for node in body if not isinstance(node, ast.Import | ast.ImportFrom))
    assert ast.unparse(first) == f"parameters.check('{notebook}', globals())"


@pytest.mark.fault(97)
def test_a_run_with_the_defaults_computes_what_is_published():
    plain = run.listed()[0]
    usual = {name: as_given(value) for name, value in plain.parameters.items()}
    again = briefings.variant(plain.slug, usual)
    assert again.parameters == plain.parameters
    # What the page prints to make it again is what the command takes.
    words = dict(word.split("=") for word in re.search('PARAMS="(.*)"', again.rerun)[1].split())
    assert briefings.variant(plain.slug, words).parameters == plain.parameters


@pytest.mark.fault(93)
def test_no_parameter_reaches_a_query_or_an_evaluation():
    from tests.forbidden import found_in

    assert [hit for path in sorted((ROOT / "rareearth").rglob("*.py")) for hit in found_in(path)] == []
