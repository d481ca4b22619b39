"""Money of its own time, one treatment for every plan, and the one comparison: published values and what is refused."""

import csv

import pandas as pd
import pytest

from rareearth import conversion, tables
from rareearth.paths import ROOT
from rareearth.reserves import country, plans
from rareearth.text import DOES_NOT_APPLY


@pytest.fixture(scope="module")
def table():
    return plans.accounted()


def row_of(table, name):
    return table.set_index("figure_id", drop=False).loc[name]


def test_every_plan_has_exactly_one_treatment(table):
    counts = plans.account(table)
    assert list(table["figure_id"]) == list(tables.load("reserve_plans")["figure_id"])
    assert counts["Rows"].iloc[-1] == counts["Rows"].iloc[:-1].sum() == len(table) >= 103
    assert set(table["reserve_type"]) <= set(plans.TYPE_WORDS)
    held = table[(table["treatment"] == "shown") & table["reserve_type"].isin(plans.HOLDS_OR_SECURES)]
    assert set(held["figure_id"]) == set(tables.load("plan_dimensions")["plan_id"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.iloc[1:], "JP-01 stand in one of"),
        (lambda frame: frame.assign(related_plan=frame["related_plan"].replace("JP-02", "XX-99")), "XX-99"),
        (lambda frame: frame.assign(related_plan=""), "name a related plan"),
    ],
)
def test_a_broken_account_is_refused_in_one_line(monkeypatch, change, message):
    broken = change(tables.load("plan_treatments"))
    load = tables.load
    monkeypatch.setattr(tables, "load", lambda name: broken.copy() if name == "plan_treatments" else load(name))
    with pytest.raises(ValueError, match=message) as caught:
        plans.accounted()
    assert "\n" not in str(caught.value)


def test_duplicates_and_parts_have_no_budget_of_their_own(table):
    counted = plans.budgets(table)
    for name in ("US-12", "US-04", "AU-02", "DE-02", "ADD-AU-01", "JP-06", "US-09"):
        assert name not in counted
    assert "value of projects" in counted["CA-04"].missing and not counted["USAU-01"].sizes


# Sizes by hand, in tests/targets.csv: a plan without a row in a unit has no figure of its own year, and stays blank.
SIZES = {
    row["target_id"].removeprefix("SIZE-"): float(row["value"])
    for row in csv.DictReader((ROOT / "tests" / "targets.csv").read_text(encoding="utf-8").splitlines())
    if row["target_id"].startswith(("SIZE-", "COVER-JPN"))
}
SIZED = sorted({name.rsplit("-", 1)[0] for name in SIZES if not name.startswith("COVER")})


@pytest.mark.parametrize("name", SIZED)
def test_sizes_by_hand(table, name):
    found = plans.budget(row_of(table, name))
    assert found.sizes["usd"].value == pytest.approx(SIZES[f"{name}-usd_m"], rel=0.005)
    for unit, what, near in (
        ("bp_gdp", "per_gdp", {"abs": 0.05}),
        ("usd_per_head", "per_head", {"rel": 0.02}),
    ):
        if f"{name}-{unit}" in SIZES:
            assert found.sizes[what].value == pytest.approx(SIZES[f"{name}-{unit}"], **near)
        else:
            assert what not in found.sizes
    assert "per_gdp" in found.sizes or "GDP of" in found.missing


def test_the_sizes_cover_both_kinds():
    assert len(SIZED) == 12 and {"DE-01-bp_gdp", "KR-10-bp_gdp"} == {name for name in SIZES if name.endswith("bp_gdp")}


@pytest.mark.fault(149)
def test_amounts_without_a_rate_of_their_year_stay_blank(table):
    for name, year in (("JP-06", 2009), ("JP-08", 2011), ("JP-09", 2019)):
        found = plans.budget(row_of(table, name))
        assert not found.sizes and f"no exchange rate of {year}" in found.missing


