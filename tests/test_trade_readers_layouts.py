"""Layouts of other publishers, and what happens to files on their way: saved again, cut, renamed. The figures are made up."""

import csv
import gzip
import io
import json
import os
import zipfile

import openpyxl
import pandas as pd
import pytest
from trade_files import COMTRADE, cleaned, comtrade, counts, flows, refused, text, totals

from rareearth.errors import Refused
from rareearth.paths import RAW
from rareearth.trade import clean, readers
from rareearth.trade.engine import Engine
from rareearth.trade.readers import comext, sheets, source
from tools import layout_table

WITS = (
    "Nomenclature,ReporterISO3,ProductCode,ReporterName,PartnerISO3,PartnerName,Year,TradeFlowName,TradeFlowCode,"
    "TradeValue in 1000 USD,Quantity,ShortName\n"
    "H6,ROM,284690,Romania,CHN,China,2023,Gross Imports,5,1.5,20,Kg\n"
    "H6,ROM,284690,Romania,WLD, World,2023,Gross Imports,5,4,30,Kg\n"
    'H6,ROM,10620,Romania,KOR,"Korea, Rep.",2023,Export,6,2,7,u\n'
)
SDMX = (
    "DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,indicators,TIME_PERIOD,OBS_VALUE\n"
    "ESTAT:DS-045409(1.0),17/02/25 11:00:00,A,EL,CN,284690,1,VALUE_IN_EUROS,2020,1000\n"
    "ESTAT:DS-045409(1.0),17/02/25 11:00:00,A,EL,CN,284690,1,QUANTITY_IN_100KG,2020,12.5\n"
    "ESTAT:DS-045409(1.0),17/02/25 11:00:00,A,EL,CN,284690,1,SUPPLEMENTARY_QUANTITY,2020,3\n"
    "ESTAT:DS-045409(1.0),17/02/25 11:00:00,A,EL,WORLD,284690,1,VALUE_IN_EUROS,2020,5000\n"
    "ESTAT:DS-045409(1.0),17/02/25 11:00:00,A,EL,XI,284690,2,VALUE_IN_EUROS,2020,10\n"
    "ESTAT:DS-045409(1.0),17/02/25 11:00:00,A,EL,XU,284690,2,VALUE_IN_EUROS,2020,30\n"
)
WIDE = (
    "freq,reporter,partner,product,flow,indicators\\TIME_PERIOD\t2019 \t2020 \n"
    "A,EL,CN,284690,1,VALUE_IN_EUROS\t1000 \t: c\nA,EL,CN,284690,1,QUANTITY_IN_100KG\t12.5 e\t: \n"
    "A,EL,WORLD,284690,1,VALUE_IN_EUROS\t: \t5000 \n"
)
BULK = (
    "REPORTER,PARTNER,TRADE_TYPE,PRODUCT_NC,PRODUCT_SITC,FLOW,STAT_PROCEDURE,SUPPL_UNIT,PERIOD,VALUE_EUR,VALUE_NAC,"
    "QUANTITY_KG,QUANTITY_SUPPL_UNIT\n"
    "DE,CN,E,28469030,52595,1,1,NO_SU,202403,100,100,5,0\n"
    "DE,CN,E,28469030,52595,1,3,NO_SU,202403,50,50,2,0\n"
    "DE,CN,E,2846XXXX,52595,1,1,NO_SU,202403,9,9,1,0\n"
)
CENSUS = (
    "CTY_CODE,CTY_NAME,GEN_VAL_MO,AIR_WGT_MO,GEN_QY1_MO,UNIT_QY1,MONTH,SUMMARY_LVL,COMM_LVL,I_COMMODITY,YEAR\n"
    "5700,CHINA,1000,1,40,KG,01,DET,HS6,284690,2020\n"
    "-,TOTAL FOR ALL COUNTRIES,1500,1,60,KG,01,DET,HS6,284690,2020\n"
    "0003,EUROPEAN UNION,500,1,20,KG,01,CGP,HS6,284690,2020\n"
    "5XXX,ASIA,1000,1,40,KG,01,CGP,HS6,284690,2020\n"
)
TRADE_MAP = (
    "Importers\tExported value in 2019\tExported value in 2020\tExported quantity in 2020, Tons\n"
    "World\t9\t12\t3\nUnited States of America\t5\t0\t0\nTaipei, Chinese\t4\t7\t2\n"
)
DATAWEB = (
    "Data Type,Country,Year,HTS Number,Description,Quantity Description,Customs Value\n"
    'Customs Value,China,2023,2846902040,"GOODS, OTHER",Value for: kilograms,1000\n'
    "Customs Value,Côte d`Ivoire,2024,2846902040,GOODS,Value for: kilograms,400\n"
    'Total: ,,,,,,"1,400"\n'
)
OEC = (
    "HS6,HS6 ID,Exporter Country,Exporter Country ID,Importer Country,Importer Country ID,Year,Trade Value,Quantity\n"
    "Other,5284690,China,aschn,Japan,asjpn,2022,700,3\n"
)
NAME = "Trade_Map_-_List_of_importing_markets_for_a_product_exported_by_China.csv"


