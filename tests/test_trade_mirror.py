"""Mirror pairs and reconciliation: closed forms, worlds with known truth, agreement with BACI on the records."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rareearth.errors import Refused
from rareearth.paths import ROOT
from rareearth.trade import clean, mirror, reconcile
from rareearth.trade.columns import FIELDS

NATIVE = ROOT.parent / "shared" / "facts" / "trade_native"


def flow(reporter, partner, kind, value, mass=1000.0, **more):
    return {
        "year": 2024,
        "month": None,
        "reporter_iso3": reporter,
        "partner_iso3": partner,
        "flow": kind,
        "hs_code": "850511",
        "hs6": "850511",
        "hs_revision": "H6",
        "value_usd": float(value),
        "value_basis": "cif" if kind == "import" else "fob",
        "mass_kg": mass,
        "mass_status": "reported",
        "source_id": "s",
        "source_row": 1,
        "flags": "",
        **more,
    }


def table(*rows):
    return pd.DataFrame(rows).astype({"year": "Int64", "month": "Int64"})


@pytest.mark.fault(95)
@pytest.mark.parametrize(("preference", "values"), [((), [1, 2]), (("b",), [7]), (("b", "a"), [7]), (("a",), [1, 2])])
def test_a_preferred_source_stands_in_for_the_one_with_more_rows(preference, values):
    both = table(
        flow("CHN", "JPN", "export", 1, source_id="a"),
        flow("CHN", "KOR", "export", 2, source_id="a"),
        flow("CHN", "JPN", "export", 7, source_id="b"),
    )
    assert mirror.reports(both, preference)["value_usd"].tolist() == values


def test_pairs_put_both_reports_of_a_flow_side_by_side():
    found = mirror.pairs(
        mirror.reports(
            table(
                flow("CHN", "JPN", "export", 100),
                flow("JPN", "CHN", "import", 110),
                flow("CHN", "KOR", "export", 5),
                flow("JPN", "KOR", "import", 7),
                flow("CHN", "CHN", "import", 9),
            )
        )
    )
    found = found.set_index(["exporter_iso3", "importer_iso3"])
    assert found.loc[("CHN", "JPN"), ["value_exporter_usd", "value_importer_usd"]].tolist() == [100, 110]
    assert found.loc[("CHN", "JPN"), "both_report"]
    assert np.isnan(found.loc[("CHN", "KOR"), "value_importer_usd"])
    assert not found.loc[("KOR", "JPN"), "both_report"] and len(found) == 3


def test_gap_in_closed_form():
    paired = mirror.pairs(
        mirror.reports(
            table(
                flow("A", "B", "export", 100),
                flow("B", "A", "import", 300),
                flow("A", "C", "export", 100),
                flow("C", "A", "import", 100),
                flow("C", "B", "export", 1),
                flow("B", "C", "import", 100),
            )
        )
    )
    found = mirror.gap(paired)
    assert (found.flows, found.apart, found.impossible) == (3, 2, 1)
    assert found.ratio == pytest.approx(500 / 201)
    assert found.weighted_gap_pct == pytest.approx(100 * (200 + 0 + 99) / (200 + 100 + 50.5))
    assert found.apart_weighted_pct == pytest.approx(100 * 250.5 / 350.5)
    words = paired.set_index(["exporter_iso3", "importer_iso3"])["warning"]
    assert words[("A", "B")] == "more than 3 times apart"
    assert words[("C", "B")] == "more than the trade can carry"
    assert words[("A", "C")] == ""


def test_one_source_for_each_reporter_and_year():
    rows = table(
        flow("CHN", "JPN", "export", 100, source_id="one"),
        flow("CHN", "KOR", "export", 50, source_id="one"),
        flow("CHN", "JPN", "export", 101, source_id="two"),
        flow("CHN", "USA", "export", 999, source_id="two", value_basis="reconciled"),
        flow("CHN", "JPN", "export", 7, source_id="one", month=3),
    )
    assert mirror.reports(rows)["value_usd"].tolist() == [100, 50]
    assert mirror.reports(rows, ("two",))["value_usd"].tolist() == [101]


def test_a_users_file_in_two_parts_is_one_source():
    rows = table(
        flow("CHN", "JPN", "export", 100, source_id="file:a"),
        flow("CHN", "KOR", "export", 50, source_id="file:b"),
    )
    assert sorted(mirror.reports(rows)["value_usd"]) == [50, 100]


def test_domestic_exports_stand_in_only_where_there_are_no_exports():
    domestic = flow("USA", "JPN", "domestic_export", 80)
    assert mirror.reports(table(domestic))["flow"].tolist() == ["export"]
    both = mirror.reports(table(domestic, flow("USA", "KOR", "export", 90)))
    assert both["partner_iso3"].tolist() == ["KOR"]


def test_markup_is_freight_over_unit_value_and_capped():
    given_ = reconcile.Inputs(freight_usd_kg=0.5, markup_cap_pct=20, importer_weight=4)
    paired = pd.DataFrame(
        {
            "hs6": "850511",
            "value_importer_usd": [10_000.0, 10_000.0, 1_000.0, 10_000.0],
            "mass_importer_kg": [1000.0, 1000.0, 1000.0, np.nan],
        }
    )
    # The third has a unit value of 1: 0.5 / 1 is over the cap. The fourth takes the median of 10.
    assert reconcile.markup(paired, given_).tolist() == pytest.approx([0.05, 0.05, 0.2, 0.05])
    assert reconcile.is_capped(paired, given_).tolist() == [False, False, True, False]


def test_equal_reports_stay_and_one_side_is_kept_and_said():
    rows = table(
        flow("A", "B", "export", 100),
        flow("B", "A", "import", 100, mass=None, mass_status="missing"),
        flow("A", "C", "export", 40),
        flow("D", "A", "import", 60, mass=None, mass_status="missing"),
    )
    found = reconcile.reconcile(rows).set_index("importer_iso3")
    assert found.loc["B", "value_usd"] == pytest.approx(100)
    assert found.loc["C", ["value_usd", "value_low_usd", "value_high_usd", "method"]].tolist() == [
        40,
        40,
        40,
        "exporter only",
    ]
    assert found.loc["D", "method"] == "importer only" and np.isnan(found.loc["D", "mass_kg"])
    assert found.loc["D", "value_low_usd"] <= found.loc["D", "value_usd"] <= 60
    assert list(found.reset_index()[reconcile.COLUMNS].columns) == reconcile.COLUMNS


def test_nothing_to_compare_is_refused():
    with pytest.raises(Refused, match="no flow has two reports"):
        reconcile.reconcile(table(flow("A", "B", "export", 100)))
    with pytest.raises(Refused, match="none of reliability"):
        reconcile.reconcile(table(flow("A", "B", "export", 100)), "median")


def world(seed, noise, tails=False):
    """Countries that report a known truth, each with an error of its own size."""
    draw = np.random.default_rng(seed)
    names = list(noise)
    rows, truth = [], {}
    for i in names:
        for j in names:
            if i == j:
                continue
            value = float(np.exp(draw.normal(14, 1)))
            truth[i, j] = value
            for reporter, partner, kind in ((i, j, "export"), (j, i, "import")):
                error = draw.standard_t(3) if tails else draw.normal()
                rows.append(flow(reporter, partner, kind, value * np.exp(noise[reporter] * error), mass=value / 50))
    return table(*rows), truth


@pytest.mark.parametrize("tails", [False, True])
@pytest.mark.parametrize("method", ["reliability", "inverse_variance"])
def test_methods_come_nearer_to_the_truth_than_the_mean(method, tails):
    noise = {f"C{n:02}": 0.05 if n % 2 else 1.0 for n in range(14)}
    wins = 0
    for seed in range(6):
        rows, truth = world(seed, noise, tails)
        errors = {}
        for name in (method, "mean"):
            found = reconcile.reconcile(rows, name)
            known = pd.Series(truth).reindex(pd.MultiIndex.from_frame(found[["exporter_iso3", "importer_iso3"]]))
            errors[name] = np.abs(np.log(found["value_usd"].to_numpy() / known.to_numpy())).mean()
        wins += errors[method] < errors["mean"]
    assert wins >= 5


def test_scores_rank_reporters_and_say_on_how_many_pairs_they_rest():
    noise = {f"C{n:02}": 0.02 if n < 5 else 0.8 for n in range(10)}
    rows, _ = world(1, noise)
    _, known = reconcile.estimates(mirror.pairs(mirror.reports(rows)), reconcile.inputs())
    good, bad = known.table.loc["C00":"C04"], known.table.loc["C05":"C09"]
    assert good["exporter_score"].min() > bad["exporter_score"].max()
    assert good["variance"].max() < bad["variance"].min()
    assert (known.table["pairs"] == 18).all() and known.table["connected"].all()
    assert (known.table["variance"] > 0).all()


def test_countries_that_are_not_connected_get_the_mean():
    rows = [
        flow(i, j, kind, 100 * (1 + (i > j))) for i in "ABC" for j in "ABC" if i != j for kind in ("export", "import")
    ]
    rows += [flow("Y", "Z", "export", 100), flow("Z", "Y", "import", 900)]
    _, known = reconcile.estimates(mirror.pairs(mirror.reports(table(*rows))), reconcile.inputs())
    apart = known.table.loc[["Y", "Z"]]
    assert not apart["connected"].any() and (apart["exporter_score"] == 1).all()
    assert (apart["variance"] == known.mean_variance).all()


def test_a_mass_is_never_made_from_a_value():
    rows = table(
        flow("A", "B", "export", 100, mass=5.0, mass_status="imputed"),
        flow("B", "A", "import", 100, mass=9.0, mass_status="imputed"),
        flow("A", "C", "export", 100, mass=5.0),
        flow("C", "A", "import", 100, mass=9.0, mass_status="imputed"),
    )
    found = reconcile.reconcile(rows).set_index("importer_iso3")["mass_kg"]
    assert np.isnan(found["B"]) and found["C"] == 5.0


def test_scale_and_order_change_nothing():
    rows, _ = world(3, {f"C{n}": 0.3 for n in range(6)})
    first = reconcile.reconcile(rows)
    low, value, high = (first[f"value_{end}usd"] for end in ("low_", "", "high_"))
    assert (low <= value).all() and (value <= high).all()

    @settings(max_examples=15, deadline=None)
    @given(st.floats(0.001, 1000), st.integers(0, 2**32 - 1))
    def one(factor, seed):
        shuffled = rows.sample(frac=1, random_state=seed)
        scaled = shuffled.assign(value_usd=shuffled["value_usd"] * factor, mass_kg=shuffled["mass_kg"] * factor)
        second = reconcile.reconcile(scaled)
        assert second["value_usd"].to_numpy() == pytest.approx(factor * value.to_numpy(), rel=1e-9)

    one()


needs_native = pytest.mark.skipif(
    not NATIVE.is_dir(), reason="the factbook's native records are not beside this checkout"
)


@pytest.fixture(scope="module")
def magnets():
    """Flows of magnets of 2024 over 1 M USD in BACI, with every method's value beside them."""
    cleaned = clean.clean([NATIVE / "comtrade_raw_unfiltered_breakdown_2024.csv"], "2024")
    world_check = cleaned.accounting["world"]
    paired = mirror.pairs(mirror.reports(as_loaded(cleaned)))
    values, _ = reconcile.estimates(paired, reconcile.inputs())
    published = as_loaded(clean.clean([NATIVE / "baci_hs17_2024_30_critical_hs6.csv"]))
    published = published[(published["hs6"] == "850511") & (published["value_usd"] > 1e6)]
    published = published.rename(
        columns={"reporter_iso3": "exporter_iso3", "partner_iso3": "importer_iso3", "value_usd": "baci"}
    )
    key = ["exporter_iso3", "importer_iso3", "hs6"]
    found = published[[*key, "baci"]].merge(pd.concat([paired, values], axis=1), on=key, how="left")
    return found, world_check


