"""The register of claims, its verdicts and the definitions from mine to magnet."""

from types import SimpleNamespace

import pandas as pd
import pytest

from rareearth import tables
from rareearth.processing import claims, simulation, verdict
from tests.builders import TARGETS
from tests.test_quantity import made


@pytest.fixture(scope="module")
def model():
    return simulation.model()


@pytest.fixture(scope="module")
def register(model):
    estimates = {(year, "separation"): verdict.full_doubt(model, year, 0.5, 0.0) for year in model.years}
    return claims.register(estimates | {(year, "mine"): model.estimate("mined", year) for year in model.years})


@pytest.mark.parametrize(
    ("target", "claim"), [("IEA-REF-24-CNSH", "C011"), ("GCMO24-REF-23-CN", "C008"), ("CSIS24-PROC", "C001")]
)
def test_published_shares_are_carried_over(target, claim):
    table = tables.load("claims").set_index("figure_id")
    assert table.loc[claim, "share_low_pct"] == float(TARGETS[target]["value"])
    assert table.loc[claim, "reference_year_first"] == int(TARGETS[target]["reference_year"])


def test_a_chart_shows_only_points_that_say_which_elements_they_count():
    table = claims.outside_points()
    assert set(table["elements"]) == {"all", "magnet"} and set(table["measure"]) == {"world_share"}
    assert set(table["derived_from"]) == {""} and "lower" not in set(table["bound"])
    values = table.groupby("reference_year_first")["share_low_pct"].apply(list).to_dict()
    assert values == {2023: [92, 86], 2024: [91.3], 2025: [85, 91]}


def test_claims_are_shown_in_their_words():
    def row(low, high, bound="exact", wording="share"):
        words = {"wording": wording, "note": ""}
        return pd.Series({"share_low_pct": low, "share_high_pct": high, "bound": bound, **words})

    assert claims.in_words(row(85, float("nan"), "lower")) == "over 85 %"
    assert claims.in_words(row(80, 90, "range")) == "80 to 90 %"
    assert claims.in_words(row(92, 92)) == "92 %"
    assert claims.in_words(row(90, 90, "about")) == "about 90 %"
    assert claims.in_words(row(90, 90, "about", "nearly this share")) == "nearly 90 %"


@pytest.mark.parametrize(
    ("share", "bound", "wording", "ends"),
    [
        (90.0, "about", "about this share", (87.5, 92.5)),
        (90.0, "about", "nearly this share", (87.0, 90.0)),
        (85.0, "lower", "over", (85.0, 100.0)),
        (92.0, "exact", "share", (91.5, 92.5)),
        (91.3, "exact", "share", (91.25, 91.35)),
    ],
)
def test_words_are_read_as_intervals(share, bound, wording, ends):
    row = pd.Series({"share_low_pct": share, "share_high_pct": share, "bound": bound, "wording": wording, "note": ""})
    assert claims.words_as_interval(row) == pytest.approx(ends)


def test_consistent_claims_are_counted_by_what_holds_them():
    """Ore is 86 to 90 and the quota 93 to 95: 88 is held by ore, 94 by the quota, 91.5 by neither, 80 is low."""
    claims_of = [(88, "consistent"), (94, "consistent"), (91.5, "consistent"), (80, "low")]
    rows = pd.DataFrame(
        [{"verdict": words, "reference_year_first": 2024, "from_pct": at, "to_pct": at} for at, words in claims_of]
    )

    def of(low, high):
        return {2024: SimpleNamespace(low=low, high=high)}

    assert claims.by_definition(rows, of(86, 90), of(93, 95)) == {"by_feed": 1, "by_product": 1, "between": 1}