def test_never_the_rate_or_gdp_of_another_year(table):
    rates = tables.load("fx_rates").set_index("figure_id")
    output = tables.load("macro").set_index("figure_id")
    used = 0
    for found in plans.budgets(table).values():
        for what in {"usd", "annual_usd", "per_gdp"} & set(found.sizes):
            for figure in found.sizes[what].inputs[1:]:
                source = rates if figure in rates.index else output
                assert source["reference_year"][figure] == found.sizes[what].reference_year
                used += 1
    assert used > 20


@pytest.mark.fault(145)
def test_month_before_year_and_two_sources_give_a_range():
    assert conversion.rate("AUD", "2026-01-12").name == "2026-01"
    assert conversion.rate("AUD", "2025-10-20").name == "2025"
    assert conversion.rate("AUD", "2026") is None and conversion.rate("AUD", "2019-12") is None
    pound = conversion.rate("GBP", "2025-11-22")
    assert pound.low == 1.31852 and pound.high == 1.3192
    assert conversion.gdp_usd("JPN", 2023) is None and conversion.gdp_usd("TWN", 2024).high == 802.96e9
    assert conversion.population("JPN", 2026).name == "2024" and conversion.population("JPN", 2021) is None


def test_units_of_stocks_are_normalised_beside_the_printed_ones():
    for load in (lambda: tables.load("reserve_inventories"), lambda: tables.load("reserve_requirements")):
        frame = load()
        assert (frame["unit"] != "").sum() == frame["value"].notna().sum()
        assert set(frame["unit_published"]) >= {"t"}
    held = tables.load("reserve_inventories").set_index("figure_id")
    assert held["bound"]["stock-0022"] == "about" and held["unit"]["stock-0022"] == "days"


def test_publicity_counts_stocks_only(table):
    found = plans.publicity(table).set_index("place")
    assert found.loc["South Korea", ["target", "inventory", "spend"]].tolist() == ["yes", "partly", "yes"]
    assert found.loc["China", ["target", "inventory", "spend"]].tolist() == ["no", "no", "no"]
    assert found["spend"]["Japan"] == "partly"  # the price of Lynas shares is no spending on a stock


def test_who_publishes_a_stock_is_counted_and_said_alike_on_every_page(table):
    counted = plans.in_full(table)
    assert (counted.value, counted.unit) == (0, "places") and "of 10 with" in counted.method
    said = {
        iso3: country.stock_published(iso3, plans.comparison(country.plans_of(table, iso3)))
        for iso3 in ("CHN", "USA", "DEU")
    }
    assert said["CHN"].startswith("no; last found:") and "10,000 t" in said["CHN"]
    assert said["USA"] == "partly" and said["DEU"] == ""


def test_money_that_stands_in_budget_lines_is_named(table):
    money = plans.comparison(table).set_index("plan_id")["Money"]
    assert money["US-01"] == "in budget lines: USD 2 billion (2025)"
    assert money["KR-03"].count("KRW") == 3 and money["US-13"] == "no fixed sum"


def test_the_comparison_has_every_plan_that_counts_with_a_name_and_a_reason_for_each_blank(table):
    found = plans.comparison(table)
    assert set(found["plan_id"]) == set(tables.select(table, treatment="shown")["figure_id"])
    assert not found["Plan"].str.fullmatch(r"[A-Z]+-\d+").any() and found["Plan"].is_unique
    # Kinds stand one after the other, never mixed by size.
    assert found["Kind"].drop_duplicates().tolist() == [
        kind for kind in plans.TYPE_WORDS.values() if kind in set(found["Kind"])
    ]
    by_id = found.set_index("plan_id")
    assert by_id["Target"]["KR-03"] == "100 days" and by_id["Money"]["US-11"] == "USD 12 billion"
    assert "form held" in by_id["Not published"]["JP-02"] and "published stock" in by_id["Not published"]["JP-02"]
    assert by_id["Published stock"]["KR-04"] == ""  # nonferrous metals, no rare earths
    assert by_id["Per GDP"]["IN-02"] == "GDP of 2025 not held"


def test_only_money_of_the_budget_is_divided_by_its_years(table):
    counted = plans.budgets(table)
    assert "annual_usd" not in counted["US-11"].sizes  # a loan of 15 years
    assert counted["KR-08"].sizes["annual_usd"].value == pytest.approx(counted["KR-08"].sizes["usd"].value / 4)


