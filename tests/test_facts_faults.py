"""Section H of the fault catalogue: figures that contradict themselves, their sources or what was sealed before."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest

from rareearth import checks, conversion, show, tables
from rareearth.paths import RAW
from rareearth.quantity import Estimate
from rareearth.site import page, sources
from rareearth.text import FINDING_MIME
from tests import builders
from tests.test_checks import QUOTAS, edit
from tests.test_quantity import made

CLAIMS = "claims/claims.csv"
PLANS = "plans/reserve_plans.csv"
SHARES = "processing/processing_by_country.csv"


@pytest.fixture
def raw(tmp_path):
    shutil.copy(RAW.parent / checks.DEAD_LINKS, tmp_path)
    return shutil.copytree(RAW, tmp_path / "raw")


def fault(number):
    return pytest.mark.fault(number)


@pytest.mark.parametrize(
    ("name", "row", "column", "value", "said"),
    [
        pytest.param(SHARES, 3, "value", "-1", "is negative (F05)", marks=fault(140)),
        pytest.param(QUOTAS, 5, "source_ids", "", "is empty (F04)", marks=fault(142)),
        pytest.param(QUOTAS, 5, "source_ids", "nobody_2030", "is not in data/raw/sources.csv (F13)", marks=fault(142)),
        pytest.param("sources.csv", 9, "published_on", "2031", "is after accessed_on", marks=fault(143)),
        pytest.param("sources.csv", 9, "accessed_on", "2031-01-01", "is after today, 2026-11-25 (F29)", marks=fault(143)),
        pytest.param(QUOTAS, 5, "unit", "", "column unit: '' is empty (F04)", marks=fault(144)),
        pytest.param(CLAIMS, 2, "share_low_pct", "0.9", "0.9 looks like a fraction (F30)", marks=fault(144)),
        pytest.param(SHARES, 3, "value", "0.9", "0.9 looks like a fraction (F30)", marks=fault(144)),
        pytest.param(QUOTAS, 5, "basis", "", "column basis: '' is none of t_reo", marks=fault(144)),
        pytest.param("processing/conversion_factors.csv", 2, "factor_mode", "0.6", "is above factor_high", marks=fault(146)),
        pytest.param("plans/reserve_assumptions.csv", 2, "low", "3", "column low: 3 is above value 2", marks=fault(146)),
        pytest.param(CLAIMS, 2, "share_low_pct", "95", "is above share_high_pct 90 (F12)", marks=fault(146)),
        pytest.param(QUOTAS, 5, "stage", "", "column stage: '' is none of mine", marks=fault(147)),
        pytest.param(PLANS, 5, "status", "", "column status: '' is none of adopted", marks=fault(148)),
        pytest.param(PLANS, 5, "status", "announced, funded", "is none of adopted", marks=fault(148)),
        pytest.param(QUOTAS, 5, "value", "105001", "quota-0002-heavy was changed after it was sealed (F25)", marks=fault(152)),
        pytest.param(CLAIMS, 2, "wording", "China processes them all", "C001 was changed after", marks=fault(152)),
        pytest.param(QUOTAS, 5, "figure_id", "quota-9004", "quota-0002-heavy was taken out after", marks=fault(152)),
    ],
)  # fmt: skip
def test_a_table_with_a_fault_is_not_sealed(raw, name, row, column, value, said):
    edit(raw / name, row, column, value)
    before = (raw / name).with_suffix(".meta.yml").read_bytes()
    with pytest.raises(ValueError, match=r"F\d\d") as caught:
        checks.seal(raw / name, raw, today="2026-11-25")
    assert said in str(caught.value) and str(caught.value).startswith(f"data/raw/{name}: ")
    assert "\n" not in str(caught.value) and (raw / name).with_suffix(".meta.yml").read_bytes() == before


@pytest.mark.fault(141)
def test_one_fact_under_two_ids_is_refused(raw):
    path = raw / QUOTAS
    last = path.read_text(encoding="utf-8").splitlines()[-1]
    path.write_text(path.read_text(encoding="utf-8") + last.replace("quota-", "quota-9") + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"row 89, .*repeats another row \(F26\)"):
        checks.seal(path, raw)


@pytest.mark.fault(152)
def test_what_was_sealed_stays_sealed_and_notes_may_be_reworded(raw):
    edit(raw / QUOTAS, 5, "note", "said more clearly")
    assert "sealed" in checks.seal(raw / QUOTAS, raw)
    edit(raw / QUOTAS, 5, "value", "1")
    assert any("quota-0002-heavy was changed after it was sealed (F25)" in line for line in checks.verify(raw))


@pytest.mark.fault(152)
def test_a_new_row_is_registered_when_it_is_sealed(raw):
    path = raw / QUOTAS
    new = path.read_text(encoding="utf-8").splitlines()[-1].replace("quota-", "quota-9").replace("9010", "9011")
    path.write_text(path.read_text(encoding="utf-8") + new + "\n", encoding="utf-8")
    checks.seal(path, raw)
    edit(path, 89, "value", "9012")
    with pytest.raises(ValueError, match="F25"):
        checks.seal(path, raw)


def without(raw, what):
    """The register of sealed rows, or the table of quotas, without a part."""
    register, table = raw / checks.ROWS, raw / QUOTAS
    text = register.read_text()
    section = text[text.index(f"[{QUOTAS}]") : text.index("[production/mine_production.csv]")]
    if what == "register":
        register.unlink()
    elif what == "empty":
        register.write_text("")
    elif what == "section":
        register.write_text(text.replace(section, ""))
    elif what == "row":
        register.write_text(re.sub("^quota-0053 .*\n", "", text, flags=re.M))
    elif what == "marks":
        register.write_text(text.replace(section, f"<<<<<<< HEAD\n{section}"))
    elif what == "table":
        table.unlink()
        table.with_suffix(tables.SIDECAR).unlink()
    else:
        with table.with_suffix(tables.SIDECAR).open("a") as stream:
            stream.write("judgement: true\n")


@pytest.mark.fault(171)
@pytest.mark.parametrize(
    ("what", "said", "is_sealed"),
    [
        ("register", "rows.sha256: no such file", False),
        ("empty", "(F25)", False),
        ("section", "no row of data/raw/production/china_quotas.csv is in it", False),
        ("row", "quota-0053 is not in data/raw/rows.sha256", True),
        ("marks", "line 1915 is no seal of a row", False),
        ("table", "the table is missing", False),
        ("judgement", "its sidecar calls it judgements", True),
    ],
)
def test_a_protection_that_is_gone_is_no_passed_one(raw, what, said, is_sealed):
    """A number that was changed is never sealed anew where the register of sealed rows was thinned out before."""
    if what not in ("table", "judgement"):
        path = raw / QUOTAS
        path.write_text(re.sub(r"(?m)^(quota-0053,.*),254000,", r"\1,154000,", path.read_text()))
    without(raw, what)
    found = checks.verify(raw)
    assert any(said in line for line in found) and all(len(line.splitlines()) == 1 for line in found)
    if not is_sealed:
        with pytest.raises(ValueError, match="rows.sha256|no such file"):
            checks.seal(raw / QUOTAS, raw)


@pytest.mark.fault(142)
@pytest.mark.fault(151)
def test_sources_without_figures_and_dead_links_are_warned_of(raw):
    (unused,) = checks.warnings(raw)
    assert "sources are cited by no figure (W01)" in unused
    (raw.parent / checks.DEAD_LINKS).write_text("- {source_id: csis_apr2025, found_on: '2026-11-25'}\n")
    assert checks.warnings(raw)[1:] == [
        "data/raw/sources.csv: the link of csis_apr2025 was dead on 2026-11-25 (W02): look for another"
    ]


@pytest.mark.fault(142)
def test_warnings_are_printed_and_do_not_fail(monkeypatch, capsys):
    from rareearth.cli import main

    monkeypatch.setattr(checks, "verify", lambda: [])
    assert main(["verify"]) == 0 and "warning: data/raw/sources.csv: " in capsys.readouterr().out


@pytest.mark.fault(149)
@pytest.mark.parametrize(
    ("column", "said"),
    [("budget_currency", "is empty beside an amount (F27)"), ("announced_on", "has no year (F27)")],
)
def test_an_amount_needs_its_currency_and_its_year(column, said):
    plans = tables.read(PLANS)
    paid = plans[plans["budget_amount"].notna()].head(3)
    assert not list(checks._money(PLANS, paid))
    paid = paid.assign(**{column: ""}, effective_on="", budget_period="")
    assert any(said in words for *_, words in checks._money(PLANS, paid))


@pytest.mark.fault(149)
def test_a_missing_exchange_rate_is_none_and_never_that_of_another_year():
    assert conversion.rate("AUD", "2019-12") is None and conversion.rate("XXX", "2024") is None


@pytest.mark.fault(150)
def test_a_source_that_allows_no_copy_gives_derived_figures_only():
    quotas, sources = tables.read(QUOTAS).head(1), tables.read("sources.csv")
    assert checks._forbidden_copies(QUOTAS, quotas, sources) == []
    sources.loc[sources["source_id"] == quotas["source_ids"][0][0], "licence"] = "No redistribution of data"
    assert quotas["note"][0].startswith("derived")  # computed from what is printed there
    assert checks._forbidden_copies(QUOTAS, quotas, sources) == []
    (line,) = checks._forbidden_copies(QUOTAS, quotas.assign(note=""), sources)
    assert "row 2, column source_ids" in line and "(F28)" in line


def page_with(inputs):
    """A rendered page with one number of these inputs; no kernel is needed for that."""
    number: Estimate = made(inputs=inputs)
    shown = {"text/plain": "x", "text/html": "<p>x</p>", **show.bundle([number])}
    shown[FINDING_MIME] = {
        "title": "A finding", "headline": number.id, "headline_html": number.html(), "change": "", "points": [],
        "points_html": [], "headline_kind": "", "headline_range": "", "headline_says": "", "headline_text": "", "row": [],
    }  # fmt: skip
    cell = nbformat.v4.new_code_cell("x", execution_count=1, outputs=[nbformat.v4.new_output("display_data", shown)])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# What?"), cell])
    briefing = builders.briefing("a-page", Path("n.ipynb"))
    return page.outputs(notebook, briefing)["a-page.html"]


@pytest.mark.fault(153)
def test_a_placeholder_puts_a_banner_on_the_page(monkeypatch):
    rows = sources.figures()
    invented = {**rows["quota-0002"], "confidence": sources.PLACEHOLDER}
    monkeypatch.setattr(sources, "figures", lambda: {**rows, "quota-0002": invented})
    banner = "1 of the inputs of this page are placeholders (quota-0002)"
    assert banner in page_with(("quota-0001", "quota-0002"))
    assert "placeholders" not in page_with(("quota-0001",))


@pytest.mark.fault(153)
def test_a_placeholder_is_a_word_of_the_tables_and_none_is_published():
    assert "placeholder" in tables.CONFIDENCE
    assert not [name for name, row in sources.figures().items() if row.get("confidence") == sources.PLACEHOLDER]