def short(found):
    """Reporter, partner, flow, code, year, month, value and mass of each flow."""
    names = ("reporter_iso3", "partner_iso3", "flow", "hs_code", "year", "month", "value_usd", "mass_kg")
    return sorted(tuple(row[name] for name in names) for row in flows(found))


# Layout -> text, name of the file, flows, counts of rows.
LAYOUTS = {
    "wits": (
        WITS,
        "wits.csv",
        [
            ("ROU", "CHN", "import", "284690", 2023, None, 1500.0, 20.0),
            ("ROU", "KOR", "export", "010620", 2023, None, 2000.0, None),
        ],
        {"read": 3, "kept": 2, "aggregate": 1},
    ),
    "sdmx": (
        SDMX,
        "comext.csv",
        [
            ("GRC", "CHN", "import", "284690", 2020, None, pytest.approx(1141.03), 1250.0),
            ("GRC", "GBR", "export", "284690", 2020, None, pytest.approx(45.6412), None),
        ],
        {"read": 6, "kept": 3, "aggregate": 1, "detail": 2},
    ),
    "wide": (
        WIDE.replace("\t", ","),
        "estat_ds-045409.tsv",
        [("GRC", "CHN", "import", "284690", 2019, None, pytest.approx(1119.44), 1250.0)],
        {"read": 3, "kept": 2, "aggregate": 1},
    ),
    "bulk": (
        BULK,
        "full202403.dat",
        [("DEU", "CHN", "import", "28469030", 2024, 3, pytest.approx(162.303), 7.0)],
        {"read": 3, "kept": 1, "aggregate": 1, "detail": 1},
    ),
    "census": (
        CENSUS,
        "census.csv",
        [("USA", "CHN", "import", "284690", 2020, 1, 1000.0, 40.0)],
        {"read": 4, "kept": 1, "aggregate": 1, "detail": 2},
    ),
    "dataweb": (
        DATAWEB,
        "dataweb.csv",
        [
            ("USA", "CHN", "import", "2846902040", 2023, None, 1000.0, None),
            ("USA", "CIV", "import", "2846902040", 2024, None, 400.0, None),
        ],
        {"read": 3, "kept": 2, "detail": 1},
    ),
    "oec": (
        OEC,
        "oec.csv",
        [("CHN", "JPN", "export", "284690", 2022, None, 700.0, 3000.0)],
        {"read": 1, "kept": 1},
    ),
}


def rewritten(text, change=lambda rows: rows, **written):
    """The text read as CSV and written again."""
    buffer = io.StringIO()
    csv.writer(buffer, **{"lineterminator": "\n", **written}).writerows(change(list(csv.reader(io.StringIO(text)))))
    return buffer.getvalue().encode()


def workbook(rows):
    book = openpyxl.Workbook()
    book.active.title = "About"
    book.create_sheet("data")
    for row in rows:
        book["data"].append(
            [float(cell) if cell.replace(".", "", 1).isdigit() and cell[0] != "0" else cell for cell in row]
        )
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


