"""Conversion between bases: the published factors, their intervals, and refusal of what has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth import conversion, tables
from rareearth.errors import Refused


@pytest.mark.parametrize(
    ("code", "reporter", "origin", "ends"),
    [
        ("26122000", "CHN", "NGA", (0.45, 0.55, 0.65)),
        ("26122000", "CHN", "MDG", (0.06, 0.10, 0.15)),
        ("28469019", "CHN", "MMR", (0.506, 0.6, 1.009)),
        ("28469019", "CHN", "LAO", (0.506, 0.6, 1.009)),
        ("28469019", "CHN", "MYS", (1, 1, 1)),
        ("2846", "CHN", "MMR", (0.506, 0.6, 1.009)),
        ("28469028", "CHN", "VNM", (0.37, 0.46, 0.67)),
        # The same eight digits are yttrium in the United States and carbonate in China.
        ("2846904000", "USA", "", (0.5993, 0.5997, 0.6005)),
        ("28469040", "CHN", "", (0.42, 0.52, 0.72)),
        ("2846909000", "USA", "USA", (0.5789, 0.5893, 0.5997)),
    ],
)
def test_the_factor_of_a_good_is_that_of_its_line_and_origin(code, reporter, origin, ends):
    factor = conversion.reo_of_good(code, reporter=reporter, origin=origin)
    assert (factor.low, factor.mode, factor.high) == ends
    assert (factor.from_basis, factor.to_basis) == ("t_gross", "t_reo")


@pytest.mark.fault(144)
@pytest.mark.parametrize(
    ("code", "reporter", "origin"),
    [
        ("284690", "CHN", "JPN"),
        ("2846", "USA", "CHN"),
        ("850511", "CHN", ""),
        ("360690", "CHN", ""),
        ("28469019", "JPN", "MMR"),
        ("", "CHN", ""),
        ("<script>", "CHN", "MMR"),
    ],
)
def test_a_good_without_a_factor_is_refused_in_one_line(code, reporter, origin):
    with pytest.raises(Refused, match="no factor") as refusal:
        conversion.reo_of_good(code, reporter=reporter, origin=origin)
    assert "\n" not in str(refusal.value)


def test_groups_and_single_numbers_are_refused():
    for group in ("dytb", "magnet", "all", "Xx"):
        with pytest.raises(Refused, match="no factor"):
            conversion.oxide_of_element(group)
    with pytest.raises(Refused, match="without an interval"):
        conversion._factor("factor-0054", "HS 850511")
    with pytest.raises(Refused, match="t_magnet"):
        conversion.content_of_magnets("t_gross")
    for mass in (-1.0, float("nan")):
        with pytest.raises(Refused, match="cannot be converted"):
            conversion.content_of_magnets("t_reo").apply(mass)


def test_oxide_of_neodymium_is_stoichiometric():
    """Nd2O3 from the standard atomic weights 144.242 and 15.999."""
    assert conversion.oxide_of_element("Nd").mode == pytest.approx(1 + 1.5 * 15.999 / 144.242, abs=5e-5)
    ndpr = conversion.oxide_of_element("ndpr")
    assert conversion.oxide_of_element("Nd").mode == ndpr.low < ndpr.mode < ndpr.high
    assert ndpr.high == conversion.oxide_of_element("Pr").mode


@given(st.floats(0, 1e9), st.sampled_from(["Nd", "Dy", "Tb", "Y", "ndpr"]))
def test_there_and_back_is_the_same_mass(mass_t, element):
    there = conversion.oxide_of_element(element)
    low, central, high = there.inverse().apply(there.apply(mass_t)[1])
    assert low <= central * (1 + 1e-12) and central <= high * (1 + 1e-12)
    assert central == pytest.approx(mass_t)
    assert there.inverse().inverse().mode == pytest.approx(there.mode)


def test_every_factor_that_the_code_names_exists_with_its_sources():
    table, known = tables.load("conversion_factors"), set(tables.load("sources")["source_id"])
    figures = {*conversion._BY_CODE.values(), *conversion._MAGNETS.values()}
    assert figures <= set(table["figure_id"])
    for reporter, code, origin in conversion._BY_CODE:
        factor = conversion.reo_of_good(code, reporter=reporter, origin=origin)
        assert factor.low <= factor.mode <= factor.high and set(factor.source_ids) <= known