def test_the_comparison_is_written_whole_as_text_and_as_parquet(tmp_path):
    plans.write(tmp_path)
    text, columns = (
        pd.read_csv(tmp_path / "plans.csv", keep_default_na=False),
        pd.read_parquet(tmp_path / "plans.parquet"),
    )
    assert list(text["Plan"]) == list(columns["Plan"]) and len(columns) == len(plans.comparison(plans.accounted()))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plans.csv", "plans.parquet"]


def test_plans_that_hold_or_secure_are_judged_along_every_dimension(table):
    found = plans.comparison(table)
    kinds = [plans.TYPE_WORDS[kind] for kind in plans.HOLDS_OR_SECURES]
    secures = tables.select(found, Kind=kinds).set_index("plan_id")
    assert len(secures) == len(tables.load("plan_dimensions")) == 24
    assert (secures["Legal force"] != "").all() and (
        tables.select(found, Kind="Coordination")["Legal force"] == ""
    ).all()
    held = secures[~secures["Form held"].isin(["", DOES_NOT_APPLY])]
    assert len(held) == 1  # the plan of acquisitions of the United States
    # A floor price keeps nothing: a target in days is no question that it leaves open.
    assert set(tables.select(found, Kind="Price support")["Target"]) == {DOES_NOT_APPLY}
    assert DOES_NOT_APPLY not in set(tables.select(found, Kind="State store, by days")["Target"])
    assert (
        secures["Heavy rare earths named"]["KR-12"] == "all 17"
        and secures["Heavy rare earths named"]["JP-16"] == "named"
    )
    assert secures["Kind of money"]["JP-02"] == "loans or borrowed money"
    assert secures["Kind of money"]["US-11"] == "public loan of USD 10 billion and USD 2 billion of private money"
    assert secures["Release published"]["US-13"] == "nothing to release"


def test_months_run_from_a_restriction_before_and_to_an_operation_that_is_published(table):
    found = plans.comparison(table).set_index("plan_id")
    assert found["Months from restriction to announcement"]["US-13"] == "3"  # April to July 2025
    assert found["Months from restriction to announcement"]["KR-03"] == ""
    assert found["Months from announcement to operation"]["KR-05"] == ""  # adopted, not operating
    events = tables.load("export_controls_timeline").set_index("figure_id")["date"]
    named = tables.load("plan_dimensions").merge(table, left_on="plan_id", right_on="figure_id")
    for row in named[named["shock_event"] != ""].itertuples():
        assert events[row.shock_event] <= (row.announced_on + "-99")


def test_a_place_without_a_plan_has_the_columns_of_the_comparison(table):
    none = plans.comparison(table.head(0))
    assert none.empty and {"Target", "Kind", "source_ids"} <= set(none.columns)


@pytest.mark.parametrize(
    ("rows", "kinds", "words"),
    [
        (0, "", "We found no published plan of X."),
        (2, "", "No published plan or budget line that names X counts on its own."),
        (1, "fund", "We found one plan that names X; it neither holds nor secures material."),
        (3, "joint", "Of 3 published plans and budget lines that name X, one counts on its own; it is for a stock."),
        (5, "fund none", "Of 5 published plans and budget lines that name X, 2 count as separate plans; none of them holds or secures material."),
        (5, "rights fund", "Of 5 published plans and budget lines that name X, 2 count as separate plans; one gives a right to supply."),
        (7, "joint producer price_support", "Of 7 published plans and budget lines that name X, 3 count as separate plans; 2 are for stocks and one supports a price."),
        (7, "joint producer", "Of 7 published plans and budget lines that name X, 2 count as separate plans; both are for stocks."),
    ],
)  # fmt: skip
def test_the_plans_of_a_country_in_words(rows, kinds, words):
    kinds = [plans.TYPE_WORDS[kind] for kind in kinds.split()]
    assert country.plans_in_words(rows, kinds).format(place="X") == words
