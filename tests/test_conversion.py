"""Conversion between bases: the published factors, their intervals, and refusal of what has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth import conversion, tables
from rareearth.errors import Refused
from rareearth.quantity import Quantity


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
    assert factor.ends == ends
    mass = Quantity("a good", 10, 10, 10, "t_gross") * factor
    assert mass.unit == "t_reo" and mass.ends == pytest.approx([10 * end for end in ends])


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
    for to in (conversion.reo_of_good, conversion.element_of_good):
        with pytest.raises(Refused, match="no factor") as refusal:
            to(code, reporter=reporter, origin=origin)
        assert "\n" not in str(refusal.value)


def test_groups_and_other_bases_are_refused():
    for group in ("dytb", "magnet", "all", "Xx"):
        with pytest.raises(Refused, match="no factor"):
            conversion.oxide_of_element(group)
    with pytest.raises(Refused, match="t_magnet"):
        conversion.content_of_magnets("t_gross")


@pytest.mark.parametrize("mass", [-1.0, float("nan")])
def test_what_is_no_mass_is_not_converted(mass):
    with pytest.raises(ValueError, match="low <= mid <= high"):
        conversion.content_of_magnets("t_reo") * mass


def test_the_part_of_magnets_is_one_point():
    part = conversion.magnet_part_of_exports()
    assert part.ends == (0.445,) * 3 and part.unit == "t_magnet/t_gross"


def test_oxide_of_neodymium_is_stoichiometric():
    """Nd2O3 from the standard atomic weights 144.242 and 15.999."""
    neodymium, ndpr = conversion.oxide_of_element("Nd"), conversion.oxide_of_element("ndpr")
    assert neodymium.mid == pytest.approx(1 + 1.5 * 15.999 / 144.242, abs=5e-5)
    assert neodymium.mid == ndpr.low < ndpr.mid < ndpr.high == conversion.oxide_of_element("Pr").mid


@given(st.floats(0, 1e9), st.sampled_from(["Nd", "Dy", "Tb", "Y", "ndpr"]))
def test_there_and_back_is_the_same_mass(mass_t, element):
    there = conversion.oxide_of_element(element)
    back = there * mass_t * there.inverse()
    assert back.mid == pytest.approx(mass_t)
    assert there.inverse().inverse().ends == pytest.approx(there.ends)


def test_an_element_in_a_good_is_oxide_times_its_part():
    cerium = conversion.element_of_good("28461030", reporter="CHN")
    carbonate = conversion.reo_of_good("28461030", reporter="CHN")
    assert cerium.mid == pytest.approx(carbonate.mid / 1.2284) and cerium.unit == "t_element/t_gross"
    for reporter in ("USA", "JPN"):  # metal is element by weight, whoever reports it
        assert conversion.element_of_good("280530", reporter=reporter).ends == (1, 1, 1)
    with pytest.raises(Refused, match="several elements"):
        conversion.element_of_good("28469019", reporter="CHN", origin="MMR")


def test_every_good_has_a_factor_with_an_interval_and_one_meaning():
    goods = tables.load("goods")
    assert not goods.duplicated(["reporter_iso3", "hs_code", "origin_iso3"]).any()
    found = {}
    for good in goods.itertuples():
        factor = conversion.reo_of_good(good.hs_code, reporter=good.reporter_iso3, origin=good.origin_iso3)
        # Goods of one name are one draw of a simulation, so they must have one factor.
        assert found.setdefault((good.reporter_iso3, factor.name), factor.inputs) == factor.inputs
