"""A publisher on the loopback that answers as it is told, and the tables of data/raw as their publishers send them."""

import contextlib
import csv
import hashlib
import io
import json
import threading
import zipfile
from datetime import UTC, datetime
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from rareearth.errors import Refused
from rareearth.paths import RAW
from rareearth.refresh import baci, command, world_bank
from rareearth.refresh.client import Client

CANARY = "canary5f0a7c9d3e1b"
NOW, NEXT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\n"


class Site:
    """A server whose `answers` are given one by one, the last for ever; `asked` holds paths and headers."""

    def __init__(self):
        self.answers, self.asked, self.stopped = [], [], threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked.append((self.path, dict(self.headers)))
                answer = site.answers.pop(0) if len(site.answers) > 1 else site.answers[0]
                self.close_connection = True
                with contextlib.suppress(OSError):
                    answer(self)

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def endless(self, first=b"", again=b""):
        """Sends `first`, then `again` until the test ends; nothing more where that is empty."""

        def answer(handler):
            handler.wfile.write(first)
            while not self.stopped.wait(0.02):
                handler.wfile.write(again)

        return answer

    def close(self):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()


def send(status=200, body=b"", **headers):
    """An answer with a length, unless `Content_Length` says another one or None for none."""
    if not isinstance(body, bytes):
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
    named = {"Content-Length": str(len(body))} | {n.replace("_", "-"): v for n, v in headers.items()}

    def answer(handler):
        handler.send_response(status)
        for name, value in named.items():
            if value is not None:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def raw_bytes(content):
    """What is written to the socket as it is."""
    return lambda handler: handler.wfile.write(content)


def by_address(make):
    """An answer made from the address."""
    return lambda handler: send(body=make(handler.path))(handler)


def snapshot(folder):
    """Every file below a folder with its hash."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@contextlib.contextmanager
def refused(raw, *words):
    """One line with these words, the key not in it, and data/raw as it was."""
    before = snapshot(raw)
    with pytest.raises(Refused) as caught:
        yield caught
    message = str(caught.value)
    assert message.isprintable() and CANARY not in message and ": " in message
    assert all(word in message for word in words), message
    assert snapshot(raw) == before and not (raw.parent / ".refresh" / "downloads").exists()


def quick(sleeps=None, **limits):
    """A client that does not wait between attempts; only a test of a limit sets a short one."""
    waited = [] if sleeps is None else sleeps
    limits = {"connect_s": 60, "read_s": 60, "total_s": 300, "backoff_s": 0.01, "max_bytes": 10**7} | limits
    return Client(sleep=waited.append, **limits)


def refresh(newer, site, raw, **words):
    """`make refresh` of one publisher, with the site in its place."""
    given = {"root": raw, "client": quick(), "now": NOW, "adds": True} | words
    command.refresh({"one": partial(newer, base=site.url)}, **given)


@cache
def rows_of(table):
    with (RAW / table).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


_TEXT = {"freqCode", "period", "flowCode", "classificationCode", "cmdCode", "customsCode"}
_TOTALS = {"partner2Code": 0, "motCode": 0, "customsCode": "C00", "classificationCode": "H5"}
TABLES = {  # codes and flows of the queries of each table
    ("280530,284610,284690", "M"): "trade/comtrade_rare_earths_2025.csv",
    ("280530,284610,284690", "X"): "trade/comtrade_rare_earths_2025.csv",
    ("2846", "M"): "trade/comtrade_china_imports_2846.csv",
    ("2846,280530", "M,X"): "trade/comtrade_usa_china_2020_2024.csv",
    ("280530,284610,284690", "M,X"): "trade/comtrade_world_2023.csv",
    ("250410,380110,811292", "X"): "trade/comtrade_china_exports_monthly.csv",
}


def flow(row):
    """A record of data/raw as Comtrade's service would send it."""
    cells = {name: cell for name, cell in row.items() if name not in ("figure_id", "source_ids")}
    return {
        name: (cell if name in _TEXT else json.loads(cell)) if cell else _TOTALS.get(name)
        for name, cell in cells.items()
    } | {"typeCode": "C", "isReported": True}


