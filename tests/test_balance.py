"""The closed balance: it closes, it follows the trial with its inputs, and nothing is clipped or counted twice."""

import pytest

from rareearth import tables
from rareearth.errors import Refused
from rareearth.processing import balance as balances
from rareearth.processing import feed, output
from rareearth.processing.bases import share_pct

EDITION = "MCS2026"


def balance(year, edition=EDITION, india=300.0, record="china_customs"):
    return balances.balance(year, edition, india, record)


# Arithmetic cases of a trial by hand, with the inputs that it names (t REO): mined, to China, separated elsewhere.
@pytest.mark.parametrize(
    ("world", "in_china", "other", "origin", "processed"),
    [
        (380_000, 341_900, 20_708, 90.0, 94.3),
        (384_000, 341_900, 20_708, 89.0, 94.3),
        (384_000, 345_200, 20_708, 89.9, 94.3),
        (390_000, 317_810, 25_898, 81.5, 92.5),
        (390_000, 317_810, 31_298, 81.5, 91.0),
    ],
)
def test_trial_with_its_inputs(world, in_china, other, origin, processed):
    assert 100 * in_china / world == pytest.approx(origin, abs=0.05)
    assert share_pct(in_china, other) == pytest.approx(processed, abs=0.06)


def test_tables_of_today_give_the_trial_with_its_choices():
    """Arithmetic case: the record of the trial, and its 2,900 t for India and 2,600 t for Estonia."""
    at_home = balance(2024, record="not_separated_at_home")
    assert 100 * at_home.in_china.mid / at_home.world_t_reo == pytest.approx(89.9, abs=0.05)
    exports = balance(2025, india=2900.0, record="us_exports")
    assert 100 * exports.in_china.mid / exports.world_t_reo == pytest.approx(81.5, abs=0.15)
    outside = exports.outside_t_reo + 2_600 - 1_500
    assert share_pct(exports.in_china.mid, outside) == pytest.approx(92.5, abs=0.1)


@pytest.mark.parametrize("edition", ["MCS2025", "MCS2026"])
def test_every_balance_closes_and_every_term_is_traced(edition):
    known = set(tables.load("sources")["source_id"])
    for year in balances.years(edition):
        one = balance(year, edition)
        of_plants = one.outside_t_reo
        of_rows = sum(row.outside.mid for row in one.rows)
        assert of_plants == pytest.approx(of_rows), "a plant separates the ore of no row"
        assert one.world_t_reo == pytest.approx(one.in_china.mid + of_plants + sum(row.left_t_reo for row in one.rows))
        for row in one.rows:
            assert row.mined.inputs and set(row.mined.source_ids) <= known
        for found in (*one.outside, *one.ore_records.values()):
            assert set(found.source_ids) <= known


def test_the_world_is_the_sum_of_one_edition_and_not_its_rounded_total():
    assert balance(2024).world_t_reo == 384_000
    assert balance(2024, "MCS2025").world_t_reo == 393_950
    assert balance(2018).world_t_reo == 190_330


def test_what_is_left_is_not_clipped():
    """In 2022 China's customs record more US ore than was mined in the year."""
    rows = {row.iso3: row for row in balance(2022).rows}
    assert rows["USA"].left_t_reo < -3_000
    assert rows["AUS"].left_t_reo > 0


def test_the_hole_in_the_us_record_of_2023_is_shown_and_not_used():
    one = balance(2023)
    assert one.ore_records["us_exports"].mid == 20_700
    assert one.ore_records["company_sales"].mid == 36_837
    usa = next(row for row in one.rows if row.iso3 == "USA")
    assert usa.in_china.low > 36_000
    asked = next(row for row in balance(2023, record="us_exports").rows if row.iso3 == "USA")
    assert asked.in_china.mid == asked.in_china.low == 20_700


def test_a_year_without_a_record_takes_the_next_and_says_so():
    """No full year of ore imports of 2021 is published, and no company sales before 2019."""
    assert "china_customs" not in balance(2021).ore_records
    usa = next(row for row in balance(2021).rows if row.iso3 == "USA")
    assert usa.in_china.mid == 45_700 and "US record" in usa.in_china.reason
    assert set(balance(2018).ore_records) == {"china_customs", "us_exports", "not_separated_at_home"}


def test_years_end_where_the_edition_ends():
    assert balances.years("MCS2026") == tuple(range(2018, 2026))
    assert balances.years("MCS2025") == tuple(range(2018, 2025))
    with pytest.raises(Refused, match="no edition up to MCS2025"):
        balances.mined(2025, "MCS2025")


def test_calendar_year_of_lynas_is_its_quarters_where_they_are_known():
    lynas = {year: output.lynas(year) for year in (2018, 2022, 2025)}
    assert lynas[2025].mid == 1911 + 3212 + 3993 + 2382
    # The third quarter of 2022 is what fiscal 2023 leaves over: 16,780 less its three printed quarters.
    assert lynas[2022].mid == 4945 + 3650 + (16780 - 4457 - 4348 - 4475) + 4457
    assert (lynas[2018].low, lynas[2018].high) == (17753, 19737)


def test_a_company_year_and_a_calendar_year_never_stand_side_by_side():
    table = tables.load("facilities")
    rows = table[(table["company"] == "MP Materials") & table["period_kind"].isin(["calendar_year", "fiscal_year"])]
    key = ["facility", "stage", "measure", "elements", "reference_year"]
    kinds = rows.groupby(key)["period_kind"].nunique()
    assert len(kinds) > 5 and (kinds == 1).all()


def test_world_sums_that_hold_a_figure_which_is_left_out_are_left_out_too():
    table = tables.load("mine_production")
    bgs = table[table["edition"].str.startswith("BGS WMS (2025")]
    for year, rows in bgs.groupby("reference_year"):
        world = rows[rows["iso3"] == "WLD"]["value"]
        if len(world):
            assert rows[rows["iso3"] != "WLD"]["value"].sum() == world.iloc[0], year
    assert 2012 not in set(bgs[bgs["iso3"] == "WLD"]["reference_year"])


def test_compounds_of_earlier_years_come_by_origin():
    found = {one.origin: one.gross.mid for one in feed.compounds(2020)}
    assert found == {"Myanmar": 35_453.6, "Vietnam": 2_108.4}
    assert [one.origin for one in feed.of_myanmar(2020)] == ["Myanmar"]


def test_madagascar_enters_by_its_own_content_and_malaysia_not_at_all():
    found = {one.origin: one for one in feed.imports(2023)}
    assert found["Madagascar"].factor.mid == 0.10 and found["Nigeria"].factor.mid == 0.55
    assert "Malaysia" not in found and found["Nigeria"].content.unit == "t_reo"
    with_line = {(one.origin, one.goods) for one in feed.imports(2025)}
    assert len(with_line) == len(feed.imports(2025))
