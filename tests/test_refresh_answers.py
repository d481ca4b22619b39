"""Whatever a publisher sends is refused in one line that names it, or is a row that every rule of the table allows."""

import copy
import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from refresh_server import (
    CANARY,
    FACTS,
    MCS_HEADER,
    NEXT,
    catalogue,
    commodities,
    flows,
    macro,
    rates,
    release,
)

from rareearth import tables
from rareearth.errors import Refused
from rareearth.paths import RAW
from rareearth.refresh import baci, client, comtrade, editions, usgs, world_bank
from rareearth.refresh.client import Answer, Client
from rareearth.refresh.editions import Run

ODD = [
    None,
    [],
    {},
    "",
    "x",
    -1,
    0,
    10**400,
    10**31,
    1.5,
    True,
    [None],
    {"a": None},
    "\x1b[2J",
    "=1+1",
    "NaN",
]
ODD += ["a" * 5000, f"{CANARY}\n" * 9, 1e-300]
CELLS = [
    "",
    "1e400",
    "-5",
    "NaN",
    "9" * 400,
    "\x1b[2J",
    "=cmd|x",
    "1,2,3",
    ">",
    "<>e5",
    "٣",
    "５",
    '"',
    "\x00",
]
CELLS += ["2026.5", "99999", "0000", "a" * 200_000, "World total", "\u202e"]


@pytest.fixture(autouse=True)
def given(monkeypatch):
    monkeypatch.setenv(client.KEY_VARIABLE, CANARY)
    newer = (*tables.releases(), "MCS2027")
    monkeypatch.setattr(tables, "releases", lambda root=None: newer)


@dataclass(frozen=True)
class Told(Client):
    """A client without a network: a function of the address gives what is sent."""

    answer: Callable = None

    def fetch(self, url, target):
        sent = self.answer(url)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(sent if isinstance(sent, bytes) else json.dumps(sent).encode())
        return Answer("publisher.example", target)


def refusal(newer, answer, folder, seen=None):
    """The words of the refusal; empty where the rows were compared and checked like those of a user.

    Rows that were `seen` are not checked again.
    """
    run = Run(Told(answer=answer), folder, RAW, NEXT)
    seen = set() if seen is None else seen
    try:
        for one in newer(run):
            editions.compare(one)
            if (rows := repr(one.rows)) not in seen:
                editions._staged("one", one, folder / "stage", run)
                seen.add(rows)
        return ""
    except Refused as found:
        words = str(found)
        assert words.isprintable() and len(words) < 2000 and ": " in words, words
        assert CANARY[:8] not in words, words
        return words


def usa_china(run):
    """Comtrade's smallest table alone."""
    return [comtrade._edition(run, "https://publisher.example", comtrade._TABLES[2])]


def released(rows=FACTS, header=MCS_HEADER, body=None, **file):
    """The two answers of ScienceBase."""
    found, body = catalogue(usgs.BASE, **file), body or commodities(rows, header)
    return lambda url: found if "catalog/items" in url else body


SAMPLE = "https://publisher.example/data/v1/get/C/A/HS?cmdCode=2846,280530&flowCode=M,X&partnerCode=0"
SAMPLE += "&period=2020&partner2Code=0&motCode=0&customsCode=C00"
JSON = {
    "macro": (world_bank.macro, macro, "https://x/v2/country/USA;CHN/indicator/NY.GDP.MKTP.CD"),
    "fx": (world_bank.fx, lambda url: rates(), ""),
    "comtrade": (usa_china, flows, SAMPLE),
    "usgs": (usgs.newer, released(), "catalog/items"),
}


def places(value, here=()):
    """Every place inside a JSON value, the first two of each list."""
    yield here
    inner = value.items() if isinstance(value, dict) else enumerate(value[:2] if isinstance(value, list) else ())
    for name, part in inner:
        yield from places(part, (*here, name))


