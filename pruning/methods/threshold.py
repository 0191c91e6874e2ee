"""Threshold pruning: weights of small magnitude carry little, so they become zero.

Han et al., "Learning both Weights and Connections for Efficient Neural Networks", NeurIPS 2015, section 3.
"""

from collections.abc import Mapping

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.recipe import MethodRecipe
from edgeprune.pruning.blocks import SINGLE, block_means, parse_block, spread
from edgeprune.pruning.masks import at_least

SUMMARY = "zeroes every kernel weight with |w| < T (--threshold T)"
KIND = "mask"
EXACT = True
"""The recipe says which weights go."""
OPTIONS = ("threshold", "block", "repair")


def check(recipe: MethodRecipe) -> None:
    """Raise UsageError unless the recipe says how much."""
    _threshold(recipe)
    parse_block(recipe.block)


def _threshold(recipe: MethodRecipe) -> float:
    if recipe.threshold is None:
        raise UsageError("--method threshold needs --threshold T", "for example --threshold 0.02")
    return recipe.threshold


def masks(weights: Mapping[WeightKey, Array], recipe: MethodRecipe) -> dict[WeightKey, Mask]:
    """A mask for each array: True where |w| >= recipe.threshold (the mean |w| of its block, where there are any)."""
    threshold, block = _threshold(recipe), parse_block(recipe.block)
    if block == SINGLE:
        return {key: at_least(weights[key], threshold) for key in weights}
    return {key: spread(at_least(block_means(weights[key], block), threshold), weights[key], block) for key in weights}
