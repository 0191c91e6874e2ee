"""Magnitude pruning: exactly the smallest share of the weights becomes zero.

Han et al. 2015 (see `threshold`), with the share fixed instead of the threshold, as in Zhu & Gupta,
"To prune, or not to prune", 2017. `--scope global` ranks all layers together, `layer` each on its own.
"""

from collections.abc import Mapping

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.recipe import MethodRecipe
from edgeprune.pruning.magnitude import check_scope, largest

SUMMARY = "zeroes the smallest share of the kernel weights (--sparsity S, --scope layer|global|sensitivity)"
KIND = "mask"
EXACT = False
"""Only how many weights go: which ones is up to repair, where there is one."""
OPTIONS = ("sparsity", "conv_sparsity", "dense_sparsity", "scope", "block", "repair")


def check(recipe: MethodRecipe) -> None:
    """Raise UsageError unless the recipe says how much."""
    split = (recipe.conv_sparsity, recipe.dense_sparsity)
    if recipe.sparsity is None and None in split:
        raise UsageError(
            "--method magnitude needs --sparsity S, or --conv-sparsity and --dense-sparsity",
            "for example --sparsity 0.9",
        )
    check_scope(recipe)


def masks(weights: Mapping[WeightKey, Array], recipe: MethodRecipe) -> dict[WeightKey, Mask]:
    """A mask for each array; of each array, or of all together, round(sparsity * size) weights (blocks) go."""
    return largest(weights, recipe)