def flows(address, changed=None, among=(), cap=250_000):
    """Comtrade's answer to any query, from data/raw; `changed` fields in the tables `among` these, or in all."""
    path, words = urlsplit(address).path, {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
    assert path in ("/data/v1/get/C/A/HS", "/data/v1/get/C/M/HS")
    assert (words["partner2Code"], words["motCode"], words["customsCode"]) == ("0", "0", "C00")
    asked = {name: words[name].split(",") for name in words if name.endswith("Code") or name == "period"}
    found = [
        table
        for (codes, kinds), table in TABLES.items()
        if set(asked["cmdCode"]) <= set(codes.split(",")) and words["flowCode"] == kinds
    ]
    extra = changed if changed and found[0] in (among or found) else {}
    names = ("cmdCode", "flowCode", "partnerCode", "period")
    records = [
        flow(row) | extra
        for row in rows_of(found[0])
        if all(row[name] in asked.get(name, [row[name]]) for name in names)
    ]
    return {"elapsedTime": "0.1 secs", "count": len(records[:cap]), "data": records[:cap], "error": ""}


def indicator(values):
    """The World Bank's answer: values by indicator, area and year."""
    records = [
        {
            "indicator": {"id": name, "value": ""},
            "country": {"id": area[:2], "value": "Name"},
            "countryiso3code": area,
            "date": str(year),
            "value": value,
            "unit": "",
        }
        for (name, area, year), value in values.items()
    ]
    return [{"page": 1, "pages": 1, "total": len(records), "lastupdated": "2026-10-01"}, records]


def macro(address):
    """GDP or population of the areas that are asked, in two years; Vietnam's of the second is not published."""
    _, _, _, areas, _, name = urlsplit(address).path.split("/")
    places = [(name, area, year) for area in areas.split(";") for year in (2024, 2025)]
    return indicator({place: None if place[1:] == ("VNM", 2025) else 1_234_567_890 for place in places})


def rates(change=lambda currency, year, value: value, years=range(2010, 2026)):
    """The exchange rates of data/raw as the World Bank prints them."""
    areas = {currency: area for area, currency in world_bank.CURRENCIES.items()}
    known = [
        (row["currency"], row["period"], 1 / float(row["value"]))
        for row in rows_of("money/fx_rates.csv")
        if row["period_kind"] == "calendar_year" and row["currency"] in areas and int(row["period"]) in years
    ]
    return indicator({(world_bank.RATE, areas[name], year): change(name, year, v) for name, year, v in known})


def release(year="2024", label="V202701", header="t,i,j,k,v,q", rows=None, extra=b"", more=()):
    """A zip as CEPII publishes it, with the flows in hand and others that are not wanted."""
    known = [",".join([*(r[c] for c in "tijk"), f"  {r['v']}", r["q"] or "NA"]) for r in rows_of(baci.TABLE)]
    lines = [header, *(known if rows is None else rows), f"{year},156,842,010121,5,1", ""]
    files = [(year, "\n".join(lines).encode() + extra), ("2022", "not,read\n"), *more]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files:
            archive.writestr(f"BACI_HS17_Y{name}_{label}.csv", text)
    return content.getvalue()


MCS_HEADER = (
    "MCS chapter,Section,Commodity,Country,Statistics,Statistics_detail,Unit,Year,Value,Notes,Is critical mineral"
)


def fact(country, statistic, year, value, notes="", chapter="RARE EARTHS"):
    section = "World Mine Production and Reserves:"
    return f'{chapter},{section},REE,{country},{statistic},REO,metric tons,{year},"{value}",{notes},Yes'


_OTHERS = "United States;Australia;Brazil;India;Malaysia;Russia;Thailand".split(";")
_HOLDERS = "China;Brazil;India;Australia;Greenland;Canada;Malaysia;Russia;Tanzania;Vietnam".split(";")
FACTS = [
    *(fact(name, "Production", 2026, "1,000", "Estimated.") for name in ("China", "Burma", "Other countries")),
    *(fact(name, "Production", year, "51,000") for name in _OTHERS for year in (2025, 2026)),
    *(fact(name, "Production", 2025, "140") for name in ("China", "Burma", "Vietnam", "Madagascar")),
    fact("World total (rounded)", "Production", "2026_estimated", "390,000"),
    fact("Greenland", "Production", "2026", "—"),
    fact("Nigeria", "Production", "2026", "NA"),
    *(fact(name, "Reserves", 2026, "44,000,000") for name in _HOLDERS),
    fact("World total", "Reserves", 2026, ">75,000,000"),
    fact("Chile", "Production", 2026, "5,300", chapter="COPPER"),
    fact("Côte d’Ivoire", "Production", 2026, "3", chapter="GOLD"),
]


def commodities(facts=FACTS, header=MCS_HEADER):
    """The data release of the USGS."""
    return "\r\n".join([header, *facts, ""]).encode("cp1252")


def catalogue(base, **file):
    """ScienceBase's answer to a search."""
    found = {"name": "MCS2027_Commodities_Data.csv", "url": f"{base}/catalog/file/get/1?f=x", "size": None}
    return {"items": [{"title": "MCS", "files": [found | file]}, {"title": "other"}]}