def put(value, place, odd):
    """The value with something odd in a place; as it is where it has no such place."""
    if not place:
        return odd
    inner = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    if place[0] not in inner:
        return value
    value = copy.copy(value)
    value[place[0]] = put(value[place[0]], place[1:], odd)
    return value


@pytest.mark.fault(65)
@pytest.mark.fault(74)
@pytest.mark.fault(155)
@pytest.mark.parametrize("name", JSON)
def test_every_place_of_an_answer_may_hold_anything(name, tmp_path):
    (newer, answer, sample), seen = JSON[name], set()
    assert refusal(newer, answer, tmp_path, seen) == ""
    tried = [
        refusal(newer, lambda url, place=place, odd=odd: put(answer(url), place, odd), tmp_path, seen)
        for place in places(answer(sample))
        for odd in ODD
    ]
    assert len(tried) > 200 and len(tried) / 5 < sum(map(bool, tried)) < len(tried)


@pytest.mark.fault(74)
def test_every_cell_of_the_data_release_may_hold_anything(tmp_path):
    seen, (first, *rest) = set(), csv.reader(FACTS)
    for column in range(len(first)):
        for odd in CELLS:
            text = io.StringIO()
            csv.writer(text).writerows([[*first[:column], odd, *first[column + 1 :]], *rest])
            refusal(usgs.newer, released(body=f"{MCS_HEADER}\r\n{text.getvalue()}".encode()), tmp_path, seen)


def headers(offset, byte):
    """The release with one byte of every header of its list of contents changed."""
    content = bytearray(release())
    place = content.find(b"PK\x01\x02")
    while place >= 0:
        content[place + offset] = byte
        place = content.find(b"PK\x01\x02", place + 1)
    return bytes(content)


ROW = "2024,156,392,850511,"
RELEASES = {
    "cut": (release()[:-400], "sends no whole zip: try again"),
    "damaged": (release()[:200] + b"\0" * 60 + release()[260:], "sends no whole zip: try again"),
    "checksum": (headers(16, 1), "sends no whole zip"),
    "encrypted": (headers(8, 1), "sends no whole zip"),
    "method": (headers(10, 99), "sends no whole zip"),
    "page": (b"<html>Maintenance</html>", "sends no whole zip: try again"),
    "empty zip": (b"PK\x05\x06" + b"\0" * 18, "the zip has no file BACI_HS17_Y2024_V202701.csv"),
    "year": (release(year="2023"), "the zip has no file BACI_HS17_Y2024_V202701.csv"),
    "label": (release(label="V202702"), "the zip has no file"),
    "column": (release(header="t,i,j,k,value,q"), "has no column v, but t, i, j, k, value, q"),
    "word": (release(rows=[ROW + "abc,1"]), "v: String should match pattern"),
    "short row": (release(rows=[ROW + "5"]), "has 5 fields instead of 6"),
    "long row": (release(rows=[ROW + "5,1,9"]), "has 7 fields instead of 6"),
    "long cell": (release(rows=[ROW + "1" * 200_000 + ",1"]), "is no CSV"),
    "quote": (release(extra=b'"2024,1,2,850511,1,1\n'), "is no CSV"),
    "latin-1": (release(extra=b"2024,1,2,850511,\xe9,1\n"), "is no CSV in UTF-8"),
    "twice": (release(rows=[ROW + "5,1"] * 2), "1 records are there twice, first "),
    **{cell: (release(rows=[f"{ROW}{cell},1"]), "v: ") for cell in ("NaN", "Infinity", "1e999999", "-1", "\0")},
}


@pytest.mark.fault(68)
@pytest.mark.fault(74)
@pytest.mark.parametrize("how", RELEASES)
def test_a_release_that_is_damaged(tmp_path, how):
    body, words = RELEASES[how]
    assert words in refusal(baci.newer, lambda url: body, tmp_path)


