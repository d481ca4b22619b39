"""Quotas and plants: published values, what is derived from them, and what is refused."""

import pytest

from rareearth import tables
from rareearth.errors import Refused
from rareearth.paths import NOTEBOOKS
from rareearth.processing import composition, output
from rareearth.site.parameters import defaults
from rareearth.uncertainty import assumed


def test_quotas_are_the_published_ones():
    found = [output.quota(year)["value"] for year in output.YEARS]
    assert found == [115_000, 127_000, 135_000, 162_000, 202_000, 243_850, 254_000]
    with pytest.raises(Refused, match="2025"):
        output.quota(2025)


def test_a_year_without_a_quota_grows_between_what_was_seen():
    growth = output.growth(2025)
    last = 254_000 / 243_850
    assert growth.ends == pytest.approx((2 - last, last, 202_000 / 162_000)) and growth.kind == "expert"
    assert output.growth(2024).ends == (1, 1, 1)


def test_recovery_starts_at_the_lowest_ratio_of_two_quotas():
    assert output.recovery().low == pytest.approx(min(115 / 120, 254 / 270, 243.85 / 255), abs=5e-3)
    assert output.recovery().high == 1 and output.clay().mid == 19_150


def test_default_of_india_is_the_registered_judgement():
    judged = tables.select("assumptions", name="india_separated_central", one=True)["value"]
    assert defaults(NOTEBOOKS / "02_processing_share.ipynb")["india_t_reo"] == judged


def test_default_weights_are_the_registered_judgements():
    given = defaults(NOTEBOOKS / "02_processing_share.ipynb")
    assert given["weight_of_feed"] == assumed("weight_of_feed_basis").mid
    assert given["weight_of_wood_mackenzie"] == assumed("weight_of_wood_mackenzie").mid


def test_us_output_is_zero_before_it_is_printed_and_ends_at_the_total_of_a_footnote():
    assert output.united_states(2024, "MCS2026").ends == (4300, 4300, 7600)  # 1,300 leaves out still more
    assert output.united_states(2019, "MCS2026").high == 0


def test_a_single_print_is_as_uncertain_as_those_of_the_year_before():
    """1,300 and 7,600 t were printed for 2024 beside the newest 4,300 t."""
    found = output.united_states(2025, "MCS2026")
    assert found.ends == pytest.approx((8_900 * 1_300 / 4_300, 8_900, 8_900 * 7_600 / 4_300))


@pytest.mark.parametrize(("year", "tonnes"), [(2022, 0), (2023, 200), (2024, 1_306), (2025, 2_599)])
def test_ndpr_of_the_united_states_is_counted_once(year, tonnes):
    """Quarters of Mountain Pass stand beside its years, and White Mesa made 12 t in 2024."""
    assert output.ndpr_of_the_usa(year).mid == tonnes


def test_the_ore_of_lynas_is_not_poorer_than_its_product_allows():
    found = composition.ndpr_of_lynas_ore()
    assert found.high == pytest.approx(1_600 / 5_400) and found.low == 0.235 and found.kind == "bound"


def test_ndpr_of_mountain_pass_took_more_ore_than_usgs_prints_as_separated():
    found = composition.ore_of_mountain_pass(2024)
    assert found.value == pytest.approx(1294 / 0.157, rel=0.005) and found.low > 7_600
    assert found.low < found.value < found.high


def test_foreign_owned_output_is_bounded_by_sales():
    found = output.foreign_owned(2024)
    assert found.low == 0 < found.high < 20_000
