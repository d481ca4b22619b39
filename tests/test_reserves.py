"""Money of its own time, one treatment for every plan, and days of cover: published values and what is refused."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth import money, tables
from rareearth.paths import ROOT
from rareearth.reserves import cover, plans


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
    monkeypatch.setattr(
        tables, "load", lambda name: broken.copy() if name == "plan_treatments" else load(name)
    )
    with pytest.raises(ValueError, match=message) as caught:
        plans.accounted()
    assert "\n" not in str(caught.value)


def test_duplicates_and_parts_have_no_budget_of_their_own(table):
    counted = plans.budgets(table)
    for name in ("US-12", "US-04", "AU-02", "DE-02", "ADD-AU-01", "JP-06", "US-09"):
        assert name not in counted
    assert "value of projects" in counted["CA-04"].missing and counted["USAU-01"].usd_m is None


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
    assert found.usd_m.value == pytest.approx(SIZES[f"{name}-usd_m"], rel=0.005)
    for unit, estimate, near in (
        ("bp_gdp", found.per_gdp, {"abs": 0.05}),
        ("usd_per_head", found.per_head, {"rel": 0.02}),
    ):
        if f"{name}-{unit}" in SIZES:
            assert estimate.value == pytest.approx(SIZES[f"{name}-{unit}"], **near)
        else:
            assert estimate is None
    assert found.per_gdp or "GDP of" in found.missing


def test_the_sizes_cover_both_kinds():
    assert len(SIZED) == 12 and {"DE-01-bp_gdp", "KR-10-bp_gdp"} == {
        name for name in SIZES if name.endswith("bp_gdp")
    }


@pytest.mark.fault(149)
def test_amounts_without_a_rate_of_their_year_stay_blank(table):
    for name, year in (("JP-06", 2009), ("JP-08", 2011), ("JP-09", 2019)):
        found = plans.budget(row_of(table, name))
        assert found.usd_m is None and f"no exchange rate of {year}" in found.missing


def test_never_the_rate_or_gdp_of_another_year(table):
    rates = tables.load("fx_rates").set_index("figure_id")
    output = tables.load("macro").set_index("figure_id")
    used = 0
    for found in plans.budgets(table).values():
        for estimate in filter(None, (found.usd_m, found.annual_usd_m, found.per_gdp)):
            for figure in estimate.inputs[1:]:
                source = rates if figure in rates.index else output
                assert source["reference_year"][figure] == estimate.reference_year
                used += 1
    assert used > 20


@pytest.mark.fault(145)
def test_month_before_year_and_two_sources_give_a_range():
    assert money.rate("AUD", "2026-01-12").period == "2026-01"
    assert money.rate("AUD", "2025-10-20").period == "2025"
    assert money.rate("AUD", "2026") is None and money.rate("AUD", "2019-12") is None
    pound = money.rate("GBP", "2025-11-22")
    assert pound.low == 1.31852 and pound.high == 1.3192
    assert money.gdp_usd("JPN", 2023) is None and money.gdp_usd("TWN", 2024).high == 802.96e9
    assert money.population("JPN", 2026).period == "2024" and money.population("JPN", 2021) is None


@pytest.mark.parametrize(
    ("place", "days", "tonnes"),
    [
        ("JPN", 60, SIZES["COVER-JPN-60"]),
        ("JPN", 180, SIZES["COVER-JPN-180"]),
        ("TWN", 60, 247),
        ("EUU", 60, 3288),
    ],
)
def test_tonnes_for_days(place, days, tonnes):
    found = cover.tonnes_for(cover.consumption(place), days)
    assert found.value == pytest.approx(tonnes, abs=0.6)
    assert "illustrative" in found.note and found.id == f"reserves.tonnes_for_days.{place}.{days}"


def test_editions_give_the_interval():
    use = cover.consumption("USA")
    assert (use.low, use.value, use.high, use.reference_year) == (6600, 9010, 9010, 2024)
    assert "27,000 t are printed for 2025" in use.note
    assert cover.consumption("JPN").low == 14_470  # 2012
    assert cover.consumption("EUU").basis == "t_magnet"


def test_what_is_not_published_is_not_invented():
    for place in ("KOR", "IND", "GBR", "FRA"):
        with pytest.raises(LookupError, match="not published"):
            cover.consumption(place)
    with pytest.raises(ValueError, match="above 0"):
        cover.tonnes_for(cover.consumption("JPN"), 0)
    with pytest.raises(ValueError, match="no days of cover"):
        cover.days_covered(-1, 10)


@given(st.floats(1, 1e6), st.integers(1, 730))
def test_days_and_tonnes_are_inverse(use_t, days):
    assert cover.days_covered(use_t * days / cover.DAYS_A_YEAR, use_t) == pytest.approx(days)


def test_repeats_between_the_two_demand_tables_are_marked():
    inputs, demand = tables.load("ree_demand_inputs"), tables.load("demand").set_index("figure_id")
    repeats = inputs[inputs["same_as"] != ""]
    assert (len(inputs), len(repeats)) == (39, 19)
    for row in repeats.itertuples():
        for name in row.same_as.split(";"):
            assert demand["value"][name] == row.value and demand["iso3"][name] == row.iso3
    used = {i for place in cover.PLACES for i in cover.consumption(place).inputs}
    assert not used & set(repeats["figure_id"])


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
