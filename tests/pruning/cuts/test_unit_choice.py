"""How much goes, and where: exact counts, floors, alignment, rankings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeprune.contracts.channels import ChannelGraph, ChannelGroup, MacTerm, WeightAxis
from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.model import LayerSpec, ModelGraph, WeightSpec
from edgeprune.pruning.cuts.macs import MacCount
from edgeprune.pruning.cuts.unit_choice import Candidates, below_threshold, by_macs, by_ratio, candidates


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


def test_a_global_ratio_ranks_over_the_whole_model():
    of = make([[1, 2, 3, 4], [10, 20, 30, 40]])
    assert stay(of, by_ratio(of, 0.25, "global")) == [2, 4]


def test_a_global_ranking_takes_nine_tenths_of_a_group_before_all_others_gave_as_much():
    of = make([[1] * 10, [5] * 10])
    assert stay(of, by_ratio(of, 0.5, "global")) == [1, 9]
    assert stay(of, by_ratio(of, 0.9, "global")) == [1, 1]


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


MODEL = ModelGraph(
    keras_major=3,
    layers={
        path: LayerSpec(path=path, kind="Conv2D", weights=(WeightSpec(name="kernel", shape=shape, dtype="float32"),))
        for path, shape in [("conv", (3, 3, 2, 8)), ("next", (1, 1, 8, 16)), ("last", (16, 10))]
    },
    nodes=(),
    inputs=(),
    outputs=(),
)
TERMS = (
    MacTerm(node=0, coefficient=9 * 100, weight=("conv", "kernel"), axes=(2, 3)),
    MacTerm(node=1, coefficient=100, weight=("next", "kernel"), axes=(2, 3)),
    MacTerm(node=2, coefficient=1, weight=("last", "kernel"), axes=(0, 1)),
    MacTerm(node=3, coefficient=7),
)


def chain() -> ChannelGraph:
    first, second = np.arange(8), np.arange(8, 24)
    return ChannelGraph(
        unit_of=np.arange(24),
        group_of=np.repeat([0, 1], [8, 16]),
        groups=tuple(
            ChannelGroup(name=n, producers=(n,), consumers=(), units=u) for n, u in [("conv", 8), ("next", 16)]
        ),
        weight_axes=(
            WeightAxis(weight=("conv", "kernel"), axis=3, channels=first),
            WeightAxis(weight=("next", "kernel"), axis=2, channels=first, consumes=True),
            WeightAxis(weight=("next", "kernel"), axis=3, channels=second),
            WeightAxis(weight=("last", "kernel"), axis=0, channels=second, consumes=True),
        ),
        tensor_axes=(),
        edits=(),
    )


def test_macs_are_counted_from_what_stays():
    count = MacCount(MODEL, chain(), TERMS)
    everything = np.ones(24, dtype=bool)
    assert count(everything) == 900 * 2 * 8 + 100 * 8 * 16 + 16 * 10 + 7
    everything[[0, 9, 10]] = False
    assert count(everything) == 900 * 2 * 7 + 100 * 7 * 14 + 14 * 10 + 7


@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("ratio", [1.0, 0.75, 0.5, 0.33, 0.2])
def test_macs_end_just_below_what_is_asked(scope, ratio):
    count = MacCount(MODEL, chain(), TERMS)
    graph = chain()
    of = candidates(graph.group_of, np.arange(24) % 7 + 0.5, np.zeros(2, bool), np.ones(2, int))
    kept = by_macs(of, ratio, scope, count)
    whole = count(np.ones(24, dtype=bool))
    assert count(kept) <= ratio * whole
    assert count(kept) >= ratio * whole - 900 * 2 - 100 * 16, "no more than one unit away"
    assert kept.all() == (ratio == 1.0)


def test_macs_that_cannot_be_reached_are_refused_with_what_can():
    count = MacCount(MODEL, chain(), TERMS)
    of = candidates(chain().group_of, np.ones(24), np.zeros(2, bool), np.ones(2, int))
    with pytest.raises(ModelError, match=r"--macs 0\.01: the smallest possible model still has 0\.07"):
        by_macs(of, 0.01, "layer", count)


def test_macs_with_aligned_counts_are_rounded_down_from_the_closest_cut():
    def macs(kept: np.ndarray) -> int:
        return int(kept[:32].sum()) * int(kept[32:].sum())

    of = make([list(range(32)), list(range(64))], step=8)
    assert stay(of, by_macs(of, 0.33, "layer", macs)) == [16, 32]
    assert stay(of, by_macs(of, 1.0, "layer", macs)) == [32, 64], "what loses nothing stays as it is"
    uneven = make([list(range(30)), list(range(6))], step=8)
    assert stay(uneven, by_macs(uneven, 0.95, "layer", lambda kept: int(kept.sum()))) == [24, 6]


def test_macs_of_a_small_model_come_close_by_giving_units_back():
    """One unit of the first group is a quarter of all; the next group has cheaper ones."""

    def macs(kept: np.ndarray) -> int:
        return 25 * int(kept[:4].sum()) + int(kept[4:].sum())

    of = make([[1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7, 8]])
    whole = macs(np.ones(12, dtype=bool))
    kept = by_macs(of, 0.72, "layer", macs)
    assert macs(kept) / whole == pytest.approx(0.72, abs=0.02)
    assert macs(kept) <= 0.72 * whole
