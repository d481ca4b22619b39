"""The fault catalogue of trade files, numbers 23 to 60: rows. Numbers 1 to 22 are in test_trade_fault_files."""

import random
import re
from pathlib import Path

import pytest
from trade_files import cleaned, comtrade, counts, flows, frame, refused, totals

from rareearth.trade import mirror, rules
from rareearth.trade.engine import Table

# Without a test: see test_trade_fault_files.
ELSEWHERE = {19, 22}


BAD_CELLS = [
    ({"primaryValue": "-5"}, "Q04"),
    ({"primaryValue": ""}, "Q02"),
    ({"primaryValue": "nan"}, "Q02"),
    ({"primaryValue": "inf"}, "Q03"),
    ({"primaryValue": "1e999"}, "Q03"),
    ({"primaryValue": "-"}, "Q02"),
    ({"primaryValue": ".."}, "Q02"),
    ({"primaryValue": "n/a"}, "Q02"),
    ({"primaryValue": ":"}, "Q02"),
    ({"primaryValue": "abc"}, "Q03"),
    ({"primaryValue": "9007199254740993"}, "Q05"),
    ({"refYear": "0"}, "Q09"),
    ({"refYear": "99"}, "Q09"),
    ({"refYear": "2099"}, "Q09"),
    ({"refYear": "20.23"}, "Q09"),
    ({"refYear": "202301"}, "Q09"),
    ({"refMonth": "13"}, "Q10"),
    ({"cmdCode": "28AB"}, "Q11"),
    ({"classificationCode": "S3"}, "Q12"),
    ({"netWgt": "-3"}, "Q13"),
    ({"reporterCode": "1"}, "Q06"),
]


@pytest.mark.fault(23)
@pytest.mark.fault(24)
@pytest.mark.fault(25)
@pytest.mark.fault(26)
@pytest.mark.fault(35)
def test_bad_rows_are_taken_out_and_counted_one_by_one(tmp_path):
    good = [{"partnerCode": code} for code in "36 40 56 76 124 152 203 208 233 246 276 300".split()]
    good += [{"partnerCode": code} for code in "344 348 360 372 380 398 410 458 484 504 508 528".split()]
    found = cleaned(tmp_path, comtrade(*good, *(bad for bad, _ in BAD_CELLS)))
    assert counts(found) == {"read": 45, "kept": 24, "quarantined": 21}
    expected = [(code, row) for row, (_, code) in enumerate(BAD_CELLS, 26)]
    assert [(row["code"], row["source_row"]) for row in found.quarantine] == expected
    assert sum(row["value_usd"] for row in flows(found)) == 24 * 50_000


@pytest.mark.fault(24)
def test_more_than_half_of_bad_rows_refuse_the_file(tmp_path):
    content = comtrade({}, {"primaryValue": ""}, {"partnerCode": "410", "primaryValue": ""})
    refused(
        tmp_path,
        content,
        r"2 of 3 rows cannot be used, the first is row 3, column value: '' no value \(Q02\)",
    )


@pytest.mark.fault(27)
@pytest.mark.fault(28)
@pytest.mark.fault(29)
def test_another_number_format_is_refused_and_never_guessed(tmp_path):
    content = comtrade({}, {"partnerCode": "410"}, {"partnerCode": "842", "primaryValue": "1,5"})
    refused(tmp_path, content, r"row 4, column value: '1,5' is written in another number format \(R3\)")
    other = [
        "1,234",
        "1 234",
        "1\u00a0234",
        "1\u202f234",
        "1,5",
        "1.234,5",
        "$5",
        "5%",
        "(5)",
        "\u22125",
        "€ 5",
    ]
    plain = ["5", "-5", "5.", ".5", "5.25", "1e3", " 5 ", "\t5", "+5"]
    cells = other + plain + ["abc", "-", ".", "1e", "1_000", "0x5", "1e400", "5d", "１", ""]
    table = Table.of(["cell"], [[cell] for cell in cells])
    rows = table.mutate(other=rules.is_other_format("cell"), number=rules.number("cell")).rows()
    assert {row["cell"] for row in rows if row["other"]} == set(other)
    assert {row["cell"] for row in rows if row["number"] is not None} == set(plain)


