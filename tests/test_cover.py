"""Days of cover: targets in tonnes, what a stock is measured by, and what is published by element."""

import csv

import pytest

from rareearth import tables
from rareearth.errors import Refused
from rareearth.paths import ROOT
from rareearth.reserves import cover, goods, plans

TONNES = {
    row["target_id"].removeprefix("SIZE-"): float(row["value"])
    for row in csv.DictReader((ROOT / "tests" / "targets.csv").read_text(encoding="utf-8").splitlines())
    if row["target_id"].startswith("COVER-JPN")
}


@pytest.fixture(scope="module")
def table():
    return plans.accounted()


@pytest.mark.parametrize(
    ("place", "days", "tonnes"),
    [("JPN", 60, TONNES["COVER-JPN-60"]), ("JPN", 180, TONNES["COVER-JPN-180"]), ("TWN", 60, 247), ("EUU", 60, 3288)],
)  # fmt: skip
def test_tonnes_for_days(place, days, tonnes):
    found = cover.tonnes_for(cover.consumption(place), days)
    assert found.value == pytest.approx(tonnes, abs=0.6)
    assert "illustrative" in found.note and found.id == f"reserves.tonnes_for_days.{place}.{days}"


def test_every_print_of_a_use_lies_inside_its_interval():
    use = cover.consumption("USA")
    assert (use.low, use.value, use.high, use.reference_year) == (6600, 9010, 27_000, 2024)
    assert "27,000 t are published for 2025" in use.note
    assert cover.consumption("JPN").low == 14_470  # 2012
    assert cover.consumption("EUU").basis == "t_magnet"


def test_what_is_not_published_is_not_invented():
    for place in ("KOR", "IND", "GBR", "FRA"):
        with pytest.raises(Refused, match="no published consumption"):
            cover.consumption(place)
    with pytest.raises(Refused, match="above 0"):
        cover.tonnes_for(cover.consumption("JPN"), 0)


def test_repeats_between_the_two_demand_tables_are_marked():
    inputs, demand = tables.load("ree_demand_inputs"), tables.load("demand").set_index("figure_id")
    repeats = inputs[inputs["same_as"] != ""]
    assert (len(inputs), len(repeats)) == (39, 19)
    for row in repeats.itertuples():
        for name in row.same_as.split(";"):
            assert demand["value"][name] == row.value and demand["iso3"][name] == row.iso3
    used = {i for place in cover.users() for i in cover.consumption(place).inputs}
    assert not used & set(repeats["figure_id"])


def test_each_edition_goes_with_its_own_imports():
    usa = cover.flows_covered("USA")
    # MCS2026: 9,010 t used, 8,120 t of compounds and 96 t of metals imported; MCS2025: 6,600 and 8,090; 71 % from China.
    assert (usa["imports"].low, usa["imports"].high) == pytest.approx((6_600 / 8_090, 9_010 / 8_216))
    assert usa["from_china"].ends == pytest.approx(tuple(end / 0.71 for end in usa["imports"].ends))
    assert cover.flows_covered("JPN") == {"imports": None, "from_china": None}


def test_a_measure_without_figures_is_blank_with_a_reason():
    table = cover.lasting(60).set_index("Place")
    assert table.loc["Japan", "Days of imports"] == "" and "basis" in table.loc["Japan", "Note"]
    assert table.loc["European Union, magnets", "Days of imports from China"] == "71"  # 60 x 20,000 / 17,000
    assert (table["Note"] != "").all() and "China" not in table.index


def test_targets_in_tonnes_are_the_days_of_what_is_named(table):
    found = cover.targets(table).set_index("Plan")
    assert found.loc["JP-02", "Tonnes"].value == pytest.approx(18_835 * 60 / 365)
    assert found.loc["KR-03", "Tonnes"].value == pytest.approx(4_002.054 * 100 / 365, rel=1e-6)
    assert "proxy" in found.loc["KR-03", "Of what"] and "proxy" in found.loc["KR-03", "Tonnes"].note
    # What one sector uses is not published, and a net exporter has no proxy: no tonnage is invented.
    for plan in ("KR-11", "US-11", "IN-02"):
        assert found.loc[plan, "Tonnes"] == "" and found.loc[plan, "Of what"]
    assert "KR-04" not in found.index  # nonferrous metals, no rare earths


