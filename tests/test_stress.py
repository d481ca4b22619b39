"""Cuts, stocks and pools: closed forms to 1e-6, conservation in every draw, and what a pool can and cannot do."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rareearth import tables
from rareearth.reserves import (
    cost,
    country,
    group,
    instruments,
    plans,
    pooling,
    scenario,
    shocks,
    stress,
    worth,
)
from rareearth.reserves.scenario import Answer, Baseline, Shock, simulate, stock_for

BASE = Baseline(1000.0, {"CHN": 36_500.0, "AUS": 4000.0}, 1500.0)
ONE = Baseline(0.0, {"CHN": 36_500.0})  # 100 t a day


def test_no_shock_no_gap():
    result = simulate(BASE, Shock(("CHN",), 0.0, 100, 30), Answer(), 10.0)
    assert result.gap_t[0] == 0 and result.empty_day[0] == np.inf and result.unmet_pct[0] == 0


def test_a_cut_takes_only_its_own_part():
    result = simulate(BASE, Shock(("CHN",), 0.75, 100), Answer(), 0.0)
    assert result.gap_t[0] == pytest.approx(0.75 * 36_500 * 100 / 365, rel=1e-9)
    both = simulate(BASE, Shock(("CHN", "AUS"), 1.0, 365), Answer(), 0.0)
    assert both.gap_t[0] == pytest.approx(40_500)


@pytest.mark.parametrize("stock", [1.0, 500.0, 4000.0, 9999.0])
def test_closed_form_with_a_ramp(stock):
    """First gap 100 t a day, closed in 200 days: need g0 T / 2, lasts T (1 - sqrt(1 - 2 S / (g0 T)))."""
    result = simulate(ONE, Shock(("CHN",), 1.0, 365), Answer(ramp_t_a_year=36_500, ramp_days=200), stock)
    assert result.gap_t[0] == pytest.approx(100 * 200 / 2, rel=1e-6)
    assert result.empty_day[0] == pytest.approx(200 * (1 - np.sqrt(1 - 2 * stock / (100 * 200))), rel=1e-6)


@pytest.mark.parametrize("stock", [1.0, 777.0, 4999.0])
def test_closed_form_without_a_ramp(stock):
    result = simulate(ONE, Shock(("CHN",), 0.5, 100), Answer(), stock)
    assert result.gap_t[0] == pytest.approx(5000, rel=1e-9)
    assert result.empty_day[0] == pytest.approx(stock / 50, rel=1e-6)
    assert result.unmet_t[0] == pytest.approx(5000 - stock, rel=1e-9)


def test_days_of_cover_equal_the_target_when_the_stock_does():
    for days in (30, 60, 180):
        result = simulate(ONE, Shock(("CHN",), 1.0, 365), Answer(), 36_500 * days / 365)
        assert result.empty_day[0] == pytest.approx(days, rel=1e-6)


def test_policies_and_private_stock():
    shock = Shock(("CHN",), 1.0, 100)
    rationed = simulate(ONE, shock, Answer(), 3000.0, policy="rationed", ration=0.5)
    assert rationed.empty_day[0] == pytest.approx(60, rel=1e-6) and rationed.drawn_t[0] == 3000
    constant = simulate(ONE, shock, Answer(), 3000.0, policy="constant", rate_t_a_day=20)
    assert constant.drawn_t[0] == pytest.approx(2000) and constant.empty_day[0] == np.inf
    firms = simulate(ONE, shock, Answer(private_t=1000.0), 3000.0)
    assert firms.private_t[0] == 1000 and firms.empty_day[0] == pytest.approx(40)


CUTS = st.tuples(st.floats(0, 1), st.integers(0, 400), st.integers(0, 200))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(CUTS, min_size=1, max_size=8),
    st.floats(0, 50_000),
    st.floats(0, 1),
    st.floats(0, 40_000),
    st.floats(0, 3000),
    st.sampled_from(["full", "rationed", "constant"]),
)
def test_conservation_in_every_draw(cuts, stock, restraint, ramp, firms, policy):
    depth, length, back = (np.array(column, dtype=float) for column in zip(*cuts, strict=True))
    reply = Answer(restraint, ramp, 180, firms)
    result = simulate(
        BASE, Shock(("CHN",), depth, length, back), reply, stock, policy=policy, ration=0.4, rate_t_a_day=30
    )
    total = result.private_t + result.drawn_t + result.unmet_t
    assert np.allclose(total, result.gap_t, rtol=1e-9, atol=1e-6)
    assert (result.drawn_t <= stock + 1e-6).all() and (result.unmet_t >= -1e-6).all()
    assert (result.gap_t <= 36_500 + 1e-6).all()
    more = simulate(BASE, Shock(("CHN",), depth, length, back), reply, stock + 100, policy=policy, ration=0.4,
                    rate_t_a_day=30)  # fmt: skip
    assert (more.unmet_t <= result.unmet_t + 1e-6).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(CUTS, min_size=1, max_size=8),
    st.floats(1, 50_000),
    st.floats(0, 1),
    st.floats(0, 40_000),
    st.integers(1, 500),
    st.sampled_from(["full", "rationed"]),
)
def test_the_corners_of_the_gap_give_what_its_days_give(cuts, stock, restraint, ramp, ramp_days, policy):
    depth, length, back = (np.array(column, dtype=float) for column in zip(*cuts, strict=True))
    shock, reply = Shock(("CHN",), depth, length, back), Answer(restraint, ramp, ramp_days)
    result = simulate(BASE, shock, reply, stock, policy=policy, ration=0.4)
    gap, unmet = result.gap_a_day_t, result.unmet_a_day_t
    assert gap.shape == unmet.shape == (len(cuts), 365)
    assert np.allclose(gap.sum(axis=1), result.gap_t, rtol=1e-9, atol=1e-6)
    assert np.allclose(unmet.sum(axis=1), result.unmet_t, rtol=1e-9, atol=1e-6)
    # On the day on which the reserve ends, the summed draws of the days reach it.
    for row in np.flatnonzero(np.isfinite(result.empty_day)):
        drawn, day = np.cumsum(gap[row] - unmet[row]), int(result.empty_day[row])
        assert drawn[day] == pytest.approx(stock, rel=1e-6) and (day == 0 or drawn[day - 1] <= stock + 1e-6)


@pytest.mark.parametrize("policy", ["full", "constant"])
def test_many_draws_at_once_are_each_as_alone(policy):
    count = scenario._CHUNK_DRAWS + 3
    depth, stock = np.linspace(0, 1, count), np.linspace(3000, 0, count)
    options = {"policy": policy, "rate_t_a_day": 60}
    together = simulate(ONE, Shock(("CHN",), depth, 90, 30), Answer(), stock, **options)
    for row in (0, 1, scenario._CHUNK_DRAWS - 1, scenario._CHUNK_DRAWS, count - 1):
        alone = simulate(ONE, Shock(("CHN",), depth[row], 90, 30), Answer(), stock[row], **options)
        for name in ("gap_t", "drawn_t", "unmet_t", "empty_day"):
            assert getattr(together, name)[row] == getattr(alone, name)[0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Baseline(-1, {"CHN": 2}), "not be negative"),
        (lambda: Baseline(0, {"CHN": 2}, 3), "imports must exceed"),
        (lambda: Shock(("CHN",), 1.2, 3), "share from 0 to 1"),
        (lambda: Shock(("CHN",), 0.2, 3.5), "whole days"),
        (lambda: Answer(restraint=2), "restraint is 0 to 1"),
        (lambda: simulate(ONE, Shock(("XYZ",), 1, 3), Answer(), 0), "no imports from XYZ"),
        (lambda: simulate(ONE, Shock(("CHN",), 1, 3), Answer(), -1), "not negative"),
        (lambda: simulate(ONE, Shock(("CHN",), 1, 3), Answer(), 1, policy="hope"), "none of full"),
    ],
)
def test_refused_in_one_line(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_stock_for_a_share_of_cuts():
    shock = Shock(("CHN",), np.linspace(0.01, 1, 100), np.full(100, 100))
    result = simulate(ONE, shock, Answer(), 0.0)
    assert stock_for(result, 95) == pytest.approx(9500) and stock_for(result, 100) == pytest.approx(10_000)


def test_magnets_of_2025_are_calibrated_on_published_months():
    shape = shocks.magnets_2025()
    assert shape.depth_pct[1] == pytest.approx(100 * (1 - 1238 / (58_152 / 12)))
    assert 74 < shape.depth_pct[1] < 75.5  # published elsewhere as about 75 % on the year
    months = pd.Series({"2025-04": 50.0, "2025-05": 25.0, "2025-06": 75.0, "2025-07": 101.0})
    depth, length, back = shocks.trough(months, 100.0, "2025-04")
    assert (depth, back) == (75, pytest.approx(2 * 365 / 12))
    assert depth / 100 * (length + back / 2) == pytest.approx(1.5 * 365 / 12)  # as much as the months lost
    assert shocks.trough(months + 200, 100.0, "2025-04") == (0, 0, 0)
    assert {shape.kind for shape in shocks.stylised()} == {"stylised"}


@given(st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100)).map(sorted))
def test_pert_stays_between_its_ends(ends):
    values = shocks.draws_of(np.random.default_rng(1), tuple(ends), 50)
    assert values.min() >= ends[0] - 1e-9 and values.max() <= ends[2] + 1e-9


def test_costs_by_hand():
    assert cost.premium(100, 100, 0.5, -0.5) == pytest.approx(1.0)
    assert cost.premium(0, 100, 0.3, 0.2) == 0
    assert cost.fill_usd(10, 69, 0.1, other_imports_t=5) == pytest.approx(1000 * 69 * (11 + 0.5))
    assert cost.carrying_usd(1e6, 2, 1, 0.5, 0.5) == pytest.approx(30_000)
    assert cost.usd_a_day_of_cover(30_000, 60) == 500
    assert cost.break_even_pct(41, 69, 0, 3.5, 48e6, 50, 1) == pytest.approx(0.4126, abs=1e-3)
    assert cost.break_even_pct(41, 69, 0, 3.5, 48e6, 50, 0) == np.inf
    assert cost.price("Dysprosium oxide", 2025, "annual average, free on board")["value"] == 239
    held = cost.marked_to_market(1000, pd.Series({2022: 124.0, 2024: 55.0}))
    assert held[2022] - held[2024] == pytest.approx(69e6)
    for bad in ((1, 0, 0.3, 0.2), (1, 10, 0, 0), (-1, 10, 0.3, 0.2)):
        with pytest.raises(ValueError, match="no price of"):
            cost.premium(*bad)


def test_newsvendor():
    need = np.arange(1, 1001, dtype=float)
    assert cost.newsvendor_t(need, 10, 10, 0, 1000) == pytest.approx(900)  # 1 - 10 / (0.1 x 1000)
    assert cost.newsvendor_t(need, 10, 100, 0, 1000) == 0  # carrying eats the gain
    assert cost.newsvendor_t(need, 0, 1, 0, 1000) == 0


NEEDS = st.lists(st.lists(st.floats(0, 1000), min_size=3, max_size=3), min_size=2, max_size=40).map(np.array)


@given(NEEDS, st.floats(0, 1))
def test_a_pool_never_needs_more_at_one_expected_unmet_share(need, level):
    costs = pooling.costs(need, ["A", "B", "C"], level)
    apart = sum(costs[frozenset([member])] for member in "ABC")
    assert costs[frozenset("ABC")] <= apart + 1e-6 * (1 + apart)
    for group_, stock in costs.items():
        if group_:
            columns = ["ABC".index(member) for member in sorted(group_)]
            x = need[:, columns].sum(axis=1)
            assert pooling.expected_unmet(x, stock) <= level * x.mean() + 1e-6 * (1 + x.mean())


@given(NEEDS, st.floats(0, 1))
def test_shapley_is_efficient_and_symmetric(need, level):
    need = np.column_stack([need[:, 0], need[:, 0], need[:, 2]])
    costs = pooling.costs(need, ["A", "B", "C"], level)
    value = pooling.shapley(costs, ["A", "B", "C"])
    assert sum(value.values()) == pytest.approx(costs[frozenset("ABC")], rel=1e-9, abs=1e-6)
    assert value["A"] == pytest.approx(value["B"], rel=1e-6, abs=1e-6)


SEVERITY = np.array([0.1, 0.2, 0.4])
SEVEN = {name: 100.0 * (place + 1) for place, name in enumerate("ABCDEFG")}


def test_a_fully_common_shock_leaves_nothing_to_gain():
    need = pooling.needs(SEVEN, pooling.Risk(0.1, 1.0, SEVERITY), 5000, 7)
    costs = pooling.costs(need, list(SEVEN), 0.05)
    apart = sum(costs[frozenset([member])] for member in SEVEN)
    assert costs[frozenset(SEVEN)] == pytest.approx(apart, rel=1e-9)
    own = pooling.needs(SEVEN, pooling.Risk(0.1, 0.0, SEVERITY), 5000, 7)
    assert pooling.costs(own, list(SEVEN), 0.05)[frozenset(SEVEN)] < 0.6 * apart


def test_quantiles_may_lose_in_a_pool():
    need = pooling.needs(dict.fromkeys("ABCDEFG", 100.0), pooling.Risk(0.04, 0.0, np.array([1.0])), 20_000, 1)
    apart, together = pooling.quantile_gain(need, 95)
    assert apart == 0 and together == 100


@pytest.mark.parametrize("common", [0.0, 0.5, 1.0])
def test_each_member_keeps_its_own_probability(common):
    need = pooling.needs(SEVEN, pooling.Risk(0.1, common, SEVERITY), 40_000, 3)
    assert np.abs((need > 0).mean(axis=0) - 0.1).max() < 0.008  # five standard errors


def test_commitment_runs_from_apart_to_a_full_pool():
    need = pooling.needs(SEVEN, pooling.Risk(0.1, 0.3, SEVERITY), 4000, 5)
    costs = pooling.costs(need, list(SEVEN), 0.05)
    apart = sum(costs[frozenset([member])] for member in SEVEN)
    needed = [pooling.stock_with(need, 0.05, part) for part in (0, 0.25, 0.5, 0.75, 1)]
    assert needed[0] == pytest.approx(apart, rel=1e-6)
    assert needed[-1] == pytest.approx(costs[frozenset(SEVEN)], rel=1e-6)
    assert all(after <= before + 1e-6 for before, after in zip(needed, needed[1:], strict=False))


def test_too_many_members_are_refused():
    with pytest.raises(ValueError, match="exact up to 12"):
        pooling.costs(np.ones((2, 13)), [str(i) for i in range(13)], 0.05)


def test_the_least_stock_is_the_least():
    need = np.array([0.0, 0.0, 50.0, 100.0])
    assert pooling.stock_at(need, 0.0) == 100
    assert pooling.stock_at(need, 1.0) == 0
    stock = pooling.stock_at(need, 0.3)
    assert pooling.expected_unmet(need, stock) == pytest.approx(0.3 * need.mean())


def test_countries_by_their_records():
    assert set(country.with_data()) >= {"JPN", "USA", "KOR", "DEU", "FRA", "ITA", "GBR", "AUS", "IND", "CAN"}
    usa = country.magnets("USA")
    assert usa.value_usd["CHN"] == pytest.approx(366_341_101, abs=1)  # BACI24-CHN-USA
    assert country.magnets("DEU").value_usd["CHN"] == pytest.approx(513_918_501, abs=1)  # BACI24-CHN-DEU
    union = country.magnets(country.EU)
    assert not set(union.mass_t) & set(country.EU_MEMBERS)
    assert country.compounds("CAN") is None and country.compounds_by_china("CAN").total_t > 0
    tonnes, usd = country.days_of_imports(usa, 365, "CHN")
    assert usd.value == pytest.approx(366.341101) and tonnes.value == pytest.approx(usa.mass_t["CHN"])


@pytest.mark.fault(135)
def test_stress_of_a_country_is_the_same_for_the_same_seed():
    shape = shocks.magnets_2025()
    one, two = (stress.run(country.magnets("KOR"), shape, 60, 500, 11) for _ in range(2))
    assert stress.missing(one) == stress.missing(two)
    assert (
        stress.stock_for(one, 90).value <= stress.stock_for(one, 95).value <= stress.stock_for(one, 99).value
    )
    # A cut can take no more than China's part of the imports.
    imports = country.magnets("KOR")
    assert one.need_days.max() <= 365 * imports.mass_t["CHN"] / imports.total_t
    assert 0 <= stress.lasting(one).low <= stress.lasting(one).high <= 100


def test_a_group_adds_up():
    found = group.group(country.G7, 70, 5, 1500, 3)
    shares = group.divided(found)
    for key in shares.columns[1:]:
        assert shares[key].sum() == pytest.approx(found.together_t)
    told = group.stability(found, shares).set_index("Key")
    assert (told["Of all"] == 127).all() and told["Coalitions that would leave"]["equal parts"] > 0
    saved = group.savings(country.G7, (0, 70, 100), 5, 1500, 3)
    assert saved[0] > saved[70] > saved[100] == pytest.approx(0, abs=1e-6)
    apart = sum(found.apart_t.values())
    assert group.gain(found, saved, 70).value == pytest.approx(100 * (1 - found.together_t / apart))


def test_what_a_stock_of_ndpr_for_japan_costs():
    at_china, outside = (worth.stock(60, name) for name in worth.prices())
    assert at_china.tonnes.value == pytest.approx(5500 * 60 / 365)
    assert at_china.fill.value == pytest.approx(904.1 * 69 * 1.2072 / 1000, rel=1e-3)
    assert outside.fill.value / at_china.fill.value == pytest.approx(
        (82.5 + 85) / 2 / 69
    )  # Europe in September
    assert at_china.a_day.value * 60 == pytest.approx(at_china.carrying.value * 1e6)
    assert at_china.fill.low < at_china.fill.value < at_china.fill.high
    assert worth.market()["value"].sum() == 6558 + 2599


def test_published_losses_a_day():
    found = {loss.name: loss for loss in worth.losses()}
    yen = {name: loss.usd_a_day / 0.00638364 / 1e9 for name, loss in found.items()}
    assert yen["NRI, 3 months"] == pytest.approx(660 / (365 / 4)) and 7.1 < yen["NRI, 12 months"] < 7.2
    assert yen["Daiwa, 12 months"] == pytest.approx(19.2, abs=0.05)
    assert found["Mizuho, after 60 days"].from_day == 61
    used = {figure for loss in found.values() for figure in loss.figure_ids}
    assert not used & {"shock-0007", "shock-0008"}  # they cover other minerals too


def test_break_even_rises_with_the_day_and_starts_where_a_study_speaks():
    chances = worth.break_even(range(1, 121, 10), 400, 5)
    for name in chances:
        known = chances[name].dropna()
        assert (known.diff().dropna() >= -1e-12).all()
    assert chances["Mizuho, after 60 days"].loc[:60].isna().all()


def test_instruments_and_mark_to_market():
    ways = instruments.instruments().set_index("instrument")["usd"]
    assert ways["Floor price"].value * 2599 == pytest.approx(106.6e6, rel=1e-3)
    # Nothing is paid where China's price is above the floor of USD 110/kg (124 in 2022); 55,000 USD/t at 55 in 2024.
    assert (ways["Floor price"].low, ways["Floor price"].high) == (0, 55_000)
    assert ways["Right of first supply"].value == pytest.approx(200e6 * 0.664408 / 7200 / 15)
    assert ways["Shares in the producer"].high == pytest.approx(400e6 * 0.05 / 2599)
    held = worth.stock(60, "outside China")
    assert ways["Stock"].value * held.tonnes.value == pytest.approx(held.carrying.value * 1e6)
    terms = plans.accounted().set_index("figure_id").loc["JP-16", "coverage_basis"]
    assert f"{instruments.RIGHT_T_A_YEAR:,} t/y" in terms and f"until {instruments.RIGHT_UNTIL}" in terms
    assert worth.record()["value"].loc[[2022, 2024]].tolist() == [124, 55]


def test_every_dimension_of_every_plan_that_holds_or_secures():
    table = plans.accounted()
    side = plans.dimensions(table)
    held = table[(table["treatment"] == "shown") & table["reserve_type"].isin(plans.HOLDS_OR_SECURES)]
    assert len(side) == len(held) == 24
    months = side.set_index("Plan")["Months, restriction to announcement"]
    assert months["US-13 United States"] == "3" and months["KR-03 South Korea"] == ""
    events = tables.load("export_controls_timeline").set_index("figure_id")["date"]
    named = tables.load("plan_dimensions").merge(table, left_on="plan_id", right_on="figure_id")
    for row in named[named["shock_event"] != ""].itertuples():
        assert events[row.shock_event] <= (row.announced_on + "-99")
