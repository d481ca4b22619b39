"""Readers: each layout in a small file of the tests' own, and over the publishers' own files where they are at hand."""

import io

import openpyxl
import pandas as pd
import pytest
from trade_files import REDUCED, cleaned, comtrade, comtrade_json, counts, flows, text, totals

from rareearth.errors import Refused
from rareearth.paths import ROOT
from rareearth.trade import clean, readers
from rareearth.trade.columns import FIELDS
from rareearth.trade.engine import Engine

NATIVE = ROOT.parent / "shared" / "facts" / "trade_native"
LEGACY_11 = (
    "Year,Reporter Code,Trade Flow Code,Partner Code,Classification,Commodity Code,Quantity Unit Code,"
    "Supplementary Quantity,Netweight (kg),Value,Estimation Code\n"
)
SITE = (
    "Classification,Year,Period,Period Desc.,Aggregate Level,Is Leaf Code,Trade Flow Code,Trade Flow,Reporter Code,"
    "Reporter,Reporter ISO,Partner Code,Partner,Partner ISO,2nd Partner Code,2nd Partner,2nd Partner ISO,"
    "Customs Proc. Code,Customs,Mode of Transport Code,Mode of Transport,Commodity Code,Commodity,Qty Unit Code,"
    "Qty Unit,Qty,Alt Qty Unit Code,Alt Qty Unit,Alt Qty,Netweight (kg),Gross weight (kg),Trade Value (US$),"
    "CIF Trade Value (US$),FOB Trade Value (US$),Flag\n"
)


def test_answer_of_the_api(tmp_path):
    found = cleaned(tmp_path, comtrade_json({}, {"partnerCode": "0"}), "answer.json")
    assert flows(found)[0]["value_usd"] == 50000.0 and len(totals(found)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"error": "quota", "data": null}', "no answer of an API of trade .*quota"),
        ('{"statusCode": 429, "message": "slow down"}', "slow down"),
        ('{"count": 0, "data": []}', "holds no record"),
        ("[1, 2]", "no answer"),
        ('{"data": [1]}', "other things than records"),
        ("<!doctype html><p>x", "a web page"),
    ],
)
def test_answers_that_are_none(tmp_path, content, said):
    with pytest.raises(Refused, match=said):
        cleaned(tmp_path, content, "answer.json")


def test_months_and_a_subset_of_columns(tmp_path):
    row = {
        "period": "202403",
        "reporterCode": "156",
        "partnerCode": "392",
        "flowCode": "X",
        "cmdCode": "284690",
    }
    found = flows(cleaned(tmp_path, text([{**row, "primaryValue": "5"}])))[0]
    assert (found["year"], found["month"], found["mass_status"]) == (2024, 3, "missing")


def test_a_header_beside_its_data_is_put_in_place(tmp_path):
    header, row = comtrade({"partnerCode": "410"}).splitlines()
    shifted = row.split(",")[1:] + [""]
    found = flows(cleaned(tmp_path, header + "\n" + ",".join(shifted) + "\n"))[0]
    assert (found["partner_iso3"], found["value_usd"], found["year"]) == ("KOR", 50000.0, 2024)


def test_a_capped_answer_is_said(tmp_path):
    rows = [
        {"refYear": str(year), "cmdCode": f"{code:06d}"} for year in range(2000, 2020) for code in range(280100, 280125)
    ]
    found = cleaned(tmp_path, comtrade(*rows))
    assert "exactly 500 rows" in found.accounting["files"][0]["notes"][0]


def test_the_old_database(tmp_path):
    found = flows(cleaned(tmp_path, LEGACY_11 + '2010,699,1,156,"H3","284690",8,61994,61994,537359,0\n'))[0]
    assert (found["reporter_iso3"], found["flow"], found["mass_kg"], found["hs_revision"]) == (
        "IND",
        "import",
        61994,
        "H3",
    )


