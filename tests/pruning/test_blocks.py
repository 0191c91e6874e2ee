"""Blocks of weights: what they cover, exact counts, and their layout in the kernels of TFLite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import MethodRecipe
from edgeprune.pruning.blocks import block_means, keep_largest_blocks, parse_block, spread
from edgeprune.pruning.masks import keep_largest, removal_count
from edgeprune.pruning.methods import magnitude, threshold

KERNELS = hnp.arrays(
    np.float32, hnp.array_shapes(min_dims=2, max_dims=4, max_side=9), elements=st.floats(-1, 1, width=32)
)
BLOCKS = st.tuples(st.integers(1, 4), st.integers(1, 5))


def kernel(inputs: int, outputs: int):
    return np.random.default_rng(0).standard_normal((inputs, outputs)).astype(np.float32)


@given(KERNELS, BLOCKS)
def test_means_spread_over_their_blocks_keep_the_sum(weights, block):
    means = block_means(weights, block)
    spread_means = spread(means, weights, block)
    assert spread_means.shape == weights.shape
    assert np.isclose(spread_means.sum(dtype=np.float64), np.abs(weights).sum(dtype=np.float64), rtol=1e-4, atol=1e-6)


@given(KERNELS, BLOCKS.filter(lambda block: block != (1, 1)), st.floats(0, 1))
def test_exactly_the_share_of_the_blocks_goes_whole_and_each_output_keeps_one(weights, block, sparsity):
    (mask,) = keep_largest_blocks([weights], sparsity, block)
    kept = block_means(mask.astype(np.float32), block)
    outputs = kept.shape[-1]
    assert np.isin(kept, (0, 1)).all()
    assert np.count_nonzero(kept == 0) == min(removal_count(kept.size, sparsity), kept.size - outputs)
    assert kept.reshape(-1, outputs).any(axis=0).all()


@given(KERNELS, st.floats(0, 1))
def test_a_block_of_one_weight_is_a_weight(weights, sparsity):
    (blocks,) = keep_largest_blocks([weights], sparsity, (1, 1))
    (single,) = keep_largest([weights], removal_count(weights.size, sparsity))
    assert np.array_equal(blocks, single)


def test_a_block_is_consecutive_inputs_of_one_output():
    weights = kernel(64, 8)
    mask = magnitude.masks({("dense", "kernel"): weights}, MethodRecipe(sparsity=0.5, block="1x16"))["dense", "kernel"]
    of_outputs = mask.T.reshape(8, 4, 16)  # (outputs, blocks, inputs): the runtime's layout
    assert np.array_equal(of_outputs.all(axis=-1), of_outputs.any(axis=-1))
    means = np.abs(weights.T).reshape(8, 4, 16).mean(axis=-1)
    largest = np.zeros_like(of_outputs.any(axis=-1))
    largest[np.arange(8), means.argmax(axis=-1)] = True
    others = means[~largest]
    kept = of_outputs.any(axis=-1)[~largest]
    assert others[kept].min() > others[~kept].max()
    assert mask.mean() == 0.5


def test_convolutions_have_blocks_of_input_channels_at_one_position():
    weights = np.random.default_rng(0).standard_normal((3, 3, 32, 4)).astype(np.float32)
    mask = magnitude.masks({("conv", "kernel"): weights}, MethodRecipe(sparsity=0.5, block="1x16"))["conv", "kernel"]
    blocks = np.moveaxis(mask, -1, 0).reshape(4, 3, 3, 2, 16)
    assert np.array_equal(blocks.all(axis=-1), blocks.any(axis=-1))


def test_threshold_goes_by_the_mean_of_a_block():
    weights = np.array([[0.1, 1.0], [0.3, 0.0]], np.float32)
    recipe = MethodRecipe(threshold=0.3, block="1x2")
    assert threshold.masks({("d", "kernel"): weights}, recipe)["d", "kernel"].tolist() == [[False, True], [False, True]]


def test_a_bias_has_no_blocks():
    (mask,) = keep_largest_blocks([np.arange(10.0)], 0.5, (1, 16))
    assert mask.tolist() == [False] * 5 + [True] * 5


@pytest.mark.parametrize("text", ["16", "0x4", "1x", "x16", "1x16x2", "1×16", "-1x4"])
def test_other_texts_than_two_lengths_are_refused(text):
    with pytest.raises(UsageError, match=r"--block: expected OUTPUTSxINPUTS, found .*; for example --block 1x16"):
        parse_block(text)
