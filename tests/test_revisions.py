"""Revisions of mine output, and two surveys of the same mines."""

import numpy as np
import pytest

from rareearth.processing import revisions


def test_revisions_are_the_observed_ones():
    table = revisions.observed()
    of_2024 = table[(table["earlier"] == "MCS2025") & (table["kind"] == "first")].set_index("iso3")
    assert np.exp(of_2024.loc["AUS", "log_ratio"]) - 1 == pytest.approx(1.23, abs=0.005)
    assert np.exp(of_2024.loc["NGA", "log_ratio"]) - 1 == pytest.approx(-0.88, abs=0.005)
    assert "CHN" not in set(table["iso3"])
    without = revisions.log_ratios("10,000 t and more", "first", "MCS2025")
    assert len(without) < len(revisions.log_ratios("10,000 t and more", "first")) and np.exp(without.max()) < 4


def test_a_spread_multiplies_the_logarithm_and_leaves_the_smallest_figures():
    ratios = revisions.log_ratios("10,000 t and more", "first")
    at = np.array([0.1, 0.5, 0.9])
    assert revisions.factors(ratios, at, 2.0) == pytest.approx(revisions.factors(ratios, at) ** 2)
    assert [revisions.spread_of(size, 2.0) for size in revisions.SIZES] == [1.0, 2.0, 2.0]
    small = [
        table[table["size"] == "under 1,000 t"]["inside"].sum()
        for table in (revisions.hindcast(), revisions.hindcast(2))
    ]
    assert small[0] == small[1] == 7  # of 9


def test_difference_of_editions_sums_to_the_world():
    table = revisions.differences(2024, "MCS2025", "MCS2026").set_index("Country")
    assert table.loc["World (sum)", "MCS2026"] == 384_000 and table.loc["World (sum)", "MCS2025"] == 393_950
    assert table.loc["Australia", "Change, %"] == pytest.approx(123, abs=0.1)


def test_two_surveys_of_one_mine_output():
    """India is 4,200 t there and about 2,900 t here in every year; no value of the years that are held against it is used."""
    table = revisions.surveys()
    india = table[table["iso3"] == "IND"]["log_ratio"]
    assert india.to_numpy() == pytest.approx(np.log(4_200 / 2_900), abs=0.005) and len(india) == 4
    assert set(table["iso3"]) == {"BDI", "IND", "MDG", "MYS", "RUS", "VNM"}
    assert table["reference_year"].max() < revisions.NEWEST_BRITISH_YEAR - 2
    # Either survey as likely: half of the quantiles are USGS's own figure.
    assert revisions.survey_factors(np.array([0.5])) == pytest.approx(1.0)
    ends = np.exp([table["log_ratio"].min(), table["log_ratio"].max()])
    assert revisions.survey_factors(np.array([0.0, 1.0])) == pytest.approx(ends)
    # 255,000 of the survey's 352,478 t and the USA's 41,600 t.
    assert revisions.british_share_pct(2023) == pytest.approx(100 * 255_000 / (352_478 + 41_600), abs=0.01)


def test_undocumented_output_ends_where_the_surveys_agree():
    assert revisions.undocumented(2018).ends == pytest.approx((0, 0.25, 0.5))
    assert revisions.undocumented(2021).high == pytest.approx(180 / 168 - 1)
    assert revisions.undocumented(2022).ends == (0, 0, 0)
