"""The methods from one sample: closed cases, a world in which all must agree, and what moves them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth import tables
from rareearth.errors import Refused
from rareearth.processing import mass_balance, methods, simulation
from rareearth.uncertainty import LEVEL_PCT

TONNES = st.floats(1, 1e6)


def year(number=2024, edition="MCS2026", india=300.0, record="china_customs"):
    return simulation.year(number, edition, india, record)


@pytest.fixture(scope="module")
def years():
    return {number: year(number) for number in mass_balance.years("MCS2026")}


def shares(**changes):
    world = {
        "quota": 100.0,
        "feed": 0.0,
        "china": 100.0,
        "sold": 0.0,
        "us_ore": 0.0,
        "kept": 10.0,
        "elsewhere": 10.0,
        "recovery": 1.0,
        "undocumented": 0.0,
        "between": 0.5,
    }
    return methods.shares_pct(**{**world, **changes})


# Arithmetic cases of a trial by hand with its inputs, and with 300 t for India.
@pytest.mark.parametrize(("elsewhere", "share"), [(20_044, 92.4), (17_444, 93.3)])
def test_quota_2023_of_the_trial(elsewhere, share):
    assert shares(quota=243_850, elsewhere=elsewhere)["quota"] == pytest.approx(share, abs=0.1)


def test_quota_2018_with_a_fifth_undocumented():
    """methods: 82.5 by the quota becomes 85.5 when a fifth of the true output is undocumented."""
    found = shares(quota=115_000, elsewhere=24_346, undocumented=0.2 / 0.8)["quota"]
    assert found == pytest.approx(85.5, abs=0.1)


@given(TONNES, TONNES)
def test_in_a_world_without_trade_stocks_and_losses_all_methods_give_the_same_share(china, other):
    found = shares(quota=china, china=china, kept=other, elsewhere=other)
    exact = 100 * china / (china + other)
    for method in (
        "quota",
        "quota_with_feed",
        "separation",
        "mass_balance_processed",
        "mass_balance_origin",
        "mined",
    ):
        assert found[method] == pytest.approx(exact), method


@given(TONNES, TONNES, TONNES, TONNES, TONNES)
def test_in_a_world_that_trades_ore_the_balance_and_the_upper_bound_agree(china, sold, us_ore, other, stock):
    """All feed is in the balance and in A+; ore in stock lowers origin only."""
    found = shares(
        quota=china, china=china, sold=sold, feed=sold, us_ore=us_ore, kept=us_ore + other, elsewhere=other
    )
    assert found["quota_with_feed"] == pytest.approx(found["mass_balance_processed"])
    assert found["mass_balance_origin"] == pytest.approx(found["mass_balance_processed"])
    assert found["quota"] <= found["separation"] <= found["quota_with_feed"] + 1e-9
    stocked = shares(
        quota=china,
        china=china,
        sold=sold,
        feed=sold,
        us_ore=us_ore,
        kept=us_ore + other + stock,
        elsewhere=other,
    )
    assert stocked["mass_balance_processed"] == pytest.approx(found["mass_balance_processed"])
    assert stocked["mass_balance_origin"] < found["mass_balance_origin"]


def test_monte_carlo_error_is_below_a_twentieth_of_a_point_everywhere(years):
    for one in years.values():
        for method, results in one.sample.items():
            assert results.size == 2**17
            assert one.interval(method).error < 0.05, (one.year, method)


def test_bounds_hold_point_by_point(years):
    for number, one in years.items():
        sample = one.sample
        if one.with_quota:
            assert (sample["quota"] <= sample["separation"] + 1e-9).all()
            assert (sample["separation"] <= sample["quota_with_feed"] + 1e-9).all()
        else:
            assert number == 2025 and np.array_equal(sample["separation"], sample["mass_balance_processed"])


def test_estimates_are_traced_and_say_kind_and_level(years):
    known = set(tables.load("sources")["source_id"])
    for one in years.values():
        for method in one.sample:
            estimate = one.estimate(method)
            assert estimate.inputs and set(estimate.source_ids) <= known
            assert (
                f"{LEVEL_PCT:g} % interval" in estimate.interval and "Monte-Carlo error" in estimate.interval
            )
            assert estimate.edition == one.balance.edition


def test_central_values_of_the_published_years(years):
    """The order of the trial's result, with this notebook's inputs: pinned so that a change is seen."""
    found = {number: round(one.interval("separation").median, 1) for number, one in years.items()}
    assert found == pytest.approx(
        {2018: 88.3, 2019: 89.6, 2020: 91.1, 2021: 91.4, 2022: 92.2, 2023: 94.2, 2024: 93.9, 2025: 93.3},
        abs=0.11,
    )


def test_every_parameter_moves_what_it_should():
    base = year()
    assert year(india=1500.0).interval("quota").median < base.interval("quota").median
    for record in ("us_exports", "company_sales", "not_separated_at_home"):
        assert year(record=record).interval("mass_balance_origin") != base.interval("mass_balance_origin")
    assert year(edition="MCS2025").interval("mined") != base.interval("mined")
    assert year(2023).interval("quota") != base.interval("quota")
    with pytest.raises(Refused, match="MCS2025"):
        year(2025, "MCS2025")


def test_what_comes_from_chinas_imports_is_one_draw():
    names = [one.name for one in year().primitives]
    assert sum(name.startswith("mine output from China's imports") for name in names) == 1
    assert names.count("content of Myanmar's oxide") == 1
    assert len(names) == len(set(names))


def test_undocumented_output_ends_where_the_surveys_agree():
    assert simulation.undocumented_range(2018)[0] == pytest.approx(0.5)
    assert simulation.undocumented_range(2021)[0] == pytest.approx(180 / 168 - 1)
    assert simulation.undocumented_range(2022) == (0.0, [])


def test_sensitivity_is_that_of_additive_inputs():
    """No input of the share interacts much: first and total order add to about one."""
    found = year().sensitivity("separation")
    assert sum(one.first for one in found) == pytest.approx(1, abs=0.05)
    assert found == sorted(found, key=lambda one: -one.total)
    assert {"place between A and A+", "separated in Estonia (Silmet)"} == {
        one.primitive.name for one in found[:2]
    }


def test_editions_compared_says_what_the_earlier_interval_missed():
    table = simulation.editions_compared(year(edition="MCS2025"), year()).set_index("Share")["Inside"]
    assert table["Mined"] == "yes"
    # Australia's 2024 was revised from 13,000 to 29,000 t: no earlier revision was as large.
    assert table["Balance: origin (B)"] == "no"