def site(code, word, partner, value, mass="5", flag="0", period="2016", product="284690", detail=",,,,,,"):
    """A row of the site of 2014 to 2022."""
    return (
        f"H4,{period[:4]},{period},x,6,1,{code},{word},36,Australia,AUS,{partner},x,x,{detail},{product},"
        f'"Compounds, other",8,kg,5,,,,{mass},,{value},,,{flag}\n'
    )


def test_the_site_of_2014_to_2022(tmp_path):
    rows = [
        site(1, "Import", "0", 300),
        site(1, "Import", "381", 200, flag="4"),
        site(2, "Export", "490", 70, period="201603"),
        site(3, "Re-Export", "392", 9, mass="0", product="10620"),
        # Its last months: the flow in words alone, and totals of detail written out.
        site(0, "RM", "156", 8, detail="0,World,W00,C00,All CPCs,0,All MOTs"),
    ]
    found = cleaned(tmp_path, SITE + "".join(rows))
    assert {
        (r["partner_iso3"], r["flow"], r["value_usd"], r["mass_status"], r["month"], r["hs6"]) for r in flows(found)
    } == {
        ("ITA", "import", 200, "estimated", None, "284690"),
        ("TWN", "export", 70, "reported", 3, "284690"),
        ("JPN", "re_export", 9, "reported", None, "010620"),
        ("CHN", "re_import", 8, "reported", None, "284690"),
    }
    assert counts(found) == {"read": 5, "kept": 4, "aggregate": 1}


@pytest.mark.parametrize("rename", [lambda n: n.replace(" ", ".").replace("(", ".").replace(")", "."), str.upper])
def test_columns_of_the_site_may_be_chosen_and_renamed_by_a_program(tmp_path, rename):
    names = [
        "Classification",
        "Year",
        "Trade Flow",
        "Reporter Code",
        "Partner Code",
        "Commodity Code",
        "Trade Value (US$)",
    ]
    row = {
        "Classification": "H5",
        "Year": "2017",
        "Trade Flow": "Import",
        "Reporter Code": "842",
        "Partner Code": "156",
    }
    row |= {"Commodity Code": "1", "Trade Value (US$)": "7"}
    found = flows(cleaned(tmp_path, text([{rename(name): row[name] for name in reversed(names)}])))[0]
    assert (found["hs_code"], found["value_usd"], found["mass_status"]) == ("01", 7, "missing")


def test_reduced_layout_takes_the_largest_as_total_and_needs_a_year(tmp_path):
    rows = "".join(f"842,156,850511,M,{value},{value // 50}\n" for value in (600, 1000, 400, 400))
    found = cleaned(tmp_path, REDUCED + rows, year="2024")
    assert [(row["value_usd"], row["mass_kg"]) for row in flows(found)] == [(1000.0, 20.0)]
    assert counts(found) == {"read": 4, "kept": 1, "detail": 2, "duplicate": 1}
    assert flows(cleaned(tmp_path, REDUCED + rows, "pull_2022.csv"))[0]["year"] == 2022
    assert cleaned(tmp_path, REDUCED + rows, "pull_2022.csv").accounting["files"][0]["notes"] == [
        "year 2022: taken from the name of the file"
    ]
    # A revision of the Harmonized System and a version are no year.
    for name in (
        "pull.csv",
        "pull_2002_2024.csv",
        "V202601.csv",
        "hs2017.csv",
        "BACI_HS_2017.csv",
        "H2017.csv",
    ):
        with pytest.raises(Refused, match="give it with --year"):
            cleaned(tmp_path, REDUCED + rows, name)


