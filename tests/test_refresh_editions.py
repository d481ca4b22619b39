"""What a publisher sends is checked, compared and only then added, as new files that verify, load and cite."""

import gzip
import json
import re
from datetime import datetime
from functools import partial

import pytest
import yaml
from refresh_answers import TABLES, comtrade, published, rates, rows_of
from refresh_server import NOW, by_query, quick, refused, send, snapshot

from rareearth import facts, ledger
from rareearth.paths import RAW
from rareearth.refresh import answers, changes, command, edition, pull_comtrade, pull_fx
from rareearth.refresh.edition import Visit
from rareearth.refusal import Refused
from rareearth.trade import store

FX = "money/fx_rates--2026-11-25.csv"


@pytest.fixture
def ask(site, raw, monkeypatch):
    """Refreshes Comtrade's tables with the answers of the site."""
    monkeypatch.setenv("COMTRADE_API_KEY", "a-key")

    def run(**words):
        pull = partial(pull_comtrade.pull, base=site.url)
        command.refresh(
            {"comtrade": pull}, **{"root": raw, "client": quick(total_s=60), "now": NOW, "add": True} | words
        )

    return run


def fx(site, raw, **words):
    pull = partial(pull_fx.pull, base=site.url)
    command.refresh({"fx": pull}, **{"root": raw, "client": quick(), "now": NOW, "add": True} | words)


@pytest.mark.fault(65)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!DOCTYPE html><html>Maintenance</html>", "sends a web page"),
        (b"", "sends no JSON"),
        (b'{"count": 1, "data": [{"freqCode"', "sends no JSON, or one that breaks off"),
        (b'{"count": NaN, "data": []}', "sends no JSON"),
        (b"[" * 100_000, "sends no JSON"),
        ({"error": "Invalid period\n\x1b[31mformat"}, "reports an error (200 Invalid period [31mformat)"),
        (
            {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 2 seconds."},
            "(429 Rate limit",
        ),
        ({"count": 0, "data": None, "error": ""}, "'data' is no list"),
        ({"count": 1, "data": ["x"], "error": ""}, "'data' is no list"),
        ({"error": ""}, "'data' is no list"),
        ([], "'data' is no list"),
        ({"count": 3, "data": [{}], "error": ""}, "1 records where 'count' says 3"),
        ({"data": [{}], "error": ""}, "1 records where 'count' says None"),
    ],
)
def test_an_error_in_the_clothes_of_data(site, raw, ask, body, said):
    site.answers = [send(body=body)]
    with refused(raw, "127.0.0.1: ", said):
        ask()
    assert len(site.asked) == 1


@pytest.mark.fault(66)
def test_an_empty_answer_is_refused_unless_the_year_may_be_unpublished(site, raw, ask, capsys):
    site.answers = [send(body={"count": 0, "data": [], "error": ""})]
    with refused(raw, "127.0.0.1: no records for reporterCode=156,392", "look at the query"):
        ask()
    site.answers = [comtrade()]  # has nothing of the years after those in hand
    ask(add=False)
    assert "comtrade: nothing newer than what is in hand" in capsys.readouterr().out


@pytest.mark.fault(67)
def test_an_answer_of_a_capped_size_is_split_and_counted(site, raw, ask, capsys):
    """The service cuts at 500 rows without a word; every row of the larger queries is found all the same."""
    cut = []

    def make(path, words):
        codes, flows = words["cmdCode"].split(","), words["flowCode"].split(",")
        table = next(
            name
            for (c, f), name in TABLES.items()
            if set(codes) <= set(c.split(",")) and f == words["flowCode"]
        )
        partners = words.get("partnerCode", "").split(",")
        records = [
            published(row, {})
            for row in rows_of(table)
            if row["cmdCode"] in codes
            and row["flowCode"] in flows
            and row["period"] in words["period"].split(",")
            if partners == [""] or row["partnerCode"] in partners
        ]
        cut.append(len(records) > 500)
        return {"count": len(records[:500]), "data": records[:500], "error": ""}

    site.answers = [by_query(make)]
    ask(add=False)
    assert sum(cut) > 5 and "comtrade: nothing newer than what is in hand" in capsys.readouterr().out