WAYS = {
    "as it comes": lambda text: text.encode(),
    "mark of bytes and CRLF": lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
    "all cells quoted": lambda text: rewritten(text, quoting=csv.QUOTE_ALL),
    "a separator at each row's end": lambda text: rewritten(
        text, lambda rows: [rows[0], *([*row, ""] for row in rows[1:])]
    ),
    "other order of columns": lambda text: rewritten(text, lambda rows: [row[::-1] for row in rows]),
    "row numbers in front": lambda text: rewritten(
        text, lambda rows: [[str(n - 1) if n else "", *row] for n, row in enumerate(rows)]
    ),
    "one column more": lambda text: rewritten(text, lambda rows: [[*row, "more"] for row in rows]),
    "tabs": lambda text: rewritten(text, delimiter="\t"),
    "a title above and a note below": lambda text: (
        b"Trade of some countries\n\n" + text.encode() + b"Source: their publisher, as of today\n"
    ),
    "UTF-16": lambda text: text.encode("utf-16"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "workbook": lambda text: workbook(csv.reader(io.StringIO(text))),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_file_is_read_however_it_was_saved(tmp_path, layout, way):
    text, name, expected, counted = LAYOUTS[layout]
    found = cleaned(tmp_path, WAYS[way](text), name)
    assert short(found) == expected
    assert counts(found) == counted


def test_euro_are_dollars_of_their_year_and_said(tmp_path):
    found = cleaned(tmp_path, SDMX)
    assert {row["flags"] for row in flows(found)} == {"converted"}
    assert "average rate of the year (frb-fx-annual)" in found.accounting["files"][0]["notes"][0]
    refused(tmp_path, SDMX.replace(",2020,", ",1998,"), r"has no rate of 1998 \(A23\)")


@pytest.mark.parametrize("damage", [("value", "x"), ("value", "nan"), ("period_kind", "kind")])
def test_a_damaged_rate_makes_no_dollars(tmp_path, monkeypatch, damage):
    rates = pd.read_csv(RAW / "money" / "fx_rates.csv", dtype=str, keep_default_na=False)
    name, word = damage
    rates = rates.assign(value=word) if name == "value" else rates.rename(columns={name: word})
    (tmp_path / "money").mkdir()
    rates.to_csv(tmp_path / "money" / "fx_rates.csv", index=False)
    monkeypatch.setattr(comext, "RAW", tmp_path)
    refused(tmp_path, SDMX, "fx_rates.csv is damaged .*rareearth verify says where")


def test_periods_of_eurostat_in_columns_as_they_come(tmp_path):
    found = cleaned(tmp_path, gzip.compress(WIDE.encode()), "estat_ds-045409.tsv.gz")
    assert short(found) == LAYOUTS["wide"][2]
    assert flows(found)[0]["mass_status"] == "estimated" and flows(found)[0]["source_row"] == 2
    assert [(row["year"], row["source_row"]) for row in totals(found)] == [(2020, 4)]


def test_labels_of_eurostat_without_codes_are_totals(tmp_path):
    text = SDMX.replace("284690,1,", '"Compounds, inorganic or organic",IMPORT,').replace(",EL,CN,", ",Greece,China,")
    text = "\n".join(text.splitlines()[:3]) + "\n"
    found = cleaned(tmp_path, text)
    assert flows(found) == []
    row = totals(found)[0]
    assert (row["hs_code"], row["mass_kg"]) == ("unstated Compounds, inorganic or organic", 1250.0)


def test_codes_with_labels_of_eurostat(tmp_path):
    text = SDMX.replace(",EL,CN,284690,1,", ",EL:Greece,CN:China,284690:Compounds,1:IMPORT,")
    found = short(cleaned(tmp_path, text))
    assert ("GRC", "CHN", "import", "284690", 2020, None, pytest.approx(1141.03), 1250.0) in found


def test_values_and_quantities_of_eurostat_in_two_files(tmp_path):
    head, value, quantity, *_ = SDMX.splitlines(keepends=True)
    (tmp_path / "v.csv").write_text(head + value)
    (tmp_path / "q.csv").write_text(head + quantity)
    both = clean.clean([tmp_path / "v.csv", tmp_path / "q.csv"])
    assert short(both) == [("GRC", "CHN", "import", "284690", 2020, None, pytest.approx(1141.03), 1250.0)]
    assert short(clean.clean([tmp_path / "q.csv"])) == [("GRC", "CHN", "import", "284690", 2020, None, None, 1250.0)]


def test_the_api_of_the_census_answers_with_lists_and_repeats_what_was_asked_for(tmp_path):
    header, *rows = list(csv.reader(io.StringIO(CENSUS)))
    answer = json.dumps([[*header, "YEAR"], *([*row, "2020"] for row in rows)])
    assert short(cleaned(tmp_path, answer, "census.json")) == LAYOUTS["census"][2]
    exports = (
        CENSUS.replace("I_COMMODITY", "E_COMMODITY").replace("GEN_VAL_MO", "ALL_VAL_MO").replace("GEN_QY1", "QTY_1")
    )
    row = flows(cleaned(tmp_path, exports))[0]
    assert (row["flow"], row["value_basis"]) == ("export", "fas")
    to_date = CENSUS.replace("GEN_VAL_MO", "GEN_VAL_YR").replace(",01,DET", ",12,DET")
    assert flows(cleaned(tmp_path, to_date))[0]["month"] is None
    refused(tmp_path, CENSUS.replace("GEN_VAL_MO", "GEN_VAL_YR"), "no row holds a flow.*year to date")


def test_trade_map_by_its_name_and_as_a_page(tmp_path):
    found = cleaned(tmp_path, TRADE_MAP.replace("\n", "\t\n").encode("utf-8-sig"), NAME.replace(".csv", ".txt"))
    assert flows(found) == [] and counts(found) == {"read": 3, "aggregate": 3}
    rows = {(r["partner_iso3"], r["year"], r["value_usd"], r["mass_kg"]) for r in totals(found)}
    numbered = "\n".join(f"{n}\t{row}" if n else f"\t{row}" for n, row in enumerate(TRADE_MAP.splitlines()))
    again = totals(cleaned(tmp_path, numbered, NAME.replace(".csv", ".txt")))
    assert {(r["partner_iso3"], r["year"], r["value_usd"], r["mass_kg"]) for r in again} == rows
    assert rows == {("WLD", 2019, 9e3, None), ("WLD", 2020, 12e3, 3e3), ("USA", 2019, 5e3, None)} | {
        ("TWN", 2019, 4e3, None),
        ("TWN", 2020, 7e3, 2e3),
    }
    cells = "".join(
        "<tr>" + "".join(f"<td>\n {cell}</td>" for cell in row.split("\t")) + "</tr>" for row in TRADE_MAP.splitlines()
    )
    page = (
        "<!DOCTYPE html><html><body><table><tr><td><b>List of importing markets for a product exported by China </b></td></tr>"
        f"<tr><td>Product: 284690 Compounds</td></tr></table><table>{cells}</table></body></html>"
    )
    found = cleaned(tmp_path, page, "trade_map.xls")
    assert ("CHN", "TWN", "export", "284690", 2020, None, 7e3, 2e3) in short(found)
    refused(tmp_path, TRADE_MAP, "says nowhere which country reports", "markets.txt")


def test_trade_map_of_products_and_of_all_reporters(tmp_path):
    products = (
        TRADE_MAP.replace("Importers", "Code").replace("World", "'TOTAL").replace("United States of America", "2846")
    )
    found = cleaned(tmp_path, products.replace("Taipei, Chinese", "284690"), NAME)
    assert {r["hs_code"] for r in totals(found)} == {"TOTAL", "2846", "284690"}
    importers = TRADE_MAP.replace("Exported", "Imported")
    found = cleaned(tmp_path, importers, "importers.txt")
    assert {(r["reporter_iso3"], r["partner_iso3"], r["flow"]) for r in totals(found)} == {
        ("WLD", "WLD", "import"),
        ("USA", "WLD", "import"),
        ("TWN", "WLD", "import"),
    }
    assert counts(found) == {"read": 3, "aggregate": 3}
    parts = importers + "Sudan\t5\t6\t\n" + "Sudan (before 2012)\t7\t\t\n"
    found = cleaned(tmp_path, parts, "importers.txt")
    assert {r["year"]: r["value_usd"] for r in totals(found) if r["reporter_iso3"] == "SDN"} == {
        2019: 12_000,
        2020: 6_000,
    }
    merged = (
        importers.replace("Importers", "Exporters").replace("\n", "\tGermany\n").replace("\tGermany", "\tImporter", 1)
    )
    found = cleaned(tmp_path, merged, "merged.txt")
    assert {r["reporter_iso3"] for r in totals(found)} == {"DEU"}
    found = cleaned(tmp_path, products, "Trade_Map_-_List_of_exported_products_for_the_selected_product.txt")
    assert {r["reporter_iso3"] for r in totals(found)} == {"WLD"}


def test_wits_by_partner(tmp_path):
    text = (
        "Reporter Name,Partner Name,Year,Trade Flow,Product Group,Export (US$ Thousand),Import (US$ Thousand)\n"
        'China, World,2020,Export, All Products,5,3\nChina,"Hong Kong, China",2020,Export, Chemicals,2,\n'
    )
    rows = {(r["partner_iso3"], r["flow"], r["hs_code"], r["value_usd"]) for r in totals(cleaned(tmp_path, text))}
    assert rows == {
        ("WLD", "export", "TOTAL", 5e3),
        ("WLD", "import", "TOTAL", 3e3),
        ("HKG", "export", "unstated Chemicals", 2e3),
    }


def test_months_of_dataweb_in_columns_and_other_kinds_of_value(tmp_path):
    text = (
        (
            '"General Imports|Monthly data for 2023",,,\nData Row Count,3,,\n'
            "Data Type,Country,HTS Number,Year,January,February\n"
            'General Customs Value,China,2846,2023,5,"1,006"\nCalculated Duties,China,2846,2023,1,1\n'
            "CIF Import Value,China,2846,2023,9,9\nFirst Unit of Quantity,China,2846,2023,2,3\n"
        )
        .replace("Year,January", "Quantity Description,Year,January")
        .replace("2846,2023", "2846,kilograms,2023")
    )
    text = text.replace("Value,China,2846,kilograms", "Value,China,2846,Value for: kilograms")
    found = cleaned(tmp_path, text)
    assert short(found) == [
        ("USA", "CHN", "import", "2846", 2023, 1, 5.0, 2.0),
        ("USA", "CHN", "import", "2846", 2023, 2, 1006.0, 3.0),
    ]
    assert counts(found) == {"read": 4, "kept": 2, "detail": 2}
    cif = text.replace("General Customs Value,", "CIF Value,")
    assert {
        row["value_basis"] for row in flows(cleaned(tmp_path, cif.replace("CIF Import Value", "Dutiable Value")))
    } == {"cif"}


def test_dataweb_tells_the_flow_among_its_query_parameters(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Query Parameters"
    for row in (["Download Date", "today"], ["Trade Flow", "Total Exports"], ["Years", "2023"]):
        book.active.append(row)
    page = book.create_sheet("FAS Value")
    page.append("Data Type,Country,Year,HTS Number,Quantity Description,FAS Value".split(","))
    page.append(["FAS Value", "Japan", 2023, "2846", "Value for: number", 90])
    page.append(["Total: ", None, None, None, None, "90"])
    buffer = io.BytesIO()
    book.save(buffer)
    found = cleaned(tmp_path, buffer.getvalue(), "dataweb.xlsx")
    assert short(found) == [("USA", "JPN", "export", "2846", 2023, None, 90.0, None)]


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: name[0].upper() + name[1:],
        lambda name: "".join("_" + letter.lower() if letter.isupper() else letter for letter in name),
    ],
)
def test_columns_of_comtrade_in_letters_of_another_size(tmp_path, rename):
    header, *rows = comtrade({"partnerCode": "156"}).splitlines()
    content = "\n".join([",".join(map(rename, header.split(","))), *rows])
    assert short(cleaned(tmp_path, content))[0][1] == "CHN"


def test_comtrade_read_with_pandas_and_saved_again(tmp_path):
    header, row = comtrade({"partnerCode": "410"}).splitlines()
    # The row's end made the first column one of row names: every name stands one to the right.
    found = cleaned(tmp_path, f",{header}\n{row},\n")
    assert short(found)[0][1] == "KOR"
    as_numbers = comtrade({"partnerCode": "410.0", "reporterCode": "842.0", "refYear": "2024.0", "cmdCode": "284690.0"})
    assert short(cleaned(tmp_path, as_numbers))[0][:5] == ("USA", "KOR", "export", "284690", 2024)


def test_records_of_a_client_and_of_the_former_api(tmp_path):
    record = {"refYear": 2022, "reporterCode": 842, "partnerCode": 156, "flowCode": "M", "cmdCode": "284690"}
    found = cleaned(tmp_path, json.dumps([{**record, "primaryValue": 100.0, "netWgt": 10.0}]), "records.json")
    assert short(found) == [("USA", "CHN", "import", "284690", 2022, None, 100.0, 10.0)]
    former = {
        "pfCode": "H5",
        "yr": 2020,
        "period": 202002,
        "rgCode": 2,
        "rgDesc": "Export",
        "rtCode": 156,
        "ptCode": 842,
    }
    former |= {"cmdCode": "284690", "NetWeight": 10, "TradeValue": 100, "estCode": 0}
    answer = json.dumps({"validation": {"count": {"value": 1}}, "dataset": [former]})
    found = cleaned(tmp_path, answer, "former.json")
    assert short(found) == [("CHN", "USA", "export", "284690", 2020, 2, 100.0, 10.0)]
    assert found.accounting["files"][0]["layout"] == "former UN Comtrade API"


@pytest.mark.parametrize(
    ("masses", "expected"),
    [
        (["1,234.5", "10", "9"], [1234.5, 10, 9]),
        (["1,234", "12,345", "9"], [1234, 12345, 9]),
        (["1,234,567", "1,000", "9"], [1234567, 1000, 9]),
        (["1 234,5", "12,5", "1\u00a0000"], [1234.5, 12.5, 1000]),
        (["1.234,5", "10,25", "9"], [1234.5, 10.25, 9]),
        (["0,5", "10,25", "9,125"], [0.5, 10.25, 9.125]),
        (["1.234.567", "12.000", "9"], [1234567, 12000, 9]),
    ],
)
def test_marks_of_thousands_and_decimals_in_masses(tmp_path, masses, expected):
    rows = zip(("156", "392", "410"), masses, strict=True)
    found = cleaned(tmp_path, comtrade(*({"partnerCode": code, "netWgt": mass} for code, mass in rows)))
    assert [row["mass_kg"] for row in flows(found)] == expected
    assert "have marks" in found.accounting["files"][0]["notes"][0]


MASSES = {"156": "1.234", "392": "12.345", "410": "950", "842": "NA"}


def with_masses(values):
    changes = zip(MASSES.items(), values, strict=True)
    return comtrade(*({"partnerCode": code, "netWgt": mass, "primaryValue": value} for (code, mass), value in changes))


@pytest.mark.parametrize("values", [["50000", "7", "900", "1"], ["50.000", "7", "900", "1"]])
def test_points_that_could_stand_between_thousands_refuse_the_file(tmp_path, monkeypatch, values):
    said = r"column '\w+': '[0-9.]+' could be \d+ or [0-9.]+0 \(A24\)"
    refused(tmp_path, with_masses(values), said)
    monkeypatch.setattr(source, "LARGE_BYTES", 10)
    refused(tmp_path, with_masses(values), said)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Other columns of the file show which mark is which.
        (['"50000,5"', '"7,25"', '"900"', '"1"'], [1234, 12345, 950, 1000]),
        (["50.000.000", "7.000", "900", "1"], [1234, 12345, 950, 1000]),
        (["50000.5", "7", "900", "1"], [1.234, 12.345, 950, 1000]),
        (["1,234,567", "7", "900", "1"], [1.234, 12.345, 950, 1000]),
    ],
)
def test_points_are_read_as_the_rest_of_the_file_shows(tmp_path, values, expected):
    found = cleaned(tmp_path, with_masses([value.strip('"') for value in values]))
    assert [row["mass_kg"] for row in flows(found)] == expected


