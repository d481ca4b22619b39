"""The model of all years: one draw, its origins, its parameters, and worlds in which all bases must agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth import tables
from rareearth.errors import Refused
from rareearth.processing import output, simulation
from rareearth.processing.bases import BASES, Flows, share_pct
from rareearth.uncertainty import LEVEL_PCT

TONNES = st.floats(1, 1e6)


@pytest.fixture(scope="module")
def model():
    return simulation.model()


@given(TONNES, TONNES)
def test_in_a_world_without_trade_stocks_and_losses_every_basis_of_mass_is_one(china, other):
    flows = Flows(quota=china, mined=china, lynas=other, lynas_ndpr=other, kept=other)
    exact = 100 * china / (china + other)
    for basis in (
        "feed",
        "product",
        "product_both",
        "quota",
        "quota_with_feed",
        "mass_balance_processed",
        "mined",
    ):
        assert share_pct(*BASES[basis].masses(flows)) == pytest.approx(exact), basis


@given(TONNES, TONNES, TONNES, TONNES, TONNES)
def test_ore_in_stock_lowers_the_part_of_what_is_mined_alone(china, sold, us_ore, other, stock):
    flows = {"quota": china, "mined": china, "sold": sold, "feed": sold, "us_ore": us_ore, "lynas": other}
    for more in (0, stock):
        case = Flows(kept=us_ore + other + more, **flows)
        found = {
            basis: share_pct(*BASES[basis].masses(case))
            for basis in BASES
            if "value" not in basis and basis != "ndpr" and not basis.startswith("feed")
        }
        assert found["quota_with_feed"] == pytest.approx(found["mass_balance_processed"])
        if more:
            assert found["mass_balance_origin"] < found["mass_balance_processed"]
        else:
            assert found["mass_balance_origin"] == pytest.approx(found["mass_balance_processed"])


def test_quota_2018_with_a_fifth_undocumented():
    """By hand: 82.5 by the quota becomes 85.5 when a fifth of the true output is undocumented."""
    flows = Flows(quota=115_000, lynas=24_346, undocumented=0.2 / 0.8)
    assert share_pct(*BASES["quota"].masses(flows)) == pytest.approx(85.5, abs=0.1)


def test_monte_carlo_error_is_below_a_twentieth_of_a_point_everywhere(model):
    for basis in BASES:
        for year in model.years:
            found = model.share_pct(basis, year)
            assert found.size == 2**15 and np.isfinite(found).all()
            assert model.interval(basis, year).error < 0.05, (basis, year)


def test_draws_are_those_of_the_plain_calculation_around_its_value(model):
    for year, one in model.years.items():
        for basis in ("feed", "product", "ndpr", "value"):
            plain = share_pct(*BASES[basis].masses(one.central))
            assert plain == pytest.approx(model.interval(basis, year).median, abs=0.6), (basis, year)


def test_what_several_years_share_is_one_draw(model):
    """The output over the quota, say, is the same in all years: a change is not the noise of two draws."""
    names = {year: {one.name for one in found.primitives} for year, found in model.years.items()}
    shared = set.intersection(*names.values())
    assert {
        "output over quota",
        "recovery outside",
        "NdPr in Lynas's ore",
        "content of Myanmar's oxide",
    } <= shared
    of_2023, of_2024 = (model.masses("quota", year)[0] for year in (2023, 2024))
    assert of_2024 / of_2023 == pytest.approx(254_000 / 243_850, rel=1e-5)
    assert all(len(found.primitives) == len(names[year]) for year, found in model.years.items())


def test_nothing_judged_or_published_once_has_no_width(model):
    widths = {one.name: np.ptp(one.ppf(np.array([0.05, 0.95]))) for one in model.years[2025].primitives}
    judged = ("output over quota", "finished over quota", "recovery outside", "imported feed counted")
    for name in (
        *judged,
        "quota of 2025 over that of 2024",
        "separated in the United States in 2025",
        "dysprosium from ore",
    ):
        assert widths[name] > 0, name


def test_a_total_of_two_digits_is_rounded(model):
    """3,500 t less 710 t of scrap, to the nearest hundred."""
    found = model.years[2024].inputs["dy"]
    assert found.ends == (2_740, 2_790, 2_840) and found.kind == "rounding"
    assert model.years[2022].inputs["dy"].kind == "bound"


def test_estimates_are_traced_and_say_kind_and_level(model):
    known = set(tables.load("sources")["source_id"])
    for basis, how in BASES.items():
        for year, one in model.estimates(basis).items():
            assert one.id == f"processing_share.{basis}.{year}"
            assert one.inputs and set(one.source_ids) <= known
            assert f"{LEVEL_PCT:g} % interval" in one.interval and "Monte-Carlo error" in one.interval
            assert (
                one.edition == model.years[year].balance.edition
                and one.note.startswith(how.note)
                and one.definition.endswith(how.counted)
            )


def test_estimates_name_only_what_went_in(model):
    ndpr, product = model.estimate("ndpr", 2024), model.estimate("product", 2024)
    figures = {
        name: set(tables.select("conversion_factors", material=lambda words: words.str.contains("Araxa"))["figure_id"])
        for name in "a"
    }["a"]
    assert figures <= set(ndpr.inputs) and not figures & set(product.inputs)
    assert set(model.estimate("quota", 2024).inputs) < set(product.inputs)


def test_bounds_by_the_quota_exist_where_it_is_published(model):
    assert tuple(model.estimates("quota")) == tuple(model.estimates("quota_with_feed")) == output.YEARS
    assert tuple(model.estimates("feed")) == tuple(range(2018, 2026))
    assert tuple(model.estimates("value_outside")) == (2025,)  # the first year with a price outside China


def test_scrap_is_a_layer_of_its_own(model):
    for basis in ("feed", "product", "ndpr", "value", "quota"):
        plain, counted = (model.masses(basis, 2024, with_scrap) for with_scrap in (False, True))
        assert (counted[1] == plain[1]).all()
        with_it, without = (model.estimate(basis, 2024, with_scrap) for with_scrap in (True, False))
        assert with_it.value > without.value and with_it.id == f"processing_share.{basis}_with_scrap.2024"
        assert set(without.inputs) < set(with_it.inputs)
    added = model.masses("quota", 2024, True)[0] - model.masses("quota", 2024)[0]
    assert added == pytest.approx(output.scrap(2024, "all").mid, abs=0.1)
    for basis in ("mass_balance_origin", "mined"):  # what is mined knows no scrap
        assert model.estimate(basis, 2024, with_scrap=True) == model.estimate(basis, 2024)
    with pytest.raises(Refused, match="2023 and 2024, not for 2022"):
        model.estimate("feed", 2022, with_scrap=True)


def test_every_parameter_moves_what_it_should(model):
    base = model.interval("product", 2024)
    assert simulation.model(india_t_reo=1500.0).interval("product", 2024).median < base.median
    for record in ("us_exports", "company_sales", "not_separated_at_home"):
        assert simulation.model(us_ore_record=record).interval("mass_balance_origin", 2024) != model.interval(
            "mass_balance_origin", 2024
        )
    older = simulation.model("MCS2025")
    assert older.interval("mined", 2024) != model.interval("mined", 2024) and 2025 not in older.years
    customs = simulation.model(feed_record="customs")
    assert tuple(customs.years) == (2023, 2024, 2025)
    assert customs.interval("product", 2024).median > base.median
    with pytest.raises(Refused, match="record of feed"):
        simulation.model(feed_record="both")
    with pytest.raises(Refused, match="2025 is not among the years"):
        older.estimate("feed", 2025)


def test_the_missing_output_makes_the_median_the_published_share(model):
    for basis in ("feed", "product", "ndpr"):
        more = model.missing_t_reo(basis, 2023, 86.0)
        china, outside = model.masses(basis, 2023)
        assert np.median(share_pct(china, outside + more)) == pytest.approx(86.0, abs=0.01)
        assert model.missing_t_reo(basis, 2023, 97.0) < 0 < more


def test_sensitivity_is_that_of_additive_inputs(model):
    """No input of the share interacts much: first and total order add to about one."""
    found = model.sensitivity("feed", 2024)
    assert found["first"].sum() == pytest.approx(1, abs=0.05)
    assert found["total"].is_monotonic_decreasing
    assert found["input"][0] == "imported feed counted"
