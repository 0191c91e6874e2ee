"""Sparse evolutionary training: layers start as Erdős–Rényi random graphs, and their weakest connections are rewired.

Mocanu et al., "Scalable training of artificial neural networks with adaptive sparse connectivity inspired by network
science", Nature Communications 2018, algorithm 1. After each epoch the share zeta of the smallest positive and of the
largest negative weights of each layer goes, and as many grow at random places. Saved weights keep the largest ones in
the numbers that such graphs would have: a random choice would throw away what they have learnt.
"""

from collections import defaultdict
from collections.abc import Mapping
from math import prod

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.recipe import MethodRecipe, PointRecipe
from edgeprune.pruning.magnitude import is_convolution, share_of
from edgeprune.pruning.masks import keep_largest, removal_count
from edgeprune.pruning.regimes.erdos_renyi import kept_by_epsilon, kept_by_total
from edgeprune.pruning.regimes.regime import Regime, Weights
from edgeprune.pruning.regimes.rewiring import rewire, share_left, weakest_of_each_sign

SUMMARY = "sparse evolutionary training: Erdős–Rényi start, weakest rewired each epoch (--sparsity S or --epsilon E)"
KIND = "regime"
OPTIONS = ("sparsity", "conv_sparsity", "dense_sparsity", "epsilon", "zeta")


def check(recipe: MethodRecipe) -> None:
    """Raise UsageError where the recipe says twice how much."""
    shares = (recipe.sparsity, recipe.conv_sparsity, recipe.dense_sparsity)
    if recipe.epsilon is not None and shares != (None, None, None):
        raise UsageError("--epsilon and --sparsity both say how many weights stay", "give one of them")


def regime(recipe: PointRecipe) -> Regime:
    """From scratch the start is random, else it keeps the largest weights."""

    def start(weights: Weights, generator: np.random.Generator) -> dict[WeightKey, Mask]:
        counts = kept_counts({key: weights[key].shape for key in weights}, recipe)
        choose = _random if recipe.from_scratch else _largest
        return {key: choose(weights[key], kept, generator) for key, kept in counts.items()}

    def rewired(weights: Weights, over: float, generator: np.random.Generator) -> dict[WeightKey, Array]:
        counts = kept_counts({key: weights[key].shape for key in weights}, recipe)
        zeta = share_left(recipe.zeta, over)
        return {key: rewire(weights[key], kept, zeta, weakest_of_each_sign, generator) for key, kept in counts.items()}

    return Regime(starts=(start,), rewire=rewired)


def kept_counts(shapes: Mapping[WeightKey, tuple[int, ...]], recipe: MethodRecipe) -> dict[WeightKey, int]:
    """Weights that stay of each array.

    A sparsity is that of all arrays for which it is asked together: of all convolutions, of all others, or of both.
    """
    if recipe.epsilon is not None:
        return dict(zip(shapes, kept_by_epsilon(list(shapes.values()), recipe.epsilon), strict=True))
    groups: dict[str, list[WeightKey]] = defaultdict(list)
    for key, shape in shapes.items():
        groups[_group(shape, recipe)].append(key)
    counts: dict[WeightKey, int] = {}
    for keys in groups.values():
        members = [shapes[key] for key in keys]
        size = sum(prod(shape) for shape in members)
        total = size - removal_count(size, share_of(members[0], recipe))
        counts |= dict(zip(keys, kept_by_total(members, total), strict=True))
    return counts


def _group(shape: tuple[int, ...], recipe: MethodRecipe) -> str:
    """Arrays of one group share one sparsity."""
    kind, special = (
        ("convolutions", recipe.conv_sparsity) if is_convolution(shape) else ("others", recipe.dense_sparsity)
    )
    return kind if special is not None or recipe.sparsity is None else "all"


def _largest(array: Array, kept: int, _: np.random.Generator) -> Mask:
    return keep_largest([array], array.size - kept)[0]


def _random(array: Array, kept: int, generator: np.random.Generator) -> Mask:
    mask: Mask = np.zeros(array.size, dtype=bool)
    mask[generator.choice(array.size, kept, replace=False)] = True
    return mask.reshape(array.shape)
