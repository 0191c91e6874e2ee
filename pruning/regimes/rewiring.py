"""Drop and grow: weak weights become zero, and as many grow anew at random places."""

import math
from collections.abc import Callable

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.pruning.masks import keep_largest

Drop = Callable[[Array, float, int], Array]
"""Flat weights, the share of those not 0 that goes, and at most how many, to the indices of those that go."""

SMALLEST = 1e-6
"""Weights do not grow smaller than half of this: float16 can still hold it."""


def weakest(flat: Array, share: float, most: int) -> Array:
    """The share of smallest |w|."""
    return _weakest(flat, np.flatnonzero(flat), share, most)


def weakest_of_each_sign(flat: Array, share: float, most: int) -> Array:
    """The share of smallest positive weights, and that of the negative ones closest to 0."""
    positive = _weakest(flat, np.flatnonzero(flat > 0), share, most)
    negative = _weakest(flat, np.flatnonzero(flat < 0), share, most - positive.size)
    return np.concatenate([positive, negative])


def _weakest(flat: Array, among: Array, share: float, most: int) -> Array:
    (stays,) = keep_largest([flat[among]], min(round(share * among.size), most))
    return among[~stays]


def share_left(zeta: float, over: float) -> float:
    """What becomes of `zeta` when the share `over` of the epochs is over: zeta / 2 * (1 + cos(pi * over)).

    Evci et al., "Rigging the Lottery", ICML 2020, section 3, who have SET do so too: what grows when the learning rate,
    which falls alike, is near 0 learns nothing any more.
    """
    return zeta / 2 * (1 + math.cos(math.pi * over))


def rewire(weights: Array, kept: int, zeta: float, drop: Drop, generator: np.random.Generator) -> Array:
    """New weights of which exactly `kept` are not 0: the share `zeta` is dropped, others grow where there were zeros.

    Weights that training itself brought to 0 are made up for. What grows is never 0, or no gradient might ever reach it
    (inputs that are always 0), and no larger than what was dropped, so that it does not upset what is learnt.
    """
    flat = weights.flatten()
    zero = np.flatnonzero(flat == 0)
    dropped = drop(flat, zeta, flat.size - kept)
    largest = np.abs(flat[dropped]).max(initial=SMALLEST)
    flat[dropped] = 0
    places = generator.choice(zero, kept - np.count_nonzero(flat), replace=False)
    flat[places] = largest * generator.uniform(0.5, 1, places.size) * generator.choice([-1, 1], places.size)
    return flat.reshape(weights.shape)
