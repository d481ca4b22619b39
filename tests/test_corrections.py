"""Published figures that are known to be wrong, superseded or bounds: what the analyses read instead."""

import csv

import pytest

from rareearth import checks, suppliers, tables
from rareearth.processing import elements, minerals, output, revisions
from rareearth.reserves import japan_ndpr, licences, plans
from rareearth.trade import store


def rows(load):
    return load().set_index("figure_id", drop=False)


@pytest.mark.parametrize(
    ("table", "load", "figure"),
    [
        ("processing/processing_by_country.csv", lambda: tables.load("processing_by_country"), "proc-0165"),
        ("processing/facilities.csv", lambda: tables.load("facilities"), "plant-0157"),
        ("production/mine_production.csv", lambda: tables.load("mine_production"), "mine-0532"),
        ("production/mine_production.csv", lambda: tables.load("mine_production"), "mine-0729"),
    ],
)
def test_a_wrong_figure_stays_in_its_table_and_enters_nothing(table, load, figure):
    assert figure in set(tables.read(table)["figure_id"]) and figure not in set(load()["figure_id"])


def test_the_world_of_magnets_of_2025_was_less_than_china_makes():
    made = rows(lambda: tables.load("processing_by_country"))
    assert 12 * min(made.loc[["proc-0202", "proc-0205"], "value"]) > 345_000


@pytest.mark.parametrize(("year", "ends"), [(2023, (800, 800, 1_920)), (2024, (4_300, 4_300, 7_600))])
def test_the_united_states_print_a_part_and_the_total_in_a_footnote(year, ends):
    assert output.united_states(year, "MCS2026").ends == ends
    # What the ore behind the neodymium of 2024 comes to: 1,294 t of 15.7 %.
    part = rows(lambda: tables.load("conversion_factors")).loc["factor-0057", "factor_mode"]
    made = tables.read("processing/facilities.csv").set_index("figure_id").loc["plant-0217", "value"]
    assert made / part == pytest.approx(8_242, abs=1)


@pytest.mark.parametrize(
    ("year", "elements", "tonnes"),
    [(2024, "all", 11_072), (2023, "ndpr", 6_016), (2024, "ndpr", 6_197), (2025, "ndpr", 6_996)],
)
def test_lynas_is_the_sum_of_four_quarters(year, elements, tonnes):
    found = output.lynas(year, elements)
    assert found.ends == (tonnes,) * 3 and found.kind == "exact"


def test_the_quarters_of_lynas_add_to_its_fiscal_year():
    table = tables.load("facilities")
    table = table[table["facility"].str.startswith("Lynas Malaysia") & (table["measure"] == "production")]
    ndpr = table[table["elements"] == "ndpr"].drop_duplicates("period").set_index("period")["value"]
    assert ndpr[["2023Q3", "2023Q4", "2024Q1", "2024Q2"]].sum() == ndpr["FY2024"] == 5_655


def test_vietnam_plans_to_separate_and_not_to_mine():
    table = rows(lambda: tables.load("facilities"))
    plan = table[(table["iso3"] == "VNM") & (table["reference_year"] == 2030) & (table["measure"] == "target")]
    assert set(plan["stage"]) == {"separation"} and sorted(plan["value"]) == [20_000, 60_000]


def test_eneabba_is_in_the_outlook():
    found = {plant.name: plant.high for plant in elements.announced()}
    assert found["Eneabba"] == 5_500
    assert "23,000" in rows(lambda: tables.load("facilities")).loc["plant-0099", "note"]


def test_scenarios_of_the_newest_outlook_stand_beside_the_superseded_ones():
    table = rows(lambda: tables.load("demand"))
    world = table[(table["material"] == "magnet rare earths") & (table["reference_year"] == 2030)]
    newest = world[world["edition"] == "GCMO2026"].set_index("scenario")["value"]
    assert newest.to_dict() == {"CPS": 112, "STEPS": 116, "HDS": 127}
    for figure in ("demand-0083", "demand-0087", "demand-0091"):
        assert "superseded by the outlook of 2026" in table.loc[figure, "note"]
    # The cover of 2035 sets supply and demand of one edition against each other; the newest prints no 2035.
    assert set(minerals.rare_earth_n_minus_1()["World demand, kt"]) == {140.12}


def test_reports_of_the_line_of_taiwan_differ():
    demand = tables.load("demand")
    (part,) = demand[(demand["iso3"] == "TWN") & (demand["unit"] == "pct")]["value"]
    words = rows(lambda: tables.load("reserve_plans")).loc["TW-01", "coverage_basis"]
    assert part == 33 and "about 50%" in words and "a third" in words


