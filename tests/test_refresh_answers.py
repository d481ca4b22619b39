"""Whatever a publisher sends is refused in one line that names it, or is a row that every rule of the table allows."""

import copy
import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from refresh_server import (
    CANARY,
    FACTS,
    MCS_HEADER,
    NEXT,
    catalogue,
    commodities,
    flow,
    indicator,
    release,
    rows_of,
)

from rareearth import facts
from rareearth.paths import RAW
from rareearth.refresh import answers, baci, comtrade, editions, usgs, world_bank
from rareearth.refresh.answers import Answer
from rareearth.refresh.client import Client
from rareearth.refresh.editions import Run
from rareearth.refusal import Refused

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
    monkeypatch.setenv(answers.KEY_VARIABLE, CANARY)
    monkeypatch.setattr(facts, "EDITIONS", (*facts.EDITIONS, "MCS2027"))


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
    """The words of the refusal; empty where the rows were compared and checked like those of a user."""
    run = Run(Told(answer=answer), folder, RAW, NEXT)
    try:
        for one in newer(run):
            editions.compare(one)
            if (rows := repr(one.rows)) not in (seen or ()):
                editions._staged("one", one, folder / "stage", run)
                if seen is not None:
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


def records(url):
    years = parse_qs(urlsplit(url).query)["period"]
    found = [flow(row) for row in rows_of(comtrade._TABLES[2].name) if row["period"] in years]
    return {"count": len(found), "data": found, "error": ""}


def values(url):
    areas, name = urlsplit(url).path.split("/")[3].split(";"), urlsplit(url).path.rsplit("/", 1)[1]
    return indicator({(name, area, year): 9.5e8 for area in areas for year in (2023, 2024)})


def release_of(rows=FACTS, header=MCS_HEADER):
    found = catalogue(usgs.BASE)
    return lambda url: found if "catalog/items" in url else commodities(rows, header)


def rates(url):
    return indicator({(world_bank.RATE, area, 2024): 9.5 for area in world_bank.CURRENCIES})


JSON = {
    "macro": (world_bank.macro, values, "https://x/v2/country/USA;CHN/indicator/NY.GDP.MKTP.CD"),
    "fx": (world_bank.fx, rates, ""),
    "comtrade": (usa_china, records, "?period=2020"),
    "usgs": (usgs.newer, release_of(), "catalog/items"),
}


def places(value, here=()):
    """Every place inside a JSON value, the first two of each list."""
    yield here
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value[:2] if isinstance(value, list) else ())
    )
    for name, part in inner:
        yield from places(part, (*here, name))


def put(value, place, odd):
    if not place:
        return odd
    if place[0] not in (
        range(len(value)) if isinstance(value, list) else dict(value) if isinstance(value, dict) else ()
    ):
        return value  # another answer of the same publisher, which has no such place
    value = copy.copy(value)
    value[place[0]] = put(value[place[0]], place[1:], odd)
    return value


@pytest.mark.fault(65)
@pytest.mark.fault(74)
@pytest.mark.fault(155)
@pytest.mark.parametrize("name", JSON)
def test_every_place_of_an_answer_may_hold_anything(name, tmp_path):
    newer, answer, sample = JSON[name]
    seen = set()
    assert refusal(newer, answer, tmp_path, seen) == ""
    tried = [
        refusal(newer, lambda url, place=place, odd=odd: put(answer(url), place, odd), tmp_path, seen)
        for place in places(answer(sample))
        for odd in ODD
    ]
    assert len(tried) > 200 and len(tried) / 5 < sum(map(bool, tried)) < len(tried)


@pytest.mark.fault(74)
def test_every_cell_of_the_data_release_may_hold_anything(tmp_path):
    seen = set()
    assert refusal(usgs.newer, release_of(), tmp_path, seen) == ""
    whole = list(csv.reader(FACTS))
    for column in range(len(whole[0])):
        for odd in CELLS:
            text = io.StringIO()
            rows = [[*whole[0][:column], odd, *whole[0][column + 1 :]], *whole[1:]]
            csv.writer(text).writerows(rows)
            body = f"{MCS_HEADER}\r\n{text.getvalue()}".encode()
            answer = lambda url, body=body: release_of()(url) if "items" in url else body  # noqa: E731
            refusal(usgs.newer, answer, tmp_path, seen)


