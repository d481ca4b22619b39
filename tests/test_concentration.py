"""Concentration: closed forms, bounds of the residual, published values, properties."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth.concentration import concentration

QUANTITIES = st.dictionaries(st.text(min_size=1, max_size=3), st.floats(1e-3, 1e9), min_size=1, max_size=30)


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_equal_suppliers(count):
    found = concentration({f"S{i:03}": 5.0 for i in range(count)})
    assert found.hhi_low == found.hhi_high == pytest.approx(1 / count)
    assert found.top(3)[1] == pytest.approx(100 * min(3, count) / count)


def test_closed_form_of_three():
    found = concentration({"CHN": 60, "MMR": 30, "USA": 10})
    assert found.hhi_low == pytest.approx(0.36 + 0.09 + 0.01)
    assert found.top(1) == (("CHN",), pytest.approx(60))
    assert found.top(3) == (("CHN", "MMR", "USA"), pytest.approx(100))


def test_residual_gives_the_published_bounds():
    """Refined magnet elements of 2024 in kt, IEA 2025 edition: HHI 0.8353 to 0.8362."""
    found = concentration({"CHN": 73.757, "MYS": 3.625, "AUS": 0.0, "USA": 0.961}, residual=2.462)
    assert (round(found.hhi_low, 4), round(found.hhi_high, 4)) == (0.8353, 0.8362)
    assert found.top(1)[1] == pytest.approx(91.3, abs=0.05)
    assert "AUS" not in found.shares_pct


def test_ties_are_ordered_by_name():
    assert concentration({"B": 1, "A": 1}).top(1)[0] == concentration({"A": 1, "B": 1}).top(1)[0] == ("A",)


@given(QUANTITIES, st.floats(0, 1e6), st.floats(1e-3, 1e3))
def test_bounds_and_scale(quantities, residual, factor):
    found = concentration(quantities, residual)
    scaled = concentration({name: q * factor for name, q in quantities.items()}, residual * factor)
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
    assert concentration(merged).hhi_low >= concentration(quantities).hhi_low - 1e-12


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
        concentration(quantities, residual)


def test_a_residual_alone():
    found = concentration({}, 3)
    assert (found.hhi_low, found.hhi_high) == (0, 1)
    with pytest.raises(ValueError, match="ask for 1 or more"):
        found.top(0)
