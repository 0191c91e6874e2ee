"""Weights solved anew where others went: against least squares done by hand, and against the true loss of a weight."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from edgeprune.contracts.linear_moments import LinearMoments, missing_constant
from edgeprune.pruning.masks import keep_largest
from edgeprune.pruning.repair.columns import FEWEST, MOST, column_parts
from edgeprune.pruning.repair.gradual import in_steps, where_free
from edgeprune.pruning.repair.least_squares import RIDGE, refit
from edgeprune.pruning.repair.shares import DENSITIES, POINTS, choose_sparsities

ROWS, INPUTS, OUTPUTS = 4000, 12, 5


@pytest.fixture(scope="module")
def inputs() -> np.ndarray:
    """Inputs that depend on each other, about a mean."""
    rng = np.random.default_rng(0)
    mixed: np.ndarray = rng.normal(size=(ROWS, INPUTS)) @ rng.normal(size=(INPUTS, INPUTS)) + 3
    return mixed


@pytest.fixture(scope="module")
def kernel() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(1, INPUTS, OUTPUTS))


def moments_of(inputs: np.ndarray, kernel: np.ndarray, columns: slice = slice(0, INPUTS)) -> LinearMoments:
    some = inputs[:, columns]
    outputs = some @ kernel[0, columns]
    x, y = some - some.mean(axis=0), outputs - outputs.mean(axis=0)
    return LinearMoments(
        columns=columns,
        gram=(x.T @ x / len(x))[None],
        cross=(x.T @ y / len(x))[None],
        input_mean=some.mean(axis=0)[None],
        output_mean=outputs.mean(axis=0)[None],
        rows=len(x),
    )


def error(inputs: np.ndarray, kernel: np.ndarray, other: np.ndarray, moments: LinearMoments) -> float:
    """Mean squared difference of the outputs, with the constant that makes up for the means."""
    constant = missing_constant([moments], other)
    return float(np.square(inputs @ (other - kernel)[0] + constant).mean())


def test_what_stays_is_the_least_squares_solution(inputs, kernel):
    stays = np.random.default_rng(2).random(kernel.shape) < 0.5
    weights, _ = refit(moments_of(inputs, kernel), kernel, stays, saliencies=False)
    assert not weights[~stays].any()
    x, y = inputs - inputs.mean(axis=0), inputs @ kernel[0]
    for output in range(OUTPUTS):
        free = stays[0, :, output]
        expected, *_ = np.linalg.lstsq(x[:, free], y[:, output] - y[:, output].mean(), rcond=None)
        # The ridge of a thousandth leans a little to the weights as they were.
        np.testing.assert_allclose(weights[0, free, output], expected, atol=0.1)


def test_a_saliency_is_what_the_loss_grows_by_without_the_weight(inputs, kernel):
    moments, stays = moments_of(inputs, kernel), np.ones(kernel.shape, dtype=bool)
    stays[0, 3] = False
    weights, worth = refit(moments, kernel, stays, saliencies=True)
    assert not worth[~stays].any()
    ridge = RIDGE * np.trace(moments.gram[0]) / INPUTS

    def lost(of: np.ndarray) -> float:
        """What is made least, of all outputs together."""
        change = of[0] - kernel[0]
        return float(np.einsum("io,ij,jo->", change, moments.gram[0], change) + ridge * np.square(change).sum())

    for place in [(0, 0, 0), (0, 5, 2), (0, 11, 4)]:
        without = stays.copy()
        without[place] = False
        after, _ = refit(moments, kernel, without, saliencies=False)
        assert lost(after) - lost(weights) == pytest.approx(worth[place])


def choose(worth, sparsity):
    return keep_largest([worth], round(sparsity * worth.size))[0]


def test_zeros_in_steps_lose_less_than_the_smallest_weights_at_once(inputs, kernel):
    moments, every = moments_of(inputs, kernel), np.ones(kernel.shape, dtype=bool)
    at_once = choose(np.abs(kernel), 0.7)
    stepwise = in_steps([moments], kernel, every, 0.7, choose)
    assert np.count_nonzero(stepwise == 0) == round(0.7 * kernel.size)
    bare, solved = np.where(at_once, kernel, 0), where_free([moments], kernel, at_once)
    losses = [error(inputs, kernel, other, moments) for other in (bare, solved, stepwise)]
    assert losses[2] < losses[1] < losses[0]


def test_what_is_zero_already_stays_so(inputs, kernel):
    stays = np.random.default_rng(3).random(kernel.shape) < 0.6
    sparse = np.where(stays, kernel, 0)
    found = in_steps([moments_of(inputs, sparse)], sparse, stays, 0.6, choose)
    assert not found[~stays].any()
    assert np.count_nonzero(found == 0) == round(0.6 * kernel.size)


def test_no_further_zeros_are_asked_for(inputs, kernel):
    every = np.ones(kernel.shape, dtype=bool)
    found = in_steps([moments_of(inputs, kernel)], kernel, every, 0.0, choose)
    np.testing.assert_allclose(found, kernel, atol=1e-9)


def test_parts_of_the_inputs_are_solved_by_themselves(inputs, kernel):
    halves = [moments_of(inputs, kernel, slice(0, 7)), moments_of(inputs, kernel, slice(7, INPUTS))]
    found = in_steps(halves, kernel, np.ones(kernel.shape, dtype=bool), 0.5, choose)
    assert np.count_nonzero(found == 0) == kernel.size // 2
    stays = found != 0
    alone, _ = refit(halves[1], kernel[:, 7:], stays[:, 7:], saliencies=False)
    np.testing.assert_allclose(found[:, 7:], alone)


def test_weights_of_inputs_that_never_change_stay_as_they_were(inputs, kernel):
    moments = moments_of(inputs, kernel)
    constant = replace(moments, gram=0 * moments.gram, cross=np.full_like(moments.cross, 1e-17))  # of rounding
    found = in_steps([constant], kernel, np.ones(kernel.shape, dtype=bool), 0.5, choose)
    np.testing.assert_allclose(found[found != 0], kernel[found != 0])


def test_a_dead_input_and_a_constant_one_go_first():
    rng = np.random.default_rng(0)
    inputs = np.concatenate([rng.normal(size=(500, 3)), np.zeros((500, 1)), np.full((500, 1), 7.0)], axis=1)
    kernel = np.array([0.5, 0.5, 0.5, 9.0, 9.0]).reshape(1, 5, 1)
    found = in_steps([moments_of(inputs, kernel, slice(0, 5))], kernel, np.ones(kernel.shape, bool), 0.4, choose)
    assert (found[0, :, 0] != 0).tolist() == [True, True, True, False, False]


def test_columns_fall_into_parts_of_one_length_that_cover_all():
    assert column_parts(1, 784, 512) == [slice(0, 784)]
    assert column_parts(64, 9, 1) == [slice(0, 9)]
    large = column_parts(1, 25_088, 4096)
    assert (large[0].start, large[-1].stop) == (0, 25_088)
    assert all(a.stop == b.start for a, b in pairwise(large))
    lengths = {part.stop - part.start for part in large}
    assert max(lengths) - min(lengths) <= 1
    assert FEWEST / 2 < min(lengths) <= max(lengths) <= MOST


def test_the_sparsity_of_all_is_as_asked_and_what_is_insensitive_gives_most():
    steep, flat = np.linspace(0, 4, POINTS), np.linspace(0, 0.1, POINTS)
    sizes = [1000, 5000, 1000]
    for asked in (0.0, 0.5, 0.9, 0.99):
        found = choose_sparsities(sizes, [steep, flat, flat], asked)
        assert np.dot(sizes, found) / sum(sizes) == pytest.approx(asked, abs=2e-3)
        assert found[0] <= min(found[1:]) + 1e-9


def test_the_choice_is_the_best_of_all_that_keep_to_the_budget():
    rng = np.random.default_rng(0)
    curves = [np.cumsum(rng.random(POINTS)) - 0.1 for _ in range(2)]
    curves = [np.concatenate([[0.0], curve[:-1]]) for curve in curves]
    sizes = [600, 400]
    found = choose_sparsities(sizes, curves, 0.8)

    def lost(kept: float, curve: np.ndarray) -> float:
        return float(np.interp(-np.log(kept), -np.log(DENSITIES), np.sqrt(curve)))

    grid = DENSITIES[-1] ** np.linspace(0, 1, 400)
    rest = (200 - 600 * grid) / 400
    fits = (rest >= DENSITIES[-1]) & (rest <= 1)
    best = min(lost(a, curves[0]) + lost(b, curves[1]) for a, b in zip(grid[fits], rest[fits], strict=True))
    assert sum(lost(1 - s, curve) for s, curve in zip(found, curves, strict=True)) <= best * 1.02


def test_more_than_the_curves_tell_of_is_shared_alike():
    assert choose_sparsities([100, 100], [np.linspace(0, 1, POINTS)] * 2, 0.9999) == [0.9999, 0.9999]
