"""What is newer is compared, reported and only then added, as new files that verify, load and cite."""

import logging
import re
import traceback
from datetime import datetime
from functools import partial

import pytest
import yaml
from refresh_server import (
    CANARY,
    NEXT,
    NOW,
    by_address,
    catalogue,
    commodities,
    flows,
    macro,
    quick,
    rates,
    raw_bytes,
    refresh,
    refused,
    release,
    rows_of,
    send,
    snapshot,
)

from rareearth import checks, tables
from rareearth.errors import Refused
from rareearth.paths import RAW
from rareearth.refresh import baci, command, comtrade, editions, usgs, world_bank
from rareearth.refresh.client import KEY_HEADER, KEY_VARIABLE, Answer, Client
from rareearth.refresh.editions import Edition, Run
from rareearth.trade import store

FX = "money/fx_rates--2026-11-25.csv"
NOTHING = "one: asked, and nothing is newer than what is in hand"


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, CANARY)


def comtrade_site(**words):
    """Answers every query from data/raw; see `flows`."""
    return by_address(partial(flows, **words))


def compared(before, after):
    rows = [[{"id": name, "v": value} for name, value in cells.items()] for cells in (before, after)]
    return editions.compare(Edition("t.csv", "new", rows[1], ("id",), ("v",), rows[0], "t", {}, []))


@pytest.mark.fault(75)
@pytest.mark.parametrize(
    ("old", "new", "found"),
    [("10", "12", 0), ("10", "12.1", 1), ("10", "7.9", 1), ("0", "1", 1), ("", "9", 0)],
)
def test_a_revision_is_more_than_a_fifth(old, new, found):
    differs, report = compared({"a": old}, {"a": new})
    assert report.count("\n  revised a: v ") == found and differs == (old != "")


@pytest.mark.fault(76)
def test_seven_rows_of_ten_are_enough():
    ten = dict.fromkeys("abcdefghij", "1")
    assert "3 gone" in compared(ten, dict.fromkeys("abcdefg", "1"))[1]
    with pytest.raises(Refused, match=r"data/raw/t--new.csv: 6 rows, 60 % of the 10"):
        compared(ten, dict.fromkeys("abcdef", "1"))


@pytest.mark.fault(75)
def test_a_silent_revision_is_reported_before_both_are_kept(site, raw, capsys):
    body = rates(lambda name, year, value: value / 1.5 if (name, year) == ("AUD", "2024") else value)
    site.answers = [send(body=body)]
    before = snapshot(raw)
    refresh(world_bank.fx, site, raw, adds=False)
    report = capsys.readouterr().out
    assert f"data/raw/{FX}: " in report and "1 of them by more than 20 %" in report
    assert re.search(r"\n  revised AUD 2024: value 0\.6\d+ -> 0\.9\d+ \(\+50 %\)\n", report)
    assert "one: nothing is added without --add" in report and snapshot(raw) == before
    refresh(world_bank.fx, site, raw)
    assert f"one: added {FX}" in capsys.readouterr().out
    assert before.items() <= snapshot(raw).items()


@pytest.mark.fault(76)
def test_rows_that_vanish_are_refused_unless_accepted(site, raw, capsys):
    site.answers = [send(body=rates(years=range(2010, 2023)))]
    with refused(raw, f"data/raw/{FX}: 41 rows, 62 % of the 66 of the edition before", "--accept-shrink"):
        refresh(world_bank.fx, site, raw)
    refresh(world_bank.fx, site, raw, accept_shrink=True)
    assert f"one: added {FX}" in capsys.readouterr().out


@pytest.mark.fault(80)
def test_an_edition_is_never_rewritten(site, raw):
    site.answers = [send(body=rates(lambda *of: of[2] * 1.01))]
    refresh(world_bank.fx, site, raw)
    site.answers = [send(body=rates(lambda *of: of[2] * 1.02))]
    with refused(raw, f"data/raw/{FX}: is there already, and a published edition is never rewritten"):
        refresh(world_bank.fx, site, raw)


