"""The verdict on "about 90 %": its rule, the doubt about the definition, and the trend."""

from dataclasses import replace

import numpy as np
import pytest

from rareearth import uncertainty as un
from rareearth.processing import bases, simulation, verdict


@pytest.fixture(scope="module")
def model():
    return simulation.model()


class Shares:
    """A model whose shares are given."""

    def __init__(self, **shares):
        self.shares = shares

    def share_pct(self, basis, year, with_scrap=False):
        return np.asarray(self.shares[basis])


@pytest.mark.parametrize(
    ("feed", "ndpr", "value", "words"),
    [
        (90, 90, 90, "is right"),
        (90, 95, 90, "depends on the basis"),
        (95, 95, 90, "depends on the basis"),
        (95, 85, 95, "is not right"),
    ],
)
def test_the_verdict_follows_its_rule(feed, ndpr, value, words):
    """On all three it is right, on one or two it depends, on none it is not; quota against product has no say."""
    found = verdict.verdict(Shares(feed=[feed], ndpr=[ndpr], value=[value], product=[94]), 2024)
    assert found == words


@pytest.mark.fault(145)
def test_about_ninety_has_a_probability_and_needs_the_half():
    assert verdict.about_ninety_pct(np.linspace(85, 95, 1_001)) == pytest.approx(50, abs=0.1)
    assert verdict.about_ninety_pct(np.array([87.5, 92.5])) == 100
    for part, words in ((0.5, "is right"), (0.49, "is not right")):
        sample = np.where(np.arange(100) < 100 * part, 90.0, 94.0)
        assert verdict.verdict(Shares(feed=sample, ndpr=sample, value=sample), 2024) == words


def test_verdicts_of_the_published_years(model):
    """Pinned so that a change is seen."""
    found = {year: verdict.verdict(model, year) for year in model.years}
    right = {year for year, words in found.items() if words == "is right"}
    assert right == {2020, 2021, 2022, 2024} and "is not right" not in found.values()


def test_the_full_doubt_holds_both_definitions_and_is_no_median(model):
    for year in model.years:
        full = verdict.full_doubt(model, year, 0.5, 0.0)
        feed, product = (model.estimate(basis, year) for basis in ("feed", "product"))
        assert full.value == feed.value and full.low <= feed.value and full.high >= product.value
        alone = verdict.full_doubt(model, year, 1.0, 0.0)
        assert (alone.low, alone.high) == pytest.approx((feed.low, feed.high), abs=0.02)


def test_weights_move_probability_between_the_definitions(model):
    table = verdict.weights(model, 2024, [(0, 0), (0.5, 0), (1, 0), (1, 0.5)])
    product, both, ore, with_firm = (float(words) for words in table["Probability of “about 90 %”, %"])
    assert both == pytest.approx((product + ore) / 2, abs=1) and with_firm < ore
    of_ore, of_product = (verdict.about_ninety_pct(model.share_pct(basis, 2024)) for basis in ("feed", "product"))
    assert (ore, product) == pytest.approx((of_ore, of_product), abs=0.6)


def test_the_other_figures_have_theirs_as_median_and_their_bound_as_floor(model):
    stated = verdict.wood_mackenzie()["share_low_pct"]
    for basis in ("feed", "product"):
        assert np.median(verdict._by_wood_mackenzie(model, basis, 2023, False)) == pytest.approx(stated, abs=0.05)
        moved = verdict._by_wood_mackenzie(model, basis, 2025, False)
        assert moved.min() == 85 and moved.size == model.share_pct(basis, 2025).size
    # Before the year of its figure it says nothing.
    assert (verdict.mixture(model, 2020, 0.5, 0.5) == verdict.mixture(model, 2020, 0.5, 0.0)).all()


def test_the_vote_by_ndpr_needs_all_imported_ore(model):
    """Half of it is half of the NdPr between none and all, and takes the vote away."""
    china = {name: model.masses(name, 2024)[0] for name in ("ndpr", "ndpr_half_imports")}
    none = bases.BASES["ndpr"].masses(replace(model.years[2024].central, counted_ndpr=0.0))[0]
    half = np.median(china["ndpr_half_imports"])
    assert half == pytest.approx((np.median(china["ndpr"]) + none) / 2, rel=0.01)
    assert verdict.verdict(model, 2024) == "is right"
    deciding = ("feed", "ndpr_half_imports", "value")
    assert verdict.verdict(model, 2024, deciding=deciding) == "depends on the basis"


