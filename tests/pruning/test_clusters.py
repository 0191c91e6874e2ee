"""Clusters: few values, zeros kept, every weight with the value nearest to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgeprune.pruning.clusters import cluster

ARRAYS = hnp.arrays(
    np.float32,
    hnp.array_shapes(max_dims=4, max_side=8),
    elements=st.one_of(st.just(0.0), st.floats(-2, 2, width=32, allow_subnormal=False)),
)


@given(ARRAYS, st.integers(2, 20))
def test_at_most_so_many_values_are_left_and_zeros_stay_where_they_are(weights, count):
    shared = cluster(weights, count).array
    assert shared.shape == weights.shape
    assert shared.dtype == weights.dtype
    assert len(np.unique(shared)) <= count
    assert (shared[weights == 0] == 0).all()


@given(ARRAYS, st.integers(2, 20))
def test_every_weight_gets_the_nearest_value(weights, count):
    clusters = cluster(weights, count)
    alive = weights[weights != 0]
    values = clusters.values[1:] if (weights == 0).any() else clusters.values
    if not alive.size:
        return
    nearest = np.abs(alive[:, None] - values[None, :]).min(axis=1)
    assert np.allclose(np.abs(clusters.array[weights != 0] - alive), nearest, atol=1e-6)


def test_each_value_is_the_mean_of_its_members():
    weights = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    clusters = cluster(weights, 16)
    assert len(clusters.values) == 16
    means = [weights[clusters.members == index].mean() for index in range(16)]
    assert np.allclose(means, clusters.values, atol=1e-5)


def test_few_distinct_weights_are_left_as_they_are():
    weights = np.array([[0.0, 0.5], [-1.0, 0.5]], np.float32)
    assert np.array_equal(cluster(weights, 16).array, weights)


@pytest.mark.parametrize("value", [0.0, 0.25])
def test_an_array_of_one_value(value):
    weights = np.full((3, 4), value, np.float32)
    assert np.array_equal(cluster(weights, 4).array, weights)
