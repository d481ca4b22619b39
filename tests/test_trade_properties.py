"""Changes that must change nothing, a plain reference beside the expressions, and files damaged at random."""

import itertools
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trade_files import COMTRADE, REDUCED, cleaned, comtrade, comtrade_json, counts, flows, totals

from rareearth.refusal import Refused
from rareearth.trade import clean

PARTNERS = ("392", "410", "842", "276", "490", "899", "0", "156")


def world(seed, rows=24):
    """Rows of Comtrade with totals, details, duplicates and unnamed areas."""
    draw = random.Random(seed)
    made = []
    for reporter, partner, flow in itertools.islice(
        itertools.product(("156", "842", "392"), PARTNERS, ("M", "X")), rows
    ):
        value = draw.randint(1, 10**9)
        row = {
            "reporterCode": reporter,
            "partnerCode": partner,
            "flowCode": flow,
            "primaryValue": str(value),
            "netWgt": str(draw.randint(0, 10**6)),
            "isNetWgtEstimated": draw.choice(["true", "false"]),
        }
        made.append(row)
        if draw.random() < 0.4:
            made += [{**row, "motCode": code, "primaryValue": str(value // 2)} for code in ("1000", "2100")]
        if draw.random() < 0.2:
            made.append(dict(row))
    return made


def without_origin(found):
    """Flows and totals but for the file and row that they are from."""
    rows = [
        {k: v for k, v in row.items() if k not in ("source_id", "source_row")}
        for row in flows(found) + totals(found)
    ]
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


@pytest.mark.fault(58)
@pytest.mark.fault(59)
@pytest.mark.fault(60)
def test_what_must_change_nothing(tmp_path):
    rows = world(1)
    base = cleaned(tmp_path, comtrade(*rows))
    shuffled = random.Random(2).sample(rows, len(rows))
    assert without_origin(cleaned(tmp_path, comtrade(*shuffled))) == without_origin(base)
    zero = {"partnerCode": "36", "primaryValue": "0", "netWgt": ""}
    more = cleaned(tmp_path, comtrade(*rows, zero))
    assert sum(row["value_usd"] for row in flows(more)) == sum(row["value_usd"] for row in flows(base))
    assert len(flows(more)) == len(flows(base)) + 1
    scaled = [{**row, "primaryValue": str(int(row["primaryValue"]) * 7)} for row in rows]
    big = {key(row): row["value_usd"] for row in flows(cleaned(tmp_path, comtrade(*scaled)))}
    for row in flows(base):
        assert big[key(row)] == pytest.approx(7 * row["value_usd"], rel=1e-6)


def key(row):
    return row["reporter_iso3"], row["partner_iso3"], row["flow"]


def test_a_file_in_two_parts_or_twice_gives_the_same_flows(tmp_path):
    rows = world(3)
    base = cleaned(tmp_path, comtrade(*rows))
    (tmp_path / "a.csv").write_text(comtrade(*rows[:17]))
    (tmp_path / "b.csv").write_text(comtrade(*rows[17:]))
    parts = clean.clean([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert without_origin(parts) == without_origin(base)
    twice = clean.clean([tmp_path / "trade.csv", tmp_path / "trade.csv"])
    assert without_origin(twice) == without_origin(base)
    assert twice.accounting["total"]["rows_read"] == 2 * len(rows)
    assert twice.accounting["total"]["rows_kept"] == base.accounting["total"]["rows_kept"]
    again = cleaned(tmp_path, comtrade(*rows, rows[0]))
    assert without_origin(again) == without_origin(base)
    assert counts(again)["duplicate"] == counts(base).get("duplicate", 0) + 1


def test_a_reduced_file_in_two_parts_keeps_its_totals(tmp_path):
    lines = [f"156,392,850511,X,{value},{value // 50}\n" for value in (900, 400, 500)]
    lines += [f"392,156,850511,M,{value},{value // 50}\n" for value in (950, 950, 300)]
    (tmp_path / "a.csv").write_text(REDUCED + "".join(lines[:2] + lines[5:]))
    (tmp_path / "b.csv").write_text(REDUCED + "".join(lines[2:5]))
    found = clean.clean([tmp_path / "a.csv", tmp_path / "b.csv"], "2024")
    assert [row["value_usd"] for row in flows(found)] == [900.0, 950.0]
    assert counts(found) == {"read": 6, "kept": 2, "detail": 3, "duplicate": 1}


def reference(rows):
    """The rules for a small table in plain Python: total rows of two countries, each flow once."""
    found = {}
    for row in ({**COMTRADE, **row} for row in rows):
        if row["motCode"] != "0" or row["partnerCode"] in ("0", "899"):
            continue
        flow = {"M": "import", "X": "export"}[row["flowCode"]]
        iso3 = {"156": "CHN", "392": "JPN", "410": "KOR", "842": "USA", "276": "DEU", "490": "TWN"}
        found[iso3[row["reporterCode"]], iso3[row["partnerCode"]], flow] = float(row["primaryValue"])
    return found


@pytest.mark.parametrize("seed", range(3))
def test_expressions_and_plain_reference_agree(tmp_path, seed):
    rows = world(seed + 10, rows=48)
    found = cleaned(tmp_path, comtrade(*rows))
    assert {key(row): row["value_usd"] for row in flows(found)} == reference(rows)


TRIED = {"rows": 0, "bytes": 0}
CELL = st.one_of(
    st.sampled_from(
        ["", "-", "NaN", "inf", "1e999", "-1", "1,5", "0", "H9", "842", "NA", "NO", "é", "=1+1", "9" * 30]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.sampled_from(sorted(COMTRADE)), CELL), min_size=1, max_size=3))
def test_no_cell_makes_a_wrong_number_or_a_traceback(tmp_path, changes):
    TRIED["rows"] += 1
    good = [{"partnerCode": code, "primaryValue": "100"} for code in ("410", "842", "276", "36")]
    try:
        found = cleaned(tmp_path, comtrade(*good, dict(changes)))
    except Refused as refusal:
        assert "\n" not in str(refusal) and "trade.csv" in str(refusal)
        return
    values = [row["value_usd"] for row in flows(found)]
    assert values.count(100.0) >= 3
    assert counts(found)["read"] == 5
    assert all(value >= 0 and value < 2**53 for value in values)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_damaged_bytes_are_refused_or_read_and_never_end_in_a_traceback(tmp_path, form):
    draw = random.Random(4)
    rows = [{"partnerCode": code, "primaryValue": "1234567"} for code in ("410", "842", "276", "36")]
    data = (comtrade(*rows) if form == "csv" else comtrade_json(*rows)).encode()
    for _ in range(25):
        TRIED["bytes"] += 1
        damaged = bytearray(data)
        for _ in range(draw.randint(1, 3)):
            place = draw.randrange(len(damaged))
            damaged[place : place + draw.randint(0, 2)] = bytes(
                draw.choices(range(256), k=draw.randint(0, 2))
            )
        try:
            found = cleaned(tmp_path, bytes(damaged), f"trade.{form}")
        except Refused as refusal:
            assert "\n" not in str(refusal)
            continue
        assert counts(found)["read"] >= 1


def test_how_much_was_tried(capsys):
    with capsys.disabled():
        print(f"\ntrade files tried: {TRIED['rows']} with odd cells, {TRIED['bytes']} with damaged bytes")
    assert TRIED["rows"] >= 40 and TRIED["bytes"] == 50