def whole(monkeypatch, raw, sizes, query):
    """What `_whole` makes of answers whose sizes are given by a function of the query."""
    asked = []

    def answer(visit, client, base, part):
        asked.append(part)
        return [{}] * sizes(part)

    monkeypatch.setattr(pull_comtrade, "_ask", answer)
    visit = Visit(quick(), raw.parent / "downloads", raw, NOW)
    return len(pull_comtrade._whole(visit, visit.client, "https://example.org", query)), asked


ALL = pull_comtrade.Query(("2846", "280530"), ("M",), ("156",), periods=("2023", "2024"))
ONE = pull_comtrade.Query(("2846",), ("M",), ("156",), periods=("2024",))


@pytest.mark.fault(67)
@pytest.mark.parametrize("cap", [500, 100_000, 250_000])
def test_every_known_cap_is_suspected(raw, monkeypatch, cap):
    rows, asked = whole(monkeypatch, raw, lambda query: cap if query == ALL else cap - 1, ALL)
    assert rows == 2 * (cap - 1) and [query.codes for query in asked] == [ALL.codes, ("2846",), ("280530",)]
    rows, asked = whole(monkeypatch, raw, lambda query: cap - 1, ALL)
    assert rows == cap - 1 and len(asked) == 1
    rows, asked = whole(monkeypatch, raw, lambda query: cap if not query.partners else cap // 2, ONE)
    assert rows == cap and len(set(asked[1].partners + asked[2].partners)) > 200 and "0" in asked[1].partners
    with refused(raw, f"example.org: {cap} rows at once, but", "try again later"):
        whole(monkeypatch, raw, lambda query: cap if query == ALL else 3, ALL)
    with refused(raw, f"example.org: exactly {cap} rows, possibly cut, and the query cannot be split"):
        whole(monkeypatch, raw, lambda query: cap, ALL)


@pytest.mark.fault(68)
def test_a_body_without_a_length_that_ends_early(site, raw, ask):
    body = json.dumps({"count": 1, "data": [{"freqCode": "A"}], "error": ""}).encode()
    site.answers = [send(body=body[:-9], Content_Length=None)]
    with refused(raw, "127.0.0.1: sends no JSON, or one that breaks off after"):
        ask()


@pytest.mark.fault(74)
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"primaryValue": "12"}, "primaryValue: str '12' instead of number"),
        ({"primaryValue": True}, "primaryValue: bool 'True' instead of number"),
        ({"cmdCode": 280530}, "cmdCode: int '280530' instead of text"),
        ({"flowCode": "DX"}, "flowCode: 'DX' is new, known are M"),
        ({"classificationCode": "H9"}, "classificationCode: 'H9' is new, known are H0"),
        ({"customsCode": "C01"}, "customsCode: 'C01' is new, known are C00"),
        ({"motCode": 1000}, "motCode: '1000' is new, known are 0"),
        ({"isNetWgtEstimated": 1}, "isNetWgtEstimated: int '1' instead of flag"),
    ],
)
def test_a_change_of_the_fields_is_shown(site, raw, ask, changed, said):
    site.answers = [comtrade(changed)]
    with refused(raw, "127.0.0.1: the records differ from the saved fields (", said, "rareearth/refresh"):
        ask()


@pytest.mark.fault(74)
def test_a_renamed_field_is_shown_with_its_new_name(site, raw, ask):
    record = published(rows_of("trade/comtrade_rare_earths_2025.csv")[0], {})
    renamed = {("commodityCode" if name == "cmdCode" else name): value for name, value in record.items()}
    site.answers = [send(body={"count": 1, "data": [renamed], "error": ""})]
    with refused(raw, "(- cmdCode; + commodityCode)"):
        ask()