@pytest.mark.fault(80)
@pytest.mark.fault(155)
def test_an_added_edition_says_where_it_is_from(site, raw, capfd):
    """Five tables with their sources and sidecars, and the key in none of them."""
    site.answers = [comtrade_site(changed={"primaryValue": 10**9})]
    before = snapshot(raw)
    refresh(comtrade.newer, site, raw)
    assert len(set(snapshot(raw)) - set(before)) == 20 and before.items() <= snapshot(raw).items()
    assert checks.verify(raw) == []
    path = raw / "trade/comtrade_rare_earths_2025--2026-11-25.csv"
    meta = yaml.safe_load(path.with_suffix(".meta.yml").read_text(encoding="utf-8"))
    assert meta["sha256"] == checks.content_hash(path) and meta["bytes"] == path.stat().st_size
    assert (meta["rows"], meta["retrieved_at"]) == (1336, "2026-11-25T12:00:00Z")
    assert "UN Comtrade" in meta["licence"]
    assert meta["urls"][0].startswith(f"{site.url}/data/v1/get/C/A/HS?cmdCode=280530,284610,284690&")
    assert CANARY not in "".join(capfd.readouterr()) and CANARY.encode() not in b"".join(left(raw.parent))
    assert all(headers[KEY_HEADER] == CANARY and CANARY not in path for path, headers in site.asked)
    path.write_bytes(path.read_bytes().replace(b"1000000000", b"1000000001", 1))
    assert [line for line in checks.verify(raw) if path.name in line and "(F16)" in line]


@pytest.mark.long
@pytest.mark.fault(80)
def test_two_refreshes_on_one_day_keep_both_sources(site, raw):
    one, two = "trade/comtrade_world_2023.csv", "trade/comtrade_usa_china_2020_2024.csv"
    for among in ((one,), (one, two)):
        site.answers = [comtrade_site(changed={"primaryValue": 10**9}, among=among)]
        refresh(comtrade.newer, site, raw)
    assert len(list(raw.glob("sources--*.csv"))) == len(list(raw.glob("trade/*--*.csv"))) == 2
    site.answers = [comtrade_site(changed={"primaryValue": 10**8}, among=(one, two))]
    with refused(raw, f"data/raw/{two.removesuffix('.csv')}--2026-11-25.csv: is there already"):
        refresh(comtrade.newer, site, raw)


@pytest.mark.fault(80)
def test_every_table_says_how_a_person_refreshes_it():
    for path in sorted(RAW.rglob("*.meta.yml")):
        sentence = yaml.safe_load(path.read_text(encoding="utf-8")).get("refresh", "")
        assert len(sentence) > 40 and sentence.endswith("."), path.name


@pytest.mark.fault(81)
@pytest.mark.parametrize(("year", "warns"), [(1970, True), (2023, True), (2026, False), (2099, True), (2101, True)])
def test_a_wrong_clock_is_mentioned(raw, capsys, year, warns):
    command.refresh({}, root=raw, client=quick(), now=datetime(year, 1, 1))
    said = capsys.readouterr().err
    assert said == (f"refresh: the clock says {year}: set it, editions are dated by it\n" if warns else "")


def test_editions_are_loaded_and_cited(site, raw, monkeypatch):
    """A newer rate is used first, the older one stays; records of trade are read beside those in hand."""
    from rareearth.site import sources

    site.answers = [send(body=rates(lambda *of: of[2] * 1.01))]
    refresh(world_bank.fx, site, raw)
    site.answers = [comtrade_site(changed={"primaryValue": 10**9})]
    refresh(comtrade.newer, site, raw)
    for module in (tables, store, sources):
        monkeypatch.setattr(module, "RAW", raw)
    for kept in (tables._loaded, tables._selected):
        kept.cache_clear()
    sources.sources.cache_clear()
    try:
        rows = tables.load("fx_rates").query("currency == 'JPY' and period == '2024'")
        assert list(rows["edition"]) == ["2026-11-25", "2026-07-21"]
        assert sources.cited(["wb-fx-2026-11-25"])[0]["accessed_on"] == "2026-11-25"
        assert len(tables.load("sources")) == len(rows_of("sources.csv")) + 6
        assert "comtrade_world_2023--2026-11-25.csv" in [path.name for path in store.tables()]
        assert Run(None, raw, raw, NOW).in_hand("money/fx_rates.csv")[0]["edition"] == "2026-11-25"
    finally:
        for kept in (tables._loaded, tables._selected):
            kept.cache_clear()
        sources.sources.cache_clear()


