"""Stocks apart or together: what a pool can and cannot do, who pays, exact for the draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth.reserves import goods, pooling


def expected_unmet(need_t: np.ndarray, stock_t: float) -> float:
    """E[(X - S)+] in tonnes, as it is defined."""
    return float(np.maximum(need_t - stock_t, 0.0).mean())


NEEDS = st.lists(st.lists(st.floats(0, 1000), min_size=3, max_size=3), min_size=2, max_size=40).map(np.array)


@given(NEEDS, st.floats(0, 1))
def test_a_pool_never_needs_more_at_one_expected_unmet_share(need, level):
    costs = pooling.costs(need, ["A", "B", "C"], level)
    apart = sum(costs[frozenset([member])] for member in "ABC")
    assert costs[frozenset("ABC")] <= apart + 1e-6 * (1 + apart)
    for group_, stock in costs.items():
        if group_:
            columns = ["ABC".index(member) for member in sorted(group_)]
            x = need[:, columns].sum(axis=1)
            assert expected_unmet(x, stock) <= level * x.mean() + 1e-6 * (1 + x.mean())


@given(NEEDS, st.floats(0, 1))
def test_shapley_is_efficient_and_symmetric(need, level):
    need = np.column_stack([need[:, 0], need[:, 0], need[:, 2]])
    costs = pooling.costs(need, ["A", "B", "C"], level)
    value = pooling.shapley(costs, ["A", "B", "C"])
    assert sum(value.values()) == pytest.approx(costs[frozenset("ABC")], rel=1e-9, abs=1e-6)
    assert value["A"] == pytest.approx(value["B"], rel=1e-6, abs=1e-6)


SEVERITY = np.array([0.1, 0.2, 0.4])
SEVEN = {name: 100.0 * (place + 1) for place, name in enumerate("ABCDEFG")}


def test_a_fully_common_shock_leaves_nothing_to_gain():
    need = pooling.needs(SEVEN, 0.1, 1.0, SEVERITY, 5000, 7)
    costs = pooling.costs(need, list(SEVEN), 0.05)
    apart = sum(costs[frozenset([member])] for member in SEVEN)
    assert costs[frozenset(SEVEN)] == pytest.approx(apart, rel=1e-9)
    own = pooling.needs(SEVEN, 0.1, 0.0, SEVERITY, 5000, 7)
    assert pooling.costs(own, list(SEVEN), 0.05)[frozenset(SEVEN)] < 0.6 * apart


def test_quantiles_may_lose_in_a_pool():
    need = pooling.needs(dict.fromkeys("ABCDEFG", 100.0), 0.04, 0.0, np.array([1.0]), 20_000, 1)
    apart, together = pooling.quantile_gain(need, 95)
    assert apart == 0 and together == 100


@pytest.mark.parametrize("common", [0.0, 0.5, 1.0])
def test_each_member_keeps_its_own_probability(common):
    need = pooling.needs(SEVEN, 0.1, common, SEVERITY, 40_000, 3)
    assert np.abs((need > 0).mean(axis=0) - 0.1).max() < 0.008  # five standard errors


def test_commitment_runs_from_apart_to_a_full_pool():
    need = pooling.needs(SEVEN, 0.1, 0.3, SEVERITY, 4000, 5)
    costs = pooling.costs(need, list(SEVEN), 0.05)
    apart = sum(costs[frozenset([member])] for member in SEVEN)
    needed = [pooling.stock_with(need, 0.05, part) for part in (0, 0.25, 0.5, 0.75, 1)]
    assert needed[0] == pytest.approx(apart, rel=1e-6)
    assert needed[-1] == pytest.approx(costs[frozenset(SEVEN)], rel=1e-6)
    assert all(after <= before + 1e-6 for before, after in zip(needed, needed[1:], strict=False))


def test_too_many_members_are_refused():
    with pytest.raises(ValueError, match="exact up to 12"):
        pooling.costs(np.ones((2, 13)), [str(i) for i in range(13)], 0.05)


def test_the_least_stock_is_the_least():
    need = np.array([0.0, 0.0, 50.0, 100.0])
    assert pooling.stock_at(need, 0.0) == 100
    assert pooling.stock_at(need, 1.0) == 0
    stock = pooling.stock_at(need, 0.3)
    assert expected_unmet(need, stock) == pytest.approx(0.3 * need.mean())


def test_a_group_adds_up():
    found = pooling.group(goods.members("G7"), 70, 5, 1500, 3)
    shares = pooling.divided(found)
    for key in shares.columns[1:]:
        assert shares[key].sum() == pytest.approx(found.together_t)
    told = pooling.stability(found, shares).set_index("Rule")
    assert (told["Of all"] == 127).all() and told["Groups that would leave"]["In equal parts"] > 0
    saved = pooling.savings(goods.members("G7"), (0, 70, 100), 5, 1500, 3)
    assert saved[0] > saved[70] > saved[100] == pytest.approx(0, abs=1e-6)
    apart = sum(found.apart_t.values())
    assert pooling.gain(found, saved, 70).value == pytest.approx(100 * (1 - found.together_t / apart))


def test_by_quantiles_a_pool_can_need_more():
    found = pooling.group(goods.members("G7"), 70, 5, 1500, 3)
    apart, together = pooling.outlasting(found, 85)
    assert (apart.value, together.value) == pooling.quantile_gain(found.need_t, 85)
    assert together.value > apart.value == 0 and apart.id != together.id  # each is hit in a tenth of the years
    apart, together = pooling.outlasting(found, 95)
    assert together.value < apart.value


def test_who_pays_more_than_alone_is_named_for_each_rule():
    found = pooling.group(goods.members("G7"), 70, 5, 1500, 3)
    shares = pooling.divided(found)
    payers = pooling.pay_more(found, shares)
    assert payers["shapley"] == []  # each adds at most what it needs alone
    for rule, members in payers.items():
        assert all(shares[rule][member] > found.apart_t[member] for member in members)
    assert set(payers) == set(pooling.RULES)
