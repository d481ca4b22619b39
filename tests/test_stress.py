"""Cuts against stocks: closed forms to 1e-6, conservation in every draw, and the same seed the same numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rareearth.reserves import country, goods, stress
from rareearth.reserves.scenario import Answer, Baseline, Shock, simulate

BASE = Baseline(1000.0, {"CHN": 36_500.0, "AUS": 4000.0}, 1500.0)
ONE = Baseline(0.0, {"CHN": 36_500.0})  # 100 t a day


def test_no_shock_no_gap():
    result = simulate(BASE, Shock(("CHN",), 0.0, 100, 30), Answer(), 10.0)
    assert result.gap_t[0] == 0 and result.empty_day[0] == np.inf


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
    count = 50
    depth, stock = np.linspace(0, 1, count), np.linspace(3000, 0, count)
    options = {"policy": policy, "rate_t_a_day": 60}
    together = simulate(ONE, Shock(("CHN",), depth, 90, 30), Answer(), stock, **options)
    for row in (0, 1, count // 2, count - 1):
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


@pytest.mark.fault(135)
def test_stress_of_a_country_is_the_same_for_the_same_seed():
    imports = goods.magnets("KOR")
    one, two = (stress.run(imports, stress.magnets_2025(), 500, 11) for _ in range(2))
    assert stress.missing(one) == stress.missing(two)
    stocks = [stress.stock_for(one, share).value for share in (90, 95, 99)]
    assert stocks == sorted(stocks) and stocks[-1] <= stress.longest(one).value
    # A cut can take no more than China's part of the imports.
    assert one.need_days.max() <= 365 * imports.mass_t["CHN"] / imports.total_t


def test_the_page_of_a_country_is_about_what_a_cut_would_hit_most():
    assert (country.hit_most("JPN")[0].good, country.hit_most("JPN")[1]) == ("compounds", "CHN")
    assert country.hit_most("DEU")[0].good == country.hit_most("CAN")[0].good == "magnets"
    assert country.hit_most("CHN")[1] == "MMR"
    japan = country.exposure(*country.hit_most("JPN"), 2000, 20261124)
    assert (japan.share.low, japan.share.high) == pytest.approx((46.6, 76.2), abs=0.05)
    assert 28 < stress.missing(japan.fitted).value < 32  # of magnets it would be 11
    usa = country.exposure(*country.hit_most("USA"), 500, 1)
    assert usa.happened.value == pytest.approx(57.4, abs=0.1) and japan.happened is None


def test_china_is_never_given_the_cut_of_another():
    china = country.exposure(*country.hit_most("CHN"), 500, 1)
    assert not any("April 2025" in title or "Japan" in title for title in china.runs)
    assert "Myanmar" in next(iter(china.runs))


def test_countries_by_their_records():
    assert set(goods.with_page()) >= {
        "JPN",
        "USA",
        "KOR",
        "DEU",
        "FRA",
        "ITA",
        "GBR",
        "AUS",
        "IND",
        "EUU",
        "CAN",
    }
    usa = goods.magnets("USA")
    assert usa.value_usd["CHN"] == pytest.approx(366_341_101, abs=1)  # BACI24-CHN-USA
    assert goods.magnets("DEU").value_usd["CHN"] == pytest.approx(513_918_501, abs=1)  # BACI24-CHN-DEU
    union = goods.magnets("EUU")
    assert len(goods.members("EU")) == 27 and not set(union.mass_t) & set(goods.members("EU"))
    assert goods.compounds("CAN") is None and goods.compounds_by_china("CAN").total_t > 0
    tonnes, usd = goods.days_of_imports(usa, 365, "CHN")
    assert usd.value == pytest.approx(366.341101) and tonnes.value == pytest.approx(usa.mass_t["CHN"])