def test_every_claim_has_a_verdict_and_repeats_are_not_counted_again(register):
    assert len(register) == len(tables.load("claims")) and set(register["verdict"]) <= set(claims.VERDICTS)
    assert (register[register["verdict"] == "not comparable"]["reason"] != "").all()
    counted = claims.counts(register)
    assert counted.to_numpy().sum() == (register["derived_from"] == "").sum()
    assert list(counted.index) == list(claims.GROUPS)
    by_id = register.set_index("figure_id")
    assert by_id.loc["CT01", "verdict"] == "low" and by_id.loc["C059", "reason"].startswith("share of imports")
    assert by_id.loc["C013", "reason"] == "projection" and by_id.loc["CT03", "reason"] == "states no year"


def test_the_headline_counts_claims_once(register):
    """Of 15 claims about separation 13 are consistent; CSIS's of 2024 repeats one and is not among them."""
    rows, found = claims.compared(register), claims.consistent(register, "MCS2026")
    assert (len(rows), found.value, f"{found}") == (15, 13, "13 claims")
    assert set(rows[rows["verdict"] == "low"]["figure_id"]) == {"C040", "CT01"}
    assert "of 15 compared" in found.definition and claims.of_csis(register)["figure_id"] not in found.inputs
    assert len(claims.compared(register, "Mining")) == 11


def test_mining_separation_capacity_and_magnets_are_counted_apart(register):
    by_id = register.set_index("figure_id")["group"]
    # Its words are about metals and alloys, so it is no claim about separation.
    assert by_id["C039"] == "Magnet elements and magnets"
    assert (by_id["C030"], by_id["C031"], by_id["C022"], by_id["C008"], by_id["C016"]) == (
        "Separation",
        "Mining",
        "Capacity",
        "Magnet elements and magnets",
        "Magnet elements and magnets",
    )
    counted = claims.counts(register)
    for group in claims.GROUPS[2:]:  # no estimate is of the same quantity
        assert counted.loc[group, "not comparable"] == counted.loc[group].sum()


@pytest.mark.fault(147)
def test_a_claim_is_held_against_its_own_year_stage_and_elements():
    estimate = made(low=90.0, value=92.0, high=94.0)
    found = claims.register({(2023, "separation"): estimate}).set_index("figure_id")
    assert found.loc["C030", "verdict"] == "consistent" and found.loc["CT01", "verdict"] == "low"
    assert found.loc["C050", "verdict"] == "high"
    assert found.loc["C008", "reason"] == "other elements: magnet"
    assert found.loc["C033", "reason"] == "no estimate of that year"


def test_definitions_rise_by_stage_and_every_one_has_its_source(model):
    known = set(tables.load("sources")["source_id"])
    ours = {name: model.estimate(name, 2024) for name in ("mined", "mass_balance_origin", "feed")}
    rungs = claims.rungs(ours)
    assert list(rungs["Stage"].drop_duplicates()) == [
        "mining",
        "mine to plant",
        "separation",
        "metal",
        "magnets",
    ]
    published = tables.select("claims", rung=lambda words: words != "")
    assert len(rungs) == len(ours) + len(published)
    assert (rungs["Interval, %"] == "not given").sum() == len(published)
    by_words = rungs.set_index("Definition")
    assert by_words.loc["mass_balance_origin", "Stage"] == "mine to plant"
    assert by_words.loc["feed", "Interval, %"] == f"{ours['feed']:range}".rstrip("%")
    assert all(set(ids) <= known and ids for ids in rungs["source_ids"])


def test_statements_of_the_article_are_answered_from_rows(register):
    csis = claims.of_csis(register)
    assert (csis["figure_id"], csis["reference_year_first"], csis["verdict"]) == ("C005", 2024, "consistent")
    table = claims.article(csis, "x")
    assert len(table) == 6 and (table["Found"] != "").all() and table["Row"].iloc[0] == "C005"
    text = " ".join(table["Found"])
    for words in (
        "AUD 1.2 billion",
        "1.185 billion",
        "Sb, Ga and REE",
        "USD 2.5 billion",
        "2026-01-12",
        "no specific measures",
        "chaired by Korea",
    ):
        assert words in text
