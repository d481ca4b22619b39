"""Trade files of any size: one answer from CSV, Parquet, archives, one or many files, any order, pandas and Spark."""

import json
import random
import shutil
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from trade_files import cleaned, comtrade, counts, flows, totals

from benchmarks import report
from rareearth import cli as command_line
from rareearth.errors import Refused
from rareearth.paths import ROOT
from rareearth.trade import bulk, clean, commands, questions, settle
from rareearth.trade.engine import Engine, opened

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
    commands.ask(question, files, out, **more)
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
        for name, part in (("a", shuffled[:150]), ("b", shuffled[150:]))
    ]
    parquet = tmp_path / "c.parquet"
    as_parquet(one, parquet)
    archive = tmp_path / "archive"
    commands.archive(halves, archive)
    zipped = shutil.make_archive(str(tmp_path / "zipped"), "zip", tmp_path, one.name)
    for files in (halves, [parquet], [archive], [tmp_path / zipped]):
        pd.testing.assert_frame_equal(asked("shares", files, tmp_path), found)
    monkeypatch.setattr(bulk, "PIECE_BYTES", 1)  # a chapter a piece
    pd.testing.assert_frame_equal(asked("shares", [archive], tmp_path), found)
    some = asked("shares", [archive], tmp_path, codes=["850511"])
    pd.testing.assert_frame_equal(some, found[found["hs_code"] == "850511"].reset_index(drop=True))


def test_files_that_say_something_else_of_all_their_rows_are_read_apart(tmp_path):
    """Their year, or the unit of their values: only files that say the same are one text to the database."""
    row = "156,392,850511,7\n"
    named = [written(tmp_path, f"flows_{year}.csv", "i,j,cmd,value\n" + row) for year in (2023, 2024)]
    thousands = [
        written(tmp_path, f"BACI_{n}.csv", BACI + f"2024,156,{n},850511,7,1\n") for n in ("410", "842")
    ]
    found = asked("shares", [*named, *thousands], tmp_path)
    assert dict(zip(found["year"], found["value_usd"].astype(float), strict=True)) == {2023: 7, 2024: 14_007}
    assert found["mass_kg"].astype(float).tolist()[1] == 2_000
    reduced = written(
        tmp_path, "reduced_2024.csv", "reporter,partner,cmd,flow,value,netwgt\n156,392,850511,X,7,1\n"
    )
    nameless = written(tmp_path, "flows.csv", "i,j,cmd,value\n" + row)
    with pytest.raises(Refused, match="names no year .A13.: give it with --year"):
        asked("shares", [nameless], tmp_path)
    assert asked("shares", [nameless], tmp_path, year="2022")["year"].tolist() == [2022]
    with pytest.raises(Refused, match="which of its rows are totals: use `rareearth clean`"):
        asked("shares", [reduced], tmp_path)


def test_an_archive_lies_by_chapter_sorted_and_is_never_written_over(tmp_path):
    one = written(tmp_path, "BACI_HS17.csv", BACI + "".join(baci(3)))
    archive = tmp_path / "archive"
    commands.archive([one], archive)
    assert sorted(path.name for path in archive.iterdir()) == [f"hs_chapter={c}" for c in ("01", "28", "85")]
    for path in archive.rglob("*.parquet"):
        frame = pd.read_parquet(path)
        key = list(zip(frame["hs_code"], frame["year"], frame["reporter_iso3"], strict=True))
        assert key == sorted(key)
    with pytest.raises(Refused, match="is there already"):
        commands.archive([one], archive)
    with pytest.raises(Refused, match="no archive"):
        commands.ask("shares", [tmp_path], tmp_path / "x.parquet")
    bad = written(tmp_path, "bad.csv", BACI + "2024,156\n")
    with pytest.raises(Refused):
        commands.archive([bad], tmp_path / "other")
    assert not (tmp_path / "other").exists() and not list(tmp_path.glob(".part-*"))


def test_pairs_are_those_of_the_full_clean(tmp_path):
    rows = reports_of_both(4)
    one = written(tmp_path, "comtrade.csv", comtrade(*rows))
    found = asked("pairs", [one], tmp_path)
    kept = pd.DataFrame(flows(cleaned(tmp_path, comtrade(*[row for row in rows if row["motCode"] == "0"]))))
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
    commands.clean([one], tmp_path / "out")
    commands.reconcile(tmp_path / "out", "reliability")
    expected = pd.read_parquet(tmp_path / "out" / "reconciled.parquet")
    expected = expected.sort_values(list(found.columns[:4])).reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-9)
    monkeypatch.setattr(settle, "_FLOWS", 1)  # a code a group
    pd.testing.assert_frame_equal(asked("reconciled", [one], tmp_path), found, rtol=1e-9)
    with pytest.raises(Refused, match="no flow has two reports"):
        asked("reconciled", [written(tmp_path, "one.csv", comtrade(rows[0]))], tmp_path)
    headings = written(tmp_path, "headings.csv", comtrade({"cmdCode": "2846"}))
    with pytest.raises(Refused, match="no flow of a six-digit code"):
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
    one = written(tmp_path, "comtrade.csv", comtrade(*changes))
    database = Engine()
    table = bulk.reports([one], database)
    frame = table.filter(table.value_usd.notnull()).to_pandas()
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
        ("1000000000000000", None),
        ("1_0", None),
    ],
)
def test_amounts_are_exact_to_a_thousandth_below_all_that_is_traded(tmp_path, cell, kept):
    one = written(
        tmp_path, "comtrade.csv", comtrade({"primaryValue": "1" if kept is None else cell, "netWgt": cell})
    )
    (row,) = bulk.reports([one], Engine()).to_pyarrow().to_pylist()
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


def test_the_command_line_refuses_an_unknown_engine(tmp_path, capsys):
    one = written(tmp_path, "BACI_HS17.csv", BACI + "".join(baci(6, 5)))
    arguments = ["ask", "shares", str(one), "--out", str(tmp_path / "x.parquet"), "--engine", "mysql://x"]
    assert command_line.main(arguments) == 1
    assert "write duckdb, local[2]" in capsys.readouterr().err


@pytest.mark.long
def test_spark_gives_the_same_rows(tmp_path):
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install -r requirements-cluster.txt")
    if shutil.which("java") is None:
        pytest.skip("there is no Java")
    text = comtrade(
        *reports_of_both(7, 60),
        {"primaryValue": " 7.5", "partnerCode": "36"},
        {"netWgt": "2000000000000.0015", "partnerCode": "124"},
    )
    one = written(tmp_path, "comtrade.csv", text)
    for question, ask in questions.ALL.items():
        rows = [
            database.gathered([ask(bulk.reports([one], database))] * 2).to_pyarrow().to_pylist()
            for database in (opened(files=[one]), opened("local[2]", [one]))
        ]
        here, there = (sorted(found, key=lambda row: [str(cell) for cell in row.values()]) for found in rows)
        assert here == there, question
    here, there = (clean.clean([one], "", address) for address in ("duckdb", "local[2]"))
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
