"""Each publisher's format is read as documented, and the key of the user is nowhere but in its header."""

import io
import json
import logging
import traceback
import zipfile
from datetime import datetime
from functools import partial

import pytest
from refresh_answers import comtrade, rows_of
from refresh_server import CANARY, NOW, by_query, quick, raw_bytes, refused, send, silence, snapshot

from rareearth import checks, tables
from rareearth.errors import Refused
from rareearth.refresh import command, pull_baci, pull_comtrade, pull_usgs, pull_world_bank
from rareearth.refresh.download import KEY_HEADER, Client, kept_out

NEXT = datetime(2027, 3, 1)


def refresh(module, site, raw, **words):
    pull = partial(module.pull, base=site.url)
    command.refresh({"one": pull}, **{"root": raw, "client": quick(), "now": NEXT, "add": True} | words)


def release(year="2024", label="V202701", header="t,i,j,k,v,q", rows=None, name=None):
    """A zip as CEPII publishes it, with the flows in hand and others that are not wanted."""
    flows = [
        f"{r['t']},{r['i']},{r['j']},{r['k']},   {r['v']},{r['q'] or 'NA'}" for r in rows_of(pull_baci.TABLE)
    ]
    lines = [header, *(flows if rows is None else rows), f"{year},156,842,010121,5,1"]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name or f"BACI_HS17_Y{year}_{label}.csv", "\n".join(lines) + "\n")
        archive.writestr(f"BACI_HS17_Y2022_{label}.csv", "not,read\n")
    return content.getvalue()


def test_baci_adds_a_release_with_the_year_since(site, raw, capsys):
    flows = [
        f"{r['t']},{r['i']},{r['j']},{r['k']},{r['v']},{r['q'] or 'NA'}" for r in rows_of(pull_baci.TABLE)
    ]
    content = io.BytesIO(release())
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(
            "BACI_HS17_Y2025_V202701.csv", f"t,i,j,k,v,q\n2025,156,842,850511,  7.50,NA\n{flows[0]}\n"
        )
    site.answers = [send(body=content.getvalue())]
    refresh(pull_baci, site, raw, add=False)
    assert "5544 rows before, 5545 now: 1 added, 0 gone, 0 values changed" in capsys.readouterr().out
    refresh(pull_baci, site, raw)
    assert site.asked[0][0] == "/DATA_DOWNLOAD/baci/data/BACI_HS17_V202701.zip"
    last = (raw / "trade/baci_hs17_2024--V202701.csv").read_text(encoding="utf-8").splitlines()
    assert [
        line for line in last if ",2025,156,842,850511,7.5,," in line and line.endswith("baci_v202701_2024")
    ]
    refresh(pull_baci, site, raw)
    assert "one: nothing newer than what is in hand" in capsys.readouterr().out and len(site.asked) == 2


def test_baci_before_it_is_published(site, raw, capsys):
    site.answers = [send(404)]
    refresh(pull_baci, site, raw)
    assert "one: nothing newer than what is in hand" in capsys.readouterr().out


@pytest.mark.fault(68)
@pytest.mark.fault(74)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (release()[:-400], "the release V202701 is no whole zip: try again"),
        (release()[:40] + b"\xff" * 60 + release()[100:], "the release V202701 is no whole zip: try again"),
        (b"<html>Maintenance</html>", "the release V202701 is no whole zip: try again"),
        (release(year="2023"), "the release V202701 has no file of 2024"),
        (release(label="V202702"), "the release V202701 has no file of 2024"),
        (release(header="t,i,j,k,value,q"), "has the columns ['t', 'i', 'j', 'k', 'value', 'q'] instead of"),
        (release(rows=["2024,156,842,850511,abc,1"]), "has 'abc' for a number"),
        (release(rows=["2024,156,842,850511"]), "has 'None' for a number"),
    ],
)
def test_baci_that_is_damaged(site, raw, body, said):
    site.answers = [send(body=body, Content_Length=None)]
    with refused(raw, "127.0.0.1: ", said):
        refresh(pull_baci, site, raw)


HEADER = "MCS chapter,Section,Commodity,Country,Statistics,Statistics_detail,Unit,Year,Value,Notes,Is critical mineral 2026,Other notes"


