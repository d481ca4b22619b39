"""Cuts of real files, where they are beside this checkout: every row accounted for, sums as an independent reading has them."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from trade_files import counts

from rareearth import tables
from rareearth.paths import ROOT
from rareearth.trade import clean

SAMPLES = ROOT.parent / "shared" / "samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of real files are not beside this checkout")
KEYS = ["flow", "year", "code"]
WORDS = {"1": "import", "2": "export", "M": "import", "X": "export", "3": "re_export", "RX": "re_export"}


def csv_of(path, **more):
    return pd.read_csv(path, dtype=str, keep_default_na=False, index_col=False, **more)


def frame(flow, year, code, usd):
    table = pd.DataFrame({"flow": flow, "year": year, "code": code, "usd": pd.to_numeric(usd)})
    return table.astype({"year": int}).groupby(KEYS)["usd"].sum()


def site(path):
    table = csv_of(path)
    words = table["Trade Flow"].str.lower().str.replace("-", "_").replace({k.lower(): v for k, v in WORDS.items()})
    code = table["Commodity Code"].where(table["Commodity Code"].str.len() % 2 == 0, "0" + table["Commodity Code"])
    return frame(words, table["Year"], code, table["Trade Value (US$)"])


def wits_query(path):
    table = csv_of(path)
    flow = np.where(table["TradeFlowName"].str.contains("Import"), "import", "export")
    return frame(flow, table["Year"], table["ProductCode"], table["TradeValue in 1000 USD"].astype(float) * 1000)


def wits_product(path):
    table = pd.read_excel(path, sheet_name="By-HS6Product", dtype=str).dropna(how="all")
    usd = table["Trade Value 1000USD"].str.strip().astype(float) * 1000
    return frame(table["TradeFlow"].str.lower(), table["Year"], table["ProductCode"], usd)


def trade_map(path):
    table = pd.read_csv(path, sep="\t", dtype=str, index_col=False)
    first = table.columns[0]
    return _years(table, table[first] if first == "Code" else "unstated")


def trade_map_page(path):
    rows = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", path.read_text(encoding="utf-8"), re.S)
    cells = [re.sub(r"<[^>]*>|\s+", " ", cell).strip() for cell in rows]
    start = cells.index("Importers")
    width = next(n for n, cell in enumerate(cells[start:]) if cell == "World")
    body = cells[start:]
    table = pd.DataFrame([body[n : n + width] for n in range(width, len(body), width)], columns=body[:width])
    return _years(table.dropna(), "848620")


def _years(table, code):
    columns = [name for name in table.columns if name.startswith("Exported value in")]
    parts = [frame("export", name.split()[-1][:4], code, pd.to_numeric(table[name]) * 1000) for name in columns]
    found = pd.concat(parts).groupby(level=[0, 1, 2]).sum()
    return found[found > 0]


def comext(path):
    table = csv_of(path)
    table = table[table["indicators"].str.startswith("VALUE")]
    usd = tables.load("fx_rates").query("currency == 'EUR'").set_index("period")["value"]
    year = table["TIME_PERIOD"].str[:4]
    code = table["product"].where(table["product"].str.isdigit(), "unstated " + table["product"])
    flow = table["flow"].str.lower().map({"1": "import", "2": "export", "import": "import", "export": "export"})
    return frame(flow, year, code, table["OBS_VALUE"].astype(float) * year.map(usd).astype(float))


def census(path):
    table = csv_of(path)
    table = table[table["CTY_CODE"].str.fullmatch(r"-|[1-9]\d{3}")]
    return frame("import", table["YEAR"], table["I_COMMODITY"], table["GEN_VAL_MO"])


def dataweb(path):
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    table = pd.read_csv(io.StringIO("\n".join(lines[2:])), dtype=str)
    table = table[table["Country"].notna()]
    months = table.columns[table.columns.get_loc("Year") + 1 :]
    usd = sum(pd.to_numeric(table[month].str.replace(",", "")).fillna(0) for month in months)
    return frame("import", table["Year"], "unstated", usd)


def dataweb_rows(path):
    """The cut of this workbook holds rows of 0 alone, and their total of the whole download at the foot."""
    table = pd.read_excel(path, sheet_name="Customs Value", dtype=str).dropna(subset="Country")
    usd = pd.to_numeric(table["Customs Value"])
    return frame("import", table["Year"], table["HTS Number"], usd)[lambda sums: sums > 0]


def web(path):
    table = csv_of(path, encoding="cp1252")
    return frame(table["flowCode"].map(WORDS), table["refYear"], table["cmdCode"], table["primaryValue"])


ALL = [
    ("1_COMTRADE_LEGACY_35/site_2014_2021_partner_490.csv", site),
    ("1_COMTRADE_LEGACY_35/site_eu28_H1_to_H5.csv", site),
    ("1_COMTRADE_LEGACY_35/site_2022.csv", site),
    ("1_COMTRADE_LEGACY_35/columns_chosen.csv", site),
    ("2_WITS/query_2023.csv", wits_query),
    ("2_WITS/query_iso3.csv", wits_query),
    ("2_WITS/by_hs6product.xlsx", wits_product),
    ("3_ITC_TRADE_MAP/importing_markets_china_years.txt", trade_map),
    ("3_ITC_TRADE_MAP/products_exported_by_china_years.txt", trade_map),
    ("3_ITC_TRADE_MAP/importing_markets_japan_months.xls", trade_map_page),
    ("4_EUROSTAT_COMEXT/ds045409_codes.csv", comext),
    ("4_EUROSTAT_COMEXT/ds045409_labels_value.csv", comext),
    ("4_EUROSTAT_COMEXT/ds045409_labels_monthly_100kg.csv", comext),
    ("5_US_CENSUS_API/imports_hs6_2020.csv", census),
    ("6_USITC_DATAWEB_YEAR_IN_ROWS/general_imports_months_in_columns.csv", dataweb),
    ("6_USITC_DATAWEB_YEAR_IN_ROWS/imports_for_consumption_2024.xlsx", dataweb_rows),
    ("7_COMTRADE_PLUS_WEB_LATIN1/web_download.csv", web),
]


@pytest.mark.parametrize(("name", "independent"), ALL)
def test_a_sample_is_read_as_an_independent_reading_has_it(name, independent):
    found = clean.clean([SAMPLES / name])
    counted = counts(found)
    assert counted.pop("read") == sum(counted.values())
    expected = independent(SAMPLES / name).sort_index()
    assert counted.get("quarantined", 0) == 0
    assert counted.keys() & {"kept", "aggregate"} or not len(expected)
    sql = f"SELECT flow, year, hs_code AS code, sum(value_usd) AS usd FROM (({found.flows}) UNION ALL ({found.totals})) GROUP BY ALL"
    ours = found.engine.frame(sql).dropna().set_index(KEYS)["usd"].sort_index()
    pd.testing.assert_series_equal(ours, expected, check_dtype=False, check_index_type=False, rtol=1e-9)
