"""The regimes: which weights are masked at each start, and what an epoch changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.plugins import load
from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.pruning.methods.iterative import sparsity_after

SHAPES = {("conv", "kernel"): (3, 3, 4, 8), ("hidden", "kernel"): (40, 30), ("head", "kernel"): (30, 5)}
REGIMES = ("pre-training", "in-training", "set", "iterative")
UNIFORM = ("pre-training", "in-training", "iterative")
"""Those that give every layer its share."""


def weights(seed=0):
    generator = np.random.default_rng(seed)
    return {key: generator.normal(size=shape).astype(np.float32) for key, shape in SHAPES.items()}


def regime(name, **settings):
    recipe = PointRecipe(method=name, **settings)
    method = load("edgeprune.pruning.methods", name)
    method.check(recipe)
    return method.regime(recipe)


def final_masks(name, **settings):
    return regime(name, **settings).starts[-1](weights(), np.random.default_rng(0))


def zeros(mask):
    return int(mask.size - np.count_nonzero(mask))


@pytest.mark.parametrize("name", UNIFORM)
@settings(max_examples=25)
@given(sparsity=st.floats(0, 1))
def test_every_layer_gets_exactly_its_share(name, sparsity):
    masks = final_masks(name, sparsity=sparsity)
    assert all(zeros(mask) == round(mask.size * sparsity) for mask in masks.values())


@pytest.mark.parametrize("name", UNIFORM)
def test_without_a_sparsity_convolutions_and_dense_layers_have_the_defaults(name):
    masks = final_masks(name)
    assert zeros(masks["conv", "kernel"]) == 144
    assert zeros(masks["hidden", "kernel"]) == 960
    half = final_masks(name, conv_sparsity=0.25)
    assert (zeros(half["conv", "kernel"]), zeros(half["hidden", "kernel"])) == (72, 960)


@settings(max_examples=25)
@given(sparsity=st.floats(0, 1), from_scratch=st.booleans())
def test_set_reaches_the_sparsity_over_all_layers_together(sparsity, from_scratch):
    masks = final_masks("set", sparsity=sparsity, from_scratch=from_scratch)
    size = sum(mask.size for mask in masks.values())
    assert sum(zeros(mask) for mask in masks.values()) == round(size * sparsity)


def test_set_distributes_each_share_over_its_own_layers():
    masks = final_masks("set")
    assert zeros(masks["conv", "kernel"]) == 144
    others = zeros(masks["hidden", "kernel"]) + zeros(masks["head", "kernel"])
    assert others == round(0.8 * 1350)
    assert masks["head", "kernel"].mean() > masks["hidden", "kernel"].mean()


def test_set_takes_an_epsilon_in_place_of_a_sparsity():
    masks = final_masks("set", epsilon=4)
    assert [int(mask.sum()) for mask in masks.values()] == [4 * 18, 4 * 70, 4 * 35]
    with pytest.raises(UsageError, match="--epsilon"):
        final_masks("set", epsilon=4, sparsity=0.5)


def test_set_keeps_the_largest_saved_weights_and_any_initial_ones():
    saved = weights()["hidden", "kernel"]
    kept = final_masks("set", sparsity=0.9)["hidden", "kernel"]
    assert np.abs(saved[kept]).min() >= np.abs(saved[~kept]).max()
    kept = final_masks("set", sparsity=0.9, from_scratch=True)["hidden", "kernel"]
    assert np.abs(saved[kept]).min() < np.median(np.abs(saved))


@pytest.mark.parametrize("name", ["in-training", "set"])
def test_an_epoch_moves_connections_and_no_count_changes(name):
    plan = regime(name, sparsity=0.8)
    masks = plan.starts[0](weights(), np.random.default_rng(0))
    before = {key: np.where(masks[key], array, 0) for key, array in weights().items()}
    after = plan.rewire(before, 0.0, np.random.default_rng(1))
    for key, array in before.items():
        assert np.count_nonzero(after[key]) == np.count_nonzero(array)
    moved = (before["hidden", "kernel"] != 0) & (after["hidden", "kernel"] == 0)
    assert moved.sum() == pytest.approx(0.3 * np.count_nonzero(before["hidden", "kernel"]), abs=1)


@given(st.floats(0, 1), st.integers(1, 20))
def test_in_every_round_the_same_share_of_the_rest_goes(share, rounds):
    kept = [1 - sparsity_after(share, number, rounds) for number in range(rounds + 1)]
    assert kept[0] == 1
    assert kept[-1] == 1 - share
    if share < 0.999:
        assert np.allclose(np.diff(np.log(kept)), np.log(1 - share) / rounds, atol=1e-6)


def test_rounds_of_iterative_pruning_are_nested():
    plan = regime("iterative", sparsity=0.95, rounds=4)
    arrays = weights()
    counts = []
    for start in plan.starts:
        masks = start(arrays, np.random.default_rng(0))
        arrays = {key: np.where(masks[key], array * 1.5, 0) for key, array in arrays.items()}
        counts.append(zeros(masks["hidden", "kernel"]))
    assert counts == [round(1200 * (1 - 0.05 ** (number / 4))) for number in (1, 2, 3)] + [1140]


def test_a_global_share_ranks_all_layers_together():
    masks = final_masks("iterative", sparsity=0.9, scope="global")
    size = sum(mask.size for mask in masks.values())
    assert sum(zeros(mask) for mask in masks.values()) == round(0.9 * size)
    for name in ("iterative", "pre-training"):
        with pytest.raises(UsageError, match="--scope global"):
            final_masks(name, scope="global")