def fact(country, statistic, year, value, notes="", chapter="RARE EARTHS"):
    section = "World Mine Production and Reserves:"
    return (
        f'{chapter},{section},Rare earths,{country},{statistic},REO,metric tons,{year},"{value}",{notes},Yes,'
    )


FACTS = [
    *(
        fact(f, "Production", y, "1,000", "Estimated.")
        for f in ("China", "Burma", "Other countries")
        for y in (2025, 2026)
    ),
    *(
        fact(f"{f}", "Production", y, "51,000")
        for f in ("United States", "Australia", "Brazil", "India")
        for y in (2025, 2026)
    ),
    *(fact(f, "Production", y, "140") for f in ("Malaysia", "Russia", "Thailand") for y in (2025, 2026)),
    fact("World total (rounded)", "Production", "2026_estimated", "390,000"),
    fact("Greenland", "Production", "2026", "—"),
    fact("Nigeria", "Production", "2026", "NA"),
    *(
        fact(f, "Reserves", 2026, "44,000,000")
        for f in ("China", "Brazil", "India", "Australia", "Greenland", "Canada")
    ),
    *(fact(f, "Reserves", 2026, "700,000") for f in ("Malaysia", "Russia", "Tanzania", "Vietnam")),
    fact("World total", "Reserves", 2026, ">75,000,000"),
    fact("Chile", "Production", 2026, "5,300", chapter="COPPER"),
    fact("Côte d’Ivoire", "Production", 2026, "3", chapter="GOLD"),
]


def usgs(site, facts_=FACTS, header=HEADER, encoding="cp1252", size=0, **file):
    """The answers of ScienceBase: its catalogue, then the file."""
    body = "\r\n".join([header, *facts_, ""]).encode(encoding)
    file = {
        "name": "MCS2027_Commodities_Data.csv",
        "url": f"{site.url}/catalog/file/get/1?f=x",
        "size": len(body) + size,
    } | file
    site.answers = [
        send(body={"items": [{"title": "MCS", "files": [file]}, {"title": "other"}]}),
        send(body=body, Content_Length=None),
    ]


@pytest.fixture
def ordered(monkeypatch):
    newer = (*tables.releases(), "MCS2027")
    monkeypatch.setattr(tables, "releases", lambda root=None: newer)


def test_usgs_adds_mines_and_reserves(site, raw, ordered, capsys):
    usgs(site)
    refresh(pull_usgs, site, raw)
    assert (
        "one: added production/mine_production--MCS2027.csv, production/reserves--MCS2027.csv"
        in capsys.readouterr().out
    )
    assert site.asked[0][0].startswith(
        "/catalog/items?q=Mineral+Commodity+Summaries+2027+Data+Release&format=json"
    )
    assert checks.verify(raw) == []
    mines = tables.read("production/mine_production--MCS2027.csv", raw).set_index(
        ["entity", "reference_year"]
    )
    assert mines.loc[("World total", 2026), ["iso3", "value", "status"]].tolist() == [
        "WLD",
        390_000,
        "estimated",
    ]
    assert mines.loc[("Burma", 2026), ["iso3", "value", "status"]].tolist() == ["MMR", 1_000, "estimated"]
    assert (
        mines.loc[("United States", 2025), "status"] == "reported"
        and mines.loc[("Other countries", 2026), "iso3"] == ""
    )
    assert mines.loc[("Greenland", 2026), "value"] == 0 and not {"Nigeria", "Chile"} & {
        key[0] for key in mines.index
    }
    reserves = tables.read("production/reserves--MCS2027.csv", raw).set_index("entity")
    assert reserves.loc["World total", ["bound", "value"]].tolist() == ["lower", 75_000_000]
    assert set(mines["source_ids"]) == {("usgs_mcs2027_mine_production_csv",)}


def test_usgs_without_a_newer_release(site, raw, capsys):
    site.answers = [send(body={"items": []})]
    refresh(pull_usgs, site, raw)
    refresh(pull_usgs, site, raw, now=NOW)
    assert capsys.readouterr().out.count("nothing newer than what is in hand") == 2 and len(site.asked) == 1


def test_usgs_release_must_be_ordered_by_a_person_first(site, raw):
    usgs(site)
    with refused(
        raw, "MCS2027 is published: add it to `releases` in data/raw/fields.yml, then refresh again"
    ):
        refresh(pull_usgs, site, raw)