def test_a_trend_is_read_draw_by_draw(model):
    up, down = verdict.change(model, "feed", 2018, 2023), verdict.change(model, "feed", 2023, 2025)
    assert (
        up.unit == "points" and up.value == pytest.approx(4.6, abs=0.2) and down.value == pytest.approx(-5.2, abs=0.2)
    )
    assert verdict.fell(model, "feed", 2023, 2025) == "over 99"
    assert verdict.fell(model, "feed", 2018, 2023) == "under 1"
    # The other way round it is the size of the fall.
    fall = verdict.change(model, "feed", 2025, 2023)
    assert (fall.value, fall.low, fall.high) == pytest.approx((-down.value, -down.high, -down.low), abs=1e-5)
    assert "fall from 2023 to 2025" in fall.definition and "change since 2023" in down.definition
    apart = [model.interval("feed", year) for year in (2023, 2025)]
    if_drawn_twice = np.hypot(*(one.high - one.low for one in apart))
    assert down.high - down.low < if_drawn_twice
    table = verdict.trend(model, [(2018, 2023)], ["feed", "product"])
    assert len(table) == 2 and table.columns[1] == "2018 to 2023"


def test_the_growth_that_overturns_the_trend_does(model):
    needed = verdict.growth_that_overturns_pct(model, "feed", 2023, 2025)
    china, outside = (np.median(mass) for mass in model.masses("feed", 2025))
    of_quota = np.median(model.masses("feed_without_imports", 2025)[0])
    growth = model.years[2025].growth.mid
    more = of_quota * ((1 + needed / 100) / growth - 1)
    assert 100 * (china + more) / (china + more + outside) == pytest.approx(
        np.median(model.share_pct("feed", 2023)), abs=0.05
    )


def test_a_probability_is_an_estimate_of_its_share(model):
    found = verdict.probability(model, "feed", 2024)
    assert found.id == "processing_share.about_90.feed.2024" and found.low == found.high == found.value
    assert found.to_dict()["inputs"] == ["processing_share.feed.2024"]
    assert found.unit == "probability_pct" and "probability of 87.5 to 92.5 % by ore" in found.definition


def test_the_doubt_about_the_definition_and_about_the_firm_have_a_probability(model):
    """Half and half of 84 % and 2 % is 43 %; with Wood Mackenzie at one half ore falls below one half, and the verdict with it."""
    mixed = verdict.mixed_probability(model, 2024, 0.5, 0)
    with_firm = verdict.mixed_probability(model, 2024, 1, 0.5, name="feed_with_wood_mackenzie")
    halves = [verdict.probability(model, basis, 2024).value for basis in ("feed", "product")]
    assert mixed.value == pytest.approx(sum(halves) / 2, abs=0.2)
    assert (f"{mixed}", f"{with_firm}") == ("43%", "42%")
    assert mixed.id == "processing_share.about_90.full_doubt.2024"
    assert with_firm.id == "processing_share.about_90.feed_with_wood_mackenzie.2024"
    assert verdict.verdict(model, 2024) == "is right"
    assert verdict.verdict(model, 2024, weight_of_wood_mackenzie=0.5) == "depends on the basis"


def test_one_firm_is_quoted_with_two_shares():
    first, later = verdict.wood_mackenzie(), verdict.wood_mackenzie_later()
    assert (first["share_low_pct"], later["share_low_pct"], later["bound"]) == (86, 90, "lower")
    assert later["reference_year_first"] > first["reference_year_first"]


def test_a_mixture_of_one_is_refused():
    from rareearth.errors import Refused

    with pytest.raises(Refused, match="two are needed"):
        un.mixture("a cell", [(np.array([86.0]), 1.0)])
    with pytest.raises(Refused, match="weights"):
        un.mixture("a cell", [(np.array([86.0]), 0.0), (np.array([90.0]), 0.0)])
