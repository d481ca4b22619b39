"""Changes that must change nothing, a plain reference beside the expressions, and files damaged at random."""

import itertools
import json
import random
import resource
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trade_files import COMTRADE, REDUCED, cleaned, comtrade, comtrade_json, counts, flows, totals

from rareearth.errors import Refused
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
        {k: v for k, v in row.items() if k not in ("source_id", "source_row")} for row in flows(found) + totals(found)
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


CELL = st.one_of(
    st.sampled_from(["", "-", "NaN", "inf", "1e999", "-1", "1,5", "0", "H9", "842", "NA", "NO", "é", "=1+1", "9" * 30]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
)
CHANGES = st.lists(st.tuples(st.sampled_from(sorted(COMTRADE)), CELL), min_size=1, max_size=3)


def try_odd_cells(folder, number):
    """Cleans `number` files of which one row has odd cells; no wrong number, no traceback, one line of refusal."""
    tried = []

    @settings(max_examples=number, deadline=None, derandomize=True)
    @given(CHANGES)
    def one(changes):
        tried.append(changes)
        good = [{"partnerCode": code, "primaryValue": "100"} for code in ("410", "842", "276", "36")]
        try:
            found = cleaned(folder, comtrade(*good, dict(changes)))
        except Refused as refusal:
            assert "\n" not in str(refusal) and "trade.csv" in str(refusal)
            return
        values = [row["value_usd"] for row in flows(found)]
        assert values.count(100.0) >= 3 and counts(found)["read"] == 5
        assert all(0 <= value < 2**53 for value in values)

    one()
    return len(tried)


def try_damaged_bytes(folder, form, number):
    """Cleans `number` files with bytes changed, added or taken out at random places."""
    draw = random.Random(4)
    rows = [{"partnerCode": code, "primaryValue": "1234567"} for code in ("410", "842", "276", "36")]
    data = (comtrade(*rows) if form == "csv" else comtrade_json(*rows)).encode()
    for _ in range(number):
        damaged = bytearray(data)
        for _ in range(draw.randint(1, 3)):
            place = draw.randrange(len(damaged))
            damaged[place : place + draw.randint(0, 2)] = bytes(draw.choices(range(256), k=draw.randint(0, 2)))
        try:
            found = cleaned(folder, bytes(damaged), f"trade.{form}")
        except Refused as refusal:
            assert "\n" not in str(refusal)
            continue
        assert counts(found)["read"] >= 1
    return number


@pytest.mark.parametrize(
    ("cells", "damaged"), [(8, 4), pytest.param(300, 200, marks=pytest.mark.long)], ids=["some", "many"]
)
def test_no_input_ends_in_a_traceback_or_a_wrong_number(tmp_path, capsys, cells, damaged):
    odd = try_odd_cells(tmp_path, cells)
    broken = sum(try_damaged_bytes(tmp_path, form, damaged) for form in ("csv", "json"))
    with capsys.disabled():
        print(f"\ntrade files tried: {odd} with odd cells, {broken} with damaged bytes")
    assert odd >= cells and broken == 2 * damaged


@pytest.mark.long
def test_a_million_rows_need_bounded_memory(tmp_path, capsys):
    draw = random.Random(5)
    path = tmp_path / "BACI_HS17_Y2024_V1.csv"
    codes = [str(code) for code in (36, 56, 76, 124, 156, 203, 246, 251, 276, 344, 348, 380, 392, 410, 458, 699, 842)]
    with path.open("w") as stream:
        stream.write("t,i,j,k,v,q\n")
        for product in range(280000, 283680):
            for i, j in itertools.permutations(codes, 2):
                stream.write(f"2024,{i},{j},{product},{draw.random() * 1e5:.3f},{draw.random() * 1e3:.3f}\n")
    started = time.monotonic()
    found = clean.clean([path])
    rows = len(found.engine.run(found.flows).fetchall())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    with capsys.disabled():
        print(f"\n{rows} rows of BACI in {time.monotonic() - started:.0f} s, peak {peak:.1f} GB")
    assert rows == 3680 * 17 * 16 and peak < 6
