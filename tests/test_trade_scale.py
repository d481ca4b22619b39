"""Trade files of any size: one answer from CSV, Parquet, archives, one or many files, any order, pandas and Spark."""

import json
import random
import shutil
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trade_files import COMTRADE, cleaned, comtrade, comtrade_json, counts, flows, totals

from benchmarks import report
from rareearth import __main__ as command_line
from rareearth.errors import Refused
from rareearth.paths import ROOT
from rareearth.trade import clean, engine, reconcile
from rareearth.trade.engine import Engine
from rareearth.trade.scale import archive, questions

BACI = "t,i,j,k,v,q\n"
AREAS = {"156": "CHN", "392": "JPN", "842": "USA", "276": "DEU", "410": "KOR"}


def baci(seed, rows=400):
    draw = random.Random(seed)
    keys = {
        (draw.choice("34"), *draw.sample(list(AREAS), 2), draw.choice(["284690", "850511", "010121"]))
        for _ in range(rows)
    }
    return [
        f"202{year},{i},{j},{k},{draw.randint(1, 10**7) / 1000},{draw.choice(['', '0', '12.5'])}\n"
        for year, i, j, k in sorted(keys)
    ]


def reports_of_both(seed, rows=300):
    draw = random.Random(seed)
    made = []
    for _ in range(rows):
        reporter, partner = draw.sample(list(AREAS), 2)
        row = {
            "reporterCode": reporter,
            "partnerCode": draw.choice([partner, partner, "0"]),
            "flowCode": draw.choice("XM"),
            "cmdCode": draw.choice(["284690", "850511"]),
            "primaryValue": draw.choice(["7"] * 9 + ["8"]),
            "motCode": draw.choice(["0", "0", "1000"]),
        }
        made += [row] * draw.choice([1, 1, 2])
    return made


def asked(question, files, folder, **more):
    out = folder / f"{question}.parquet"
    questions.ask(question, files, out, **more)
    frame = pd.read_parquet(out)
    return frame.sort_values(list(frame.columns[:4])).reset_index(drop=True)


def written(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def as_parquet(text, path):
    pd.read_csv(text, dtype=str, keep_default_na=False).to_parquet(path)


def test_shares_are_those_of_pandas_and_the_form_of_the_files_changes_nothing(tmp_path, monkeypatch):
    rows = baci(1)
    one = written(tmp_path, "BACI_HS17.csv", BACI + "".join(rows))
    found = asked("shares", [one], tmp_path)
    frame = pd.read_csv(one, dtype={"i": str, "j": str, "k": str})
    frame["exporter_iso3"] = frame["i"].map(AREAS)
    sums = frame.groupby(["t", "exporter_iso3", "k"], as_index=False)["v"].sum()
    sums["share_pct"] = 100 * sums["v"] / sums.groupby(["t", "k"])["v"].transform("sum")
    sums = sums.sort_values(["t", "exporter_iso3", "k"])
    assert found["share_pct"].to_numpy() == pytest.approx(sums["share_pct"].to_numpy())
    assert found["value_usd"].astype(float).to_numpy() == pytest.approx(1000 * sums["v"].to_numpy())
    shuffled = random.Random(2).sample(rows, len(rows))
    halves = [
        written(tmp_path, f"{name}_HS17.csv", BACI + "".join(part))
        for name, part in (("a", shuffled[:50]), ("b", shuffled[50:]))
    ]
    parquet = tmp_path / "c.parquet"
    as_parquet(one, parquet)
    archived = tmp_path / "archive"
    archive.archive(halves, archived)
    zipped = shutil.make_archive(str(tmp_path / "zipped"), "zip", tmp_path, one.name)
    for files in (halves, [parquet], [archived], [tmp_path / zipped]):
        pd.testing.assert_frame_equal(asked("shares", files, tmp_path), found)
    monkeypatch.setattr(archive, "PIECE_BYTES", 1)  # a chapter a piece
    pd.testing.assert_frame_equal(asked("shares", [archived], tmp_path), found)
    some = asked("shares", [archived], tmp_path, codes=["850511"])
    pd.testing.assert_frame_equal(some, found[found["hs_code"] == "850511"].reset_index(drop=True))


def test_files_that_say_something_else_of_all_their_rows_are_read_apart(tmp_path):
    """Their year, or the unit of their values: only files that say the same are one text to the database."""
    row = "156,392,850511,7\n"
    named = [written(tmp_path, f"flows_{year}.csv", "i,j,cmd,value\n" + row) for year in (2023, 2024)]
    thousands = [written(tmp_path, f"BACI_{n}.csv", BACI + f"2024,156,{n},850511,7,1\n") for n in ("410", "842")]
    found = asked("shares", [*named, *thousands], tmp_path)
    assert dict(zip(found["year"], found["value_usd"].astype(float), strict=True)) == {2023: 7, 2024: 14_007}
    assert found["mass_kg"].astype(float).tolist()[1] == 2_000
    reduced = written(tmp_path, "reduced_2024.csv", "reporter,partner,cmd,flow,value,netwgt\n156,392,850511,X,7,1\n")
    nameless = written(tmp_path, "flows.csv", "i,j,cmd,value\n" + row)
    with pytest.raises(Refused, match="names no year .A13.: give it with --year"):
        asked("shares", [nameless], tmp_path)
    assert asked("shares", [nameless], tmp_path, year="2022")["year"].tolist() == [2022]
    assert asked("shares", [reduced], tmp_path)["value_usd"].astype(float).tolist() == [7]


def test_an_archive_lies_by_chapter_sorted_and_is_never_written_over(tmp_path):
    lines = baci(3)
    one, rows = written(tmp_path, "BACI_HS17.csv", BACI + "".join(lines)), len(lines)
    made = tmp_path / "archive"
    assert f"{rows} rows read: {rows} kept" in archive.archive([one], made)
    assert sorted(path.name for path in made.iterdir()) == [
        "accounting.json",
        *(f"hs_chapter={c}" for c in ("01", "28", "85")),
    ]
    for path in made.rglob("*.parquet"):
        frame = pd.read_parquet(path)
        key = list(zip(frame["hs_code"], frame["year"], frame["reporter_iso3"], strict=True))
        assert key == sorted(key)
    with pytest.raises(Refused, match="is there already"):
        archive.archive([one], made)
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match="no archive"):
        questions.ask("shares", [tmp_path / "empty"], tmp_path / "x.parquet")
    bad = written(tmp_path, "bad.csv", BACI + "2024,156\n")
    with pytest.raises(Refused):
        archive.archive([bad], tmp_path / "other")
    assert not (tmp_path / "other").exists() and not list(tmp_path.glob(".part-*"))


