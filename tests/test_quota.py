"""The quota method: closed form, the trial by hand with its inputs, published values, and what moves it."""

import csv
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth import facts
from rareearth.estimate import Estimate
from rareearth.processing import claims, elsewhere, quota
from tests.test_estimate import made

TONNES = st.floats(0, 1e7)
with (Path(__file__).parent / "targets.csv").open(encoding="utf-8", newline="") as stream:
    TARGETS = {row["target_id"]: row for row in csv.DictReader(stream)}
# USGS's own names, cut to three letters in the ids of the targets.
COUNTRIES = {
    "UNI": "USA",
    "AUS": "AUS",
    "BRA": "BRA",
    "BUR": "MMR",
    "CHI": "CHN",
    "IND": "IND",
    "MAD": "MDG",
    "MAL": "MYS",
    "NIG": "NGA",
    "RUS": "RUS",
    "THA": "THA",
    "VIE": "VNM",
    "OTH": "",
    "WORT": "WLD",
}


def term(low, central, high):
    return elsewhere.Term("somewhere", low, central, high, ("a",), ("project_judgement",), "test")


# Arithmetic cases of a trial by hand, with the inputs that it names (t REO): quota, Lynas, US, India, Russia.
TRIAL = [
    (2018, 115_000, 18_745.5, 0, 2_900, 2_700, 82.5),
    (2019, 127_000, 17_149.5, 0, 2_900, 2_700, 84.8),
    (2020, 135_000, 15_161.5, 0, 2_900, 2_600, 86.7),
    (2021, 162_000, 15_865.5, 120, 2_900, 2_500, 88.3),
    (2022, 202_000, 16_375, 95, 2_900, 2_600, 90.2),
    (2023, 243_850, 13_844, 800, 2_900, 2_500, 92.4),
    (2024, 254_000, 10_908, 4_300, 2_900, 2_600, 92.5),
]


@pytest.mark.parametrize(("year", "china", "lynas", "usa", "india", "russia", "share"), TRIAL)
def test_trial_with_its_inputs(year, china, lynas, usa, india, russia, share):
    assert quota.share_pct(china, lynas + usa + india + russia) == pytest.approx(share, abs=0.05)
    assert quota.quota(year)["value"] == china


@pytest.mark.parametrize(("year", "share"), [(row[0], row[-1]) for row in TRIAL])
def test_method_gives_the_trial_with_its_choice_for_india(year, share):
    estimate = quota.estimate(year, "MCS2026", elsewhere.terms(year, "MCS2026", 2_900.0))
    assert estimate.value == pytest.approx(share, abs=0.1)


def test_2023_with_both_choices_for_india():
    assert quota.estimate(2023, "MCS2026", elsewhere.terms(2023, "MCS2026", 2900.0)).number() == "92.4"
    assert quota.estimate(2023, "MCS2026", elsewhere.terms(2023, "MCS2026", 300.0)).number() == "93.3"


@given(TONNES, TONNES, TONNES, TONNES)
def test_interval_holds_the_value_and_narrows_to_it(low, middle, high, scale):
    low, middle, high = sorted((low, middle, high))
    estimate = quota.estimate(2023, "MCS2026", [term(low, middle, high)])
    assert estimate.low <= estimate.value <= estimate.high
    exact = quota.estimate(2023, "MCS2026", [term(middle, middle, middle)])
    assert exact.low == exact.value == exact.high == estimate.value


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(0.001, 1000))
def test_scale_does_not_matter_and_more_elsewhere_is_less(china, elsewhere, k):
    share = quota.share_pct(china, elsewhere)
    assert quota.share_pct(k * china, k * elsewhere) == pytest.approx(share)
    assert quota.share_pct(china, elsewhere + 1) < share
    assert share + quota.share_pct(elsewhere, china) == pytest.approx(100)


def test_nothing_to_share_is_refused():
    for bad in ((0, 0), (-1, 5), (5, -1)):
        with pytest.raises(ValueError, match="no share"):
            quota.share_pct(*bad)
    with pytest.raises(ValueError, match="low <= central"):
        term(3, 2, 4)
    with pytest.raises(LookupError, match="2025"):
        quota.quota(2025)


def test_every_parameter_moves_the_result():
    def share(year=2024, edition="MCS2026", india=300.0):
        return quota.estimate(year, edition, elsewhere.terms(year, edition, india)).value

    assert len({share(), share(year=2023), share(edition="MCS2025"), share(india=0.0)}) == 4


