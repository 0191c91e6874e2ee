"""How much goes, and where: exact counts, floors, alignment, rankings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeprune.pruning.cuts.unit_choice import Candidates, below_threshold, by_ratio, candidates, standing


def make(groups: list[list[float]], frozen: tuple[int, ...] = (), step: int = 1) -> Candidates:
    """Candidates from the scores of each group."""
    return candidates(
        np.repeat(np.arange(len(groups)), [len(group) for group in groups]),
        np.concatenate([np.array(group, dtype=float) for group in groups]),
        np.isin(np.arange(len(groups)), frozen),
        np.full(len(groups), step),
    )


def stay(of: Candidates, kept: np.ndarray) -> list[int]:
    return np.bincount(of.group_of[kept], minlength=len(of.sizes)).tolist()


def test_a_ratio_takes_the_least_important_of_each_group():
    of = make([[3, 1, 2, 4], [0.1, 0.3, 0.2, 0.4]])
    assert by_ratio(of, 0.5, "layer").tolist() == [True, False, False, True, False, True, False, True]


def test_ties_go_by_index():
    of = make([[1, 1, 1, 1]])
    assert by_ratio(of, 0.5, "layer").tolist() == [False, False, True, True]
    assert by_ratio(of, 0.5, "global").tolist() == [False, False, True, True]


def test_a_global_ranking_is_by_squared_scores_as_shares_of_what_is_left():
    of = make([[3, 1, 2, 4], [5, 0, 0, 0], [2]])
    assert standing(of, "global") == pytest.approx([2 * 9 / 25, 2 / 30, 2 * 4 / 29, 2, 2, 0, 0, 0, 1])


def test_a_global_ranking_takes_what_is_weak_in_its_own_group_whatever_the_scale():
    groups = [[0.1, 0.1, 1, 1], [1, 1, 1, 1]]
    for scale in (1e-6, 1.0, 1e6):
        of = make([[scale * score for score in groups[0]], groups[1]])
        assert stay(of, by_ratio(of, 0.25, "global")) == [2, 4]


def test_a_global_ranking_takes_more_of_wide_groups_where_all_units_are_alike():
    of = make([[1] * 16, [5] * 64, [0] * 4])
    assert stay(of, by_ratio(of, 0.5, "global")) == [12, 26, 4], "as the roots of their sizes"
    assert stay(of, by_ratio(of, 0.7, "global")) == [7, 15, 4]


def test_one_unit_stays_whatever_is_asked():
    of = make([[1, 2, 3], [4, 5]])
    assert by_ratio(of, 1.0, "layer").tolist() == [False, False, True, False, True]
    assert by_ratio(of, 1.0, "global").tolist() == [False, False, True, False, True]
    assert below_threshold(of, 100).tolist() == [False, False, True, False, True]


def test_frozen_groups_stay_whole():
    of = make([[1, 2, 3], [4, 5, 6]], frozen=(0,))
    assert stay(of, by_ratio(of, 0.67, "layer")) == [3, 1]
    assert stay(of, by_ratio(of, 0.67, "global")) == [3, 1]


def test_a_threshold_takes_what_is_below_it_and_not_what_nothing_is_known_of():
    of = make([[0.0, 0.2, 0.3, np.nan]])
    assert below_threshold(of, 0.3).tolist() == [False, False, True, True]
    assert below_threshold(of, 0.0).all(), "0 removes nothing"


def test_aligned_counts_are_rounded_up():
    of = make([list(range(20)), list(range(6)), list(range(10))], step=8)
    assert stay(of, by_ratio(of, 0.5, "layer")) == [16, 6, 8]
    assert stay(of, by_ratio(of, 1.0, "layer")) == [8, 6, 8]


@settings(deadline=None, max_examples=60)
@given(
    groups=st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=1, max_size=12), min_size=1, max_size=5),
    ratio=st.floats(0, 1),
    more=st.floats(0, 1),
    step=st.sampled_from([1, 2, 4]),
    scope=st.sampled_from(["layer", "global"]),
)
def test_a_larger_ratio_never_brings_a_unit_back(groups, ratio, more, step, scope):
    of = make(groups, step=step)
    low, high = sorted([ratio, more])
    assert not (by_ratio(of, high, scope) & ~by_ratio(of, low, scope)).any()
    assert min(stay(of, by_ratio(of, high, scope))) >= 1
