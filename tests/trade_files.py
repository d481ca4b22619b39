"""Small trade files in the layouts of their publishers, written for the tests: the figures are made up."""

import csv
import io
import json

import pytest

from rareearth.errors import Refused
from rareearth.trade import clean

COMTRADE = {
    "typeCode": "C",
    "freqCode": "A",
    "refPeriodId": "20240101",
    "refYear": "2024",
    "refMonth": "52",
    "period": "2024",
    "reporterCode": "156",
    "reporterISO": "CHN",
    "reporterDesc": "China",
    "flowCode": "X",
    "flowDesc": "Export",
    "partnerCode": "392",
    "partnerISO": "JPN",
    "partnerDesc": "Japan",
    "partner2Code": "0",
    "classificationCode": "H6",
    "cmdCode": "284690",
    "cmdDesc": "Compounds, other",
    "customsCode": "C00",
    "motCode": "0",
    "qtyUnitCode": "8",
    "qty": "1000",
    "altQtyUnitCode": "8",
    "altQty": "0",
    "netWgt": "1000",
    "isNetWgtEstimated": "false",
    "grossWgt": "0",
    "cifvalue": "",
    "fobvalue": "50000",
    "primaryValue": "50000",
    "isReported": "true",
    "isAggregate": "false",
}


def text(rows, header=None, end="\n"):
    """Rows of mappings as CSV."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, header or list(rows[0]), lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def comtrade(*changes, end="\n"):
    """A Comtrade CSV with one row for each mapping of changed cells."""
    return text([{**COMTRADE, **change} for change in changes], end=end)


def comtrade_json(*changes, **envelope):
    """The same as an answer of the API."""
    numbers = {"qty", "altQty", "netWgt", "grossWgt", "primaryValue", "fobvalue", "refYear", "partnerCode"}
    data = [
        {
            name: (None if cell == "" else float(cell) if name in numbers else cell)
            for name, cell in {**COMTRADE, **change}.items()
        }
        for change in changes
    ]
    for record in data:
        record["partnerCode"], record["refYear"] = int(record["partnerCode"]), int(record["refYear"])
        record["isNetWgtEstimated"] = record["isNetWgtEstimated"] == "true"
    return json.dumps({"elapsedTime": "0.1 secs", "count": len(data), "data": data, "error": "", **envelope})


REDUCED = "reporter,partner,cmd,flow,value,netwgt\n"


def cleaned(folder, content, name="trade.csv", year=""):
    """The content cleaned as a file."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return clean.clean([path], year)


def flows(result):
    """Flows as a list of mappings."""
    return result.engine.rows(result.flows)


def frame(result):
    """Flows as `mirror` and `reconcile` take them."""
    table = result.engine.frame(result.flows).astype({"year": "Int64", "month": "Int64"})
    return table.assign(hs6=table["hs6"].fillna(""))


def totals(result):
    return result.engine.rows(result.totals)


def counts(result):
    """Counts of input rows, without zeros."""
    return {name.removeprefix("rows_"): number for name, number in result.accounting["total"].items() if number}


def refused(tmp_path, content, said, name="trade.csv", year=""):
    """The content is refused in one line that names the file."""
    with pytest.raises(Refused, match=said) as found:
        cleaned(tmp_path, content, name, year)
    assert "\n" not in str(found.value) and name.split("/")[-1] in str(found.value)
