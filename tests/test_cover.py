"""Cover on three clocks, by controlled element and by form; the best size; what a purchase does to other imports."""

import numpy as np
import pandas as pd
import pytest

from rareearth import conversion, tables
from rareearth.reserves import clocks, controlled, cost, country, cover, forms, holders, plans, shocks, worth


def test_each_edition_goes_with_its_own_imports():
    usa = clocks.clocks()[0]
    # MCS2026: 9,010 t used, 8,120 t of compounds and 96 t of metals imported; MCS2025: 6,600 and 8,090; 71 % from China.
    assert usa.imports == ((9_010, 8_216), (6_600, 8_090))
    assert usa.days(usa.imports, 60) == pytest.approx((60 * 6_600 / 8_090, 60 * 9_010 / 8_216))
    assert usa.days(((500.0, 500.0),), 60) == pytest.approx((60, 60))
    china = usa.days(usa.from_china, 60)
    assert china == pytest.approx(tuple(end / 0.71 for end in usa.days(usa.imports, 60)))


def test_a_clock_without_figures_is_blank_with_a_reason():
    table = clocks.table(clocks.clocks(), 60).set_index("Place")
    assert table.loc["Japan", "Days of imports"] == "" and "basis" in table.loc["Japan", "Note"]
    assert table.loc["European Union, magnets", "Days of imports from China"] == "71"  # 60 x 20,000 / 17,000
    assert (table["Note"] != "").all()


def test_the_controlled_elements_are_those_of_the_timeline():
    assert set(controlled.elements()) == {"Sm", "Gd", "Tb", "Dy", "Lu", "Sc", "Y"}
    assert not {"Nd", "Pr", "La", "Ce"} & set(controlled.elements())
    known = controlled.known().set_index("element")
    assert known.loc["Dysprosium", "fill_china_usd_m"] == pytest.approx((47 * 0.224, 47 * 0.239))
    assert known.loc["Dysprosium", "fill_outside_usd_m"] == pytest.approx((47 * 0.7, 47 * 1.0))
    assert known.loc["Scandium", "shortfall_t"] == pytest.approx(0.572)  # printed in kg
    assert not isinstance(known.loc["Samarium", "outside_usd_kg"], tuple)
    table = controlled.table(controlled.known())
    used = table.set_index("Element")["US use a year, t oxide"]
    assert used["Yttrium"] == "600 (2019)" and (used.drop("Yttrium") == "").all()
    fill = controlled.fill(controlled.known().set_index("element", drop=False).loc["Yttrium"], "outside")
    assert (fill.low, fill.high) == pytest.approx((1_899 * 0.045, 1_899 * 0.350))
    known_ids = {
        *tables.load("prices")["figure_id"],
        *tables.load("demand")["figure_id"],
        *tables.load("reserve_requirements")["figure_id"],
        *tables.load("trade_published")["figure_id"],
    }
    assert set(fill.inputs) <= known_ids


def test_embodied_is_the_mass_times_the_content():
    content = conversion.content_of_magnets("t_element")
    for one in forms.embodied():
        assert one.element_t == pytest.approx((content * one.magnets_t).ends)
        assert one.heavy_t[0] < one.heavy_t[1] < one.heavy_t[2] < one.element_t[0]
    assert {one.place: one.magnets_t for one in forms.embodied()}["United States"] == 5_933


def test_nameplates_are_no_bound():
    table, sources = forms.usable()
    europe = table.set_index("Place").loc["European Union"]
    assert europe["Nameplates over need, %"] == pytest.approx(100 * 2_000 / 20_000)
    assert forms.nameplates_in_europe().value == pytest.approx(europe["Nameplates over need, %"])
    # Hanau makes magnets and prints no nameplate: it is named, so the quotient is read as no bound.
    assert "Hanau" in europe["Without a nameplate"] and "Hanau" in forms.nameplates_in_europe().note
    assert "Stillwater" in table.set_index("Place").loc["United States", "Without a nameplate"] and sources
    assert not set(forms.plants(("CHN",))["iso3"]) - {"CHN"}


def test_the_best_size_is_a_quantile_and_grows_with_the_chance():
    sizes = worth.best_size(500, 3)
    for _, rows in sizes.groupby("Loss"):
        assert rows["Best size, days of use"].is_monotonic_increasing
        assert rows["Tonnes"].tolist() == pytest.approx(
            (rows["Best size, days of use"] * worth.use()["value"] / cover.DAYS_A_YEAR).tolist()
        )
    assert sizes["Quantile of the need, %"].between(0, 100).all()
    assert "Mizuho, after 60 days" not in set(sizes["Loss"])  # nets off a stock already
    pd.testing.assert_frame_equal(sizes, worth.best_size(500, 3))