def at(signature, offset, byte):
    """Changes one byte of every header of a zip that begins with the signature."""

    def edit(content):
        changed = bytearray(content)
        place = changed.find(signature)
        while place >= 0:
            changed[place + offset] = byte
            place = changed.find(signature, place + 1)
        return bytes(changed)

    return edit


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
ROW = "2024,156,392,850511,"
RELEASES = {
    "cut": (release()[:-400], "sends no whole zip: try again"),
    "damaged": (release()[:200] + b"\0" * 60 + release()[260:], "sends no whole zip: try again"),
    "checksum": (release(edit=at(CENTRAL, 16, 1)), "sends no whole zip"),
    "encrypted": (release(edit=at(CENTRAL, 8, 1)), "sends no whole zip"),
    "method": (release(edit=at(CENTRAL, 10, 99)), "sends no whole zip"),
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
    "twice": (release(rows=[ROW + "5,1"] * 2), "1 records of the answers are there twice"),
    **{
        cell: (release(rows=[f"{ROW}{cell},1"]), "v: ")
        for cell in ("NaN", "Infinity", "1e999999", "-1", "\0")
    },
}


@pytest.mark.fault(68)
@pytest.mark.fault(74)
@pytest.mark.parametrize("how", RELEASES)
def test_a_release_that_is_damaged(tmp_path, how):
    body, words = RELEASES[how]
    assert words in refusal(baci.newer, lambda url: body, tmp_path)


@pytest.mark.fault(82)
def test_a_release_that_would_unpack_without_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "_MAX_UNPACKED_BYTES", 1000)
    assert "csv has " in refusal(baci.newer, lambda url: release(), tmp_path)


@pytest.mark.fault(65)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><html>Maintenance</html>", "sends a web page"),
        (b"", "sends no JSON"),
        (b'{"count": 1, "data": [{"freqCode"', "sends no JSON, or one that breaks off"),
        (b'{"count": NaN, "data": []}', "sends no JSON"),
        (b'{"count": 1e9999999999999999999, "data": []}', ""),
        (b"[" * 100_000, "sends no JSON"),
        ({"error": "Invalid period\n\x1b[31mformat"}, "reports an error (200 Invalid period [31mformat)"),
        ({"error": f"the key {CANARY} is not known"}, "the key [key] is not known"),
        ({"statusCode": 429, "message": "Rate limit is exceeded."}, "(429 Rate limit"),
        ({"count": 3, "data": [], "error": ""}, "0 records where 'count' says 3"),
        ({"data": [], "error": ""}, "count is missing"),
    ],
)
def test_an_error_in_the_place_of_data(body, words, tmp_path):
    assert words in refusal(usa_china, lambda url: body, tmp_path) != ""


@pytest.mark.fault(66)
def test_an_empty_answer_is_refused_unless_the_year_may_be_unpublished(tmp_path):
    empty = {"count": 0, "data": [], "error": ""}
    words = refusal(usa_china, lambda url: empty, tmp_path)
    assert "no records for cmdCode=2846,280530" in words and "look at the query" in words
    assert refusal(usa_china, records, tmp_path) == ""  # nothing of the years after those in hand


def changed(answer, **fields):
    def change(url):
        sent = answer(url)
        found = sent["data"] if isinstance(sent, dict) else sent[1]
        found[:] = [record | fields for record in found]
        return sent

    return change


@pytest.mark.fault(74)
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"primaryValue": "12"}, "primaryValue: Input should be an instance of Decimal, found '12'"),
        ({"primaryValue": True}, "primaryValue: Input should be an instance of Decimal, found 'True'"),
        ({"cmdCode": 280530}, "cmdCode: Input should be a valid string, found '280530'"),
        ({"flowCode": "DX"}, "sends 'DX' in flowCode, which was not asked"),
        ({"cmdCode": "999999"}, "sends '999999' in cmdCode, which was not asked"),
        ({"reporterCode": 4}, "sends '4' in reporterCode, which was not asked"),
        ({"classificationCode": "H9"}, "classificationCode: Input should be 'H0', 'H1'"),
        ({"customsCode": "C01"}, "customsCode: Input should be 'C00'"),
        ({"motCode": 1000}, "motCode: Input should be less than or equal to 0"),
        ({"isNetWgtEstimated": 1}, "isNetWgtEstimated: Input should be a valid boolean"),
        ({"netWgt": -5}, "netWgt: Input should be greater than or equal to 0, found '-5'"),
        ({"partnerCode": 0}, "records of the answers are there twice: try again"),
    ],
)
def test_a_change_of_comtrade_is_shown(fields, words, tmp_path):
    assert words in refusal(usa_china, changed(records, **fields), tmp_path)


@pytest.mark.fault(74)
def test_a_renamed_field_is_shown_with_its_new_name(tmp_path):
    def renamed(url):
        sent = records(url)
        for record in sent["data"]:
            record["commodityCode"] = record.pop("cmdCode")
        return sent

    words = refusal(usa_china, renamed, tmp_path)
    assert (
        "cmdCode is missing, there is " in words and "commodityCode" in words and "change the fields" in words
    )