def test_points_of_numbers_with_a_type_are_decimal(tmp_path):
    rows = list(csv.reader(io.StringIO(with_masses(["50000", "7", "900", "1"]))))
    place = rows[0].index("netWgt")
    expected = [1.234, 12.345, 950, 1000]
    assert [row["mass_kg"] for row in flows(cleaned(tmp_path, workbook(rows), "typed.xlsx"))] == expected
    records = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    for record, row in zip(records, rows[1:], strict=True):
        record["netWgt"] = None if row[place] == "NA" else float(row[place])
    answer = json.dumps({"data": records, "count": 4, "error": ""})
    assert [row["mass_kg"] for row in flows(cleaned(tmp_path, answer, "typed.json"))] == expected
    pd.DataFrame(records).to_parquet(tmp_path / "typed.parquet")
    assert [row["mass_kg"] for row in flows(clean.clean([tmp_path / "typed.parquet"]))] == expected


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_header_in_letters_of_another_size_changes_nothing(tmp_path, layout):
    text, name, expected, counted = LAYOUTS[layout]
    first, _, rest = text.partition("\n")
    for header in (first.lower(), first.upper()):
        found = cleaned(tmp_path, f"{header}\n{rest}", name)
        assert short(found) == expected and counts(found) == counted


@pytest.mark.parametrize("quantity", ["1234,5", "1 234,5", "1\u00a0234.5", "1,234.5", "1.234,5"])
def test_a_quantity_of_wits_in_any_format_keeps_its_mass_or_is_refused(tmp_path, quantity):
    content = WITS.replace("Gross Imports,5,1.5,20", f'Gross Imports,5,1.5,"{quantity}"')
    try:
        found = cleaned(tmp_path, content, "wits.csv")
    except Refused as error:
        assert "column quantity" in str(error) and "(R6)" in str(error)
    else:
        assert [row["mass_kg"] for row in flows(found) if row["partner_iso3"] == "CHN"] == [1234.5]