@pytest.mark.fault(30)
def test_a_lost_leading_zero_is_put_back_where_codes_are_of_the_harmonized_system(tmp_path):
    found = flows(cleaned(tmp_path, comtrade({"cmdCode": "10620"}, {"cmdCode": "284690"})))
    assert [row["hs6"] for row in found] == ["010620", "284690"]
    unsaid = comtrade({"cmdCode": "10620"}).replace("classificationCode", "x")
    found = cleaned(tmp_path, unsaid)
    assert [row["hs6"] for row in flows(found)] == ["010620"]
    assert "no classification is named" in found.accounting["files"][0]["notes"][0]
    of_sitc = comtrade({"cmdCode": "522", "classificationCode": "S3"}, {}, {"partnerCode": "36"})
    assert {row["hs6"] for row in flows(cleaned(tmp_path, of_sitc))} == {"284690"}


@pytest.mark.fault(31)
def test_codes_of_other_lengths_keep_their_own_level(tmp_path):
    codes = ["28", "2846", "284690", "28469019", "2846901910"]
    found = flows(cleaned(tmp_path, comtrade(*({"cmdCode": code} for code in codes))))
    assert [(row["hs_code"], row["hs6"]) for row in found] == [
        (code, code if len(code) == 6 else None) for code in sorted(codes)
    ]


@pytest.mark.fault(32)
def test_codes_that_are_sums_are_totals(tmp_path):
    codes = ["TOTAL", "AG2", "AG6", "99", "9999AA"]
    found = cleaned(tmp_path, comtrade({}, *({"cmdCode": code} for code in codes)))
    assert [row["hs_code"] for row in flows(found)] == ["284690"]
    assert sorted(row["hs_code"] for row in totals(found)) == sorted(codes)


@pytest.mark.fault(33)
def test_a_break_of_scope_is_marked(tmp_path):
    rows = [
        {"cmdCode": "811292", "classificationCode": revision, "refYear": year}
        for revision, year in (("H2", "2005"), ("H3", "2010"))
    ]
    found = flows(cleaned(tmp_path, comtrade(*rows)))
    assert [(row["year"], "scope_differs" in row["flags"]) for row in found] == [(2005, True), (2010, False)]


@pytest.mark.fault(34)
def test_one_flow_in_two_revisions_counts_once(tmp_path):
    found = cleaned(tmp_path, comtrade({"classificationCode": "H5", "primaryValue": "49000"}, {}))
    assert [(row["hs_revision"], row["value_usd"]) for row in flows(found)] == [("H6", 50000.0)]
    assert counts(found) == {"read": 2, "kept": 1, "detail": 1}


@pytest.mark.fault(36)
def test_an_incomplete_newest_year_is_marked(tmp_path):
    reporters = ("156", "842", "392", "410", "276")
    rows = [{"refYear": "2023", "reporterCode": code, "partnerCode": "36"} for code in reporters]
    rows += [{"refYear": "2024", "reporterCode": "156", "partnerCode": "36"}]
    found = flows(cleaned(tmp_path, comtrade(*rows)))
    assert {row["year"] for row in found if "incomplete_year" in row["flags"]} == {2024}


@pytest.mark.fault(37)
def test_world_is_a_total_and_is_checked_against_its_partners(tmp_path):
    world = {"partnerCode": "0", "primaryValue": "50000"}
    found = cleaned(tmp_path, comtrade({}, world))
    assert len(flows(found)) == 1 and totals(found)[0]["partner_iso3"] == "WLD"
    for published, (add_up, below, above) in (
        ("50000", (1, 0, 0)),
        ("60000", (0, 1, 0)),
        ("40000", (0, 0, 1)),
    ):
        check = cleaned(tmp_path, comtrade({}, {**world, "primaryValue": published})).accounting["world"]
        assert check["groups"] == 1 and check["largest_gap_usd"] == abs(50_000 - int(published))
        assert check["groups_that_add_up"] == add_up
        assert (check["groups_below_world"], check["groups_above_world"]) == (below, above)


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    ("column", "values"), [("partner2Code", "36 842"), ("motCode", "1000 2100"), ("customsCode", "C01 C04")]
)
def test_details_beside_their_total_are_not_counted(tmp_path, column, values):
    rows = [{column: value, "primaryValue": "25000"} for value in values.split()]
    for order in ([{}, *rows], [*rows, {}]):
        found = cleaned(tmp_path, comtrade(*order))
        assert [row["value_usd"] for row in flows(found)] == [50000.0]
        assert counts(found) == {"read": 3, "kept": 1, "detail": 2}


@pytest.mark.fault(39)
def test_details_without_a_total_are_summed_once(tmp_path):
    rows = [
        {"motCode": "1000", "primaryValue": "20000", "netWgt": "400"},
        {"motCode": "2100", "primaryValue": "30000", "netWgt": "600"},
        {"motCode": "1000", "customsCode": "C01", "primaryValue": "20000"},
    ]
    found = cleaned(tmp_path, comtrade(*rows))
    assert [(row["value_usd"], row["mass_kg"]) for row in flows(found)] == [(50000.0, 1000.0)]
    assert flows(found)[0]["flags"] == "summed" and counts(found) == {"read": 3, "kept": 1, "detail": 2}