def test_pairs_are_those_of_the_full_clean(tmp_path):
    rows = reports_of_both(4)
    one = written(tmp_path, "comtrade.csv", comtrade(*rows))
    found = asked("pairs", [one], tmp_path)
    kept = pd.DataFrame(flows(cleaned(tmp_path, comtrade(*rows))))
    for side, flow, exporter, importer in (
        ("exporter", "export", "reporter_iso3", "partner_iso3"),
        ("importer", "import", "partner_iso3", "reporter_iso3"),
    ):
        of_side = found[found[f"value_{side}_usd"].notna()]
        expected = kept[kept["flow"] == flow].sort_values([exporter, importer, "hs_code"])
        assert list(of_side["exporter_iso3"]) == list(expected[exporter])
        assert list(of_side["importer_iso3"]) == list(expected[importer])
        assert list(of_side[f"value_{side}_usd"].astype(float)) == list(expected["value_usd"])
    assert len(found) > 5


def test_reconciled_flows_are_those_of_the_records_whatever_the_groups(tmp_path, monkeypatch):
    draw = random.Random(8)
    rows = [
        {
            "reporterCode": reporter,
            "partnerCode": partner,
            "flowCode": flow,
            "cmdCode": code,
            "primaryValue": str(draw.randint(10**4, 10**7)),
            "netWgt": str(draw.randint(1, 10**5)),
            "isNetWgtEstimated": "false",
        }
        for reporter in AREAS
        for partner in AREAS
        for flow in "XM"
        for code in ("284690", "850511", "2846")
        if reporter != partner and draw.random() < 0.8
    ]
    one = written(tmp_path, "comtrade.csv", comtrade(*rows))
    found = asked("reconciled", [one], tmp_path)
    clean.clean_files([one], tmp_path / "out")
    reconcile.reconcile_folder(tmp_path / "out", "reliability")
    expected = pd.read_parquet(tmp_path / "out" / "reconciled.parquet")
    expected = expected.sort_values(list(found.columns[:4])).reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-9)
    monkeypatch.setattr(engine, "MEDIAN_ROWS", 100)  # medians of a code at a time
    pd.testing.assert_frame_equal(asked("reconciled", [one], tmp_path), found, rtol=1e-9)
    with pytest.raises(Refused, match="no flow has two reports"):
        asked("reconciled", [written(tmp_path, "one.csv", comtrade(rows[0]))], tmp_path)
    headings = written(tmp_path, "headings.csv", comtrade({"cmdCode": "2846"}))
    with pytest.raises(Refused, match="no annual flow of a six-digit code"):
        asked("reconciled", [headings], tmp_path)
    assert not list(tmp_path.glob(".part-*"))


