"""Masks: exact counts, stable ties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgeprune.contracts.recipes.recipe import PruneRecipe
from edgeprune.pruning.masks import at_least, keep_largest, removal_count
from edgeprune.pruning.methods import magnitude, threshold

WEIGHTS = hnp.arrays(
    np.float32,
    hnp.array_shapes(max_dims=4, max_side=6),
    # Few distinct values, so that ties are the rule.
    elements=st.sampled_from([-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0]),
)


@given(WEIGHTS, st.floats(0, 2))
def test_threshold_keeps_exactly_what_is_not_below(weights, limit):
    assert np.array_equal(at_least(weights, limit), np.abs(weights) >= np.float32(limit))


def test_threshold_zero_removes_nothing():
    assert at_least(np.array([0.0, -0.0, 1e-30], np.float32), 0.0).all()


@given(st.lists(WEIGHTS, min_size=1, max_size=4), st.floats(0, 1))
def test_the_count_is_exact_whatever_the_ties(arrays, sparsity):
    size = sum(array.size for array in arrays)
    removed = removal_count(size, sparsity)
    masks = keep_largest(arrays, removed)
    assert [mask.shape for mask in masks] == [array.shape for array in arrays]
    assert sum(mask.size - np.count_nonzero(mask) for mask in masks) == removed


@given(st.lists(WEIGHTS, min_size=1, max_size=4), st.floats(0, 1))
def test_nothing_removed_is_larger_than_anything_kept(arrays, sparsity):
    masks = keep_largest(arrays, removal_count(sum(array.size for array in arrays), sparsity))
    kept = np.concatenate([np.abs(array[mask]) for array, mask in zip(arrays, masks, strict=True)])
    gone = np.concatenate([np.abs(array[~mask]) for array, mask in zip(arrays, masks, strict=True)])
    if kept.size and gone.size:
        assert gone.max() <= kept.min()


def test_ties_go_in_index_order():
    (mask,) = keep_largest([np.full((2, 3), 0.5, np.float32)], 4)
    assert mask.ravel().tolist() == [False] * 4 + [True] * 2


def kernels():
    generator = np.random.default_rng(0)
    return {
        ("conv", "kernel"): generator.normal(size=(3, 3, 2, 10)).astype(np.float32),
        ("dense", "kernel"): generator.normal(size=(20, 10)).astype(np.float32),
    }


def sparsity(mask):
    return 1 - np.count_nonzero(mask) / mask.size


def test_convolutions_and_dense_layers_have_their_own_share():
    recipe = PruneRecipe(method="magnitude", conv_sparsity=0.5, dense_sparsity=0.8)
    masks = magnitude.masks(kernels(), recipe)
    assert sparsity(masks["conv", "kernel"]) == 0.5
    assert sparsity(masks["dense", "kernel"]) == 0.8


def test_one_special_share_leaves_the_general_one_to_the_others():
    masks = magnitude.masks(kernels(), PruneRecipe(method="magnitude", sparsity=0.9, conv_sparsity=0.5))
    assert [round(sparsity(mask), 3) for mask in masks.values()] == [0.5, 0.9]


def test_global_scope_ranks_all_layers_together():
    weights = kernels()
    weights["dense", "kernel"] += np.float32(100)
    masks = magnitude.masks(weights, PruneRecipe(method="magnitude", sparsity=180 / 380, scope="global"))
    assert not masks["conv", "kernel"].any()
    assert masks["dense", "kernel"].all()


@pytest.mark.parametrize(
    ("method", "recipe"),
    [
        (threshold, PruneRecipe()),
        (magnitude, PruneRecipe(method="magnitude")),
        (magnitude, PruneRecipe(method="magnitude", conv_sparsity=0.5)),
        (magnitude, PruneRecipe(method="magnitude", sparsity=0.5, dense_sparsity=0.1, scope="global")),
    ],
)
def test_a_recipe_that_does_not_say_how_much_is_refused(method, recipe):
    with pytest.raises(Exception, match=r"--(threshold|sparsity)"):
        method.check(recipe)