@pytest.mark.fault(40)
def test_equal_rows_count_once_and_contradictions_are_taken_out(tmp_path):
    found = cleaned(tmp_path, comtrade({}, {}, {"partnerCode": "410"}))
    assert counts(found) == {"read": 3, "kept": 2, "duplicate": 1}
    rows = [{"primaryValue": "1"}, {"primaryValue": "2"}]
    found = cleaned(tmp_path, comtrade(*rows, *({"partnerCode": code} for code in ("410", "842", "36"))))
    assert counts(found) == {"read": 5, "kept": 3, "quarantined": 2}
    assert {row["code"] for row in found.quarantine} == {"Q14"}


@pytest.mark.fault(41)
@pytest.mark.parametrize("code", ["899", "837", "838", "839", "568", "577"])
def test_areas_without_a_name_are_no_country_and_stay_in_the_check(tmp_path, code):
    found = cleaned(tmp_path, comtrade({}, {"partnerCode": code}, {"partnerCode": "0", "primaryValue": "100000"}))
    assert len(flows(found)) == 1 and {row["partner_iso3"] for row in totals(found)} == {"X" + code, "WLD"}
    assert found.accounting["world"]["groups_that_add_up"] == 1


@pytest.mark.fault(42)
def test_other_asia_is_taiwan(tmp_path):
    assert flows(cleaned(tmp_path, comtrade({"partnerCode": "490"})))[0]["partner_iso3"] == "TWN"


@pytest.mark.fault(43)
@pytest.mark.parametrize("first", [True, False])
def test_the_european_union_never_adds_to_its_members(tmp_path, first):
    rows = [{"partnerCode": "276"}, {"partnerCode": "97"}, {"reporterCode": "97", "partnerCode": "36"}]
    found = cleaned(tmp_path, comtrade(*(rows if first else reversed(rows))))
    assert [row["partner_iso3"] for row in flows(found)] == ["DEU"]
    assert {(row["reporter_iso3"], row["partner_iso3"]) for row in totals(found)} == {
        ("CHN", "EUU"),
        ("EUU", "AUS"),
    }


@pytest.mark.fault(44)
def test_codes_that_are_not_iso_numbers(tmp_path):
    rows = [{"partnerCode": code} for code in ("842", "251", "699", "579", "757")]
    found = flows(cleaned(tmp_path, comtrade(*rows)))
    assert [row["partner_iso3"] for row in found] == ["CHE", "FRA", "IND", "NOR", "USA"]


@pytest.mark.fault(44)
def test_an_unknown_country_is_taken_out_with_the_nearest(tmp_path):
    content = comtrade({}, {"partnerDesc": "South Korea"}, {"partnerDesc": "Soth Korea"})
    found = cleaned(tmp_path, content.replace("partnerCode", "x1").replace("partnerISO", "x2"))
    assert "did you mean 'South Korea'" in found.quarantine[0]["advice"] and found.quarantine[0]["code"] == "Q07"


@pytest.mark.fault(45)
def test_hong_kong_macao_and_former_states_stand_apart(tmp_path):
    rows = [{"partnerCode": code} for code in ("344", "446", "810", "891", "736", "58")]
    found = flows(cleaned(tmp_path, comtrade(*rows)))
    assert [row["partner_iso3"] for row in found] == ["BEL", "HKG", "MAC", "SCG", "SDN", "SUN"]


@pytest.mark.fault(46)
def test_goods_that_come_back_are_marked_and_in_no_pair(tmp_path):
    found = cleaned(tmp_path, comtrade({"flowCode": "M", "partnerCode": "156"}, {}))
    back = next(row for row in flows(found) if row["partner_iso3"] == "CHN")
    assert back["flags"] == "self_trade"
    assert "CHN" not in set(mirror.reports(frame(found))["partner_iso3"])


@pytest.mark.fault(47)
def test_re_exports_are_apart_and_unknown_flows_refused(tmp_path):
    rows = [{}, {"flowCode": "RX", "primaryValue": "9"}, {"flowCode": "MIP"}, {"flowCode": "DX"}]
    found = cleaned(tmp_path, comtrade(*rows))
    assert sorted(row["flow"] for row in flows(found)) == ["domestic_export", "export", "re_export"]
    assert counts(found) == {"read": 4, "kept": 3, "detail": 1}
    assert mirror.reports(frame(found))["value_usd"].tolist() == [50000.0]
    refused(tmp_path, comtrade({}, {"flowCode": "ZZ"}), r"row 3, column flow: 'ZZ' is no known flow \(R1\)")


