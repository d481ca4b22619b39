"""`get comtrade` against a stand-in on the loopback that answers as the service documents it; the records are made up."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from refresh_server import CANARY, by_address, quick, send

from rareearth import countries
from rareearth.errors import Refused
from rareearth.refresh import comtrade
from rareearth.refresh.client import KEY_HEADER, KEY_VARIABLE
from rareearth.trade import clean

PARTNERS = [n for n in countries.comtrade_codes().values() if countries.known(n).kind == "country"]


def answered(path, many=1):
    """As many records for each year, code, flow and partner that the address asks for."""
    asked = {name: words[0].split(",") for name, words in parse_qs(urlsplit(path).query).items()}
    partners = asked.get("partnerCode", PARTNERS[:many])
    data = [
        {
            "refYear": int(year),
            "period": year,
            "reporterCode": int(asked["reporterCode"][0]),
            "flowCode": flow,
        }
        | {
            "partnerCode": int(partner),
            "cmdCode": code,
            "classificationCode": "H6",
            "primaryValue": 7.5,
            "netWgt": 2,
        }
        for year in asked["period"]
        for code in asked["cmdCode"]
        for flow in asked["flowCode"]
        for partner in partners
    ][: int(asked["maxRecords"][0])]
    return json.dumps({"elapsedTime": "0.1 secs", "count": len(data), "data": data, "error": ""})


def get(site, out, codes="284690,850511", years="2020:2021", **more):
    words = {"reporter": "Japan", "flows": "M,X", "client": quick(), **more}
    return comtrade.get(words["reporter"], codes, years, words["flows"], out, site.url, words["client"])


def test_answers_are_files_that_clean_reads_and_are_not_asked_again(site, tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    site.answers = [by_address(answered)]
    assert "8 records in 2 answers from the free preview" in get(site, tmp_path)
    assert all(path.startswith("/public/v1/preview/C/A/HS?reporterCode=392&") for path, _ in site.asked)
    assert "0 of them there already" not in get(site, tmp_path) and len(site.asked) == 2
    found = clean.clean(sorted(tmp_path.glob("*.json")))
    assert found.accounting["total"]["rows_kept"] == 8


def test_the_key_travels_in_a_header_alone(site, tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, CANARY)
    site.answers = [by_address(answered)]
    said = get(site, tmp_path, years="2020")
    path, headers = site.asked[0]
    assert path.startswith("/data/v1/get/C/A/HS?") and headers[KEY_HEADER] == CANARY
    kept = "".join(file.name + file.read_text() for file in tmp_path.glob("*.json"))
    assert CANARY not in path + said + kept


def test_an_answer_that_may_be_cut_is_asked_in_halves(site, tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    site.answers = [by_address(lambda path: answered(path, many=200))]
    said = get(site, tmp_path, years="2020")
    assert "800 records in 2 answers" in said
    asked = len(site.asked)
    assert "2 of them there already" in get(site, tmp_path, years="2020") and len(site.asked) == asked
    assert clean.clean(sorted(tmp_path.glob("*.json"))).accounting["total"]["rows_read"] == 800


def test_a_run_that_was_stopped_goes_on_where_it_was(site, tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    site.answers = [by_address(answered), send(500)]
    with pytest.raises(Refused, match="answers 500"):
        get(site, tmp_path)
    site.answers = [by_address(answered)]
    assert "2 answers" in (said := get(site, tmp_path)) and "1 of them there already" in said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"count": 2, "data": [], "error": ""}, "0 records where 'count' says 2"),
        ({"count": 0, "data": [], "error": "invalid period"}, "reports an error"),
        ({"statusCode": 429, "message": "quota"}, "quota"),
        ("<html>maintenance</html>", "127.0.0.1: "),
    ],
)
def test_an_answer_that_is_none_leaves_no_file(site, tmp_path, monkeypatch, answer, said):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    site.answers = [send(body=answer)]
    with pytest.raises(Refused, match=said):
        get(site, tmp_path)
    assert list(tmp_path.glob("*.json")) == []


def test_records_that_were_not_asked_for_are_refused(site, tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    site.answers = [by_address(lambda path: answered(path.replace("reporterCode=392", "reporterCode=156")))]
    with pytest.raises(Refused, match="reporterCode"):
        get(site, tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"reporter": "Nowhere"}, "no country"),
        ({"reporter": "World"}, "does not report"),
        ({"codes": "2846901"}, "--codes"),
        ({"years": "2025:2020"}, "--years"),
        ({"years": "20"}, "--years"),
        ({"flows": "both"}, "--flows"),
    ],
)
def test_questions_that_are_none(site, tmp_path, words, said):
    with pytest.raises(Refused, match=said):
        get(site, tmp_path, **words)
    assert site.asked == []
