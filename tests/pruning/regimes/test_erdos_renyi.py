"""Erdős–Rényi densities: exact totals, proportional to the sum of the axes, never more than there is."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgeprune.pruning.regimes.erdos_renyi import kept_by_epsilon, kept_by_total

SHAPES = st.lists(
    st.one_of(
        st.tuples(st.integers(1, 40), st.integers(1, 40)),
        st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 20), st.integers(1, 20)),
        st.tuples(st.integers(1, 50)),
    ),
    min_size=1,
    max_size=6,
)


@given(SHAPES, st.floats(0, 1))
def test_the_counts_add_up_and_no_array_keeps_more_than_it_has(shapes, density):
    sizes = [math.prod(shape) for shape in shapes]
    total = round(density * sum(sizes))
    kept = kept_by_total(shapes, total)
    assert sum(kept) == total
    assert all(0 <= count <= size for count, size in zip(kept, sizes, strict=True))


@given(SHAPES, st.floats(0, 1))
def test_one_epsilon_fits_all_arrays_that_are_not_whole(shapes, density):
    sizes = [math.prod(shape) for shape in shapes]
    kept = kept_by_total(shapes, round(density * sum(sizes)))
    ratios = [(count, sum(shape)) for count, size, shape in zip(kept, sizes, shapes, strict=True) if count < size]
    low = max(((count - 1) / axes for count, axes in ratios), default=0)
    high = min(((count + 1) / axes for count, axes in ratios), default=math.inf)
    assert low <= high


def test_an_epsilon_gives_the_densities_of_the_papers():
    dense, convolution = (784, 300), (5, 5, 20, 50)
    assert kept_by_epsilon([dense, convolution], 11) == [11 * 1084, 11 * 80]
    assert kept_by_epsilon([(3, 2)], 11) == [6]


def test_epsilon_and_total_agree():
    shapes = [(784, 512), (512, 256), (256, 128), (128, 10)]
    by_epsilon = kept_by_epsilon(shapes, 9)
    assert kept_by_total(shapes, int(np.sum(by_epsilon))) == by_epsilon