def test_baci_adds_a_release_with_the_year_since(site, raw, capsys, tmp_path):
    body = release(more=[("2025", "t,i,j,k,v,q\n2025,156,842,850511,  7.50,NA\n2025,156,842,010121,1,1\n")])
    site.answers = [send(body=body)]
    refresh(baci.newer, site, raw, adds=False, now=NEXT)
    assert "5544 rows before, 5545 now: 1 added, 0 gone, 0 values changed" in capsys.readouterr().out
    refresh(baci.newer, site, raw, now=NEXT)
    assert site.asked[0][0] == "/DATA_DOWNLOAD/baci/data/BACI_HS17_V202701.zip"
    assert checks.verify(raw) == []
    last = (raw / "trade/baci_hs17_2024--V202701.csv").read_text(encoding="utf-8").splitlines()[-1]
    assert ",2025,156,842,850511,7.5,," in last and last.endswith("baci_v202701_2024")
    site.answers = [send(404)]
    refresh(baci.newer, site, raw, now=NEXT)
    assert NOTHING in capsys.readouterr().out and "V202801" in site.asked[-1][0]


def usgs_site(site, **file):
    site.answers = [send(body=catalogue(site.url, **file)), send(body=commodities(), Content_Length=None)]


def test_usgs_adds_mines_and_reserves(site, raw, monkeypatch, capsys):
    usgs_site(site)
    with refused(raw, "MCS2027 is published: add it to `releases` in data/raw/fields.yml, then refresh again"):
        refresh(usgs.newer, site, raw, now=NEXT)
    newer = (*tables.releases(), "MCS2027")
    monkeypatch.setattr(tables, "releases", lambda root=None: newer)
    usgs_site(site, size=len(commodities()))
    refresh(usgs.newer, site, raw, now=NEXT)
    added = "one: added production/mine_production--MCS2027.csv, production/reserves--MCS2027.csv"
    assert added in capsys.readouterr().out
    assert site.asked[0][0].startswith("/catalog/items?q=Mineral+Commodity+Summaries+2027+Data+Release&format=json")
    assert checks.verify(raw) == []
    mines = tables.read("production/mine_production--MCS2027.csv", raw).set_index(["entity", "reference_year"])
    expected = {
        ("World total", 2026): ("WLD", 390_000, "estimated"),
        ("Burma", 2026): ("MMR", 1_000, "estimated"),
        ("United States", 2025): ("USA", 51_000, "reported"),
        ("Other countries", 2026): ("", 1_000, "estimated"),
        ("Greenland", 2026): ("GRL", 0, "reported"),
    }
    assert {key: tuple(mines.loc[key, ["iso3", "value", "status"]]) for key in expected} == expected
    assert not {"Nigeria", "Chile"} & {key[0] for key in mines.index}
    reserves = tables.read("production/reserves--MCS2027.csv", raw).set_index("entity")
    assert reserves.loc["World total", ["bound", "value"]].tolist() == ["lower", 75_000_000]
    assert set(mines["source_ids"]) == {("usgs_mcs2027_mine_production_csv",)}


@pytest.mark.parametrize("now", [NOW, NEXT])
def test_usgs_is_asked_before_nothing_is_called_newer(site, raw, capsys, now):
    site.answers = [send(body={"items": []})]
    refresh(usgs.newer, site, raw, now=now)
    assert NOTHING in capsys.readouterr().out and len(site.asked) == 1


@pytest.mark.fault(155)
def test_world_bank_adds_gdp_and_population_and_never_sees_the_key(site, raw, capsys):
    site.answers = [by_address(macro)]
    refresh(world_bank.macro, site, raw)
    assert "one: added money/macro--2026-11-25.csv" in capsys.readouterr().out
    table = tables.read("money/macro--2026-11-25.csv", raw)
    areas = {row["iso3"] for row in rows_of("money/macro.csv")} - {"TWN"}
    assert len(table) == 3 * (2 * len(areas) - 1)  # what has no value has no row
    usa = table.query("iso3 == 'USA' and reference_year == 2025").set_index("measure")
    assert usa["value"].to_dict() == {"gdp": 1.235, "gdp_lcu": 1.235, "population": 1234.568}
    assert usa["unit"].to_dict() == {"gdp": "usd bn", "gdp_lcu": "lcu bn", "population": "m"}
    assert "date=2019:2025" in site.asked[0][0] and CANARY not in str(site.asked)


