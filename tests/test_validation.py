"""Checks against what others publish, and simulated worlds."""

import pytest

from rareearth import tables
from rareearth.processing import balance, claims, revisions, simulation, validation, verdict
from rareearth.suppliers import concentration
from tests.builders import TARGETS


@pytest.fixture(scope="module")
def model():
    return simulation.model()


@pytest.fixture(scope="module")
def separation(model):
    return {year: verdict.full_doubt(model, year, 0.5, 0.0) for year in model.years}


def test_replications_are_counted():
    """Re-computed from the sources' own figures; n is printed on the page."""
    agency, reliance = validation.shares_of_the_agency(), validation.net_import_reliance()
    assert len(agency) == 40 and agency["within"].all()
    assert len(reliance) == 7 and reliance["within"].all()
    for stage, target in (("separation", "IEA-HHI-24-REF-D"), ("mine", "IEA-HHI-24-MIN-D")):
        ends = [float(end) for end in TARGETS[target]["value"].split("-")]
        rows = tables.select(
            "processing_by_country",
            stage=stage,
            unit="kt",
            reference_year=2024,
            iso3=lambda codes: codes != "WLD",
        ).set_index("entity")["value"]
        found = concentration(rows.drop("Rest of world").to_dict(), rows["Rest of world"])
        assert [found.hhi_low, found.hhi_high] == pytest.approx(ends, abs=6e-5)
    for year in (2018, 2019, 2021):
        published = float(TARGETS[f"MYB22-{year}-HHI"]["value"])
        rows = balance.mined(year, "MYB2022").set_index("entity")["value"]
        assert concentration(rows.to_dict()).hhi_low == pytest.approx(published, abs=5e-5)


def test_independent_values_are_counted_by_stage_with_a_cause_for_each_miss(model, separation):
    """Nine of nine lie inside on mining; the one on separation, Wood Mackenzie's, does not."""
    table = validation.independent(model, separation)
    held = {stage: (int(rows["Inside"].sum()), len(rows)) for stage, rows in table.groupby("Stage")}
    assert held == {"mine": (9, 9), "separation": (0, 1)}
    assert set(table[~table["Inside"]]["Id"]) == {"CT01"}
    assert (table[~table["Inside"]]["Cause"] != "").all() and (table[table["Inside"]]["Cause"] == "").all()
    used = {source for year in model.years for source in model.estimate("feed", year).source_ids}
    assert not {"woodmac_202308", "wmd_reo"} & used
    # Wood Mackenzie's figure sets one end of what China finishes, and is named where that enters.
    for basis in ("product_both", "value"):
        assert "woodmac_202308" in model.estimate(basis, 2024).source_ids
    # Six of the nine are claims about mining too: they are no second test.
    mining = set(tables.select("claims", stage="mine")["figure_id"])
    assert len(mining & set(table["Id"])) == 6


def test_a_miss_says_what_it_was_held_against(model, separation):
    """Wood Mackenzie's 86 % as a value, and 86.5 %, the nearest end of its words, as a claim."""
    as_value = validation.independent(model, separation).set_index("Id").loc["CT01", "Cause"]
    register = claims.register({(year, "separation"): one for year, one in separation.items()})
    register = register.assign(cause=validation.causes_of_claims(register, model)).set_index("figure_id")
    assert as_value.startswith("86 % by ore needs ") and register.loc["CT01", "cause"].startswith("86.5 % by ore ")


def test_mine_output_of_all_sources_lies_around_ours(model, separation):
    table = validation.mine_by_source(model, validation.independent(model, separation))
    assert len(table) == 7 and (table["From, %"] < table["To, %"]).all()
    assert all(row["From, %"] <= row["Ours"].value <= row["To, %"] for _, row in table.iterrows())


def test_intervals_hold_the_truth_nine_times_in_ten_and_break_where_the_model_is_wrong(model):
    table = validation.coverage(model, 2024, ("feed", "ndpr", "mined")).set_index("World")
    assert table.loc["as assumed"].between(88.5, 91.5).all()
    ore, ndpr, mined = table.columns
    # A quota that is no measure of output is in no interval by ore: that is what the limits say.
    assert table.loc["China separates 10 % more than its quota", ore] < 85
    assert table.loc["mine output is revised three times as far", mined] < 70
    assert table.loc["the ore of Lynas holds a tenth less NdPr", ndpr] == pytest.approx(
        table.loc["as assumed", ndpr], abs=0.5
    )


def test_editions_compared_says_what_the_earlier_interval_missed(model):
    table = validation.editions_compared(simulation.model("MCS2025"), model, 2024).set_index("Share")["Inside"]
    assert table["Ore mined"] == "yes" and table["Ore put through separation"] == "yes"


def test_hit_rates_are_by_pair_and_for_all():
    table = validation.hit_rates(revisions.hindcast(), revisions.hindcast(2.0)).set_index("Interval from")
    assert list(table.loc["All pairs", ["Figures", "Inside", "Inside, widened"]]) == [52, 43, 47]
    assert list(table.loc["MCS2025", ["Figures", "Inside", "Inside, widened"]]) == [11, 6, 7]


def test_a_claim_outside_has_a_cause(model, separation):
    register = claims.register({(year, "separation"): one for year, one in separation.items()})
    causes = validation.causes_of_claims(register, model)
    outside = register["verdict"].isin(["high", "low"])
    assert [bool(cause) for cause in causes] == list(outside)