def test_net_imports_are_imports_less_exports_and_both_records_bound_them():
    net, why = cover.net_imports("KOR")
    own, mirror = goods.compounds("KOR"), goods.compounds_by_china("KOR")
    assert why == "" and net.value == pytest.approx(own.total_t)
    other = own.total_t - own.mass_t["CHN"] + mirror.total_t
    assert (net.low, net.high) == pytest.approx(tuple(sorted((own.total_t, other))))
    assert cover.net_imports("IND") == (None, "exports more than it imports, by weight")
    assert cover.net_imports("CAN")[0] is None


def test_every_holder_is_shown_and_a_stock_is_quoted_as_it_is_printed(table):
    shown = cover.holders(table).set_index("Place")
    assert set(shown.index) == set(plans.publicity(table)["place"])
    assert shown.loc["Japan", "Stock"] == ""
    assert "about 180 days of domestic automakers' use" in shown.loc["South Korea", "Stock"]
    assert "over 6 months" in shown.loc["South Korea", "Stock"]
    assert "under USD 1,000 million" in shown.loc["United States", "Stock"]
    assert (shown["Of what"] != "").all()


def test_each_place_and_element_has_an_answer_or_says_what_is_missing(table):
    found = cover.by_material(table, goods.with_page())
    assert len(found) == len(goods.with_page()) * len(cover.MATERIALS)
    blank = (found["Stock"] == "") & (found["A year, t"] == "") & (found["Target"] == "")
    assert (found[blank]["Not published"] == "stock, use and target").all()
    usa = cover.answer(table, "USA", "Y")
    assert usa["a_year"].mid == 600 and usa["target_t"] is None  # its 60 days are for one group of firms
    dysprosium = cover.answer(table, "USA", "Dy")
    assert dysprosium["a_year"].mid == 74 and dysprosium["of_what"].startswith("at most")
    korea = cover.answer(table, "KOR", "compounds")
    assert all(words in korea["stock"] for words in ("62 t", "1,164 t", "1,500 t"))
    # 62 t over net imports of 4,002 t a year; the printed "1,500 t = 100 days" is of another year's use.
    assert "62 t are 6 days of net imports" in korea["stock_days"] and "1,500 t are 137 days" in korea["stock_days"]
    assert cover.answer(table, "JPN", "ndpr")["target_t"].mid == pytest.approx(5_500 * 60 / 365)
    assert cover.answer(table, "KOR", "magnets")["target"] == "540 days for magnets of electric vehicles"


def test_rare_earths_inside_magnets_are_the_mass_times_the_content():
    found = cover.from_china().set_index("place")
    for _, row in found.iterrows():
        assert row["element"].unit == row["dysprosium"].unit == "t_element"
        assert row["dysprosium"].high < row["element"].low < row["magnets"].low
    assert found.loc["United States", "magnets"].mid == 5_933 and found.loc["World", "year"] == 2025


def test_capacity_of_plants_is_no_bound():
    europe = cover.capacity_over_need().set_index("Place").loc["European Union"]
    assert europe["Capacity over need, %"] == pytest.approx(100 * 2_000 / 20_000)
    assert cover.capacity_in_europe().value == pytest.approx(europe["Capacity over need, %"])
    # Hanau makes magnets and publishes no capacity: it is named, so the quotient is read as no bound.
    assert "Hanau" in europe["Without a published capacity"] and "Hanau" in cover.capacity_in_europe().note
    assert not set(cover.plants(("CHN",))["iso3"]) - {"CHN"}
