"""Elements under licence: prices of one time on both sides, control lists and what stands under them."""

import pytest

from rareearth import conversion, tables
from rareearth.reserves import licences


def test_the_elements_are_those_of_the_timeline():
    assert set(licences.elements()) == {"Sm", "Gd", "Tb", "Dy", "Lu", "Sc", "Y"} == set(licences.WORDS)
    table = licences.known_table().set_index("Element")
    assert table["US shortfall of 2013, t oxide"]["Scandium"] == "0.6"  # printed as 572 kg
    use = table["US use a year, t oxide"]
    assert use["Yttrium"] == "600 (2019)" and use["Dysprosium"] == ""


def test_prices_are_compared_only_when_they_are_of_one_time():
    found = licences.both_sides("NdPr oxide")
    assert found["period"].tolist() == ["2025-09"]  # the mean of a year and a bound of another are no pair
    row = found.iloc[0]
    assert (row["outside"].low, row["outside"].high) == (82.5, 85)
    rate = conversion.rate("CNY", "2025-09")
    assert row["china"].low == pytest.approx(550_000 * rate.low / 1000)
    assert row["times"].low == pytest.approx(82.5 / row["china"].high)


def test_before_the_licences_prices_were_alike_and_after_them_not():
    dysprosium = licences.both_sides("Dysprosium oxide").set_index("period")["times"]
    assert dysprosium["2025-04"].low < 1.4 and dysprosium["2025-05"].low > 3
    yttrium = licences.both_sides("Yttrium oxide")
    assert yttrium["times"].iloc[-1].mid == pytest.approx(270 / 7)  # an ask of 350 is no price
    one = licences.times("Yttrium oxide", yttrium.iloc[-1])
    assert one.unit == "ratio" and {"price-0329", "price-0330"} <= set(one.inputs)


@pytest.mark.parametrize(
    ("day", "april", "october"),
    [
        ("2025-03-31", "not yet announced", "not yet announced"),
        ("2025-05", "in force", "not yet announced"),
        ("2025-10-31", "in force", "announced, not yet in force"),
        ("2026-05", "in force", "suspended"),
        ("2026-11-11", "in force", "not known"),  # two records of the end conflict
    ],
)
def test_the_state_of_each_list_on_a_day(day, april, october):
    state = licences.state(day).set_index("announcement")["status"]
    assert (state["No. 18 of 2025"], state["No. 57 of 2025"]) == (april, october)


def test_what_stands_under_licence_is_an_upper_bound():
    rows = licences.under_licence("JPN").set_index("HS code")
    assert rows["Lines under licence"].to_dict() == {"280530": 7, "284610": 0, "284690": 8}
    most = licences.at_most_under_licence("JPN")
    assert most.low == 0 and most.value == most.high < 46.6  # all that comes from China
    assert set(tables.load("control_lists")["figure_id"]) <= set(most.inputs)
    assert licences.at_most_under_licence("CAN") is None