def test_odd_cells_mean_what_they_mean_to_the_rules(tmp_path):
    changes = [
        {"primaryValue": " 12.50 ", "cmdCode": " 284690 "},
        {"primaryValue": "-3", "partnerCode": "842"},
        {"primaryValue": "", "partnerCode": "276"},
        {"primaryValue": "1_000", "partnerCode": "410"},
        {"cmdCode": "TOTAL"},
        {"reporterCode": "0"},
        {"refYear": "1890", "period": "1890"},
        {"partnerCode": "1"},
        {"netWgt": "0", "partnerCode": "36"},
    ]
    others = ("40", "56", "76", "124", "152", "203", "208", "246")
    changes += [{"partnerCode": code, "cmdCode": "850511"} for code in others]
    one = written(tmp_path, "comtrade.csv", comtrade(*changes))
    engine = Engine(numbers_rows=False)
    (piece,), _ = archive.pieces([one], engine)
    frame = engine.frame(f"SELECT * FROM ({piece}) WHERE is_flow AND hs_code = '284690'")
    assert sorted(zip(frame["partner_iso3"], frame["value_usd"].astype(float), strict=True)) == [
        ("AUS", 50000.0),
        ("JPN", 12.5),
    ]
    assert frame.set_index("partner_iso3")["mass_kg"].isna().to_dict() == {"AUS": True, "JPN": False}


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("1234567.8915", "1234567.892"),
        ("999999999999.999", "999999999999.999"),
        # Tonnes of coal in kilograms, and more digits than float64 has.
        ("1000000000000.001", "1000000000000.001"),
        ("999999999999999.999", "999999999999999.999"),
        ("1e3", "1000.000"),
        ("0.0004", None),
    ],
)
def test_amounts_are_exact_to_a_thousandth_below_all_that_is_traded(tmp_path, cell, kept):
    one = written(tmp_path, "comtrade.csv", comtrade({"primaryValue": "1" if kept is None else cell, "netWgt": cell}))
    engine = Engine(numbers_rows=False)
    (piece,), _ = archive.pieces([one], engine)
    (row,) = engine.rows(piece)
    assert row["mass_kg"] == (kept and Decimal(kept))
    assert row["value_usd"] == Decimal(kept or 1)


def test_parquet_is_cleaned_as_its_csv_is(tmp_path):
    text = comtrade(*reports_of_both(5, 80))
    base = cleaned(tmp_path, text)
    as_parquet(tmp_path / "trade.csv", tmp_path / "t.parquet")
    other = cleaned(tmp_path, (tmp_path / "t.parquet").read_bytes(), "trade.parquet")
    assert counts(other) == counts(base)
    without = [{**row, "source_id": "", "source_row": 0} for row in flows(base)]
    assert [{**row, "source_id": "", "source_row": 0} for row in flows(other)] == without


def test_an_answer_is_made_without_pandas(tmp_path):
    """To load it takes longer than all else of a small file."""
    (tmp_path / "one.csv").write_text(comtrade({}))
    command = "import sys; from rareearth import __main__ as m; code = m.main(sys.argv[1:]); assert 'pandas' not in sys.modules; sys.exit(code)"
    given = ["ask", "shares", str(tmp_path / "one.csv"), "--out", str(tmp_path / "a.csv")]
    subprocess.run([sys.executable, "-c", command, *given], check=True, cwd=ROOT)


def test_the_command_line_refuses_an_unknown_engine(tmp_path, capsys):
    one = written(tmp_path, "BACI_HS17.csv", BACI + "".join(baci(6, 5)))
    arguments = ["ask", "shares", str(one), "--out", str(tmp_path / "x.parquet"), "--engine", "mysql://x"]
    assert command_line.main(arguments) == 1
    assert "write duckdb, local[2]" in capsys.readouterr().err