@pytest.mark.fault(67)
def test_an_answer_of_a_capped_size_is_split_and_counted(site, raw, capsys):
    """The service cuts at 500 rows without a word; every row of the larger queries is found all the same."""
    site.answers = [comtrade_site(cap=500)]
    refresh(comtrade.newer, site, raw, adds=False)
    assert NOTHING in capsys.readouterr().out and "cmdCode=250410&" in str(site.asked)


ALL = {"cmdCode": ("2846", "280530"), "flowCode": ("M",), "period": ("2023", "2024")}
ONE = {"cmdCode": ("2846",), "flowCode": ("M",), "period": ("2024",)}


@pytest.mark.fault(67)
@pytest.mark.parametrize("cap", [500, 100_000, 250_000])
def test_every_known_cap_is_suspected(raw, cap):
    def whole(sizes, query):
        """How many rows are found where the sizes of answers are given by a function of the query."""
        asked = []

        def ask(part):
            asked.append(part)
            return Answer("example.org", raw), [{}] * sizes(part)

        return len(comtrade.whole(ask, query, may_be_empty=False)), asked

    rows, asked = whole(lambda query: cap if query == ALL else cap - 1, ALL)
    assert rows == 2 * (cap - 1) and [query["cmdCode"] for query in asked[1:]] == [("2846",), ("280530",)]
    assert whole(lambda query: cap - 1, ALL) == (cap - 1, [ALL])
    rows, asked = whole(lambda query: cap // 2 if "partnerCode" in query else cap, ONE)
    partners = asked[1]["partnerCode"] + asked[2]["partnerCode"]
    assert rows == cap and len(set(partners)) == len(partners) > 200 and "0" in partners
    with refused(raw, f"example.org: {cap} rows at once, but", "try again later"):
        whole(lambda query: cap if query == ALL else 3, ALL)
    with refused(raw, f"example.org: exactly {cap} rows for ", "possibly cut, and the query cannot be split"):
        whole(lambda query: cap, ALL)


REPEATED = f'{{"error": "the key {CANARY} is not known"}}'.encode()
FAILURES = {
    "connection error": raw_bytes(b""),
    "timeout": None,
    "401": send(401, body=REPEATED),
    "429": send(429, body=REPEATED, Retry_After="86400"),
    "retries exhausted": send(503, body=REPEATED),
    "JSON decode error": send(body=REPEATED[:-3]),
    "error that repeats the key": send(body=REPEATED),
    "error that is cut inside the key": send(body=b'{"error": "' + b"x" * 105 + CANARY.encode() + b'"}'),
    "another packing": send(body=REPEATED, Content_Encoding=CANARY),
    "redirect that repeats the key": send(302, Location=f"https://{CANARY}.example.org/{CANARY}"),
}


def left(folder):
    """The names and bytes of every file below a folder."""
    return [path.name.encode() + path.read_bytes() for path in folder.rglob("*") if path.is_file()]


@pytest.mark.fault(64)
@pytest.mark.fault(155)
@pytest.mark.fault(156)
@pytest.mark.parametrize("how", FAILURES)
def test_no_failure_shows_the_key(site, raw, how, capfd, caplog):
    """Not in the message, its traceback, the log at its most talkative, what is printed or what is left on disk."""
    caplog.set_level(logging.DEBUG)
    site.answers = [FAILURES[how] or site.endless()]
    with refused(raw, ": ") as caught:
        refresh(comtrade.newer, site, raw, client=quick(**({} if FAILURES[how] else {"read_s": 0.2})))
    seen = "".join([*traceback.format_exception(caught.value), caplog.text, *capfd.readouterr()])
    assert CANARY[:8] not in seen and CANARY.encode() not in b"".join(left(raw.parent))
    assert site.asked and all(headers[KEY_HEADER] == CANARY and CANARY not in path for path, headers in site.asked)
    assert CANARY not in repr(Client(key=CANARY))


@pytest.mark.fault(155)
@pytest.mark.parametrize("key", ["", f"{CANARY}\n", f" {CANARY}", f"{CANARY}é"])
def test_a_key_that_no_header_can_hold_is_not_sent(site, raw, key, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, key)
    site.answers = [send()]
    with refused(raw, f"{KEY_VARIABLE} " + ("holds blanks or signs that no key has" if key else "is not set")):
        refresh(comtrade.newer, site, raw)
    assert site.asked == []