@pytest.mark.fault(65)
@pytest.mark.fault(66)
@pytest.mark.fault(74)
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda url: [{"message": [{"id": "120", "key": "Invalid value"}]}], "Invalid value"),
        (lambda url: {"message": "x"}, "Input should be a valid tuple"),
        (lambda url: [values(url)[0] | {"total": 0}, None], "no values of NY.GDP.MKTP.CD since 2019"),
        (lambda url: [values(url)[0] | {"total": 4}, values(url)[1]], "records where 'total' says 4"),
        (lambda url: [values(url)[0] | {"pages": 10**9}, values(url)[1]], "pages: Input should be less than"),
        (lambda url: [values(url)[0] | {"lastupdated": "2099-01-01"}, values(url)[1]], "2099-01-01"),
        (changed(values, value="12"), "value: Input should be an instance of Decimal"),
        (changed(values, value=10**31), "value: Input should be less than"),
        (
            changed(values, value=10**16),
            "NY.GDP.MKTP.CD of AUS in 2023 is 1.000E+16, which no country reaches",
        ),
        (changed(values, value=-1), "value: Input should be greater than 0"),
        (changed(values, value=0), "value: Input should be greater than 0"),
        (changed(values, date=2024), "date: Input should be a valid string"),
        (changed(values, date=""), "date: String should match pattern"),
        (changed(values, date="1999"), "sends '1999' in date, which was not asked"),
        (changed(values, countryiso3code=""), "sends '' in countryiso3code, which was not asked"),
        (changed(values, indicator={"id": "OTHER"}), "sends 'OTHER' in indicator, which was not asked"),
    ],
)
def test_a_change_of_the_world_bank_is_shown(answer, words, tmp_path):
    assert words in refusal(world_bank.macro, answer, tmp_path)


@pytest.mark.fault(72)
@pytest.mark.fault(74)
@pytest.mark.parametrize(
    ("rows", "header", "words"),
    [
        (FACTS, MCS_HEADER.replace("Section", "Part"), "has no column Section, but MCS chapter, Part"),
        (FACTS, MCS_HEADER.replace("Value", "Amount"), "has no column Value"),
        (
            [FACTS[0].replace("Production,REO", "Capacity,REO")],
            MCS_HEADER,
            "Statistics: Input should be 'Prod",
        ),
        (FACTS[-2:], MCS_HEADER, "no rows of RARE EARTHS"),
        ([*FACTS, "RARE EARTHS,World"], MCS_HEADER, "has 2 fields instead of 12"),
        ([FACTS[0].replace("1,000", "Large")], MCS_HEADER, "Value: String should match pattern"),
        ([FACTS[0].replace("1,000", ">5")], MCS_HEADER, "output of 'China' is a bound"),
        ([FACTS[0].replace("2025", "soon")], MCS_HEADER, "Year: String should match pattern"),
        ([FACTS[0].replace("metric", "thousand metric")], MCS_HEADER, "Unit: String should match pattern"),
        ([FACTS[0].replace("China", "Chian")], MCS_HEADER, "did you mean 'China'?"),
        ([FACTS[0], FACTS[0]], MCS_HEADER, "1 records of the answers are there twice"),
    ],
)
def test_a_change_of_the_data_release_is_shown(rows, header, words, tmp_path):
    assert words in refusal(usgs.newer, release_of(rows, header), tmp_path)


@pytest.mark.fault(68)
@pytest.mark.fault(72)
@pytest.mark.parametrize(
    ("file", "words"),
    [
        ({"size": 7}, "bytes where its catalogue says 7"),
        ({"url": "https://example.org/file"}, "points to another host or scheme (https://example.org)"),
        ({"url": "file:///etc/passwd"}, "is not encrypted: https only"),
        ({"url": "https://[::1"}, "is no address"),
        ({"url": None}, "has no address"),
    ],
)
def test_a_file_of_the_catalogue_that_is_not_taken(file, words, tmp_path):
    found = catalogue(usgs.BASE, **file)
    answer = lambda url: found if "items" in url else commodities()  # noqa: E731
    assert words in refusal(usgs.newer, answer, tmp_path)


@pytest.mark.fault(77)
def test_text_is_read_in_the_right_letters_or_not_at_all(tmp_path):
    body = json.dumps(rates(""), ensure_ascii=False).replace("Name", "Côte")
    assert refusal(world_bank.fx, lambda url: body.encode(), tmp_path) == ""
    for wrong in (body.encode("latin-1"), body.encode("utf-16"), gzip.compress(body.encode())):
        assert "the text is not in utf-8" in refusal(world_bank.fx, lambda url, wrong=wrong: wrong, tmp_path)


@pytest.mark.fault(82)
def test_more_rows_than_any_table_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "MAX_ROWS", 100)
    words = refusal(baci.newer, lambda url: release(), tmp_path)
    assert "more than 100 rows: ask for less" in words