@pytest.mark.fault(48)
@pytest.mark.parametrize(("unit", "mass"), [("-1", None), ("1", None), ("5", None), ("8", 7.0), ("21", 7000.0)])
def test_only_units_of_mass_become_kilograms(tmp_path, unit, mass):
    row = {"netWgt": "", "qtyUnitCode": unit, "qty": "7"}
    found = flows(cleaned(tmp_path, comtrade(row)))[0]
    assert found["mass_kg"] == mass and found["mass_status"] == ("missing" if mass is None else "reported")


@pytest.mark.fault(49)
def test_a_mass_of_zero_is_missing(tmp_path):
    found = flows(cleaned(tmp_path, comtrade({"netWgt": "0", "qty": "0"})))[0]
    assert (found["mass_kg"], found["mass_status"], found["flags"]) == (None, "missing", "zero_mass")


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        pytest.param({"primaryValue": "0"}, "zero_value", marks=pytest.mark.fault(50)),
        pytest.param({"grossWgt": "900"}, "net_over_gross", marks=pytest.mark.fault(51)),
    ],
)
def test_what_cannot_be_is_marked_and_kept(tmp_path, change, flag):
    assert flows(cleaned(tmp_path, comtrade(change)))[0]["flags"] == flag


@pytest.mark.fault(52)
def test_kilograms_taken_for_tonnes_are_marked_and_never_corrected(tmp_path):
    draw = random.Random(1)
    partners = [str(code) for code in (392, 410, 842, 276, 251, 36, 76, 124, 208, 246, 300, 372)]
    rows = [{"partnerCode": code, "netWgt": f"{1000 * draw.uniform(0.9, 1.1):.3f}"} for code in partners]
    rows[4]["netWgt"] = "1.0"
    found = {row["partner_iso3"]: row for row in flows(cleaned(tmp_path, comtrade(*rows)))}
    assert found["FRA"]["mass_kg"] == 1.0
    assert found["FRA"]["flags"] == "unit_value_outlier;thousandfold"
    assert all(row["flags"] == "" for iso3, row in found.items() if iso3 != "FRA")


@pytest.mark.fault(53)
def test_odd_pairs_are_named_in_the_mirror_table(tmp_path):
    back = {"reporterCode": "392", "partnerCode": "156", "flowCode": "M"}
    for value, words in (
        ("40000", "import below export"),
        ("52000", ""),
        ("200000", "more than 3 times apart"),
    ):
        found = cleaned(tmp_path, comtrade({}, {**back, "primaryValue": value}))
        assert mirror.pairs(mirror.reports(frame(found)))["warning"].tolist() == [words]


@pytest.mark.fault(54)
def test_estimated_masses_are_carried_through(tmp_path):
    row = {"isNetWgtEstimated": "true", "altQtyUnitCode": "-1"}
    assert flows(cleaned(tmp_path, comtrade(row)))[0]["mass_status"] == "estimated"
    row = {"isNetWgtEstimated": "true", "altQty": "800"}
    found = flows(cleaned(tmp_path, comtrade(row)))[0]
    assert (found["mass_kg"], found["mass_status"], found["flags"]) == (800.0, "reported", "alt_quantity")


@pytest.mark.fault(54)
def test_a_reported_part_does_not_stand_for_the_whole(tmp_path):
    others = [{"partnerCode": code} for code in ("410", "842", "276")]
    part = {"isNetWgtEstimated": "true", "altQty": "2"}
    found = {row["partner_iso3"]: row for row in flows(cleaned(tmp_path, comtrade(part, *others)))}
    assert (found["JPN"]["mass_kg"], found["JPN"]["flags"]) == (1000.0, "alt_part")


def test_a_total_whose_code_became_a_decimal_is_a_total(tmp_path):
    rows = [
        {"motCode": "0.0"},
        {"motCode": "1000.0", "primaryValue": "1"},
        {"motCode": "2100.0", "primaryValue": "2"},
    ]
    found = cleaned(tmp_path, comtrade(*rows))
    assert [row["value_usd"] for row in flows(found)] == [50000.0]
    assert counts(found) == {"read": 3, "kept": 1, "detail": 2}