def test_default_of_india_is_the_registered_judgement():
    from rareearth.briefing.parameters import defaults
    from rareearth.paths import NOTEBOOKS

    judged = facts.load_assumptions().set_index("name").loc["india_separated_central", "value"]
    assert defaults(NOTEBOOKS / "02_processing_share.ipynb")["india_t_reo"] == judged


def test_us_output_is_zero_before_it_is_printed_and_spans_every_version_after():
    places = {t.place: t for t in elsewhere.terms(2024, "MCS2026", 300.0)}
    usa = places["United States"]
    assert (usa.low_t_reo, usa.central_t_reo, usa.high_t_reo) == (1300, 4300, 7600)
    assert elsewhere.terms(2019, "MCS2026", 300.0)[1].high_t_reo == 0


def test_published_mine_output_is_carried_over():
    table = facts.load_mine_production()
    checked = 0
    for name, row in TARGETS.items():
        if not name.startswith(("MCS25", "MCS26")):
            continue
        edition, _, country = name.split("-")
        found = table[
            (table["edition"] == f"MCS20{edition[3:]}")
            & (table["reference_year"] == int(row["reference_year"]))
            & (table["iso3"] == COUNTRIES[country])
        ]
        assert set(found["value"]) == {float(row["value"])}, name
        checked += 1
    assert checked == 42


@pytest.mark.parametrize(
    ("target", "claim"), [("IEA-REF-24-CNSH", "C011"), ("GCMO24-REF-23-CN", "C008"), ("CSIS24-PROC", "C001")]
)
def test_published_shares_are_carried_over(target, claim):
    table = facts.load_claims().set_index("figure_id")
    assert table.loc[claim, "share_low_pct"] == float(TARGETS[target]["value"])
    assert table.loc[claim, "reference_year_first"] == int(TARGETS[target]["reference_year"])


def test_wood_mackenzie_is_outside_the_bounds_and_that_is_known():
    """The one outside value on the same basis (total REO, 2023): below the bounds, by a known distance."""
    estimate = quota.estimate(2023, "MCS2026", elsewhere.terms(2023, "MCS2026", 300.0))
    published = float(TARGETS["WM23-REF"]["value"])
    assert published < estimate.low and 6 <= estimate.value - published <= 9


def test_only_comparable_claims_are_shown():
    table = claims.published("separation", 2018, 2024)
    assert len(table) == 20 and set(table["derived_from"]) == {""}
    assert set(table["elements"]) <= {"all", "magnet", "unstated"}
    assert set(table["measure"]) <= {"world_share", "capacity_share"}
    assert table["reference_year"].between(2018, 2024).all()
    assert not {"C055", "C057", "C058", "C059"} & set(table["figure_id"])


@pytest.mark.parametrize(
    ("low", "value", "high", "words"),
    [
        (88, 90, 92, "holds"),
        (93, 94, 95, "is too low"),
        (80, 82, 87, "is too high"),
        (89, 93, 95, "is below the central value"),
        (80, 85, 95, "is above the central value"),
        (85, 90, 95, "fits the central value"),
    ],
)
def test_about_ninety(low, value, high, words):
    assert claims.about_ninety(made(low=low, value=value, high=high)).startswith(words)


def test_against_knows_bounds():
    import pandas as pd

    estimate = made(low=90.0, value=92.0, high=94.0)

    def row(low, high, bound="exact", elements="unstated"):
        return pd.Series({"share_low_pct": low, "share_high_pct": high, "bound": bound, "elements": elements})

    assert claims.against(row(92, 92), estimate) == "inside"
    assert claims.against(row(92, 92, elements="all"), estimate) == "inside"
    assert claims.against(row(92, 92, elements="magnet"), estimate).startswith("not comparable")
    assert claims.against(row(85, 85), estimate) == "below"
    assert claims.against(row(95, 95), estimate) == "above"
    assert claims.against(row(85, float("nan"), "lower"), estimate) == "inside"
    assert claims.against(row(95, float("nan"), "lower"), estimate) == "above"
    assert claims.in_words(row(85, float("nan"), "lower")) == "over 85 %"
    assert claims.in_words(row(80, 90, "range")) == "80 to 90 %"


def test_estimates_name_figures_and_sources_that_exist():
    known = set(facts.load_sources()["source_id"])
    for year in quota.YEARS:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            estimate = quota.estimate(year, "MCS2025", elsewhere.terms(year, "MCS2025", 300.0))
        assert isinstance(estimate, Estimate) and set(estimate.source_ids) <= known