@pytest.mark.fault(82)
@pytest.mark.parametrize(
    ("limit", "words"),
    [("_MAX_UNPACKED_BYTES", "csv has "), ("MAX_ROWS", "more than 1,000 rows: ask for less")],
)
def test_a_release_without_an_end(tmp_path, monkeypatch, limit, words):
    monkeypatch.setattr(client, limit, 1000)
    assert words in refusal(baci.newer, lambda url: release(), tmp_path)


@pytest.mark.fault(65)
@pytest.mark.fault(66)
@pytest.mark.fault(68)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><html>Maintenance</html>", "sends a web page"),
        (b"", "sends no JSON"),
        (b'{"count": 1, "data": [{"freqCode"', "sends no JSON, or one that breaks off"),
        (b'{"count": NaN, "data": []}', "sends no JSON"),
        (b'{"count": 1e9999999999999999999, "data": []}', ": "),
        (b"[" * 100_000, "sends no JSON"),
        ({"error": "Invalid period\n\x1b[31mformat"}, "reports an error (200 Invalid period [31mformat)"),
        ({"error": f"the key {CANARY} is not known"}, "the key [key] is not known"),
        ({"statusCode": 429, "message": "Rate limit is exceeded."}, "(429 Rate limit"),
        ({"count": 3, "data": [], "error": ""}, "0 records where 'count' says 3"),
        ({"data": [], "error": ""}, "count is missing"),
        ({"count": 0, "data": []}, "no records for cmdCode=2846,280530"),
    ],
)
def test_an_error_in_the_place_of_data(body, words, tmp_path):
    assert words in refusal(usa_china, lambda url: body, tmp_path)


def changed(answer, paging=None, rename=(), **fields):
    """The answer with these fields in every record and in its paging."""

    def change(url):
        sent = answer(url)
        found = sent["data"] if isinstance(sent, dict) else sent[1]
        found[:] = [{dict(rename).get(name, name): v for name, v in (one | fields).items()} for one in found]
        return sent if isinstance(sent, dict) else [sent[0] | (paging or {}), sent[1]]

    return change


def mines(*before_after, header=MCS_HEADER):
    """The release with its first row alone, changed."""
    return released([FACTS[0].replace(*before_after)], header)


