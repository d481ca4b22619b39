"""Imports by origin: sums, unnamed areas, what a chart of exporters marks; concentration: closed forms, bounds, properties."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth import suppliers


def rows(*cells, importer="DEU"):
    columns = ["partner_iso3", "value_usd", "mass_kg", "hs_code", "source_row"]
    frame = pd.DataFrame(cells, columns=columns)
    return frame.assign(reporter_iso3=importer, year=2024, month=pd.NA, flow="import", source_id="invented")


FLOWS = rows(("CHN", 60.0, 3000.0, "280530", 1), ("MYS", 25.0, 1000.0, "280530", 2), ("CHN", 5.0, None, "284690", 3))
TOTALS = rows(("WLD", 100.0, None, "280530", 4), ("X899", 15.0, None, "280530", 5))


def test_codes_are_summed_by_origin_and_a_missing_mass_counts_as_none():
    found = suppliers.by_origin(FLOWS, "DEU", "compounds")
    assert found.value_usd == {"CHN": 65.0, "MYS": 25.0} and found.mass_t == {"CHN": 3.0, "MYS": 1.0}
    assert (found.total_usd, found.total_t, found.year, found.source_id) == (90.0, 4.0, 2024, "invented")
    assert suppliers.by_origin(FLOWS.head(0), "DEU", "compounds") is None


def test_areas_without_a_name_are_in_the_whole_and_the_world_is_not():
    found = suppliers.of_code(FLOWS, TOTALS, "DEU", "280530", 2024, "invented")
    assert found.unnamed_usd == 15.0 and found.total_usd == 100.0
    assert found.concentration.shares_pct == pytest.approx({"CHN": 60, "MYS": 25})
    top, hhi = suppliers.top_share(found), suppliers.hhi(found)
    assert (top.value, top.high) == pytest.approx((60, 75))
    assert (hhi.low, hhi.high) == pytest.approx((0.36 + 0.0625, 0.36 + 0.0625 + 0.0225))
    with pytest.raises(LookupError, match="no imports of 280530 by FRA"):
        suppliers.of_code(FLOWS, TOTALS, "FRA", "280530", 2024, "invented")


def test_events_are_those_of_the_years_of_a_chart():
    assert list(suppliers.control_events(2002, 2024)) == [2010, 2014, 2023]
    assert suppliers.control_events(2025, 2025) == {2025: "2025: licences on seven elements"}


# --- Concentration ---

QUANTITIES = st.dictionaries(st.text(min_size=1, max_size=3), st.floats(1e-3, 1e9), min_size=1, max_size=30)


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_equal_suppliers(count):
    found = suppliers.concentration({f"S{i:03}": 5.0 for i in range(count)})
    assert found.hhi_low == found.hhi_high == pytest.approx(1 / count)
    assert found.top(3)[1] == pytest.approx(100 * min(3, count) / count)


def test_closed_form_of_three():
    found = suppliers.concentration({"CHN": 60, "MMR": 30, "USA": 10})
    assert found.hhi_low == pytest.approx(0.36 + 0.09 + 0.01)
    assert found.top(1) == (("CHN",), pytest.approx(60))
    assert found.top(3) == (("CHN", "MMR", "USA"), pytest.approx(100))


def test_residual_gives_the_published_bounds():
    """Refined magnet elements of 2024 in kt, IEA 2025 edition: HHI 0.8353 to 0.8362."""
    found = suppliers.concentration({"CHN": 73.757, "MYS": 3.625, "AUS": 0.0, "USA": 0.961}, residual=2.462)
    assert (round(found.hhi_low, 4), round(found.hhi_high, 4)) == (0.8353, 0.8362)
    assert found.top(1)[1] == pytest.approx(91.3, abs=0.05)
    assert "AUS" not in found.shares_pct


def test_ties_are_ordered_by_name():
    assert (
        suppliers.concentration({"B": 1, "A": 1}).top(1)[0]
        == suppliers.concentration({"A": 1, "B": 1}).top(1)[0]
        == ("A",)
    )


@given(QUANTITIES, st.floats(0, 1e6), st.floats(1e-3, 1e3))
def test_bounds_and_scale(quantities, residual, factor):
    found = suppliers.concentration(quantities, residual)
    scaled = suppliers.concentration({name: q * factor for name, q in quantities.items()}, residual * factor)
    assert 0 < found.hhi_low <= found.hhi_high <= 1 + 1e-12
    assert scaled.hhi_high == pytest.approx(found.hhi_high)
    assert math.fsum(found.shares_pct.values()) + found.residual_pct == pytest.approx(100)


@given(QUANTITIES)
def test_merging_two_suppliers_never_lowers_the_index(quantities):
    names = sorted(quantities)
    if len(names) < 2:
        return
    merged = {name: quantities[name] for name in names[2:]}
    merged["merged"] = quantities[names[0]] + quantities[names[1]]
    assert suppliers.concentration(merged).hhi_low >= suppliers.concentration(quantities).hhi_low - 1e-12


@pytest.mark.parametrize(
    ("quantities", "residual", "said"),
    [
        ({"A": -1.0}, 0, "A: -1.0 is no quantity"),
        ({"A": math.nan}, 0, "A: nan is no quantity"),
        ({"A": 1.0}, math.inf, "the residual: inf"),
        ({"A": 0.0}, 0, "all quantities are 0"),
        ({}, 0, "all quantities are 0"),
    ],
)
def test_no_share_of_nothing(quantities, residual, said):
    with pytest.raises(ValueError, match=said):
        suppliers.concentration(quantities, residual)


def test_a_residual_alone():
    found = suppliers.concentration({}, 3)
    assert (found.hhi_low, found.hhi_high) == (0, 1)
    with pytest.raises(ValueError, match="ask for 1 or more"):
        found.top(0)