def as_loaded(cleaned):
    frame = cleaned.engine.frame(cleaned.flows).astype({"year": "Int64", "month": "Int64"})
    return frame.assign(hs6=frame["hs6"].fillna(""))


def agreement(found, method):
    """Share within 25 %, error of the shares of the 20 largest exporters, importers with the same top exporter."""
    value, baci = found[method].fillna(0), found["baci"]
    within = ((value / baci - 1).abs() <= 0.25).mean()
    shares = pd.DataFrame({"ours": value, "baci": baci}).groupby(found["exporter_iso3"]).sum()
    shares = 100 * shares / shares.sum()
    largest = shares["baci"].nlargest(20).index
    error = (shares["ours"] - shares["baci"])[largest].abs().mean()
    by_importer = found.assign(ours=value).groupby("importer_iso3")
    top = sum(
        group.loc[group["ours"].idxmax(), "exporter_iso3"] == group.loc[group["baci"].idxmax(), "exporter_iso3"]
        for _, group in by_importer
    )
    return within, error, top


@needs_native
def test_agreement_with_baci_on_magnets(magnets, capsys):
    """Agreement, not accuracy: BACI is made from the same reports."""
    found, world_check = magnets
    assert world_check["groups_that_add_up"] == world_check["groups"] == 734
    assert len(found) == 244
    ours = found[reconcile.DEFAULT]
    assert ours.sum() / found["baci"].sum() == pytest.approx(1, abs=0.05)
    assert abs(np.log(ours / found["baci"]).median()) < 0.03
    results = {method: agreement(found, method) for method in reconcile.METHODS}
    within, error, top = results[reconcile.DEFAULT]
    simple = [results[method] for method in ("exporter", "importer", "mean")]
    assert within >= 0.72 and within >= max(result[0] for result in simple)
    assert error <= min(result[1] for result in simple)
    assert top >= max(result[2] for result in simple)
    # What choosing the better side of each flow with hindsight would reach.
    sides = found[["exporter", "importer"]].div(found["baci"], axis=0).sub(1).abs().min(axis=1)
    with capsys.disabled():
        lines = [f"{m}: {w:.3f} within 25 %, {e:.3f} points, {t} of 60 tops" for m, (w, e, t) in results.items()]
        print("\nmagnets 2024 against BACI: " + "; ".join(lines) + f"; hindsight {(sides <= 0.25).mean():.3f}")
    assert (sides <= 0.25).mean() > within