COMTRADE, MACRO, USGS = usa_china, world_bank.macro, usgs.newer
CHANGES = [
    (
        COMTRADE,
        changed(flows, primaryValue="12"),
        "primaryValue: Input should be an instance of Decimal, found '12'",
    ),
    (
        COMTRADE,
        changed(flows, primaryValue=True),
        "primaryValue: Input should be an instance of Decimal, found",
    ),
    (COMTRADE, changed(flows, cmdCode=280530), "cmdCode: Input should be a valid string, found '280530'"),
    (COMTRADE, changed(flows, flowCode="DX"), "sends 'DX' in flowCode, which was not asked"),
    (COMTRADE, changed(flows, freqCode="M"), "sends 'M' in freqCode, which was not asked"),
    (COMTRADE, changed(flows, refYear=1999), "sends '1999' in refYear, which was not asked"),
    (COMTRADE, changed(flows, classificationCode="H9"), "classificationCode: Input should be 'H0', 'H1'"),
    (COMTRADE, changed(flows, customsCode="C01"), "customsCode: Input should be 'C00'"),
    (COMTRADE, changed(flows, motCode=1000), "motCode: Input should be less than or equal to 0"),
    (COMTRADE, changed(flows, isNetWgtEstimated=1), "isNetWgtEstimated: Input should be a valid boolean"),
    (COMTRADE, changed(flows, netWgt=-5), "netWgt: Input should be greater than or equal to 0, found '-5'"),
    (COMTRADE, changed(flows, partnerCode=0), "records are there twice, first 2020 "),
    (COMTRADE, changed(flows, rename=[("cmdCode", "commodityCode")]), "cmdCode is missing, there is "),
    (COMTRADE, changed(flows, rename=[("cmdCode", "commodityCode")]), "commodityCode"),
    (MACRO, lambda url: [{"message": [{"id": "120", "key": "Invalid value"}]}], "Invalid value"),
    (MACRO, lambda url: {"message": "x"}, "Input should be a valid tuple"),
    (MACRO, lambda url: [macro(url)[0] | {"total": 0}, None], "no values of NY.GDP.MKTP.CD since 2019"),
    (MACRO, changed(macro, {"total": 4}), "records where 'total' says 4"),
    (MACRO, changed(macro, {"pages": 10**9}), "pages: Input should be less than"),
    (MACRO, changed(macro, {"lastupdated": "2099-01-01"}), "2099-01-01"),
    (MACRO, changed(macro, value="12"), "value: Input should be an instance of Decimal"),
    (MACRO, changed(macro, value=10**31), "value: Input should be less than"),
    (
        MACRO,
        changed(macro, value=10**16),
        "NY.GDP.MKTP.CD of AUS in 2024 is 1.000E+16, which is outside",
    ),
    (
        MACRO,
        changed(macro, value=1),
        "NY.GDP.MKTP.CD of AUS in 2024 is 1.000E+0, which is outside 1,000,000 to",
    ),
    (MACRO, changed(macro, value=-1), "value: Input should be greater than 0"),
    (MACRO, changed(macro, date=2024), "date: Input should be a valid string"),
    (MACRO, changed(macro, date=""), "date: String should match pattern"),
    (MACRO, changed(macro, date="1999"), "sends '1999' in date, which was not asked"),
    (MACRO, changed(macro, countryiso3code=""), "sends '' in countryiso3code, which was not asked"),
    (MACRO, changed(macro, indicator={"id": "OTHER"}), "sends 'OTHER' in indicator, which was not asked"),
    (
        USGS,
        released(header=MCS_HEADER.replace("Section", "Part")),
        "has no column Section, but MCS chapter, Part",
    ),
    (USGS, released(FACTS[-2:]), "no rows of RARE EARTHS"),
    (USGS, released([*FACTS, "RARE EARTHS,World"]), "has 2 fields instead of 11"),
    (USGS, mines("Production,REO", "Capacity,REO"), "Statistics: Input should be 'Prod"),
    (USGS, mines("1,000", "Large"), "Value: String should match pattern"),
    (USGS, mines("1,000", ">5"), "output of 'China' is a bound"),
    (USGS, mines("2026", "soon"), "Year: String should match pattern"),
    (USGS, mines("metric", "thousand metric"), "Unit: String should match pattern"),
    (USGS, mines("China", "Chian"), "did you mean 'China'?"),
    (USGS, released([FACTS[0], FACTS[0]]), "1 records are there twice, first "),
    (USGS, released(size=7), "bytes where its catalogue says 7"),
    (
        USGS,
        released(url="https://example.org/file"),
        "points to another host or scheme (https://example.org)",
    ),
    (USGS, released(url="file:///etc/passwd"), "is not encrypted: https only"),
    (USGS, released(url="https://[::1"), "is no address"),
    (USGS, released(url=None), "is no address"),
]


@pytest.mark.fault(65)
@pytest.mark.fault(66)
@pytest.mark.fault(68)
@pytest.mark.fault(72)
@pytest.mark.fault(74)
@pytest.mark.parametrize("case", range(len(CHANGES)))
def test_a_change_is_shown(case, tmp_path):
    newer, answer, words = CHANGES[case]
    assert words in refusal(newer, answer, tmp_path)


@pytest.mark.fault(77)
def test_text_is_read_in_the_right_letters_or_not_at_all(tmp_path):
    body = json.dumps(rates(), ensure_ascii=False).replace("Name", "Côte")
    assert refusal(world_bank.fx, lambda url: body.encode(), tmp_path) == ""
    for wrong in (body.encode("latin-1"), body.encode("utf-16"), gzip.compress(body.encode())):
        said = refusal(world_bank.fx, lambda url, wrong=wrong: wrong, tmp_path)
        assert "the text is not in utf-8" in said