def test_filling_makes_the_other_imports_dearer():
    table = worth.on_other_imports().set_index("Days")
    row = table.loc[60]
    price = worth.prices()["outside China"]["value"]
    assert row["On other imports, USD m"] == pytest.approx(
        worth.use()["value"] * price * cost.KG_PER_T * row["Premium, %"] / 100 / 1e6
    )
    assert table["Premium, %"].is_monotonic_increasing
    # 904 t of some 98,600 t of oxide that the world separates, and of the 9,157 t that Lynas and MP make.
    assert row["Of the world's, %"] == pytest.approx(0.92, abs=0.02)
    assert row["Of what can be bought, %"] == pytest.approx(100 * row["Tonnes"] / (6558 + 2599))


def test_the_licences_of_2023_show_no_fall_in_the_only_series():
    ratio = shocks.gallium_germanium_2023()
    assert ratio.low < 1 < ratio.value < ratio.high
    assert np.isfinite(ratio.value)


def test_targets_in_tonnes_are_the_days_of_what_is_named():
    table = holders.targets(plans.accounted()).set_index("Plan")
    assert table.loc["JP-02", "Tonnes"].value == pytest.approx(18_835 * 60 / 365)
    assert table.loc["KR-03", "Tonnes"].value == pytest.approx(4_002.054 * 100 / 365, rel=1e-6)
    assert "proxy" in table.loc["KR-03", "Of what"] and "proxy" in table.loc["KR-03", "Tonnes"].note
    # What one sector uses is not published, and a net exporter has no proxy: no tonnage is invented.
    for plan in ("KR-11", "US-11", "IN-02"):
        assert table.loc[plan, "Tonnes"] == "" and table.loc[plan, "Of what"]
    assert set(holders._SECTORS) <= set(table.index)
    assert "KR-04" not in table.index  # nonferrous metals, no rare earths


def test_net_imports_are_imports_less_exports_and_both_records_bound_them():
    net, why = holders.net_imports("KOR")
    own, mirror = country.compounds("KOR"), country.compounds_by_china("KOR")
    assert why == "" and net.value == pytest.approx(own.total_t)
    other = own.total_t - own.mass_t["CHN"] + mirror.total_t
    assert (net.low, net.high) == pytest.approx(tuple(sorted((own.total_t, other))))
    assert holders.net_imports("IND") == (None, "exports more than it imports, by weight")
    assert holders.net_imports("CAN")[0] is None


def test_every_holder_is_shown_and_a_stock_is_quoted_as_it_is_printed():
    table = plans.accounted()
    shown = holders.places(table).set_index("Place")
    assert set(shown.index) == set(plans.publicity(table)["place"])
    assert shown.loc["Japan", "Stock as published"] == ""
    assert "about 180 days of domestic automakers' use" in shown.loc["South Korea", "Stock as published"]
    assert "under USD 1,000 million" in shown.loc["United States", "Stock as published"]
    assert (shown["Of what"] != "").all()


def test_dimensions_of_the_issue_are_columns_and_blanks_are_counted():
    side = plans.dimensions(plans.accounted())
    assert set(side.columns) >= {
        "Type", "Status", "Legal strength", "Money", "Minerals", "Heavy rare earths named", "Form held", "Release rule",
        "Who may draw", "Target public", "Stock public", "Money public", "Months, restriction to announcement",
        "Months, announcement to operation",
    }  # fmt: skip
    known = plans.known(side).set_index("Dimension")
    assert (known.sum(axis=1) == len(side)).all()
    assert known.loc["Form held", "Not published"] == len(side) - 1  # the plan of acquisitions of the USA
    heavy = side.set_index("Plan")["Heavy rare earths named"]
    assert heavy["KR-12 South Korea"] == "all 17" and heavy["JP-16 Japan"] == "named"
    money = side.set_index("Plan")["Money"]
    assert money["JP-02 Japan"] == "borrowed, outside the budget" and money["KR-03 South Korea"] == ""


def test_waits_count_months_and_name_only_months_of_operation_of_plans_that_operate():
    side = plans.dimensions(plans.accounted())
    waits = plans.waits(side).set_index("plan")
    assert waits.loc["US-13 United States", "announced"] == 3  # April to July 2025
    assert np.isnan(waits.loc["KR-05 South Korea", "operating"])  # adopted, not operating
    assert (waits["operating"].dropna() >= waits["announced"][waits["operating"].notna()]).all()


def test_what_a_borrowing_state_pays_is_rate_and_store_on_what_it_owes():
    table = worth.budget_cost()
    row = table[(table["Days"] == 60) & (table["Market"] == "outside China")].iloc[0]
    owed = row["Borrowed"].value
    assert row["Interest a year, USD million"] == f"{owed * 0.02:,.1f} (0.0 to {owed * 0.05:,.1f})"
    assert row["Store and loss a year, USD million"].startswith(f"{owed * 0.015:,.1f} ")


def test_every_published_loss_is_listed_and_says_whether_it_is_used():
    table = worth.studies()
    assert len(table) == 5 and (table["Used here"] == "yes").sum() == len(worth.losses())
    unused = table[table["Used here"] != "yes"]
    assert unused["What stops"].tolist() == ["REE and other critical minerals from China stop"]
    assert "from day 61" in set(table["Days it speaks of"])
