"""What a stock costs: formulas by hand, Japan's NdPr, and the other ways to secure it."""

import pytest

from rareearth import conversion
from rareearth.errors import Refused
from rareearth.quantity import DAYS_A_YEAR, KG_PER_T
from rareearth.reserves import japan_ndpr


def test_costs_by_hand():
    assert japan_ndpr.premium(100, 100, 0.5, -0.5) == pytest.approx(1.0)
    assert japan_ndpr.premium(0, 100, 0.3, 0.2) == 0
    assert japan_ndpr.fill_usd(10, 69, 0.1, other_imports_t=5) == pytest.approx(1000 * 69 * (11 + 0.5))
    for bad in ((1, 0, 0.3, 0.2), (1, 10, 0, 0), (-1, 10, 0.3, 0.2)):
        with pytest.raises(Refused, match="no price of"):
            japan_ndpr.premium(*bad)


def test_a_stock_is_priced_on_both_sides_of_one_month():
    china, outside = (japan_ndpr.stock(60, name) for name in japan_ndpr.prices())
    assert china.tonnes.value == outside.tonnes.value == pytest.approx(5500 * 60 / 365)
    assert outside.fill.value == pytest.approx(904.1 * (82.5 + 85) / 2 * 1.2072 / 1000, rel=1e-3)
    assert china.fill.low < outside.fill.value < china.fill.high  # NdPr is under no licence
    assert japan_ndpr.market()["value"].sum() == 6558 + 2599


def test_the_yearly_cost_is_the_sum_of_its_parts_and_has_a_gdp_of_its_own_year_or_none():
    of_2024 = japan_ndpr.yearly_cost(60, 2024).set_index("Part")
    parts = of_2024["Cost"].drop("all")
    for end in ("low", "value", "high"):
        assert sum(getattr(one, end) for one in parts) == pytest.approx(getattr(of_2024["Cost"]["all"], end))
    tonnes = japan_ndpr.use()["value"] * 60 / DAYS_A_YEAR
    assert of_2024["Cost"]["interest"].value == pytest.approx(tonnes * 55 * KG_PER_T * 0.02 / 1e6)  # 55 USD/kg in 2024
    share = of_2024["Per GDP"]["all"].value
    assert share == pytest.approx(1e10 * of_2024["Cost"]["all"].value / conversion.gdp_usd("JPN", 2024).mid)
    assert (japan_ndpr.yearly_cost(60, 2025)["Per GDP"] == "GDP of the year not held").all()


def test_filling_makes_the_other_imports_dearer():
    table = japan_ndpr.on_other_imports().set_index("Days")
    row, price = table.loc[60], japan_ndpr.prices()["outside China"].mid
    assert row["On other imports, USD m"] == pytest.approx(
        japan_ndpr.use()["value"] * price * KG_PER_T * row["Premium, %"] / 100 / 1e6
    )
    assert table["Premium, %"].is_monotonic_increasing
    assert row["Of the world's, %"] == pytest.approx(0.92, abs=0.03)
    assert row["Of what can be bought, %"] == pytest.approx(100 * row["Tonnes"] / (6558 + 2599))


def test_each_instrument_has_its_own_measure():
    ways = japan_ndpr.instruments()
    assert ways["measure"].is_unique
    usd = ways.set_index("instrument")["usd"]
    # 110 USD/kg guaranteed, 92 to 97 in China in September 2026.
    assert (usd["Floor price"].low, usd["Floor price"].high) == (13_000, 18_000)
    assert usd["Right of first supply"].value == pytest.approx(200e6 * 0.664408 / 7200 / 15)
    assert usd["Shares in the producer"].high == pytest.approx(400e6 * 0.05 / 2599)
    held = japan_ndpr.stock(60, "outside China")
    assert usd["Stock"].value * held.tonnes.value == pytest.approx(held.carrying.value * 1e6)


def test_a_stock_costs_more_to_fill_than_it_is_worth_by_the_assumed_rise_of_the_price():
    held = japan_ndpr.stock(60, "in China")
    assert held.worth.value == pytest.approx(held.tonnes.value * japan_ndpr.prices()["in China"].mid / 1000)
    assert held.fill.value == pytest.approx(held.worth.value * (1 + held.premium_pct / 100))


def test_the_floor_paid_what_its_producer_publishes():
    paid = japan_ndpr.floor_income().set_index("Period")
    assert paid["Paid"]["the financial year 2025"].value == 51.0
    assert paid["Paid"]["the first quarter of 2026"].value == 42.3
    assert paid["USD a tonne sold"]["the first quarter of 2026"] == f"{42.3e6 / 1006:,.0f}"


def test_published_losses_are_never_set_against_one_element():
    studies = japan_ndpr.studies()
    assert len(studies) == 9 and set(studies["Study"]) == {"NRI", "Daiwa", "Mizuho"}
    assert not hasattr(japan_ndpr, "break_even")
