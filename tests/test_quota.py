"""The quota method: closed form, the trial by hand with its inputs, published values, and what moves it."""

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth import tables
from rareearth.processing import claims, elsewhere, quota

with (Path(__file__).parent / "targets.csv").open(encoding="utf-8", newline="") as stream:
    TARGETS = {row["target_id"]: row for row in csv.DictReader(stream)}
# USGS's own names, cut to three letters in the ids of the targets.


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


def test_default_of_india_is_the_registered_judgement():
    from rareearth.paths import NOTEBOOKS
    from rareearth.site.parameters import defaults

    judged = tables.load("assumptions").set_index("name").loc["india_separated_central", "value"]
    assert defaults(NOTEBOOKS / "02_processing_share.ipynb")["india_t_reo"] == judged


def test_us_output_is_zero_before_it_is_printed_and_ends_at_the_total_of_a_footnote():
    places = {t.place: t for t in elsewhere.terms(2024, "MCS2026", 300.0)}
    usa = places["United States"]
    assert (usa.low_t_reo, usa.central_t_reo, usa.high_t_reo) == (
        4300,
        4300,
        7600,
    )  # 1,300 leaves out still more
    assert elsewhere.terms(2019, "MCS2026", 300.0)[1].high_t_reo == 0


@pytest.mark.parametrize(
    ("target", "claim"), [("IEA-REF-24-CNSH", "C011"), ("GCMO24-REF-23-CN", "C008"), ("CSIS24-PROC", "C001")]
)
def test_published_shares_are_carried_over(target, claim):
    table = tables.load("claims").set_index("figure_id")
    assert table.loc[claim, "share_low_pct"] == float(TARGETS[target]["value"])
    assert table.loc[claim, "reference_year_first"] == int(TARGETS[target]["reference_year"])


def test_only_comparable_claims_are_shown():
    table = claims.published("separation", 2018, 2024)
    assert len(table) == 20 and set(table["derived_from"]) == {""}
    assert set(table["elements"]) <= {"all", "magnet", "unstated"}
    assert set(table["measure"]) <= {"world_share", "capacity_share"}
    assert table["reference_year"].between(2018, 2024).all()
    assert not {"C055", "C057", "C058", "C059"} & set(table["figure_id"])


def test_claims_are_shown_in_their_words():
    def row(low, high, bound="exact"):
        return pd.Series({"share_low_pct": low, "share_high_pct": high, "bound": bound})

    assert claims.in_words(row(85, float("nan"), "lower")) == "over 85 %"
    assert claims.in_words(row(80, 90, "range")) == "80 to 90 %"
    assert claims.in_words(row(92, 92)) == "92 %"
