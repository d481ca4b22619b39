"""Cover on three clocks, by controlled element and by form; the best size; what a purchase does to other imports."""

import numpy as np
import pandas as pd
import pytest

from rareearth import conversion, facts
from rareearth.reserves import clocks, controlled, cost, cover, forms, shocks, worth


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
    assert (table["Use in tonnes"] == "").all()
    fill = controlled.fill(controlled.known().set_index("element", drop=False).loc["Yttrium"], "outside")
    assert (fill.low, fill.high) == pytest.approx((1_899 * 0.150, 1_899 * 0.350))
    known_ids = {
        *facts.load_prices()["figure_id"],
        *facts.load_reserve_requirements()["figure_id"],
        *facts.load_trade_published()["figure_id"],
    }
    assert set(fill.inputs) <= known_ids


def test_embodied_is_the_mass_times_the_content():
    content = conversion.content_of_magnets("t_element")
    for one in forms.embodied():
        assert one.element_t == pytest.approx(content.apply(one.magnets_t))
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


def test_the_licences_of_2023_show_no_fall_in_the_only_series():
    ratio = shocks.gallium_germanium_2023()
    assert ratio.low < 1 < ratio.value < ratio.high
    assert np.isfinite(ratio.value)