@needs_native
def test_the_commands_on_the_records_of_2024(tmp_path):
    said = clean.clean_files([NATIVE / "comtrade_raw_unfiltered_breakdown_2024.csv"], tmp_path, "2024")
    assert "58953 rows read" in said
    said = reconcile.reconcile_folder(tmp_path, reconcile.DEFAULT)
    assert "2911 with two reports" in said
    found = pd.read_parquet(tmp_path / "reconciled.parquet")
    assert list(found.columns) == reconcile.COLUMNS
    assert not found.duplicated(["year", "exporter_iso3", "importer_iso3", "hs6"]).any()
    assert (found["value_usd"] > 0).mean() > 0.99


def test_reconcile_says_what_is_wrong_with_its_folder(tmp_path):
    with pytest.raises(Refused, match="is not there"):
        reconcile.reconcile_folder(tmp_path, reconcile.DEFAULT)
    (tmp_path / "flows.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(Refused, match="is damaged"):
        reconcile.reconcile_folder(tmp_path, reconcile.DEFAULT)
    pd.DataFrame({"year": [1]}).to_parquet(tmp_path / "flows.parquet")
    with pytest.raises(Refused, match="has no column month"):
        reconcile.reconcile_folder(Path(tmp_path), reconcile.DEFAULT)
    assert not list(tmp_path.glob(".part-*")) and FIELDS["mass_kg"][1] == "kg"