@pytest.mark.fault(68)
@pytest.mark.fault(72)
@pytest.mark.fault(74)
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"size": 7}, "bytes where its catalogue says"),
        (
            {"url": "https://example.org/file"},
            "lies on another host (https://example.org/file): fetch it by hand",
        ),
        ({"url": "file:///etc/passwd"}, "lies on another host"),
        (
            {"header": HEADER.replace("Section", "Chapter part")},
            "(- Section; + Chapter part; + Is critical mineral",
        ),
        ({"header": HEADER.replace("Value", "Amount")}, "- Value"),
        (
            {"facts_": [fact("China", "Capacity", 2026, "1")]},
            "Statistics: 'Capacity' is new, known are Production, Reserves",
        ),
        ({"facts_": FACTS[-2:]}, "no rows of RARE EARTHS"),
        ({"facts_": [*FACTS, "RARE EARTHS,World"]}, "has 2 fields instead of 12"),
        ({"facts_": [fact("China", "Production", 2026, "Large")]}, "'Large' of 'China' is no number"),
        ({"facts_": [fact("China", "Production", 2026, ">5")]}, "output of 'China' is a bound"),
        ({"facts_": [fact("China", "Production", "soon", "5")]}, "'soon' of 'China' is no year"),
        (
            {"facts_": [FACTS[0].replace("metric", "thousand metric")]},
            "'thousand metric tons' of 'China' is not metric",
        ),
        ({"facts_": [fact("Chian", "Production", 2026, "5")]}, "did you mean 'China'?"),
    ],
)
def test_usgs_in_a_new_form(site, raw, ordered, changed, said):
    usgs(site, **changed)
    with refused(raw, said):
        refresh(pull_usgs, site, raw)


def test_usgs_catalogue_in_a_new_form(site, raw):
    site.answers = [send(body={"results": []})]
    with refused(raw, "127.0.0.1: the catalogue has no list of items"):
        refresh(pull_usgs, site, raw)


def world_bank(total=0, broken=None, **changed):
    """Two pages of each indicator for the areas that are asked."""

    def make(path, words):
        if broken is not None:
            return broken
        _, _, _, areas, _, indicator = path.split("/")
        page = int(words["page"])
        records = [
            {
                "indicator": {"id": indicator, "value": ""},
                "country": {"id": area[:2], "value": area},
                "countryiso3code": area,
                "date": str(2023 + page),
                "value": None if (area, page) == ("VNM", 2) else 1_234_567_890_123,
                "unit": "",
                "obs_status": "",
                "decimal": 0,
            }
            | changed
            for area in areas.split(";")
        ]
        return [
            {
                "page": page,
                "pages": 2,
                "per_page": 1000,
                "total": 2 * len(records) + total,
                "lastupdated": "2027-01-05",
            },
            records,
        ]

    return by_query(make)


def test_world_bank_adds_gdp_and_population(site, raw, capsys):
    site.answers = [world_bank()]
    refresh(pull_world_bank, site, raw)
    out = capsys.readouterr().out
    assert "one: added money/macro--2027-03-01.csv" in out
    table = tables.read("money/macro--2027-03-01.csv", raw)
    areas = {row["iso3"] for row in rows_of("money/macro.csv")} - {"TWN"}
    assert len(table) == 3 * (2 * len(areas) - 1)  # what has no value has no row
    usa = table.query("iso3 == 'USA' and reference_year == 2025").set_index("measure")
    assert usa["value"].to_dict() == {"gdp": 1234.568, "gdp_lcu": 1234.568, "population": 1234567.89}
    assert usa["unit"].to_dict() == {"gdp": "usd bn", "gdp_lcu": "lcu bn", "population": "m"}
    assert "page=2" in site.asked[1][0] and "date=2019:2026" in site.asked[0][0]


