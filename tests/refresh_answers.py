"""The tables of data/raw in the form in which their publishers send them."""

import csv
import json
from functools import cache

from refresh_server import by_query

from rareearth.paths import RAW
from rareearth.refresh import pull_comtrade, pull_fx


@cache
def rows_of(table):
    with (RAW / table).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def published(row, changed):
    """A record of data/raw as Comtrade's service would send it."""
    totals = {"partner2Code": 0, "motCode": 0, "customsCode": "C00", "classificationCode": "H5"}
    kinds = {
        name: str
        if field.kind == "text"
        else {"true": True, "false": False}.get
        if field.kind == "flag"
        else json.loads
        for name, field in pull_comtrade._COLUMNS.items()
    }
    record = {name: kind(row[name]) if row[name] else totals.get(name) for name, kind in kinds.items()}
    return {**record, "typeCode": "C", "isReported": True, **changed}


TABLES = {  # the query of each table, as its address names it
    ("280530,284610,284690", "M"): "trade/comtrade_rare_earths_2025.csv",
    ("280530,284610,284690", "X"): "trade/comtrade_rare_earths_2025.csv",
    ("2846", "M"): "trade/comtrade_china_imports_2846.csv",
    ("2846,280530", "M,X"): "trade/comtrade_usa_china_2020_2024.csv",
    ("280530,284610,284690", "M,X"): "trade/comtrade_world_2023.csv",
    ("250410,380110,811292", "X"): "trade/comtrade_china_exports_monthly.csv",
}


def comtrade(changed=None, among=()):
    """Answers every query from the tables of data/raw; `changed` fields stand in every record of the tables `among` these, or of all."""

    def make(path, words):
        assert path in ("/data/v1/get/C/A/HS", "/data/v1/get/C/M/HS")
        assert (words["partner2Code"], words["motCode"], words["customsCode"]) == ("0", "0", "C00")
        flows, periods = words["flowCode"].split(","), words["period"].split(",")
        assert len(periods) <= 12
        table = TABLES[words["cmdCode"], words["flowCode"]]
        records = [
            published(row, changed if changed and table in (among or [table]) else {})
            for row in rows_of(table)
            if row["flowCode"] in flows and row["period"] in periods
        ]
        return {"elapsedTime": "0.1 secs", "count": len(records), "data": records, "error": ""}

    return by_query(make)


def rates(change=lambda currency, year, value: value, years=range(2010, 2026)):
    """Answers with the exchange rates of data/raw as the World Bank prints them."""
    known = {
        (row["currency"], row["period"]): 1 / float(row["value"])
        for row in rows_of("money/fx_rates.csv")
        if row["period_kind"] == "calendar_year"
    }
    areas = {currency: area for area, currency in pull_fx.CURRENCIES.items()}
    records = [
        {
            "indicator": {"id": pull_fx.INDICATOR, "value": "Official exchange rate"},
            "country": {"id": "XX", "value": "Name"},
            "countryiso3code": areas[currency],
            "date": year,
            "value": change(currency, year, value),
            "unit": "",
            "obs_status": "",
            "decimal": 2,
        }
        for (currency, year), value in known.items()
        if currency in areas and int(year) in years
    ]
    paging = {
        "page": 1,
        "pages": 1,
        "per_page": 1000,
        "total": len(records),
        "sourceid": "2",
        "lastupdated": "2026-10-01",
    }
    return [paging, records]