def test_the_british_sum_does_not_hold_the_united_states_twice():
    assert revisions.british_share_pct(2024) == pytest.approx(100 * 270_000 / (333_579 + 45_500), abs=0.01)


def test_no_text_of_the_ministry_gives_a_later_end_of_the_suspension():
    events = rows(lambda: tables.load("export_controls_timeline"))
    said = events[events["date"].isin(["2026-04-09", "2026-05-20"]) & events["event"].str.contains("2026-11-10")]
    assert len(said) == 2
    for figure in said["figure_id"]:
        assert all(figure in events.loc[one, "note"] for one in ("event-0042", "event-0043"))


def test_goals_of_korea_are_no_stock():
    held, goals = (
        rows(lambda: tables.load("reserve_inventories")),
        rows(lambda: tables.load("reserve_requirements")),
    )
    assert "conflicts with 1,500 t" in held.loc["stock-0011", "note"]
    assert "conflicts with 1,500 t" in goals.loc["need-0015", "note"]
    assert (goals["value"][(goals["iso3"] == "KOR") & (goals["period"] == "2011")] == 1_500).all()


def test_a_bound_of_another_year_is_no_price_outside_china():
    assert rows(lambda: tables.load("prices")).loc["price-0272", "bound"] == "upper"
    prices = japan_ndpr.prices()
    assert "price-0272" not in {figure for price in prices.values() for figure in price.inputs}
    assert prices["outside China"].mid == pytest.approx((82.5 + 85) / 2)
    assert japan_ndpr.guaranteed()["value"] == 110 and "US-13" in japan_ndpr.guaranteed()["note"]


def test_the_united_states_publish_their_use_of_yttrium():
    use = licences.known_table().set_index("Element")["US use a year, t oxide"]
    assert use["Yttrium"] == "600 (2019)" and (use.drop("Yttrium") == "").all()


def test_forms_of_the_plan_of_acquisitions_are_named():
    compared = plans.comparison(plans.accounted()).set_index("plan_id")
    assert all(form in compared.loc["US-01", "Form held"] for form in ("oxide", "magnet block", "alloy"))


def test_shares_of_exporters_are_of_every_partner_where_all_are_in_hand(processed):
    flows, totals = store.load_flows(processed), store.load_totals(processed)
    of_magnets = suppliers.exporter_rows(flows, totals, "850511")
    share, hhi = suppliers.exporter_share(of_magnets, "CHN", 2024), suppliers.exporter_hhi(of_magnets, 2024)
    assert (share.value, hhi.value) == (pytest.approx(62.66, abs=0.005), pytest.approx(0.4098, abs=5e-5))
    assert share.source_ids == ("baci_v202601_2024",) and "every exporter" in share.interval
    earlier = suppliers.exporter_share(of_magnets, "CHN", 2023)
    assert "main partners only" in earlier.interval
    # In the first year Japan was the largest exporter: its 32 % were printed as China's.
    assert suppliers.exporter_share(of_magnets, "CHN", 2002).value == pytest.approx(19.4, abs=0.1)
    assert suppliers.exporter_share(of_magnets, "JPN", 2002).value == pytest.approx(32, abs=0.5)


@pytest.mark.parametrize(
    ("name", "column", "other"),
    [
        ("processing/assumptions.csv", "value", "301"),
        ("plans/plan_treatments.csv", "budget_years", "3"),
        ("plans/plan_dimensions.csv", "release_level", "1"),
        ("plans/reserve_assumptions.csv", "value", "3"),
        ("events/stylised_shocks.csv", "depth_pct", "90"),
        ("trade/reconciliation_inputs.csv", "value", "0.3"),
    ],
)
def test_a_judgement_is_changed_in_its_table_alone(raw, name, column, other):
    register = (raw / checks.ROWS).read_bytes()
    path = raw / name
    with path.open(encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    records[0][column] = other
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(records[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
    assert checks.verify(raw) == [] and (raw / checks.ROWS).read_bytes() == register


def test_a_row_may_get_a_source_and_lose_none(raw):
    path = raw / "production/china_quotas.csv"
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace(",smm_2011,", ",smm_2011;mining_com_2011,"), encoding="utf-8")
    checks.seal(path, raw)
    assert checks.verify(raw) == []
    path.write_text(good, encoding="utf-8")
    with pytest.raises(ValueError, match=r"parted from its source mining_com_2011 after it was sealed \(F25\)"):
        checks.seal(path, raw)


def test_a_published_number_is_not_sealed_anew(raw):
    path = raw / "production/china_quotas.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",93800,", ",93900,"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"quota-0002 was changed after it was sealed \(F25\)"):
        checks.seal(path, raw)