@pytest.mark.parametrize(
    ("said", "status"), [("false", "reported"), ("0", "reported"), ("true", "estimated"), ("", "unstated")]
)
def test_a_mass_is_reported_only_where_the_file_says_so(tmp_path, said, status):
    assert flows(cleaned(tmp_path, comtrade({"isNetWgtEstimated": said})))[0]["mass_status"] == status


@pytest.mark.parametrize(("said", "status"), [(["false", "true"], "estimated"), (["false", ""], "unstated")])
def test_a_sum_is_as_good_as_its_weakest_mass(tmp_path, said, status):
    rows = [{"motCode": f"{n}000", "isNetWgtEstimated": cell, "altQtyUnitCode": "-1"} for n, cell in enumerate(said, 1)]
    (row,) = flows(cleaned(tmp_path, comtrade(*rows)))
    assert (row["mass_kg"], row["mass_status"]) == (2000.0, status)


@pytest.mark.parametrize(
    ("cell", "kg"),
    [
        ("1,234.5", 1234.5),
        ("1,234,567", 1234567.0),
        ("50 000", 50000.0),
        ("1\u00a0234\u00a0567,25", 1234567.25),
        ("1\u202f234.5", 1234.5),
        ("12\u2009345", 12345.0),
    ],
)
def test_marks_of_thousands_in_a_mass_are_read_where_they_can_be_nothing_else(tmp_path, cell, kg):
    assert flows(cleaned(tmp_path, comtrade({"netWgt": cell})))[0]["mass_kg"] == kg
    refused(tmp_path, comtrade({"netWgt": "1,234"}), r"column mass: '1,234' is written in another number format")


@pytest.mark.parametrize("code", ["2846.90", "28.46.90", "2846.90.20", "2846.90.2040", "28.46"])
def test_codes_are_read_with_the_dots_of_tariffs(tmp_path, code):
    assert flows(cleaned(tmp_path, comtrade({"cmdCode": code})))[0]["hs_code"] == code.replace(".", "")


def test_a_value_with_blanks_between_thousands_is_one_number(tmp_path):
    assert flows(cleaned(tmp_path, comtrade({"primaryValue": "1\u202f234 567,5"})))[0]["value_usd"] == 1234567.5


def test_foreign_imports_stay_apart(tmp_path):
    found = flows(cleaned(tmp_path, comtrade({"flowCode": "M"}, {"flowCode": "FM"})))
    assert sorted(row["flow"] for row in found) == ["foreign_import", "import"]


def test_codes_of_another_classification_lost_no_zero(tmp_path):
    refused(tmp_path, comtrade({"cmdCode": "522", "classificationCode": "S3"}), "another classification .Q12.")


@pytest.mark.fault(55)
def test_large_values_are_exact(tmp_path):
    value = str(rules.EXACT - 1)
    assert flows(cleaned(tmp_path, comtrade({"primaryValue": value})))[0]["value_usd"] == int(value)


@pytest.mark.fault(56)
def test_shown_shares_add_up(tmp_path):
    from rareearth.suppliers import concentration

    draw = random.Random(2)
    for _ in range(200):
        found = concentration({str(n): draw.uniform(0, 1) for n in range(draw.randint(2, 12))})
        assert abs(sum(round(share, 2) for share in found.shares_pct.values()) - 100) <= 0.1


@pytest.mark.parametrize(("hits", "trials"), [(0, 7), (3, 7), (7, 7), (450, 1234)])
def test_the_interval_of_a_share_is_that_of_the_library(hits, trials):
    from scipy.stats import binomtest

    from rareearth.trade import quality

    of_library = binomtest(hits, trials).proportion_ci(0.9, "wilson")
    share, low, high = quality.wilson_pct(hits, trials)
    assert share == pytest.approx(100 * hits / trials)
    assert (low, high) == pytest.approx((100 * of_library.low, 100 * of_library.high), abs=1e-9)


@pytest.mark.fault(57)
def test_nothing_is_divided_by_nothing():
    from rareearth.suppliers import concentration
    from rareearth.trade import quality

    with pytest.raises(ValueError, match="all quantities are 0"):
        concentration({"A": 0.0})
    with pytest.raises(ValueError, match="no share of 0 in 0"):
        quality.wilson_pct(0, 0)


def test_every_fault_of_trade_files_has_a_test_or_a_reason(request):
    """58, 59 and 60 are properties: test_trade_properties holds them."""
    marked = set()
    for path in Path(__file__).parent.glob("test_trade_*.py"):
        marked |= {int(n) for n in re.findall(r"mark\.fault\((\d+)\)", path.read_text(encoding="utf-8"))}
    assert (marked & set(range(1, 61))) | ELSEWHERE == set(range(1, 61))