CHINA = {"primaryValue": "100"}
USA = {"reporterCode": "842", "primaryValue": "100"}


def exporters(found):
    return dict(zip(found["exporter_iso3"], found["share_pct"], strict=True))


@pytest.mark.parametrize(
    "files",
    [
        [[CHINA, CHINA, USA]],
        [[{**CHINA, "classificationCode": "H5"}, CHINA, USA]],
        [[CHINA], [CHINA, USA]],
        [[CHINA, {**CHINA, "primaryValue": "100.00"}, USA]],
        [[{**CHINA, "motCode": "1000", "primaryValue": value} for value in ("40", "60")] + [USA]],
        [[{**CHINA, "motCode": "0.0"}, {**CHINA, "motCode": "1000.0", "primaryValue": "40"}, USA]],
    ],
    ids=[
        "repeated",
        "two revisions",
        "two downloads",
        "another spelling",
        "details alone",
        "0.0 for all modes",
    ],
)
def test_one_flow_counts_once_in_an_answer(tmp_path, files):
    paths = [written(tmp_path, f"{n}.csv", comtrade(*rows)) for n, rows in enumerate(files)]
    assert exporters(asked("shares", paths, tmp_path)) == {"CHN": 50.0, "USA": 50.0}
    archived = tmp_path / "archive"
    archive.archive(paths, archived)
    for together in ([archived], [archived, *paths]):
        assert exporters(asked("shares", together, tmp_path)) == {"CHN": 50.0, "USA": 50.0}


def test_two_editions_of_one_flow_are_refused_and_named(tmp_path):
    row = "2024,156,392,850511,{},1\n"
    files = [
        written(tmp_path, f"BACI_{name}_Y2024.csv", BACI + row.format(value))
        for name, value in (("HS17", 7), ("HS92", 9))
    ]
    with pytest.raises(Refused, match="in the revisions H0 and H5: give the files of one edition"):
        asked("shares", files, tmp_path)
    other = written(tmp_path, "BACI_HS17_Y2024_b.csv", BACI + row.format(8))
    with pytest.raises(Refused, match="with the values 7000.000 and 8000.000 USD"):
        archive.archive([files[0], other], tmp_path / "archive")
    assert not (tmp_path / "archive").exists()


def test_what_an_answer_leaves_out_is_said_with_its_value(tmp_path, capsys):
    unknown = {"reporterCode": "999", "primaryValue": "4000"}
    rows = [CHINA, USA, CHINA, unknown, {"refMonth": "3", "primaryValue": "7"}, {"flowCode": "M"}]
    one = written(tmp_path, "trade.csv", comtrade(*rows, {"partnerCode": "0"}))
    assert command_line.main(["ask", "shares", str(one), "--out", str(tmp_path / "s.csv")]) == 0
    said = capsys.readouterr().out
    assert "2 rows from 2 records" in said
    for words in (
        "1 taken out (4,000 USD)",
        "1 repeated (100 USD)",
        "1 of single months (7 USD)",
        "1 of other flows (50,000 USD)",
        "1 totals (50,000 USD)",
        "`rareearth clean` lists the rows taken out",
    ):
        assert words in said
    assert (tmp_path / "s.csv").read_text().startswith("year,exporter_iso3,hs_code,value_usd")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"refMonth": "3"}, "the files hold 1 of single months"),
        ({"partnerCode": "0"}, "the files hold 1 totals"),
        ({"flowCode": "M"}, "the files hold 1 of other flows"),
    ],
)
def test_an_answer_without_rows_is_refused_with_the_reason(tmp_path, row, said):
    one = written(tmp_path, "trade.csv", comtrade(row))
    with pytest.raises(Refused, match=f"{said}.*; add files with exports of a year"):
        asked("shares", [one], tmp_path)
    assert not (tmp_path / "shares.parquet").exists()


def test_codes_that_nobody_trades_are_refused(tmp_path):
    with pytest.raises(Refused, match="no row has the codes 999999"):
        asked("shares", [written(tmp_path, "trade.csv", comtrade({}))], tmp_path, codes=["999999"])


def test_an_answer_never_takes_the_place_of_what_is_asked(tmp_path):
    one = written(tmp_path, "trade.csv", comtrade({}))
    with pytest.raises(Refused, match="is what is asked"):
        questions.ask("shares", [one], one)
    archive.archive([one], tmp_path / "archive")
    with pytest.raises(Refused, match="is what is asked"):
        questions.ask("shares", [tmp_path / "archive"], tmp_path / "archive" / "x.parquet")
    with pytest.raises(Refused, match="nowhere.csv: cannot be opened .*: name an existing file"):
        asked("shares", [tmp_path / "nowhere.csv"], tmp_path)


