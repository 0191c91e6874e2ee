"""Activation pruning: neurons and channels that hardly activate on the user's data are removed.

The score of a unit is its mean |activation| after the activation function, the measure of Molchanov et al., "Pruning
Convolutional Neural Networks for Resource Efficient Inference", ICLR 2017, section 2.2 ("activation").
"""

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import MethodRecipe
from edgeprune.pruning.cuts.structured_cut import CutRequest, cut_request

SUMMARY = "removes neurons and channels whose mean |activation| over the data is below T (--threshold T or --ratio R)"
KIND = "channels"
OPTIONS = ("threshold", "ratio", "scope", "align", "repair")


def check(recipe: MethodRecipe) -> None:
    """Raise UsageError unless the recipe says how much, in one way."""
    if (recipe.threshold is None) == (recipe.ratio is None):
        raise UsageError("--method activation needs either --threshold T or --ratio R", "for example --threshold 0.1")


def request(recipe: MethodRecipe, seed: int) -> CutRequest:
    """What is to be cut."""
    return cut_request(recipe, seed, criterion="activation", threshold=recipe.threshold)