@pytest.mark.parametrize(("quantity", "code"), [("-3", "Q17"), ("many", "Q17")])
def test_a_quantity_that_is_no_mass_is_quarantined(tmp_path, quantity, code):
    found = cleaned(tmp_path, WITS.replace("Gross Imports,5,1.5,20", f"Gross Imports,5,1.5,{quantity}"), "wits.csv")
    assert [row["code"] for row in found.quarantine] == [code]


def test_the_words_for_all_modes_of_transport_are_the_total(tmp_path):
    found = cleaned(
        tmp_path,
        comtrade({"motCode": "TOTAL MOT", "primaryValue": "9"}, {"motCode": "1000", "primaryValue": "4"}),
    )
    assert [row["value_usd"] for row in flows(found)] == [9]


def test_a_mass_that_could_be_two_numbers_refuses_the_file(tmp_path):
    refused(tmp_path, comtrade({"netWgt": "1,234"}, {"netWgt": "5000"}), r"column mass: '1,234' .* \(R5\)")


@pytest.mark.parametrize(("code", "flow"), [("M", "import"), ("X", "export"), ("RX", "re_export"), ("RM", "re_import")])
def test_flows_that_are_kept(tmp_path, code, flow):
    others = [{"flowCode": other} for other in ("MIP", "MOP", "XIP", "XOP")]
    found = cleaned(tmp_path, comtrade({"flowCode": code}, *others))
    assert [row["flow"] for row in flows(found)] == [flow]
    assert counts(found) == {"read": 5, "kept": 1, "detail": 4}


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("country_code,country_name,country_iso2\n4,Afghanistan,AF\n", "codes.csv", "is a table of codes"),
        ("id,text,parent\n28,Chemicals,#\n", "h6.csv", "is a table of codes"),
        (
            "<script>TradeStat</script><table><tr><td>x</td></tr></table>",
            "eidb.asp",
            "of India's TradeStat.*as CSV",
        ),
        *(
            (content, "Trade_Map.xls", r"\(A1[23]\): it is Trade Map's table in French or Spanish: choose English")
            for content in (
                "Importateurs\tValeur exportée en 2019\t\nMonde\t9\t\nJapon\t5\t\n",
                "Código\tDescripción del producto\tValor importado en 2019\n'2846\tx\t1\n",
                "Exportadores\tCantidad importada en 2019, Toneladas\tx\nMundo\t1\t2\n",
                "<html><table><tr><th>Importadores</th><th>Valor exportado en 2019</th></tr></table></html>",
            )
        ),
        (
            "HS2,HS4,Section,Section ID,Time,Trade Value\na,b,c,6,2019,5\n",
            "oec.csv",
            "without reporter and partner",
        ),
        ("name,colour,size,weight\na,b,c,d\n", "other.csv", "its columns are name, colour, size, weight"),
        (
            "refYear,reporterCode,partnerCode,flowCode,cmdCode\n1,2,3,4,5\n",
            "t.csv",
            "UN Comtrade, has also primaryValue",
        ),
    ],
)
def test_refusals_that_help(tmp_path, content, name, said):
    refused(tmp_path, content, said, name)


