"""`make verify` says which cell, in one line, for every kind of damage; `seal` refuses what verify refuses."""

import random
import re

import pytest
import yaml

from rareearth import checks, tables

QUOTAS = "production/china_quotas.csv"


def edit(path, row, column, value):
    """Sets one cell; `row` as a text editor counts lines."""
    import csv

    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    rows[row - 1][rows[0].index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def test_the_committed_tables_are_sealed():
    assert checks.verify() == []


@pytest.mark.parametrize(
    ("name", "row", "column", "value", "said"),
    [
        (
            QUOTAS,
            5,
            "source_ids",
            "nobody_2030",
            "column source_ids: 'nobody_2030' is not in data/raw/sources.csv (F13)",
        ),
        (QUOTAS, 5, "source_ids", "", "column source_ids: () is empty (F04)"),
        (QUOTAS, 5, "unit", "", "column unit: '' is empty (F04)"),
        (QUOTAS, 5, "unit", "tons", "column unit: 'tons' is none of"),
        (QUOTAS, 5, "edition", "", "column edition: '' is empty (F04)"),
        (QUOTAS, 5, "stage", "refining", "column stage: 'refining' is none of"),
        (QUOTAS, 5, "value", "-3", "column value: -3.0 is negative (F05)"),
        (QUOTAS, 5, "value", "1,234", "column value: '1,234' is no number (F09)"),
        (QUOTAS, 5, "figure_id", "quota-0001", "'quota-0001' is there twice (F10)"),
        (
            "processing/processing_by_country.csv",
            3,
            "value",
            "101",
            "column value: 101 is a share over 100 (F06)",
        ),
        (
            "claims/claims.csv",
            2,
            "share_high_pct",
            "100.5",
            "column share_high_pct: 100.5 is a share outside",
        ),
        (
            "claims/claims.csv",
            2,
            "share_low_pct",
            "95",
            "column share_low_pct: 95 is above share_high_pct 90 (F12)",
        ),
        ("production/mine_production.csv", 9, "iso3", "usa", "column iso3: 'usa' is no ISO 3166-1"),
        (QUOTAS, 5, "value", "inf", "column value: 'inf' is no number (F09)"),
        (QUOTAS, 5, "value", " 12", "column value: ' 12' is no number (F09)"),
        (QUOTAS, 5, "reference_year", "2018.5", "column reference_year: '2018.5' is no whole number (F09)"),
        ("production/mine_production.csv", 9, "edition", "MCS2062", "'MCS2062' is not ordered (F21)"),
        ("processing/facilities.csv", 9, "measure", "prodution", "column measure: 'prodution' is none of"),
        ("claims/claims.csv", 9, "claimed_on", "soon", "column claimed_on: 'soon' is no date (F20)"),
        (
            "claims/claims.csv",
            9,
            "derived_from",
            "C999",
            "column derived_from: 'C999' is no other claim (F22)",
        ),
        ("sources.csv", 9, "published_on", "2031-01", "2031-01 is after accessed_on 2026-11-"),
    ],
)
def test_damage_is_named(raw, name, row, column, value, said):
    edit(raw / name, row, column, value)
    found = checks.verify(raw)
    hits = [line for line in found if said in line]
    assert hits and hits[0].startswith(f"data/raw/{name}: row ") and "\n" not in hits[0]
    assert f"row {row}, " in hits[0]
    assert any("(F16)" in line for line in found)
    with pytest.raises(ValueError, match=r"F\d\d"):
        checks.seal(raw / name, raw)


@pytest.mark.fault(140)
@pytest.mark.fault(141)
@pytest.mark.parametrize(
    ("name", "row", "column", "value", "said"),
    [
        (
            "processing/processing_by_country.csv",
            3,
            "value",
            "99.3",
            "the 5 shares of separation 2024 by iea_cmd_2025 add to 108 (F19)",
        ),
        ("claims/claims.csv", 5, "claimed_on", "2031-01-01", "2031-01-01 is after csis_apr2025 was read"),
        (QUOTAS, 5, "figure_id", "plant-0001", "'plant-0001' is in processing/facilities.csv too (F10)"),
        ("processing/facilities.csv", 46, "value", "3993", "plant-0045 is not 3933"),
    ],
)
def test_damage_that_only_shows_beside_other_rows(raw, name, row, column, value, said):
    edit(raw / name, row, column, value)
    assert [line for line in checks.verify(raw) if said in line]


@pytest.mark.parametrize("text", [b"", b"a: [1\n", b"- a\n", b"title: \xe9\n"])
def test_a_damaged_sidecar_is_one_line(raw, text):
    (raw / "claims/claims.meta.yml").write_bytes(text)
    (line,) = checks.verify(raw)
    assert line.startswith("data/raw/claims/claims.meta.yml: ") and "(F15)" in line and "\n" not in line
    with pytest.raises(ValueError, match="F15"):
        checks.seal(raw / "claims/claims.csv", raw)


def test_rows_of_the_sidecar_are_counted(raw):
    sidecar = raw / "claims/claims.meta.yml"
    text = sidecar.read_text(encoding="utf-8")
    sidecar.write_text(re.sub(r"(?m)^rows: \d+$", "rows: 7", text), encoding="utf-8")
    assert any("rows, but the sidecar says 7 (F24)" in line for line in checks.verify(raw))
    checks.seal(raw / "claims/claims.csv", raw)
    assert checks.verify(raw) == []


def test_files_that_are_missing_or_too_many(raw):
    (raw / "claims/claims.meta.yml").unlink()
    (raw / QUOTAS).unlink()
    (raw / "stray.csv").write_text("a,b\n1,2\n")
    lines = "\n".join(checks.verify(raw))
    for code in (
        "claims/claims.csv: no sidecar (F14)",
        "china_quotas.csv: the table is missing (F17)",
        "claims.csv: no columns are declared (F11)",
        "stray.csv: no columns are declared (F11)",
    ):
        assert code in lines


@pytest.mark.fault(138)
def test_a_short_row_and_wrong_bytes_are_refused(raw):
    path = raw / QUOTAS
    good = path.read_bytes()
    path.write_bytes(good + b"quota-9999,CHN\n")
    assert any("has 2 fields instead of 14 (F08)" in line for line in checks.verify(raw))
    path.write_bytes(good.replace(b"CHN", "Côte".encode("latin-1"), 1))
    assert any("(F07)" in line for line in checks.verify(raw))
    path.write_bytes(good.replace(b"\n", b"\r\n"))
    assert checks.verify(raw) == []


@pytest.mark.long
@pytest.mark.fault(152)
def test_random_digits_are_noticed(raw):
    """One digit changed at a time, in random places of random sealed tables."""
    choose = random.Random(2026)
    names = sorted(name for name in tables.names().values() if not tables.sidecar(name).get("judgement"))
    for _ in range(4):
        path = raw / choose.choice(names)
        good = path.read_bytes()
        places = [i for i, byte in enumerate(good) if 48 <= byte <= 57]
        place = choose.choice(places)
        other = choose.choice([d for d in range(48, 58) if d != good[place]])
        path.write_bytes(good[:place] + bytes([other]) + good[place + 1 :])
        assert checks.verify(raw), f"{path.name}, byte {place}"
        path.write_bytes(good)


def test_seal_after_an_added_figure(raw):
    path = raw / QUOTAS
    line = path.read_text(encoding="utf-8").splitlines()[-1]
    line = line.replace("quota-", "quota-9").replace(",2024,", ",2025,")
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    assert checks.verify(raw)
    assert "sealed, 87 rows before, 88 now" in checks.seal(path, raw)
    assert checks.verify(raw) == []
    assert "already sealed" in checks.seal(path, raw)


def test_seal_of_something_else(tmp_path):
    with pytest.raises(ValueError, match="not below data/raw"):
        checks.seal(tmp_path / "x.csv")


def test_quotas_as_printed():
    table = tables.load("china_quotas")
    full = table[(table["stage"] == "separation") & (table["batch"] == "full_year") & (table["elements"] == "all")]
    printed = dict(zip(full["reference_year"], full["value"], strict=True))
    assert {year: printed[year] for year in range(2018, 2025)} == {
        2018: 115_000,
        2019: 127_000,
        2020: 135_000,
        2021: 162_000,
        2022: 202_000,
        2023: 243_850,
        2024: 254_000,
    }
    assert printed[2025] != printed[2025]  # issued, not published


def test_corrections_apply_and_look_for_what_they_expect(monkeypatch, tmp_path):
    assert "plant-0045" not in set(tables.load("facilities")["figure_id"])
    assert "plant-0045" in set(tables.read("processing/facilities.csv")["figure_id"])
    entries = yaml.safe_load(tables.CORRECTIONS.read_text(encoding="utf-8"))
    entries[0]["figures"] = {"plant-0045": 3934}
    moved = tmp_path / "corrections.yml"
    moved.write_text(yaml.safe_dump(entries), encoding="utf-8")
    monkeypatch.setattr(tables, "CORRECTIONS", moved)
    with pytest.raises(ValueError, match="plant-0045 is not 3934 any more"):
        tables._corrected("processing/facilities.csv", tables.read("processing/facilities.csv"))


def test_editions_are_read_as_of():
    table = tables.load("mine_production")
    printed = table[table["edition"].isin(tables.releases())]
    for edition in tables.releases():
        known = set(tables.as_of(printed, edition)["edition"])
        assert all(tables.releases().index(e) <= tables.releases().index(edition) for e in known)
    with pytest.raises(ValueError, match="MCS2031"):
        tables.as_of(printed, "MCS2031")


def test_country_codes_are_iso():
    import pycountry

    known = {country.alpha_3 for country in pycountry.countries} | {"", "WLD", "EUU"}
    for name in tables.names().keys() - {"country_codes"}:  # holds former states and areas as well
        table = tables.load(name)
        assert set(table.get("iso3", ())) <= known


def test_every_table_is_typed_as_its_sidecar_declares():
    for name in tables.names():
        table = tables.load(name)
        assert len(table) and list(table.columns) == [field.name for field in tables.fields(tables.names()[name])], name
        assert tables.about(name)
        if "value" in table:
            assert table["value"].dtype == "float64", name


def test_a_judgement_is_changed_without_a_seal(raw):
    edit(raw / "plans/reserve_assumptions.csv", 2, "high", "6")
    assert checks.verify(raw) == []
    (said,) = checks.all_problems(raw)
    assert "data/raw/plans/reserve_assumptions.csv: judgements that are not the sealed ones" in said
    assert "reserve_assumptions.csv: sealed" in checks.seal(raw / "plans/reserve_assumptions.csv", raw)
    assert checks.all_problems(raw) == []


def test_no_sum_can_hold_a_year_of_a_company_twice():
    plants = tables.load("facilities")
    rows = plants[plants["period_kind"].isin(["calendar_year", "fiscal_year"]) & (plants["company"] == "MP Materials")]
    kinds = rows.groupby(["facility", "stage", "measure", "elements", "reference_year"])["period_kind"].nunique()
    assert (kinds == 1).all()


def test_rows_are_selected():
    claims = tables.load("claims")
    mine = tables.select(claims, stage="mine", bound=["exact", "about"], reference_year_first=range(2018, 2024))
    assert set(mine["stage"]) == {"mine"} and mine["reference_year_first"].between(2018, 2023).all()
    assert (
        tables.select("claims", figure_id="C005", one=True)["claimant"]
        == claims.set_index("figure_id").loc["C005", "claimant"]
    )
    assert len(tables.select(claims, derived_from=None)) == (claims["derived_from"] == "").sum()
    assert len(tables.select(claims, claimant=lambda cells: cells.str.startswith("IEA"))) > 3
    source = claims["source_ids"].iloc[0][0]
    assert all(source in ids for ids in tables.select(claims, source_ids=source)["source_ids"])
    with pytest.raises(ValueError, match="rows of claims with stage='mine', expected 1"):
        tables.select("claims", stage="mine", one=True)
    with pytest.raises(ValueError, match="no table 'claim' in data/raw: choose one of"):
        tables.load("claim")


@pytest.mark.parametrize(
    ("load", "where", "value"),
    [
        (lambda: tables.load("fx_rates"), {"currency": "AUD", "period": "2010"}, 0.919963),
        (lambda: tables.load("macro"), {"iso3": "AUS", "measure": "gdp", "reference_year": 2024}, 1757.022),
        (
            lambda: tables.load("macro"),
            {"iso3": "AUS", "measure": "population", "reference_year": 2024},
            27.197,
        ),
        (
            lambda: tables.load("reserves"),
            {"iso3": "USA", "edition": "MCS2026", "reference_year": 2025},
            1_900_000,
        ),
        (
            lambda: tables.load("reserve_requirements"),
            {"material": "Dysprosium", "unit_published": "t oxide"},
            47,
        ),
        (lambda: tables.load("shock_impacts"), {"measure": "loss", "duration": "3 months"}, 660),
    ],
)
def test_figures_as_printed(load, where, value):
    table = load()
    for column, wanted in where.items():
        table = table[table[column] == wanted]
    assert list(table["value"]) == [value]


def test_what_the_wording_and_the_note_of_a_figure_say():
    claims = tables.load("claims").set_index("figure_id")
    assert claims["elements"][["C028", "C051", "C055", "C058"]].tolist() == ["all", "Dy", "light", "heavy"]
    assert claims["measure"]["C053"] == "joint_share"  # China and Myanmar together
    mined = tables.load("mine_production")
    said = mined[mined["note"].str.contains("Estimates.", regex=False)]
    assert len(said) > 80 and set(said["status"]) == {"estimated"}


def test_lynas_quarters_add_to_the_fiscal_year():
    plants = tables.load("facilities")
    rows = plants[plants["facility"].str.startswith("Lynas Malaysia") & (plants["measure"] == "production")]
    rows = rows[rows["elements"] == "all"].set_index("period")["value"]
    assert rows[["2024Q3", "2024Q4", "2025Q1", "2025Q2"]].sum() == rows["FY2025"] == 10_462
