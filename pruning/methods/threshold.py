"""Threshold pruning: weights of small magnitude carry little, so they become zero.

Han et al., "Learning both Weights and Connections for Efficient Neural Networks", NeurIPS 2015, section 3.
"""

from collections.abc import Mapping

from contracts.data import Array
from contracts.errors import UsageError
from contracts.masks import Mask
from contracts.model import WeightKey
from contracts.recipe import MethodRecipe
from pruning.masks import at_least

SUMMARY = "zeroes every kernel weight with |w| < T (--threshold T)"
KIND = "mask"
OPTIONS = ("threshold",)


def check(recipe: MethodRecipe) -> None:
    """Raise UsageError unless the recipe says how much."""
    if recipe.threshold is None:
        raise UsageError("--method threshold needs --threshold T", "for example --threshold 0.02")


def masks(weights: Mapping[WeightKey, Array], recipe: MethodRecipe) -> dict[WeightKey, Mask]:
    """A mask for each array: True where |w| >= recipe.threshold."""
    assert recipe.threshold is not None
    return {key: at_least(weights[key], recipe.threshold) for key in weights}
