"""Distributions, sample and indices against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rareearth import uncertainty as un
from rareearth.quantity import Quantity

U = np.linspace(0.001, 0.999, 999)


def given_as(kind, name, low, mid, high):
    return un.of_quantity(Quantity(name, low, mid, high, "t", reason="test", kind=kind))


def bound(name, low, high):
    return given_as("bound", name, low, low, high)


def expert(name, *ends):
    return given_as("expert", name, *ends)


def test_pert_is_the_scaled_beta_of_its_formula():
    got = expert("x", 2, 5, 12).ppf(U)
    exact = stats.beta.ppf(U, 1 + 4 * 0.3, 1 + 4 * 0.7, loc=2, scale=10)
    assert np.abs(got - exact).max() < 1e-3
    assert np.interp(0.5, U, got) == pytest.approx(np.median(exact), abs=1e-3)
    # Mean of PERT: (low + 4 mode + high) / 6.
    assert got.mean() == pytest.approx((2 + 4 * 5 + 12) / 6, abs=0.01)


def test_simple_kinds():
    assert given_as("rounding", "x", 375, 380, 385).ppf([0, 0.5, 1]).tolist() == [375, 380, 385]
    assert bound("x", 95, 100).ppf([0, 1]).tolist() == [95, 100]


def test_a_part_of_a_composition_is_a_beta_distribution():
    """One part of a Dirichlet with mean m and weight w has the variance m (1 - m) / (w + 1)."""
    drawn = un.simulate([un.part("a", 0.3, 20, "test")], lambda values: values)["a"]
    assert drawn.mean() == pytest.approx(0.3, abs=1e-3) and drawn.var() == pytest.approx(0.3 * 0.7 / 21, rel=0.01)


def test_interval_of_a_known_distribution_and_its_error():
    """The sum of two uniforms on 0 to 1 is triangular: its 5th percentile is sqrt(0.1)."""
    inputs = [bound("x", 0, 1), bound("y", 0, 1)]
    results = un.simulate(inputs, lambda v: {"sum": v["x"] + v["y"]})["sum"]
    assert results.size == 2**15
    found = un.interval(results)
    assert found.low == pytest.approx(np.sqrt(0.1), abs=1e-3)
    assert found.high == pytest.approx(2 - np.sqrt(0.1), abs=1e-3)
    assert found.median == pytest.approx(1, abs=1e-3) and 0 < found.error < 1e-3


@pytest.mark.fault(135)
def test_another_seed_stays_inside_the_stated_error():
    inputs = [expert("x", 0, 1, 4), bound("y", 0, 1)]
    one, two = (un.interval(un.simulate(inputs, lambda v: {"z": v["x"] * v["y"]}, seed=s)["z"]) for s in (0, 99))
    assert one != two
    assert abs(one.median - two.median) < 6 * (one.error + two.error)


def test_sobol_indices_of_ishigami():
    """Ishigami and Homma (1990), a = 7, b = 0.1: closed form of both orders."""
    inputs = [bound(name, -np.pi, np.pi) for name in "xyz"]
    a, b = 7.0, 0.1

    def model(v):
        return {"f": np.sin(v["x"]) + a * np.sin(v["y"]) ** 2 + b * v["z"] ** 4 * np.sin(v["x"])}

    variance = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
    first = {"x": 0.5 * (1 + b * np.pi**4 / 5) ** 2 / variance, "y": a**2 / 8 / variance, "z": 0.0}
    shared = b**2 * np.pi**8 * (1 / 18 - 1 / 50) / variance
    total = {"x": first["x"] + shared, "y": first["y"], "z": shared}
    for found in un.sensitivity(inputs, model, "f").itertuples():
        assert found.first == pytest.approx(first[found.input], abs=0.03)
        assert found.total == pytest.approx(total[found.input], abs=0.03)


def test_an_input_that_does_not_move_explains_nothing_and_is_left_out():
    inputs = [bound("x", 0, 2), expert("y", 3, 3, 3), bound("z", 0, 1)]
    found = un.sensitivity(inputs, lambda v: {"f": v["x"] + v["y"] + v["z"]}, "f")
    assert list(found["input"]) == ["x", "z"]
    assert list(found["total"]) == pytest.approx([0.8, 0.2], abs=0.01)


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3))
def test_a_triple_out_of_order_is_refused_and_one_in_order_stays_inside(ends):
    if ends != sorted(ends):
        with pytest.raises(ValueError, match="does not hold"):
            expert("x", *ends)
        return
    values = expert("x", *ends).ppf(U)
    assert (np.diff(values) >= -1e-6).all()
    assert ends[0] - 1e-6 <= values.min() and values.max() <= ends[2] + 1e-6


def test_refusals():
    with pytest.raises(ValueError, match="kind"):
        un.Primitive("x", "guess", "test", lambda u: u)
    with pytest.raises(ValueError, match="does not hold"):
        bound("x", 0, float("nan"))
    with pytest.raises(ValueError, match="between 0 and 1"):
        un.part("x", 1.1, 10, "test")
    twice = [bound("x", 0, 1)] * 2
    with pytest.raises(ValueError, match="one name"):
        un.simulate(twice, lambda v: v)
    with pytest.raises(ValueError, match="not finite"), np.errstate(divide="ignore"):
        un.simulate([bound("x", 0, 0)], lambda v: {"y": 1 / v["x"]})


@pytest.mark.parametrize(
    ("kind", "quantiles"),
    [("bound", (1.0, 3.5, 6.0)), ("between sources", (1.0, 2.0, 6.0)), ("rounding", (-0.5, 2.0, 4.5))],
)
def test_a_quantity_becomes_an_input_by_its_kind(kind, quantiles):
    one = Quantity("x", 1, 2, 6, "t_reo", reason="why", kind=kind)
    found = un.of_quantity(one)
    assert (found.name, found.kind, found.reason) == ("x", kind, "why")
    assert found.ppf(np.array([0, 0.5, 1])) == pytest.approx(quantiles)


def test_an_expert_triple_is_the_pert_distribution():
    one = Quantity("x", 1, 2, 6, "t_reo", kind="expert")
    drawn = un.of_quantity(one).ppf((np.arange(10_000) + 0.5) / 10_000)
    assert drawn.mean() == pytest.approx((1 + 4 * 2 + 6) / 6, abs=1e-3)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.floats(50, 99), st.floats(0.1, 1)), min_size=2, max_size=5))
def test_the_variance_of_a_mixture_is_within_and_between(parts):
    centres, weights = (np.array(values) for values in zip(*parts, strict=True))
    weights = weights / weights.sum()
    found = un.mixture(
        "a cell",
        [(un.stated(centre, centre), weight) for centre, weight in zip(centres, weights, strict=True)],
    )
    mean = (weights * centres).sum()
    assert found.mean() == pytest.approx(mean, abs=0.02)
    # Uniform over one point: variance 1/12 within.
    assert found.var() == pytest.approx(1 / 12 + (weights * (centres - mean) ** 2).sum(), abs=0.3, rel=0.01)
    assert centres.min() - 0.5 <= found.min() and found.max() <= centres.max() + 0.5


def test_a_mixture_weighs_parts_and_not_their_sizes():
    long, short = np.full(100_000, 95.0), np.array([86.0])
    found = un.mixture("a cell", [(long, 1.0), (short, 1.0)])
    assert found.mean() == pytest.approx(90.5, abs=0.01) and set(found) == {86.0, 95.0}
    ends = un.interval(found)
    assert (ends.low, ends.high, ends.error) == (86.0, 95.0, 0.0)
