"""Drop and grow: exact counts, only weak weights go, what grows lies where there were zeros."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprune.pruning.regimes.rewiring import rewire, share_left, weakest, weakest_of_each_sign

DROPS = (weakest, weakest_of_each_sign)


def sparse(size: int, kept: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    weights = np.zeros(size, np.float32)
    weights[generator.choice(size, kept, replace=False)] = generator.normal(size=kept) + 1e-9
    return weights


CASES = st.integers(1, 200).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size)))


@given(CASES, st.floats(0, 1), st.sampled_from(DROPS), st.integers(0, 9))
def test_counts_are_exact_and_as_many_grow_as_were_dropped(case, zeta, drop, seed):
    size, kept = case
    before = sparse(size, kept, seed)
    after = rewire(before, kept, zeta, drop, np.random.default_rng(seed))
    assert np.count_nonzero(after) == kept
    stayed = (before != 0) & (after != 0)
    assert np.array_equal(after[stayed], before[stayed])
    dropped, grown = (before != 0) & (after == 0), (before == 0) & (after != 0)
    assert dropped.sum() == grown.sum() <= min(np.ceil(zeta * kept) + 1, size - kept)


@given(CASES, st.integers(0, 9))
def test_the_weakest_go(case, seed):
    size, kept = case
    before = sparse(size, kept, seed)
    after = rewire(before, kept, 0.3, weakest, np.random.default_rng(seed))
    gone, stays = (np.abs(before[(before != 0) & (held)]) for held in (after == 0, after != 0))
    assert gone.size == min(round(0.3 * kept), size - kept)
    assert gone.max(initial=0) <= stays.min(initial=np.inf)


def test_of_each_sign_its_share_goes():
    weights = np.array([0.1, 0.2, 0.3, 0.4, -5.0, -6.0, -7.0, -8.0, *np.zeros(20)])
    after = rewire(weights, 8, 0.5, weakest_of_each_sign, np.random.default_rng(0))
    assert np.flatnonzero(after[:8]).tolist() == [2, 3, 6, 7]


def test_what_grows_is_no_larger_than_what_went():
    weights = sparse(1000, 400, 0)
    after = rewire(weights, 400, 0.3, weakest, np.random.default_rng(0))
    largest_dropped = np.abs(weights[(weights != 0) & (after == 0)]).max()
    grown = np.abs(after[(weights == 0) & (after != 0)])
    assert grown.min() > 0
    assert grown.max() <= largest_dropped


@pytest.mark.parametrize("drop", DROPS)
def test_weights_that_training_brought_to_zero_are_made_up_for(drop):
    weights = sparse(100, 30, 0)
    after = rewire(weights, 40, 0.3, drop, np.random.default_rng(0))
    assert np.count_nonzero(after) == 40


def test_the_same_generator_grows_the_same():
    weights = sparse(100, 40, 0).reshape(10, 10)
    first, second = (rewire(weights, 40, 0.3, weakest, np.random.default_rng(7)) for _ in range(2))
    assert first.shape == (10, 10)
    assert np.array_equal(first, second)


def test_less_and_less_is_rewired():
    shares = [share_left(0.3, epoch / 10) for epoch in range(11)]
    assert shares[0] == 0.3
    assert shares[5] == pytest.approx(0.15)
    assert shares[10] == pytest.approx(0)
    assert shares == sorted(shares, reverse=True)