@pytest.mark.fault(65)
@pytest.mark.fault(66)
@pytest.mark.fault(74)
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"broken": [{"message": [{"id": "120", "key": "Invalid value", "value": "no"}]}]},
            "reports an error or a new",
        ),
        ({"broken": {"message": "x"}}, "reports an error or a new format"),
        ({"broken": [{"page": 1, "pages": 1, "total": 0}, None]}, "no records of NY.GDP.MKTP.CD"),
        ({"broken": [{"page": 1, "pages": 1, "total": "7"}, []]}, "reports an error or a new format"),
        ({"total": 4}, "records of NY.GDP.MKTP.CD where 'total' says"),
        ({"value": "12"}, "value: str '12' instead of number"),
        ({"date": 2024}, "date: int '2024' instead of text"),
        ({"indicator": {"id": "OTHER"}}, "sends ['OTHER'] where NY.GDP.MKTP.CD was asked"),
    ],
)
def test_world_bank_in_a_new_form(site, raw, changed, said):
    site.answers = [world_bank(**changed)]
    with refused(raw, "127.0.0.1: ", said):
        refresh(pull_world_bank, site, raw)


REPEATED = json.dumps({"error": f"the key {CANARY} is not known"}).encode()
FAILURES = {
    "connection error": raw_bytes(b""),
    "timeout": None,
    "401": send(401, body=REPEATED),
    "429": send(429, body=REPEATED, Retry_After="86400"),
    "retries exhausted": send(503, body=REPEATED),
    "JSON decode error": send(body=REPEATED[:-3]),
    "error that repeats the key": send(body=REPEATED),
    "redirect that repeats the key": send(302, Location=f"https://{CANARY}.example.org/{CANARY}"),
}


@pytest.mark.fault(64)
@pytest.mark.fault(155)
@pytest.mark.fault(156)
@pytest.mark.parametrize("how", FAILURES)
def test_no_failure_shows_the_key(site, raw, how, monkeypatch, capfd, caplog):
    """Not in the message, its traceback, the log at its most talkative, what is printed or what is left on disk."""
    monkeypatch.setenv("COMTRADE_API_KEY", CANARY)
    caplog.set_level(logging.DEBUG)
    site.answers = [FAILURES[how] or silence(site)]
    with refused(raw, ": ") as caught:
        refresh(pull_comtrade, site, raw)
    printed = capfd.readouterr()
    seen = "".join(traceback.format_exception(caught.value)) + caplog.text + printed.out + printed.err
    assert CANARY not in seen and CANARY.encode() not in b"".join(left(raw.parent))
    assert site.asked and all(
        headers[KEY_HEADER] == CANARY and CANARY not in path for path, headers in site.asked
    )


def left(folder):
    """The names and bytes of every file below a folder."""
    return [path.name.encode() + path.read_bytes() for path in folder.rglob("*") if path.is_file()]


@pytest.mark.fault(155)
def test_a_good_refresh_keeps_the_key_to_its_header(site, raw, monkeypatch, capfd):
    monkeypatch.setenv("COMTRADE_API_KEY", CANARY)
    site.answers = [comtrade({"primaryValue": 10**9})]
    refresh(pull_comtrade, site, raw, now=NOW, client=quick(total_s=60))
    printed = capfd.readouterr()
    assert "one: added" in printed.out and CANARY not in printed.out + printed.err
    assert CANARY.encode() not in b"".join(left(raw.parent))
    assert all(headers[KEY_HEADER] == CANARY and CANARY not in path for path, headers in site.asked)
    assert CANARY not in repr(Client(key=CANARY))


@pytest.mark.fault(155)
@pytest.mark.parametrize("key", ["", f"{CANARY}\n", f" {CANARY}", f"{CANARY}é"])
def test_a_key_that_no_header_can_hold_is_not_sent(site, raw, key, monkeypatch):
    monkeypatch.setenv("COMTRADE_API_KEY", key)
    site.answers = [send()]
    with refused(
        raw, "COMTRADE_API_KEY ", "is not set" if not key else "holds blanks or signs that no key has"
    ):
        refresh(pull_comtrade, site, raw)
    assert site.asked == []


@pytest.mark.fault(155)
def test_other_publishers_never_see_the_key(site, raw, monkeypatch):
    monkeypatch.setenv("COMTRADE_API_KEY", CANARY)
    site.answers = [world_bank()]
    before = snapshot(raw)
    refresh(pull_world_bank, site, raw, add=False)
    assert snapshot(raw) == before and CANARY not in str(site.asked)
    with pytest.raises(Refused, match=r"^x \[key\]$"), kept_out(CANARY):
        raise Refused(f"x {CANARY}")