def test_quotes_in_names_cells_and_codes_are_letters(tmp_path):
    odd = "o'); DROP TABLE x; --"
    rows = comtrade({**CHINA, "cmdDesc": odd}, {**USA, "partnerDesc": 'a"b'})
    one = written(tmp_path, f"{odd}.csv", rows)
    found = asked("shares", [one], tmp_path)
    assert exporters(found) == {"CHN": 50.0, "USA": 50.0}
    assert cleaned(tmp_path, rows, f"{odd}.csv").accounting["files"][0]["file"] == f"{odd}.csv"
    with pytest.raises(Refused, match="no row has the codes"):
        asked("shares", [one], tmp_path, codes=[odd])
    as_parquet(one, tmp_path / "p.parquet")
    frame = pd.read_parquet(tmp_path / "p.parquet").assign(**{'a"b': "x"})
    frame.to_parquet(tmp_path / "p.parquet")
    assert exporters(asked("shares", [tmp_path / "p.parquet"], tmp_path)) == {"CHN": 50.0, "USA": 50.0}


def test_every_layout_that_is_cleaned_is_asked(tmp_path):
    answer = written(tmp_path, "answer.json", comtrade_json(CHINA, USA))
    assert exporters(asked("shares", [answer], tmp_path)) == {"CHN": 50.0, "USA": 50.0}
    book = tmp_path / "book.xlsx"
    pd.DataFrame([{**COMTRADE, **row} for row in (CHINA, USA)]).to_excel(book, index=False)
    assert exporters(asked("shares", [book], tmp_path)) == {"CHN": 50.0, "USA": 50.0}


def test_a_large_exporter_that_reports_nothing_is_missed(tmp_path, capsys):
    magnets = [{**row, "cmdCode": "850511"} for row in (CHINA, USA)]
    for rows, is_missed in ((magnets, False), (magnets[1:], True)):
        one = written(tmp_path, "trade.csv", comtrade(*rows))
        said = questions.ask("shares", [one], tmp_path / "s.parquet")
        assert ("warning: CHN reports no export of 850511" in said) == is_missed


KEY = ("year", "month", "reporter_iso3", "partner_iso3", "flow", "hs_code")
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "reporterCode": st.sampled_from(["156", "842", "0156", "999", "97"]),
            "partnerCode": st.sampled_from(["392", "156", "842", "0", "899"]),
            "flowCode": st.sampled_from(["X", "X", "M", "RX", "MIP"]),
            "cmdCode": st.sampled_from(["284690", "850511", "TOTAL"]),
            "primaryValue": st.sampled_from(["5", "5.0", "7", "1234.56", "", "-3"]),
            "netWgt": st.sampled_from(["1", "2", "0", ""]),
            "motCode": st.sampled_from(["0", "0", "0.0", "1000", "2100"]),
            "classificationCode": st.sampled_from(["H6", "H6", "H5"]),
            "refMonth": st.sampled_from(["52", "52", "3"]),
        }
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("examples", [6, pytest.param(400, marks=pytest.mark.long)], ids=["some", "many"])
def test_answers_are_the_sums_of_what_is_kept(tmp_path, examples):
    """For any folder: the same rows, or a refusal with a reason that holds."""

    @settings(max_examples=examples, deadline=None, derandomize=True)
    @given(st.lists(ROWS, min_size=1, max_size=3))
    def one(files):
        paths = [written(tmp_path, f"{n}.csv", comtrade(*rows)) for n, rows in enumerate(files)]
        try:
            result = clean.clean(paths)
        except Refused as refusal:
            with pytest.raises(Refused) as same:
                asked("shares", paths, tmp_path)
            assert str(same.value) == str(refusal)
            return
        for entry in (result.accounting["total"], *result.accounting["files"]):
            assert entry["rows_read"] == sum(entry[f"rows_{fate}"] for fate in clean.FATES)
        kept: dict[tuple, set] = {}
        for row in [*flows(result), *totals(result)]:
            kept.setdefault(tuple(row[name] for name in KEY), set()).add((row["hs_revision"], row["value_usd"]))
        contradicted = [key for key, said in kept.items() if len(said) > 1]
        once = {key: next(iter(said))[1] for key, said in kept.items()}
        countries = {tuple(row[name] for name in KEY) for row in flows(result)}
        sums: dict[tuple, float] = {}
        for key, value in once.items():
            if key in countries and key[4] == "export" and key[1] is None:
                place = key[0], key[2], key[5]
                sums[place] = sums.get(place, 0.0) + value
        if contradicted or not sums:
            with pytest.raises(Refused, match="two files hold one flow" if contradicted else "no row answers"):
                asked("shares", paths, tmp_path)
            return
        found = asked("shares", paths, tmp_path)
        places = zip(found["year"], found["exporter_iso3"], found["hs_code"], strict=True)
        assert dict(zip(places, found["value_usd"].astype(float), strict=True)) == pytest.approx(sums, abs=0.01)

    one()