def test_baci_in_its_own_and_other_names(tmp_path):
    own = cleaned(
        tmp_path,
        "t,i,j,k,v,q\n2024,156,490,850511,3.5,0.25\n2024,156,392,10620,1,NA\n".replace("10620", "010620"),
        "BACI_HS17_Y2024_V202601.csv",
    )
    by_code = {row["hs6"]: row for row in flows(own)}
    first = by_code["850511"]
    assert (first["partner_iso3"], first["value_usd"], first["mass_kg"], first["hs_revision"]) == (
        "TWN",
        3500,
        250,
        "H5",
    )
    assert (first["value_basis"], first["mass_status"]) == ("reconciled", "estimated")
    assert by_code["010620"]["mass_status"] == "missing"
    labelled = "year,exporter,exporter_name,importer,importer_name,hs6,material,value_kusd,qty_t\n2024,NAM,Namibia,S19,x,811010,antimony,2,1\n"
    found = flows(cleaned(tmp_path, labelled))[0]
    assert (found["reporter_iso3"], found["partner_iso3"], found["value_usd"]) == ("NAM", "TWN", 2000)
    found = flows(cleaned(tmp_path, "i,j,cmd,value\nCHN,JPN,850511,7\n", year="2024"))[0]
    assert (found["value_usd"], found["mass_status"]) == (7, "missing")
    with pytest.raises(Refused, match="is a table of codes"):
        cleaned(tmp_path, "code,description\n850511,magnets\n")


DATAWEB = {
    "Data Type": "Customs Value",
    "Country": "China",
    "HTS Number": "2846",
    "Description": "x",
    "Quantity Description": "Value for: kilograms",
}


def dataweb(title, *rows):
    header = [*DATAWEB, *(name for name in rows[0] if name not in DATAWEB)]
    body = text([{**DATAWEB, **row} for row in rows], header)
    return f"{title}|Annual,,\nData Row Count,{len(rows)},\n{body}"


def test_dataweb_joins_values_and_quantities(tmp_path):
    quantity = {"Data Type": "First Unit of Quantity", "Quantity Description": "kilograms"}
    content = dataweb(
        "Imports For Consumption",
        {"2023": "100", "2024": "200", "2025": "0"},
        {"2023": "50", "2024": "0", "2025": "0", "Quantity Description": "Value for: number"},
        {**quantity, "2023": "7", "2024": "8", "2025": "0"},
        {**quantity, "2023": "3", "2024": "0", "2025": "0", "Quantity Description": "number"},
        {"2023": "0", "2024": "0", "2025": "0", "Country": "Chile"},
        {"Data Type": "Total: ", "Country": "", "HTS Number": "", "2023": "150", "2024": "200", "2025": "0"},
    )
    found = cleaned(tmp_path, content)
    assert [(r["year"], r["value_usd"], r["mass_kg"], r["flags"]) for r in flows(found)] == [
        (2023, 150.0, 7.0, "part_of_mass"),
        (2024, 200.0, 8.0, ""),
    ]
    assert counts(found) == {"read": 6, "kept": 4, "detail": 2}
    assert "2025 is 0 in every row" in found.accounting["files"][0]["notes"][0]


def test_dataweb_quantities_alone_parts_of_years_and_titles(tmp_path):
    quantity = {"Data Type": "First Unit of Quantity", "Quantity Description": "kilograms", "2024": "7"}
    alone = flows(cleaned(tmp_path, dataweb("Domestic Exports", quantity)))[0]
    assert (alone["value_usd"], alone["mass_kg"]) == (None, 7)
    with pytest.raises(Refused, match="a quantity without its value"):
        cleaned(tmp_path, dataweb("Domestic Exports", {**quantity, "Quantity Description": "number"}))
    with pytest.raises(Refused, match="no row holds a flow.*part of a year"):
        cleaned(tmp_path, dataweb("Domestic Exports", {"2026_Year_to_date": "7"}))
    with pytest.raises(Refused, match="imports or exports"):
        cleaned(tmp_path, text([{**DATAWEB, **quantity}]))
    found = flows(cleaned(tmp_path, text([{**DATAWEB, "Data Type": "FAS Value", "2024": "9"}])))[0]
    assert (found["flow"], found["value_basis"], found["reporter_iso3"]) == ("domestic_export", "fas", "USA")
    hidden = {**quantity, "2024_Suppressed": "2"}
    both = dataweb("Domestic Exports", {"Data Type": "FAS Value", "2024": "9", "2024_Suppressed": "0"}, hidden)
    assert flows(cleaned(tmp_path, both))[0]["flags"] == "suppressed"


