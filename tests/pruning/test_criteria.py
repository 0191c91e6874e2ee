"""Each criterion on a channel graph made by hand: Conv(4 filters) -> BN -> Flatten(3 positions) -> Dense."""

import numpy as np
import pytest

from edgeprune.contracts.channel_statistics import ActivationStatistics, ChannelStatistics
from edgeprune.contracts.channels import NO_CHANNEL, ChannelGraph, ChannelGroup, TensorAxis, WeightAxis
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.model import TensorRef
from edgeprune.contracts.plugins import catalogue, load
from edgeprune.pruning.cuts.structured_cut import needs
from edgeprune.pruning.importance import Evidence

UNITS = np.arange(4)
FLAT = np.tile(UNITS, 3)
FEATURES = TensorRef(2)


def conv_then_dense() -> ChannelGraph:
    return ChannelGraph(
        unit_of=UNITS,
        group_of=np.zeros(4, np.int64),
        groups=(ChannelGroup(name="conv", producers=("conv",), consumers=("dense",), units=4),),
        weight_axes=(
            WeightAxis(weight=("conv", "kernel"), axis=3, channels=UNITS),
            WeightAxis(weight=("conv", "bias"), axis=0, channels=UNITS),
            WeightAxis(weight=("bn", "gamma"), axis=0, channels=UNITS),
            WeightAxis(weight=("dense", "kernel"), axis=0, channels=FLAT, consumes=True),
        ),
        tensor_axes=(TensorAxis(tensor=FEATURES, axis=1, channels=FLAT),),
        edits=(),
    )


def moments(inputs: np.ndarray) -> np.ndarray:
    """The mean of (x, 1)(x, 1)^T."""
    extended = np.column_stack([inputs, np.ones(len(inputs))])
    return extended.T @ extended / len(inputs)


def evidence(seed: int = 0) -> Evidence:
    random = np.random.default_rng(1)
    weights = {
        ("conv", "kernel"): random.normal(size=(3, 3, 2, 4)).astype(np.float32),
        ("conv", "bias"): np.array([9, 9, 9, 9], np.float32),
        ("bn", "gamma"): np.array([0.5, -2, 0, 1], np.float32),
        ("dense", "kernel"): random.normal(size=(12, 5)).astype(np.float32),
    }
    statistics = ChannelStatistics(
        activations={
            (FEATURES, 1): ActivationStatistics(
                mean_magnitude=np.arange(12.0), zero_share=np.array([0, 0.1, 0.2, 0.3] * 3)
            )
        },
        moments={"dense": moments(random.normal(size=(500, 12)))},
        sensitivities={(("dense", "kernel"), 0): np.stack([np.arange(12.0), -np.arange(12.0)])},
    )
    return Evidence(graph=conv_then_dense(), weights=weights, statistics=statistics, seed=seed)


def scores(name: str, seen: Evidence) -> np.ndarray:
    return load("edgeprune.pruning.criteria", name).score(seen)


@pytest.mark.parametrize(("name", "power", "root"), [("l1", np.abs, np.array), ("l2", np.square, np.sqrt)])
def test_norms_are_the_mean_of_both_sides_each_scaled_to_mean_one(name, power, root):
    seen = evidence()
    makes = root(power(seen.weights["conv", "kernel"]).sum(axis=(0, 1, 2)))
    reads = root(power(seen.weights["dense", "kernel"]).reshape(3, 4, 5).sum(axis=(0, 2)))
    expected = (makes / makes.mean() + reads / reads.mean()) / 2
    assert scores(name, seen) == pytest.approx(expected, rel=1e-5)


def test_norms_do_not_depend_on_the_size_of_a_layers_weights():
    seen = evidence()
    larger = {key: value * (100 if key[0] == "dense" else 1) for key, value in seen.weights.items()}
    scaled = Evidence(graph=seen.graph, weights=larger, statistics=seen.statistics)
    assert scores("l1", scaled) == pytest.approx(scores("l1", seen), rel=1e-5)


def test_equal_filters_have_equal_scores():
    seen = evidence()
    alike = {key: np.ones_like(value) / 3 for key, value in seen.weights.items()}
    assert len(set(scores("l1", Evidence(graph=seen.graph, weights=alike, statistics=seen.statistics)))) == 1


def test_half_precision_weights_do_not_overflow():
    seen = evidence()
    half = {key: np.full(value.shape, 6e4, np.float16) for key, value in seen.weights.items()}
    assert scores("l2", Evidence(graph=seen.graph, weights=half, statistics=seen.statistics)) == pytest.approx(1)


def test_bn_scale_is_the_magnitude_of_gamma():
    assert scores("bn-scale", evidence()) == pytest.approx([0.5, 2, 0, 1])


def test_activation_is_the_mean_over_the_positions_of_a_channel():
    assert scores("activation", evidence()) == pytest.approx([4, 5, 6, 7])


def test_apoz_counts_what_is_not_zero():
    assert scores("apoz", evidence()) == pytest.approx([1, 0.9, 0.8, 0.7])


def test_taylor_squares_the_sum_of_each_batch():
    """Opposite signs in two batches must not cancel."""
    assert scores("taylor", evidence()) == pytest.approx(np.square([12, 15, 18, 21]))


def test_random_follows_the_seed():
    assert not np.array_equal(scores("random", evidence(seed=1)), scores("random", evidence(seed=2)))


@pytest.mark.parametrize("name", ["l1", "l2", "bn-scale", "activation", "apoz", "taylor"])
def test_a_criterion_says_nothing_of_what_it_cannot_see(name):
    """A second group with no weight, normalisation or tensor of its own."""
    seen = evidence()
    graph = ChannelGraph(
        unit_of=np.arange(6),
        group_of=np.array([0, 0, 0, 0, 1, 1]),
        groups=(*seen.graph.groups, ChannelGroup(name="other", producers=(), consumers=(), units=2)),
        weight_axes=(
            *seen.graph.weight_axes,
            WeightAxis(weight=("conv", "kernel"), axis=2, channels=np.array([NO_CHANNEL, NO_CHANNEL])),
        ),
        tensor_axes=seen.graph.tensor_axes,
        edits=(),
    )
    found = scores(name, Evidence(graph=graph, weights=seen.weights, statistics=seen.statistics))
    assert np.isnan(found).tolist() == [False] * 4 + [True] * 2


def test_an_unknown_criterion_lists_the_others():
    known = ", ".join(catalogue("edgeprune.pruning.criteria"))
    with pytest.raises(UsageError, match=f"'l11' is not one of {known}; did you mean 'l1'"):
        needs("l11")


def test_what_readers_lose_is_the_error_of_least_squares_without_the_channel():
    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(4000, 12)) @ rng.normal(size=(12, 12)) + 5
    inputs[:, 5] = 2 * inputs[:, 0] - inputs[:, 3]
    seen = evidence()
    statistics = ChannelStatistics(moments={"dense": moments(inputs)})
    found = scores("reconstruction", Evidence(graph=seen.graph, weights=seen.weights, statistics=statistics))
    x, kernel = inputs - inputs.mean(axis=0), seen.weights["dense", "kernel"]
    expected = np.zeros(4)
    for index, unit in enumerate(FLAT):
        others = np.delete(x, index, axis=1)
        rest = x[:, index] - others @ np.linalg.lstsq(others, x[:, index], rcond=None)[0]
        expected[unit] += np.square(np.outer(rest, kernel[index])).mean(axis=0).sum()
    np.testing.assert_allclose(found, expected / (x @ kernel).var(axis=0).sum(), rtol=0.2, atol=2e-3)