@pytest.mark.parametrize(("classification", "code"), [("S3", "522"), ("EB10", "200"), ("B4", "111")])
def test_other_classifications_are_said_for_what_they_are(tmp_path, classification, code):
    content = comtrade({"classificationCode": classification, "cmdCode": code})
    refused(tmp_path, content, rf"'{classification}' another classification \(Q12\)")


def read(path):
    return readers.read_file(path, Engine())


def test_files_are_looked_at_before_they_are_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "link.csv").symlink_to("/dev/zero")
    (tmp_path / "folder.csv").mkdir()
    for name, kind in (
        ("pipe", "no regular file"),
        ("link", "a link"),
        ("folder", "a folder"),
        ("none", "name an existing"),
    ):
        with pytest.raises(Refused, match=kind):
            read(tmp_path / f"{name}.csv")


def test_a_name_is_a_name_and_no_pattern(tmp_path):
    folder = tmp_path / "refYear=1990"
    folder.mkdir()
    for name, value in (("t[1].parquet", 111), ("t1.parquet", 999)):
        header, row = comtrade({"primaryValue": str(value), "cmdDesc": "x"}).splitlines()
        cells = ", ".join(
            f"'{cell}' AS {column}" for column, cell in zip(header.split(","), row.split(","), strict=True)
        )
        Engine().write(f"SELECT {cells}", tmp_path / "made.parquet")
        (tmp_path / "made.parquet").rename(folder / name)
    assert [(row["value_usd"], row["year"]) for row in flows(clean.clean([folder / "t[1].parquet"]))] == [(111, 2024)]