def test_dataweb_workbook(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Query Parameters"
    book.active.append(["Step", "Selection"])
    for kind, unit, amount in (
        ("Customs Value", "Value for: kilograms", 90),
        ("First Unit of Quantity", "kilograms", 3),
    ):
        page = book.create_sheet(kind)
        page.append(["Imports For Consumption|Annual"])
        page.append(["Data Row Count", 1])
        page.append([*DATAWEB, "2023", "2024"])
        page.append([kind, "Malaysia", "2846", "x", unit, 0, amount])
    buffer = io.BytesIO()
    book.save(buffer)
    found = cleaned(tmp_path, buffer.getvalue(), "dataweb.xlsx")
    assert [(r["partner_iso3"], r["value_usd"], r["mass_kg"]) for r in flows(found)] == [("MYS", 90.0, 3.0)]
    assert counts(found) == {"read": 2, "kept": 2}


def test_oec_totals_are_no_flows(tmp_path):
    content = '"ISO 3","Country ID","Country","Trade Value Export","Trade Value Import","Trade Value Delta"\n'
    content += '"chn","aschn","China",11.000000000000002,5,6\n"blx","eublx","Belgium-Luxembourg",1,2,-1\n'
    found = cleaned(tmp_path, content, "Net-Trade-2022.csv")
    assert flows(found) == [] and counts(found) == {"read": 2, "aggregate": 2}
    assert {(r["reporter_iso3"], r["flow"], r["value_usd"], r["hs_code"]) for r in totals(found)} == {
        ("CHN", "export", 11.0, "unstated"),
        ("CHN", "import", 5.0, "unstated"),
        ("BEL", "export", 1.0, "unstated"),
        ("BEL", "import", 2.0, "unstated"),
    }
    header, _, rows = content.partition("\n")
    assert len(totals(cleaned(tmp_path, f"{header.lower()}\n{rows}", "Net-Trade-2022.csv"))) == 4


def test_an_unknown_layout_names_the_nearest(tmp_path):
    with pytest.raises(Refused, match="the nearest, CEPII BACI, has also v, q"):
        cleaned(tmp_path, "t,i,j,k,x\n1,2,3,4,5\n")


# The publishers' own files: name, rows read, and what the counts must be.
NATIVE_FILES = [
    ("comtrade_china_imports_2846/2024.json", "", {"read": 34, "kept": 32, "aggregate": 2}),
    ("comtrade_china_ree_hs6_2025_X.json", "", {"read": 142, "kept": 139, "aggregate": 3}),
    ("comtrade_ree_hs6_2025_exporters.csv", "", {"read": 533, "kept": 510, "aggregate": 23}),
    (
        "comtrade_world_partner_2023_all_reporters.csv",
        "",
        {"read": 8639, "aggregate": 7019, "duplicate": 1620},
    ),
    ("comtradeapicall_gallium_2020_2024.csv", "", {"read": 40, "kept": 20, "aggregate": 20}),
    ("comtradeplus_quad_imports_graphite2504_partner_china_2019_2024.csv", "", {"read": 24, "kept": 24}),
    ("baci_hs17_2024_30_critical_hs6.csv", "", {"read": 21723, "kept": 21723}),
    ("baci_v202601_2024_value_by_iso3.csv", "", {"read": 21723, "kept": 21723}),
    ("oec_net_trade_2846/Net-Trade-2022.csv", "", {"read": 77, "aggregate": 77}),
    ("usitc_dataweb_us_imports_for_consumption_1993-2026.xlsx", "", {"read": 1876}),
]


@pytest.mark.skipif(not NATIVE.is_dir(), reason="the publishers' own files are not beside this checkout")
@pytest.mark.parametrize(("name", "year", "expected"), NATIVE_FILES)
def test_files_as_their_publishers_hand_them_out(name, year, expected):
    found = counts(clean.clean([NATIVE / name], year))
    assert {key: found.get(key) for key in expected} == expected
    assert "quarantined" not in found


@pytest.mark.long
@pytest.mark.skipif(not NATIVE.is_dir(), reason="the publishers' own files are not beside this checkout")
@pytest.mark.parametrize("stem", ["imports_for_consumption", "domestic_exports"])
def test_a_workbook_and_its_sheets_as_csv_are_the_same_flows(stem):
    whole = NATIVE / f"usitc_dataweb_us_{stem}_1993-2026.xlsx"
    book = clean.clean([whole])
    sheets = clean.clean(sorted(NATIVE.glob(f"{whole.stem}__*.csv")))
    columns = [name for name in FIELDS if name not in ("source_id", "source_row")]
    first, second = (
        found.engine.frame(found.flows)[columns].sort_values(columns[:6]).reset_index(drop=True)
        for found in (book, sheets)
    )
    assert len(first) > 1000
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.skipif(not NATIVE.is_dir(), reason="the publishers' own files are not beside this checkout")
def test_tables_that_others_made_are_refused_with_the_nearest_layout():
    for name in (
        "baci_bilateral_values_2002_2024_magnets_gage_sb_w_graphite.csv",
        "comtrade_monthly_china_exports_gage_graphite_2017_2024.csv",
        "comtrade_china_imports_2846/manifest.json",
    ):
        with pytest.raises(Refused, match=r"no known layout|no answer"):
            readers.read_file(NATIVE / name, Engine())


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(tmp_path, codec):
    found = cleaned(tmp_path, comtrade({}, {"partnerCode": "36"}).encode(codec))
    assert len(flows(found)) == 2
    assert found.accounting["files"][0]["encoding"] == codec.upper().replace("-16-", "-16")


def test_revisions_go_by_their_year_too(tmp_path):
    words = ["HS2022", "HS 2022", "HS22", "2022", "2022.0", "H6"]
    partners = ["36", "392", "410", "124", "276", "250"]
    changes = [{"classificationCode": word, "partnerCode": one} for word, one in zip(words, partners, strict=True)]
    assert {row["hs_revision"] for row in flows(cleaned(tmp_path, comtrade(*changes)))} == {"H6"}


def test_codes_of_units_and_flags_that_a_program_made_numbers_of(tmp_path):
    about = {"qtyUnitCode": "8", "qty": "70", "netWgt": "", "isNetWgtEstimated": "0"}
    plain = flows(cleaned(tmp_path, comtrade(about)))
    assert plain[0]["mass_kg"] == 70 and plain[0]["mass_status"] == "reported"
    changed = about | {"qtyUnitCode": "8.0", "isNetWgtEstimated": "0.0"}
    again = flows(cleaned(tmp_path, comtrade(changed)))
    assert [row | {"source_id": ""} for row in again] == [row | {"source_id": ""} for row in plain]


def test_the_separator_is_the_one_that_makes_a_header(tmp_path):
    rows = comtrade({}, {"partnerCode": "36"}).replace(",", "|").splitlines()
    content = "\n".join([rows[0] + "|note", *(row + "|a; b; c; d; e" for row in rows[1:])]) + "\n"
    assert len(flows(cleaned(tmp_path, content))) == 2


def test_a_decimal_comma_in_some_cells_and_points_between_thousands(tmp_path):
    values = {"36": ("1.234.567", 1234567), "392": ("695282769,31", 695282769.31), "410": ("12", 12)}
    changes = [{"partnerCode": one, "primaryValue": cell} for one, (cell, _) in values.items()]
    lines = [
        ";".join(line.split("|"))
        for line in comtrade(
            *[{**change, "primaryValue": change["primaryValue"].replace(",", "@")} for change in changes]
        )
        .replace(",", "|")
        .replace("@", ",")
        .splitlines()
    ]
    found = flows(cleaned(tmp_path, "\n".join(lines) + "\n"))
    assert sorted(row["value_usd"] for row in found) == sorted(value for _, value in values.values())
