"""The records of the project, cleaned: published values come out, sums close, nothing is made twice."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from trade_files import comtrade

from rareearth import files, suppliers
from rareearth.paths import RAW, ROOT
from rareearth.site import sources
from rareearth.trade import data, mirror, quality, store
from rareearth.trade.clean import FATES
from rareearth.trade.columns import FIELDS

TARGETS = {
    row["target_id"]: row
    for row in csv.DictReader((ROOT / "tests" / "targets.csv").read_text(encoding="utf-8").splitlines())
}


def target(name):
    return [float(part) for part in TARGETS[name]["value"].split("|")]


def test_every_row_is_accounted_for(processed):
    found = store.load_accounting(processed)
    for entry in [found["total"], *found["files"]]:
        assert entry["rows_read"] == sum(entry[f"rows_{fate}"] for fate in FATES)
    read = {entry["file"]: entry["rows_read"] for entry in found["files"]}
    for path in store.tables():
        with path.open(encoding="utf-8", newline="") as stream:
            assert read[path.name] == sum(1 for _ in csv.reader(stream)) - 1
    assert found["total"]["rows_quarantined"] == 0
    # The USA and China stand in the records of both, of China's origins and of all reporters in 2023: counted once.
    duplicates = {row["file"]: row["rows_duplicate"] for row in found["files"] if row["rows_duplicate"]}
    assert duplicates == {"comtrade_usa_china_2020_2024.csv": 10, "comtrade_world_2023.csv": 4}
    world = found["world"]
    assert world["groups_above_world"] == 0
    # Asked for two partners alone; in every other source the partners are all there.
    below = {source["source_id"]: source["groups_below_world"] for source in world["sources"]}
    assert below.pop("uncomtrade_us_cn_2020_2024") == world["groups_below_world"] == 35
    assert set(below.values()) == {0} and world["groups_that_add_up"] > 90


@pytest.mark.parametrize("year", [2010, 2018, 2020, 2021, 2022, 2024])
def test_imports_of_china_are_the_published_ones(flows, totals, year):
    value, hhi, top = target(f"PRC2846-{year}")
    found = suppliers.of_code(flows, totals, "CHN", "2846", year, "uncomtrade_cn_2846")
    assert suppliers.value(found).value == value
    assert suppliers.hhi(found).value == pytest.approx(hhi, abs=5e-5)
    assert suppliers.top_share(found).value / 100 == pytest.approx(top, abs=5e-5)
    world = totals[
        (totals["source_id"] == "uncomtrade_cn_2846") & (totals["year"] == year) & (totals["partner_iso3"] == "WLD")
    ]
    assert world["value_usd"].tolist() == [value]
    assert len(suppliers.value(found).inputs) >= len(found.value_usd)


@pytest.mark.parametrize("year", [2018, 2022, 2024])
def test_share_of_china_in_us_imports(flows, year):
    rows = flows[(flows["source_id"] == "usitc_dataweb_imports") & (flows["year"] == year)]
    by_partner = rows.groupby("partner_iso3")["value_usd"].sum()
    assert 100 * by_partner["CHN"] / by_partner.sum() == pytest.approx(target(f"USCN-{year}")[0], abs=0.005)


def test_us_imports_of_compounds_from_china(flows):
    """guides: 13,620.1 t and USD 114.0 m in 2010, 12,047.4 t and 100.7 m in 2025."""
    rows = flows[
        (flows["source_id"] == "usitc_dataweb_imports")
        & (flows["hs_code"] == "2846")
        & (flows["partner_iso3"] == "CHN")
    ].set_index("year")
    assert rows.loc[2010, "mass_kg"] / 1000 == pytest.approx(13_620.1, abs=0.05)
    assert rows.loc[2010, "value_usd"] / 1e6 == pytest.approx(114.0, abs=0.05)
    assert rows.loc[2025, "mass_kg"] / 1000 == pytest.approx(12_047.4, abs=0.05)


def test_exporters_of_magnets_in_baci(flows, totals):
    rows = flows[(flows["source_id"] == "baci_v202601_2024") & (flows["hs6"] == "850511")]
    shares = rows.groupby("reporter_iso3")[["value_usd", "mass_kg"]].sum()
    shares = shares / shares.sum()
    value, mass = target("ATL-VHHI-2024")
    assert (shares["value_usd"] ** 2).sum() == pytest.approx(value, abs=5e-4)
    assert (shares["mass_kg"] ** 2).sum() == pytest.approx(mass, abs=5e-4)
    assert rows["value_usd"].sum() == pytest.approx(target("BACI24-TOT")[0], abs=1)
    # The series of sums keeps main partners only, which raises the index by up to 0.02.
    sums = totals[totals["source_id"].str.endswith("_exporters") & (totals["hs_code"] == "850511")]
    for year in (2002, 2005, 2018, 2021, 2023):
        part = sums[sums["year"] == year]["value_usd"]
        found = ((part / part.sum()) ** 2).sum()
        assert 0 <= found - target(f"ATL-VHHI-{year}")[0] <= 0.02


@pytest.mark.parametrize(
    ("exporter", "importer", "code", "tonnes"),
    [
        ("MYS", "CHN", "284690", (12_206.9, 15_280.7)),
        ("CHN", "USA", "284690", (14_689.1, 10_668.8)),
        ("CHN", "JPN", "284690", (9_519.7, 7_035.6)),
        ("CHN", "JPN", "280530", (5_476.1, 5_416.0)),
    ],
)
def test_mirror_gaps_of_2025(flows, exporter, importer, code, tonnes):
    reports = mirror.reports(flows[flows["year"] == 2025])
    paired = mirror.pairs(reports).set_index(["exporter_iso3", "importer_iso3", "hs6"])
    row = paired.loc[(exporter, importer, code)]
    assert row["mass_exporter_kg"] / 1000 == pytest.approx(tonnes[0], abs=0.05)
    assert row["mass_importer_kg"] / 1000 == pytest.approx(tonnes[1], abs=0.05)


def test_masses_of_2016_are_imputed_and_those_before_2000_missing(flows):
    counts = quality.by_status(flows, "uncomtrade_cn_2846")
    assert counts.loc[2016].to_dict() == {"reported": 0, "estimated": 0, "imputed": 26, "missing": 0}
    assert counts.loc[1993:1999, "missing"].sum() == counts.loc[1993:1999].sum().sum()
    monthly = flows[(flows["source_id"] == "uncomtrade_cn_monthly") & (flows["year"] == 2017)]
    # A code and month with fewer than five partners cannot show that its masses share one unit value.
    with_mass = monthly[monthly["mass_status"] != "missing"]
    assert (with_mass["mass_status"] == "imputed").mean() > 0.95
    later = flows[(flows["source_id"] == "uncomtrade_cn_monthly") & (flows["year"] > 2017)]
    assert (later["mass_status"] == "imputed").mean() < 0.02


def test_taiwan_is_in_and_areas_without_a_name_are_out(flows, totals):
    rows = flows[(flows["source_id"] == "uncomtrade_ree_2025") & (flows["reporter_iso3"] == "CHN")]
    taiwan = rows[(rows["partner_iso3"] == "TWN") & (rows["flow"] == "export") & (rows["hs6"] == "284610")]
    assert taiwan["mass_kg"].sum() / 1000 == pytest.approx(3_366, abs=0.5)
    assert not flows["partner_iso3"].str.contains(r"^[XG]\d").any()
    assert {"WLD", "X899", "X837", "X568"} <= set(totals["partner_iso3"])


def test_korea_is_read_by_its_alternative_quantity(totals):
    korea = totals[(totals["reporter_iso3"] == "KOR") & (totals["hs_code"] == "284690") & (totals["year"] == 2025)]
    assert korea["mass_kg"].tolist() == pytest.approx([2_056_355.967])
    assert korea["mass_status"].tolist() == ["reported"]


def test_heading_and_six_digits_stay_apart(flows):
    assert set(flows.loc[flows["hs_code"].str.len() == 4, "hs6"]) == {""}
    assert (
        flows.loc[flows["hs_code"].str.len() == 6, "hs6"] == flows["hs_code"][flows["hs_code"].str.len() == 6]
    ).all()


def test_every_flow_leads_to_its_figure(flows):
    sample = flows.sample(50, random_state=1)
    found = store.figure_ids(sample)
    assert len(found) == len(sample.drop_duplicates(["source_id", "source_row"]))
    with (RAW / "trade" / "comtrade_rare_earths_2025.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    row = flows[flows["source_id"] == "uncomtrade_ree_2025"].iloc[0]
    figure = next(r for r in rows if r["figure_id"] == store.figure_ids(pd.DataFrame([row]))[0])
    assert float(figure["primaryValue"]) == row["value_usd"]


def test_nothing_changed_means_no_database_and_no_pandas(tmp_path):
    code = (
        "import sys, pathlib; from rareearth.trade import data; "
        f"data.FOLDER = pathlib.Path({str(tmp_path / 'processed')!r}); changed = data.bring_up_to_date(); "
        "print(changed, bool({'pandas', 'duckdb', 'ibis', 'pyarrow'} & set(sys.modules)))"
    )

    def run():
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    assert run() == "True True"
    first = {path.name: path.read_bytes() for path in (tmp_path / "processed").glob("[!.]*")}
    assert run() == "False False"
    (tmp_path / "processed" / "flows.parquet").write_bytes(b"cut")
    assert run() == "True True"
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "processed").glob("[!.]*")}
    package = json.loads(first["datapackage.json"])
    names = [field["name"] for field in package["resources"][0]["schema"]["fields"]]
    assert names == list(FIELDS) == list(pd.read_parquet(tmp_path / "processed/flows.parquet"))


def test_a_failed_run_leaves_the_earlier_data(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    (tmp_path / "flows.parquet").write_text("earlier")
    user = tmp_path / "user"
    user.mkdir()
    (user / "bad.csv").write_text("a,b,c\n1,2,3\n")
    with pytest.raises(ValueError, match="no known layout"):
        data.bring_up_to_date(str(user))
    assert (tmp_path / "flows.parquet").read_text() == "earlier"
    with pytest.raises(ValueError, match="no such folder"):
        data.bring_up_to_date(str(tmp_path / "nothing"))


def test_a_users_files_say_what_they_change_and_folders_are_passed_over(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(data, "FOLDER", tmp_path / "processed")
    user = tmp_path / "user"
    (user / "older").mkdir(parents=True)
    (user / "japan.csv").write_text(comtrade({"reporterCode": "392", "flowCode": "M", "partnerCode": "156"}))
    (user / "other.csv").write_text(comtrade({"cmdCode": "010620"}))
    data.bring_up_to_date(str(user))
    said = capsys.readouterr().out
    assert "older: a folder, passed over" in said
    assert "japan.csv: adds 1 record of rare-earth codes" in said
    assert "other.csv: changes nothing: no row has a code of rare earths" in said
    accounting = store.load_accounting(data.FOLDER)
    assert [(one["file"], one["adds"]) for one in accounting["files"][-2:]] == [
        ("japan.csv", 1),
        ("other.csv", 0),
    ]
    monkeypatch.setattr(sources, "PROCESSED", data.FOLDER)
    assert sources.user_files() == ["japan.csv"]
    shown = quality.accounting_table(accounting)["Your files"]
    assert shown.iloc[-2].startswith("adds 1 record") and shown.iloc[-1].startswith("changes nothing")
    assert set(shown.iloc[:-2]) == {""}
    data.bring_up_to_date()
    assert "data: japan.csv and other.csv: not used any more" in capsys.readouterr().out
    assert "Your files" not in quality.accounting_table(store.load_accounting(data.FOLDER))


def test_a_users_report_stands_in_the_place_of_the_record(flows):
    source = "uncomtrade_ree_2025"
    own = flows[(flows["source_id"] == source) & (flows["reporter_iso3"] == "JPN")].assign(source_id="file:1")
    own["value_usd"] *= 2
    found = store.of_source(pd.concat([flows, own]), source)
    before = flows[flows["source_id"] == source]
    assert len(found) == len(before)
    is_japan = found["reporter_iso3"] == "JPN"
    assert set(found.loc[is_japan, "source_id"]) == {"file:1"} and len(own) > 10
    added = found["value_usd"].sum() - before["value_usd"].sum()
    assert added == pytest.approx(own["value_usd"].sum() / 2)
    assert store.of_source(flows, source).equals(before)


def test_missing_data_say_what_to_run(tmp_path):
    with pytest.raises(ValueError, match="run `make data`"):
        store.load_flows(Path(tmp_path))


def test_a_part_leaves_nothing_behind(tmp_path):
    with pytest.raises(RuntimeError), files.part(tmp_path / "x") as part:
        part.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