def test_small_files_that_would_need_gigabytes(tmp_path, monkeypatch):
    book = openpyxl.Workbook()
    book.active.append(["a", "b", "c"])
    book.active["XFD1048576"] = 1
    book.save(tmp_path / "far.xlsx")
    (tmp_path / "keys.json").write_text(json.dumps([{f"key{n}": 1} for n in range(20_000)]))
    (tmp_path / "wide.csv").write_text(",".join(f"c{n}" for n in range(100_000)) + "\n")
    Engine().write("SELECT " + ", ".join(f"1 AS c{n}" for n in range(2_000)), tmp_path / "wide.parquet")
    for name in ("far.xlsx", "keys.json", "wide.csv", "wide.parquet"):
        with pytest.raises(Refused, match=r"\(A22\)"):
            read(tmp_path / name)
    monkeypatch.setattr(sheets, "MOST_CELLS", 100)
    (tmp_path / "long.csv").write_text(comtrade(*({"partnerCode": str(n)} for n in range(9))))
    with pytest.raises(Refused, match=r"too many to be held \(A22\)"):
        read(tmp_path / "long.csv")


def test_an_archive_of_several_layouts(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for layout, (text, name, _, _) in LAYOUTS.items():
            archive.writestr(f"{layout}/{name}", text)
    found = clean.clean([tmp_path / "all.zip"])
    assert len(flows(found)) == sum(len(rows) for _, _, rows, _ in LAYOUTS.values())
    assert len(found.accounting["files"]) == len(LAYOUTS)


def test_a_gzip_that_was_cut_is_refused(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(
        gzip.compress(comtrade(*({"partnerCode": str(n)} for n in range(300))).encode())[:-40]
    )
    with pytest.raises(Refused, match=r"damaged archive \(A18\)"):
        read(tmp_path / "t.csv.gz")


def test_large_files_of_other_encodings_and_separators_stay_on_disk(tmp_path, monkeypatch):
    rows = [{"partnerCode": str(code), "partnerDesc": "Côte d'Ivoire"} for code in (36, 40, 56, 76, 124)] * 40
    content = comtrade(*rows, end="\r\n")
    head, _, body = content.partition("\r\n")
    path = tmp_path / "large.csv"
    path.write_bytes((head + "\r\n" + body.replace("\r\n", ",\r\n")).replace(",", "\t").encode("cp1252"))
    monkeypatch.setattr("rareearth.trade.readers.source.LARGE_BYTES", 1000)
    found = clean.clean([path])
    assert counts(found) == {"read": 200, "kept": 5, "duplicate": 195}
    assert found.accounting["files"][0]["encoding"] == "Windows-1252"


def test_the_page_of_layouts_is_what_the_readers_say():
    assert layout_table.TABLE.read_text(encoding="utf-8") == layout_table.text(), "run python tools/layout_table.py"
    for layout in readers.LAYOUTS:
        assert layout.source and layout.units and layout.traps


@pytest.mark.parametrize("way", ["as it comes", "a separator at each row's end", "mark of bytes and CRLF", "tabs"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_large_file_is_read_from_disk_alike(tmp_path, monkeypatch, layout, way):
    monkeypatch.setattr("rareearth.trade.readers.source.LARGE_BYTES", 0)
    text, name, expected, counted = LAYOUTS[layout]
    found = cleaned(tmp_path, WAYS[way](text), name)
    assert short(found) == expected
    assert counts(found) == counted


def test_kinds_of_value_in_files_of_their_own_are_never_added(tmp_path):
    (tmp_path / "customs.csv").write_text(DATAWEB)
    cif = "".join(row for row in DATAWEB.splitlines(keepends=True) if "Total" not in row)
    (tmp_path / "cif.csv").write_text(cif.replace("Customs Value", "CIF Import Value").replace(",1000", ",1100"))
    alone = clean.clean([tmp_path / "cif.csv"])
    assert {r["value_basis"] for r in flows(alone)} == {"cif"} and counts(alone) == {"read": 2, "kept": 2}
    both = clean.clean([tmp_path / "cif.csv", tmp_path / "customs.csv"])
    assert {(r["value_usd"], r["value_basis"]) for r in flows(both)} == {(1000, "customs"), (400, "customs")}
    assert counts(both) == {"read": 5, "kept": 2, "detail": 3}
    assert "values are CIF" in both.accounting["files"][0]["notes"][0]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda rows: "\n".join(json.dumps(row) for row in rows) + "\n", "lines.jsonl"),
        (
            lambda rows: json.dumps({"columns": list(rows[0]), "data": [list(r.values()) for r in rows]}),
            "split.json",
        ),
        (
            lambda rows: json.dumps({k: {str(n): r[k] for n, r in enumerate(rows)} for k in rows[0]}),
            "columns.json",
        ),
        (lambda rows: text([{**row, "cmdCode": "'" + row["cmdCode"]} for row in rows]), "marked.csv"),
        (lambda rows: text([{**row, "cmdCode": f'="{row["cmdCode"]}"'} for row in rows]), "formula.csv"),
        (
            lambda rows: text([{k.upper(): v for k, v in row.items() if k != "primaryValue"} for row in rows]),
            "fob.csv",
        ),
    ],
)
def test_what_programs_make_of_records_is_read(tmp_path, change, name):
    rows = [{**COMTRADE, "partnerCode": code, "primaryValue": "5", "fobvalue": "5"} for code in ("36", "392")]
    found = flows(cleaned(tmp_path, change(rows), name))
    assert [(row["partner_iso3"], row["hs6"], row["value_usd"]) for row in found] == [
        ("AUS", "284690", 5),
        ("JPN", "284690", 5),
    ]


def test_what_lies_beside_trade_in_an_archive_is_named_and_a_damaged_member_refused(tmp_path):
    def packed(**members):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in members.items():
                archive.writestr(name.replace("_dot_", "."), content)
        return buffer.getvalue()

    beside = {
        "Readme_dot_txt": "Trade\nof, many countries\n",
        "codes_dot_csv": "country_code,country_name\n4,Afghanistan\n",
        "__MACOSX/_dot_trade": b"\x00",
    }
    found = cleaned(tmp_path, packed(trade_dot_csv=comtrade({}), **beside), "trade.zip")
    assert counts(found) == {"read": 1, "kept": 1}
    assert "no file of trade: Readme.txt, codes.csv" in found.accounting["files"][0]["notes"][0]
    damaged = packed(a_dot_csv=comtrade({}), trade_dot_csv=comtrade({}) + "1,2\n")
    for content, said in (
        (damaged, "trade.csv: row 3 has 2 fields"),
        (packed(**beside), "Readme.txt: a header"),
    ):
        with pytest.raises(Refused, match=said):
            cleaned(tmp_path, content, "trade.zip")
    refused(tmp_path, b"7z\xbc\xaf\x27\x1c", "neither gzip nor zip: unpack it", "full.7z")


def test_wits_with_years_in_columns_and_regions_as_partners(tmp_path):
    header = "Reporter Name,Partner Name,Trade Flow,Product Group,Indicator,2021,2022\n"
    rows = " World,South Asia,Export,All Products,Export (US$ Thousand),5,\n"
    rows += "Germany,Turks and Caicos Isl.,Import,Minerals,Import(US$ Mil),  1.5,2\n"
    rows += "Germany,China,Import,All Products,Import Partner Share (%),1,2\n"
    found = cleaned(tmp_path, header + rows)
    assert {(r["reporter_iso3"], r["partner_iso3"], r["year"], r["value_usd"]) for r in totals(found)} == {
        ("WLD", "SAS", 2021, 5e3),
        ("DEU", "TCA", 2021, 1.5e6),
        ("DEU", "TCA", 2022, 2e6),
    }
    assert counts(found) == {"read": 3, "aggregate": 2, "detail": 1}


def test_areas_that_wits_calls_unspecified_are_summed_and_repeated_ones_counted_once(tmp_path):
    row = "H6,DEU,284690,Germany,UNS,Unspecified,2023,Export,6,{},1,Kg\n"
    content = WITS.splitlines(keepends=True)[0] + "".join(row.format(value) for value in (7, 5, 7))
    found = cleaned(tmp_path, content.replace("PartnerISO3", "x"))
    assert [r["value_usd"] for r in totals(found)] == [12_000]
    assert counts(found) == {"read": 3, "aggregate": 1, "detail": 1, "duplicate": 1}


def test_other_words_of_publishers_for_flows_labels_and_confidential_cells(tmp_path):
    short_words = WITS.replace("Gross Imports", "Gross Imp.").replace("Export", "Re-Exp")
    assert {r["flow"] for r in flows(cleaned(tmp_path, short_words))} == {"import", "re_export"}
    shorter = WITS.replace("Gross Imports", "Imp.").replace("Export", "Exp.").replace("H6", "HS 1988/92")
    found = {(r["flow"], r["hs_revision"]) for r in flows(cleaned(tmp_path, shorter))}
    assert found == {("import", "H0"), ("export", "H0")}
    labels = SDMX.replace(",freq,", ",freq:Time frequency,").replace(",reporter,", ",reporter:Reporter,")
    labels = labels.replace("QUANTITY_IN_100KG,2020,12.5", "QUANTITY_IN_100KG,2020,:c")
    assert [r["mass_kg"] for r in flows(cleaned(tmp_path, labels)) if r["flow"] == "import"] == [None]
