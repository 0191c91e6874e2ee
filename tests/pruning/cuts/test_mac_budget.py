"""How much goes where a share of the MACs is to stay: as much as was asked for, and what matters least."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeprune.contracts.channels import ChannelGraph, ChannelGroup, MacTerm, WeightAxis
from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.model import LayerSpec, ModelGraph, WeightSpec
from edgeprune.pruning.cuts.mac_budget import CLOSE, CUTS_TRIED, CutSearch, by_macs, sums_of_lost
from edgeprune.pruning.cuts.macs import MacCount
from edgeprune.pruning.cuts.unit_choice import Candidates
from tests.pruning.cuts.test_unit_choice import make, stay

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
    of = make(np.split(np.arange(24) % 7 + 0.5, [8]))
    kept = by_macs(of, ratio, scope, count)
    whole = count(np.ones(24, dtype=bool))
    assert count(kept) <= ratio * whole
    assert count(kept) >= ratio * whole - 900 * 2 - 100 * 16, "no more than one unit away"
    assert kept.all() == (ratio == 1.0)


def test_macs_that_cannot_be_reached_are_refused_with_what_can():
    count = MacCount(MODEL, chain(), TERMS)
    of = make([[1] * 8, [1] * 16])
    with pytest.raises(ModelError, match=r"--macs 0\.01: the smallest possible model still has 0\.07"):
        by_macs(of, 0.01, "layer", count)


def test_aligned_counts_are_the_combination_that_comes_closest():
    def macs(kept: np.ndarray) -> int:
        return int(kept[:32].sum()) * int(kept[32:].sum())

    of = make([list(range(32)), list(range(64))], step=8)
    assert stay(of, by_macs(of, 0.33, "layer", macs)) == [16, 40], "the others are 24 x 24 and 32 x 16"
    assert stay(of, by_macs(of, 1.0, "layer", macs)) == [32, 64], "what loses nothing stays as it is"
    uneven = make([list(range(30)), list(range(6))], step=8)
    assert stay(uneven, by_macs(uneven, 0.95, "layer", lambda kept: int(kept.sum()))) == [24, 6]


def test_half_of_the_macs_in_steps_of_eight_is_not_eight_channels_of_sixteen_everywhere():
    sizes = [16, 16, 16, 16]
    of = make([list(range(1, size + 1)) for size in sizes], step=8)

    def macs(kept: np.ndarray) -> int:
        counts = stay(of, kept)
        return sum(before * after for before, after in zip([3, *counts], [*counts, 10], strict=True))

    for scope in ("layer", "global"):
        kept = by_macs(of, 0.5, scope, macs)
        share = macs(kept) / macs(np.ones(64, bool))
        assert 0.45 < share <= 0.5, (scope, stay(of, kept))


def test_all_groups_shrink_alike_in_scope_layer():
    of = make([[1, 2] * 16, [100] * 64, [1] * 128])

    def macs(kept: np.ndarray) -> int:
        one, two, three = stay(of, kept)
        return 900 * 3 * one + 100 * one * two + two * three

    one, two, three = (
        left / size for left, size in zip(stay(of, by_macs(of, 0.4, "layer", macs)), of.sizes, strict=True)
    )
    assert max(one, two, three) - min(one, two, three) < 0.07


def test_a_narrow_group_is_spared_in_scope_global():
    of = make([[1] * 9, [1] * 36])
    assert stay(of, by_macs(of, 0.5, "global", lambda kept: int(kept.sum()))) == [7, 15]


def test_macs_of_a_small_model_come_close_by_giving_units_back():
    """One unit of the first group is a quarter of all; the next group has cheaper ones."""

    def macs(kept: np.ndarray) -> int:
        return 25 * int(kept[:4].sum()) + int(kept[4:].sum())

    of = make([[1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7, 8]])
    whole = macs(np.ones(12, dtype=bool))
    kept = by_macs(of, 0.72, "layer", macs)
    assert macs(kept) / whole == pytest.approx(0.72, abs=0.02)
    assert macs(kept) <= 0.72 * whole


def chain_macs(of: Candidates, coefficients: list[int]):
    """MACs of layers one after another, with 3 inputs and 10 outputs; the first is read twice, by a skip."""

    def macs(kept: np.ndarray) -> int:
        counts = stay(of, kept)
        layers = zip(coefficients, [3, *counts], [*counts, 10], strict=True)
        return sum(each * before * after for each, before, after in layers) + coefficients[0] * counts[0] ** 2

    return macs


def all_cuts(of: Candidates) -> Iterator[np.ndarray]:
    """Every choice of counts that steps and floors allow."""
    ladders = [
        {size, *range(size // step * step, lowest - 1, -step)}
        for size, step, lowest in zip(of.sizes.tolist(), of.step.tolist(), of.lowest.tolist(), strict=True)
    ]
    for counts in product(*ladders):
        yield of.rank >= (of.sizes - counts)[of.group_of]


@settings(deadline=None, max_examples=40)
@given(
    sizes=st.lists(st.integers(1, 44), min_size=1, max_size=4),
    coefficients=st.lists(st.integers(1, 1000), min_size=5, max_size=5),
    seed=st.integers(0, 99),
    ratio=st.sampled_from([0.25, 0.33, 0.5, 0.75, 0.9]),
    scope=st.sampled_from(["layer", "global"]),
)
def test_no_combination_of_eights_misses_the_budget_by_less(sizes, coefficients, seed, ratio, scope):
    rng = np.random.default_rng(seed)
    of = make([rng.lognormal(size=size).tolist() for size in sizes], step=8)
    macs = chain_macs(of, coefficients[: len(sizes) + 1])
    budget = ratio * macs(np.ones(sum(sizes), bool))
    fitting = [count for count in map(macs, all_cuts(of)) if count <= budget]
    if not fitting:
        with pytest.raises(ModelError, match="the smallest possible model"):
            by_macs(of, ratio, scope, macs)
        return
    found = macs(by_macs(of, ratio, scope, macs))
    assert min(max(fitting), (1 - CLOSE) * budget) <= found <= budget


@settings(deadline=None, max_examples=20)
@given(
    sizes=st.lists(st.integers(9, 40), min_size=2, max_size=4),
    coefficients=st.lists(st.integers(1, 1000), min_size=5, max_size=5),
    seed=st.integers(0, 99),
)
def test_no_combination_that_close_loses_less(sizes, coefficients, seed):
    rng = np.random.default_rng(seed)
    of = make([rng.lognormal(size=size).tolist() for size in sizes], step=8)
    macs = chain_macs(of, coefficients[: len(sizes) + 1])
    budget = 0.5 * macs(np.ones(sum(sizes), bool))
    least, worth = tuple(of.lowest.tolist()), 1000 * of.scores
    if macs(of.rank >= (of.sizes - least)[of.group_of]) <= budget:
        found = CutSearch(of=of, lost=sums_of_lost(of, worth), macs=macs, budget=budget).best(least)
        lost = [worth[~kept].sum() for kept in all_cuts(of) if (1 - CLOSE) * budget <= macs(kept) <= budget]
        gone = of.rank < (of.sizes - found)[of.group_of]
        assert not lost or worth[gone].sum() == pytest.approx(min(lost))


def test_a_model_of_many_large_layers_is_counted_a_bounded_number_of_times():
    of = make([np.random.default_rng(group).lognormal(size=1000).tolist() for group in range(30)])
    counts = []

    def macs(kept: np.ndarray) -> int:
        lengths = np.bincount(of.group_of[kept], minlength=30)
        counts.append(int((lengths[1:] * lengths[:-1]).sum()))
        return counts[-1]

    share = macs(by_macs(of, 0.5, "global", macs)) / max(counts)
    assert 0.495 < share <= 0.5
    assert len(counts) < CUTS_TRIED + 300


def test_the_same_cut_is_chosen_again_and_ties_go_by_index():
    of = make([[1] * 16, [1] * 16, [1] * 16], step=8)

    def macs(kept: np.ndarray) -> int:
        return int(kept.sum())

    for scope in ("layer", "global"):
        first = by_macs(of, 0.84, scope, macs)
        assert np.array_equal(first, by_macs(of, 0.84, scope, macs))
        assert stay(of, first) == [8, 16, 16]