@pytest.mark.fault(75)
def test_a_silent_revision_is_reported_before_both_are_kept(site, raw, capsys):
    site.answers = [
        send(
            body=rates(
                lambda currency, year, value: value / 1.5 if (currency, year) == ("AUD", "2024") else value
            )
        )
    ]
    before = snapshot(raw)
    fx(site, raw, add=False)
    report = capsys.readouterr().out
    assert f"data/raw/{FX}: " in report and "1 of them by more than 20 %" in report
    assert re.search(r"\n  revised AUD 2024: value 0\.6\d+ -> 0\.9\d+ \(\+50 %\)\n", report)
    assert "fx: nothing is added without --add" in report and snapshot(raw) == before
    fx(site, raw)
    assert f"fx: added {FX}" in capsys.readouterr().out
    assert before.items() <= snapshot(raw).items()


@pytest.mark.fault(76)
def test_rows_that_vanish_are_refused_unless_accepted(site, raw, capsys):
    site.answers = [send(body=rates(years=range(2010, 2023)))]
    with refused(raw, f"data/raw/{FX}: 32 rows, 57 % of the 56 of the edition before", "--accept-shrink"):
        fx(site, raw)
    fx(site, raw, accept_shrink=True)
    assert f"fx: added {FX}" in capsys.readouterr().out


@pytest.mark.fault(76)
def test_seven_rows_of_ten_are_enough():
    old, key = [{"id": str(number), "v": ""} for number in range(10)], ("id",)
    changes.check_shrink(changes.compare(old, old[:7], key, ("v",)), "t")
    with pytest.raises(Refused, match=r"t: 6 rows, 60 % of the 10"):
        changes.check_shrink(changes.compare(old, old[:6], key, ("v",)), "t")


@pytest.mark.fault(75)
@pytest.mark.parametrize(
    ("old", "new", "found"),
    [("10", "12", 0), ("10", "12.1", 1), ("10", "7.9", 1), ("0", "1", 1), ("", "9", 0)],
)
def test_a_revision_is_more_than_a_fifth(old, new, found):
    changed = changes.compare([{"id": "a", "v": old}], [{"id": "a", "v": new}], ("id",), ("v",))
    assert len(changed.revisions) == found and changed.none == (old == "")


@pytest.mark.fault(77)
def test_text_is_read_in_the_right_letters_or_not_at_all(site, raw):
    body = json.dumps(rates(), ensure_ascii=False).replace("Name", "Côte").encode()
    site.answers = [send(body=body, Content_Type="application/json; charset=iso-8859-1")]
    fx(site, raw, add=False)
    for wrong in (body.decode().encode("latin-1"), body.decode().encode("utf-16"), gzip.compress(body)):
        site.answers = [send(body=wrong, Content_Type="application/json; charset=utf-8")]
        with refused(raw, "127.0.0.1: the text is not in utf-8"):
            fx(site, raw)


@pytest.mark.fault(80)
def test_an_added_edition_says_where_it_is_from(site, raw, ask):
    site.answers = [comtrade({"primaryValue": 10**9})]
    before = snapshot(raw)
    ask()
    added = sorted(set(snapshot(raw)) - set(before))
    assert (
        len(added) == 20 and before.items() <= snapshot(raw).items()
    )  # 5 tables with their sources and sidecars
    assert ledger.verify(raw) == []
    path = raw / "trade/comtrade_rare_earths_2025--2026-11-25.csv"
    meta = yaml.safe_load(path.with_suffix(".meta.yml").read_text(encoding="utf-8"))
    assert meta["sha256"] == ledger.content_hash(path) and meta["bytes"] == path.stat().st_size
    assert (
        meta["rows"] == 1336
        and meta["retrieved_at"] == "2026-11-25T12:00:00Z"
        and "UN Comtrade" in meta["licence"]
    )
    assert meta["urls"][0].startswith(f"{site.url}/data/v1/get/C/A/HS?reporterCode=156,392,")
    path.write_bytes(path.read_bytes().replace(b"1000000000", b"1000000001", 1))
    assert [
        line
        for line in ledger.verify(raw)
        if "comtrade_rare_earths_2025--2026-11-25.csv" in line and "(F16)" in line
    ]