@pytest.fixture
def spark():
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install -r requirements-cluster.txt")
    if shutil.which("java") is None:
        pytest.skip("there is no Java")
    return "local[2]"


@pytest.mark.long
@pytest.mark.parametrize("name", ["a[b]", "a*", "a?", "year=2020"])
def test_a_path_is_a_name_and_no_pattern_on_spark(spark, tmp_path, name):
    for folder in (name, "ab", "a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.csv").write_text(f"x,y\n{folder},2\n", encoding="utf-8")
        table = pd.DataFrame({"x": [folder], "y": ["2"]})
        table.to_parquet(tmp_path / folder / f"{name}.parquet")
    there = engine.opened(spark)
    given = tmp_path / name / name
    for found in (
        there.lazy_csv(given.with_name(f"{name}.csv"), ("x", "y"), 1),
        there.parquet(given.with_name(f"{name}.parquet")),
    ):
        assert there.rows(found.sql) == [{"x": name, "y": "2"}]
    with pytest.raises(Refused, match="Spark opens no path with {"):
        there.parquet(tmp_path / "{a,b}.parquet")


@pytest.mark.long
def test_spark_gives_the_same_rows(spark, tmp_path):
    text = comtrade(
        *reports_of_both(7, 60),
        {"primaryValue": " 7.5", "partnerCode": "36"},
        {"netWgt": "2000000000000.0015", "partnerCode": "124"},
    )
    one = written(tmp_path, "comtrade.csv", text)
    for question in questions.ALL:
        here, there = (asked(question, [one], tmp_path, address=address) for address in ("duckdb", spark))
        pd.testing.assert_frame_equal(here, there, check_dtype=False)
    here, there = (clean.clean([one], "", address) for address in ("duckdb", spark))
    assert flows(here) == flows(there) and totals(here) == totals(there)
    assert (here.accounting, here.quarantine) == (there.accounting, there.quarantine)


def test_what_comes_after_one_machine_is_computed_from_the_results():
    row = {
        "name": "rareearth clean",
        "wall_s": 2.0,
        "spread_pct": 1,
        "ratio": 1,
        "cpu_s": 2,
        "cpu_ratio": 1,
        "peak_mb": 9,
    }
    state = report.machine()
    found = {
        "claim": "Full clean",
        "units": [1_000_000, "rows"],
        "rows": [row],
        "machine": state,
    }
    text = report.after_one_machine({"Full clean": found})
    seconds = report.COMTRADE_RECORDS * 2.0 / 1_000_000
    assert f"{seconds / 3600:.1f} hours | {int(np.ceil(seconds / 3600))} |" in text


def test_how_many_ratios_of_two_runs_meet_is_said_beside_what_chance_would_part():
    def rows(low, high, rounds):
        ratio = {"name": "other", "rounds": rounds, "ratio_low": low, "ratio_high": high}
        return [ratio | {"name": "baseline"}, ratio]

    # Of three rounds each, 20 orders are alike, and 2 of these part the ranges.
    found = {
        "meets": {"rows": rows(1.0, 1.2, 3), "before": rows(1.2, 1.3, 3)},
        "parts": {"rows": rows(1.0, 1.2, 3), "before": rows(1.3, 1.4, 3)},
        "alone": {"rows": rows(1.0, 1.2, 3), "before": []},
    }
    assert "Of 2 ratios" in report.repeated(found) and "ranges of 1 meet" in report.repeated(found)
    assert "1.8 would" in report.repeated(found)


def test_the_tables_of_the_benchmarks_are_made_from_the_results():
    folder = ROOT / "benchmarks"
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert report.renewed(text, results) == text
