"""Shares of layers that follow from one share of all, and those that `--method scheduled` gives to layers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.pruning.lamp import layer_sparsities
from edgeprune.pruning.methods import scheduled

SCORES = st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=1, max_size=12).map(sorted), min_size=1)


@settings(deadline=None)
@given(SCORES, st.floats(0, 0.999))
def test_the_count_is_that_of_one_share_of_all_and_no_layer_is_emptied(scores, sparsity):
    sizes = [len(layer) for layer in scores]
    shares = layer_sparsities([np.array(layer) for layer in scores], sparsity)
    removed = [round(share * size) for share, size in zip(shares, sizes, strict=True)]
    assert sum(removed) == min(round(sparsity * sum(sizes)), sum(sizes) - len(sizes))
    assert all(count < size for count, size in zip(removed, sizes, strict=True))


def test_a_layer_of_few_weights_stays_denser_and_scales_do_not_matter():
    generator = np.random.default_rng(0)
    wide, narrow = (np.sort(np.abs(generator.normal(size=size))) for size in (100_000, 1_000))
    shares = layer_sparsities([wide, narrow], 0.98)
    assert shares[0] > 0.98 > 0.9 > shares[1]
    assert layer_sparsities([1e-4 * wide, narrow], 0.98) == shares


def weights():
    generator = np.random.default_rng(0)
    shapes = {("conv", "kernel"): (3, 3, 4, 8), ("lstm", "kernel"): (16, 64), ("lstm", "recurrent_kernel"): (16, 64)}
    shapes["head", "kernel"] = (64, 8)
    return {key: generator.normal(size=shape).astype("float32") for key, shape in shapes.items()}


def shares(recipe, arrays):
    scheduled.check(recipe)
    found = scheduled.sparsities(arrays, recipe)
    zeros = {key: np.count_nonzero(~scheduled.keep(array, found[key], recipe)) for key, array in arrays.items()}
    return found, sum(zeros.values()) / sum(array.size for array in arrays.values())


def test_one_share_is_that_of_all_layers_and_the_weights_of_a_layer_keep_step():
    found, total = shares(PointRecipe(method="scheduled", sparsity=0.9, epochs=1), weights())
    assert total == pytest.approx(0.9, abs=1e-3)
    assert found["lstm", "kernel"] == found["lstm", "recurrent_kernel"] > found["head", "kernel"]


@pytest.mark.parametrize(
    "options", [{"sparsity": 0.9, "scope": "layer"}, {"sparsity": 0.9, "dense_sparsity": 0.9}, {"dense_sparsity": 0.5}]
)
def test_shares_that_are_given_for_layers_are_taken_at_their_word(options):
    found, _ = shares(PointRecipe(method="scheduled", epochs=1, **options), weights())
    dense = options.get("dense_sparsity", 0.9)
    assert found["head", "kernel"] == found["lstm", "kernel"] == dense
    assert found["conv", "kernel"] == options.get("sparsity", 0.5)


@pytest.mark.parametrize("block", [None, "1x4"])
def test_zeros_that_a_layer_has_stay(block):
    arrays = {key: array for key, array in weights().items() if array.ndim == 2}
    head = arrays["head", "kernel"]
    head[np.random.default_rng(1).random(head.shape) < 0.8] = 0
    found, total = shares(PointRecipe(method="scheduled", sparsity=0.6, block=block, epochs=1), arrays)
    assert found["head", "kernel"] >= 1 - np.count_nonzero(head) / head.size
    assert total == pytest.approx(0.6, abs=2e-3)