@pytest.mark.fault(80)
def test_an_edition_is_never_rewritten(site, raw):
    site.answers = [send(body=rates(lambda *of: of[2] * 1.01))]
    fx(site, raw)
    site.answers = [send(body=rates(lambda *of: of[2] * 1.02))]
    with refused(raw, f"data/raw/{FX}: is there already, and a published edition is never rewritten"):
        fx(site, raw)


@pytest.mark.long
@pytest.mark.fault(80)
def test_two_refreshes_on_one_day_keep_both_sources(site, raw, ask):
    one, two = "trade/comtrade_world_2023.csv", "trade/comtrade_usa_china_2020_2024.csv"
    for among in ((one,), (one, two)):
        site.answers = [comtrade({"primaryValue": 10**9}, among)]
        ask()
    assert len(list(raw.glob("sources--*.csv"))) == len(list(raw.glob("trade/*--*.csv"))) == 2
    site.answers = [comtrade({"primaryValue": 10**8}, (one, two))]
    with refused(raw, f"data/raw/{two.removesuffix('.csv')}--2026-11-25.csv: is there already"):
        ask()


@pytest.mark.fault(80)
def test_every_table_says_how_a_person_refreshes_it():
    for path in sorted(RAW.rglob("*.meta.yml")):
        sentence = yaml.safe_load(path.read_text(encoding="utf-8")).get("refresh", "")
        assert len(sentence) > 40 and sentence.endswith(("seal.", "changes none.")), path.name


@pytest.mark.fault(81)
@pytest.mark.parametrize(
    ("year", "warns"), [(1970, True), (2023, True), (2026, False), (2099, True), (2101, True)]
)
def test_a_wrong_clock_is_mentioned(raw, capsys, year, warns):
    command.refresh({}, root=raw, client=quick(), now=datetime(year, 1, 1))
    said = capsys.readouterr().err
    assert said == (f"refresh: the clock says {year}: set it, editions are dated by it\n" if warns else "")


@pytest.mark.fault(82)
def test_more_rows_than_any_table_needs(site, raw, ask, monkeypatch):
    monkeypatch.setattr(answers, "MAX_ROWS", 100)
    site.answers = [comtrade()]
    with refused(raw, "127.0.0.1: ", "rows, more than 100: ask for less"):
        ask()


def test_a_value_that_breaks_a_rule_of_the_table_is_refused(site, raw, ask):
    site.answers = [comtrade({"netWgt": -5})]
    with refused(raw, "column netWgt: -5.0 is negative (F05)", "nothing is added"):
        ask()


def test_a_record_that_comes_twice_is_refused(site, raw, ask):
    site.answers = [comtrade({"partnerCode": 4})]
    with refused(raw, "data/raw/trade/comtrade_rare_earths_2025.csv: ", "are there twice: try again"):
        ask()


def test_editions_are_loaded_and_cited(site, raw, ask, monkeypatch):
    """A newer rate is used first, the older one stays; records of trade are read beside those in hand."""
    from rareearth.briefing import register

    site.answers = [send(body=rates(lambda *of: of[2] * 1.01))]
    fx(site, raw)
    site.answers = [comtrade({"primaryValue": 10**9})]
    ask()
    for module in (facts, store, register):
        monkeypatch.setattr(module, "RAW", raw)
    facts._load.cache_clear()
    register.sources.cache_clear()
    try:
        rows = facts.load_fx_rates().query("currency == 'JPY' and period == '2024'")
        assert list(rows["edition"]) == ["2026-11-25", "2026-07-21"]
        assert register.cited(["wb-fx-2026-11-25"])[0]["accessed_on"] == "2026-11-25"
        assert len(facts.load_sources()) == len(rows_of("sources.csv")) + 6
        assert "comtrade_world_2023--2026-11-25.csv" in [path.name for path in store.tables()]
        assert edition.in_hand("money/fx_rates.csv", raw)[0]["edition"] == "2026-11-25"
    finally:
        facts._load.cache_clear()
        register.sources.cache_clear()
