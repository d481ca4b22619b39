"""Cuts read from records: shapes, losses where they happened, the back-test, and controls on monthly series."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth import uncertainty
from rareearth.errors import Refused
from rareearth.reserves import event_study, stress
from rareearth.trade import store

MONTHS = pd.period_range("2017-01", "2024-12", freq="M")
START = "2023-08"


def test_magnets_of_2025_follow_published_months():
    cut = stress.magnets_2025()
    assert cut.depth.mid == pytest.approx(100 * (1 - 1238 / (58_152 / 12)))
    assert 74 < cut.depth.mid < 75.5  # published elsewhere as about 75 % on the year
    assert {one.kind for one in stress.stylised()} == {"stylised"}


def test_a_trough_loses_as_much_as_its_months():
    months = pd.Series({"2025-04": 50.0, "2025-05": 25.0, "2025-06": 75.0, "2025-07": 101.0})
    depth, length, back = stress.trough(months, 100.0, "2025-04")
    assert (depth, back) == (75, pytest.approx(2 * 365 / 12))
    assert depth / 100 * (length + back / 2) == pytest.approx(1.5 * 365 / 12)
    assert stress.trough(months + 200, 100.0, "2025-04") == (0, 0, 0)


@given(st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100)).map(sorted))
def test_pert_stays_between_its_ends(ends):
    values = uncertainty.pert(np.random.default_rng(1).random(50), *ends)
    assert values.min() >= ends[0] - 1e-9 and values.max() <= ends[2] + 1e-9


def test_a_deep_cut_is_a_long_one():
    shock = stress.drawn(stress.magnets_2025(), ("CHN",), 500, 4)
    order = np.argsort(shock.depth)
    assert (np.diff(shock.length_days[order]) >= 0).all() and (np.diff(shock.recovery_days[order]) >= 0).all()


def test_myanmar_falls_as_it_fell_itself():
    cut = stress.own_falls("CHN", "MMR")
    # China's imports of HS 2846 from Myanmar: 72,074 t in 2023, 44,366 t in 2024.
    assert cut.depth.high == pytest.approx(100 * (1 - 44_365.51 / 72_073.76), abs=0.01)
    assert cut.length.mid == 365 and "2022" in cut.title and "2020" not in cut.title


def test_what_the_united_states_lost_in_2025():
    usa = stress.loss_2025("USA")
    assert usa["net"].mid == 7_446 - 5_933
    assert usa["supply_days"].mid == pytest.approx(1_513 * 365 / 7_446)
    assert usa["import_days"].value == pytest.approx(57.4, abs=0.1)  # 77.4 % of magnets came from China
    # Months below the mean month of 2024; January to April are known as one sum.
    below = sum(max(0, 620.5 - month) for month in (46, 353, 619, 590, 420, 656, 582, 564))
    rest = 4 * 620.5 - (5_933 - (46 + 353 + 619 + 590 + 420 + 656 + 582 + 564))
    assert usa["gross"] == pytest.approx(below + rest)


def test_the_fall_of_2025_has_no_range_that_the_missing_months_forbid():
    tonnes, share = stress.fall_in_2025("USA")
    assert tonnes.value == 1_513 and share.value == pytest.approx(100 * 1_513 / 7_446)
    days = stress.loss_2025("USA")["import_days"]
    assert days.low == days.value == days.high and "2025-04" in days.note


def test_where_a_series_is_missing_the_row_says_which():
    found = stress.losses_2025().set_index("iso3")
    assert set(found.index[found["net"].notna()]) == {"WLD", "USA", "EUU"}
    for place in ("JPN", "KOR", "IND", "DEU"):
        assert "2024" in found["missing"][place] and found["import_days"][place] is None
    assert found["net"]["EUU"].mid < 0 and found["import_days"]["EUU"].value == 0


def test_the_back_test_prints_how_often_it_was_right():
    found = stress.backtest(1000, 1)
    inside, tested = stress.coverage(found)
    assert (inside, tested) == (2, 3)  # 90 % was promised
    untested = found[found["Inside"] == "not testable"]
    assert (untested["Why"] != "").all() and {"Stop to Japan, 2010", "Controls of January 2026"} <= set(
        untested["Event"]
    )


def series(seed: int, effect: float = 1.0, trend: float = 0.01) -> pd.Series:
    random = np.random.default_rng(seed)
    season = 0.3 * np.sin(2 * np.pi * MONTHS.month / 12)
    log = 5 + season + trend * np.arange(len(MONTHS)) + random.normal(0, 0.2, len(MONTHS))
    return pd.Series(np.exp(log) * np.where(MONTHS >= pd.Period(START, "M"), effect, 1.0), MONTHS)


def test_an_effect_that_was_put_in_is_found():
    found = [event_study.effect(series(seed, effect=0.5), START) for seed in range(40)]
    assert np.mean([one.low_pct <= -50 <= one.high_pct for one in found]) >= 0.85
    assert np.mean([one.p < 0.1 for one in found]) > 0.9
    assert np.mean([one.change_pct for one in found]) == pytest.approx(-50, abs=4)


def test_no_effect_is_found_where_there_is_none():
    found = [event_study.effect(series(seed), START) for seed in range(60)]
    assert np.mean([one.p < 0.1 for one in found]) <= 0.15


def test_what_moves_all_codes_alike_is_no_effect_of_the_control():
    shared = pd.Series(np.where(MONTHS >= pd.Period(START, "M"), 0.5, 1.0), MONTHS)
    one, other = series(1) * shared, series(2) * shared
    assert event_study.effect(one, START, [other]).low_pct < 0 < event_study.effect(one, START, [other]).high_pct
    assert event_study.effect(one, START).high_pct < -20


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (lambda one: one[: pd.Period(START, "M") + 3], "79 before and 4 from"),
        (lambda one: one[pd.Period(START, "M") - 30 :], "30 before"),
        (lambda one: one.drop(pd.Period("2020-05", "M")), "2020-05"),
    ],
)
def test_missing_months_are_named(cut, message):
    with pytest.raises(Refused, match=f"months missing: .*{message}"):
        event_study.effect(cut(series(1)), START)


def test_gallium_and_graphite_are_tested_and_rare_earths_say_what_is_missing():
    flows = store.load_flows()
    found = event_study.studies(flows).set_index(["hs6", "what"])
    assert found["effect"][("250410", "tonnes")].high_pct < 0  # natural graphite fell
    assert found["effect"][("811292", "tonnes")].low_pct < 0 < found["effect"][("811292", "tonnes")].high_pct
    for code in ("280530", "284690", "850511"):
        assert found["effect"][(code, "tonnes")] is None and found["missing"][(code, "tonnes")].startswith(
            "months missing"
        )
    graphite = event_study.estimate(found.reset_index().set_index("hs6", drop=False).loc["250410"].iloc[0], flows)
    assert graphite.unit == "ratio" and graphite.value < 1 and len(graphite.inputs) > 96


def test_a_users_own_months_are_tested_like_those_of_the_project():
    own = series(3, effect=0.4)
    flows = pd.DataFrame(
        {
            "reporter_iso3": "CHN", "partner_iso3": "JPN", "flow": "export", "hs6": "284690", "hs_code": "284690",
            "year": MONTHS.year, "month": MONTHS.month, "mass_kg": own.to_numpy() * 1000, "value_usd": own.to_numpy() * 9,
            "source_id": "file:months.csv", "source_row": range(2, len(MONTHS) + 2),
        }
    )  # fmt: skip
    held = event_study.monthly(flows, "CHN", "284690")
    assert held["tonnes"].to_numpy() == pytest.approx(own.to_numpy()) and len(held) == len(MONTHS)
    assert event_study.effect(held["tonnes"], START).high_pct < -40
