"""Pre-training pruning: the weights' L1 norm at initialisation decides, then the rest is trained.

"A comparative study of neural network pruning strategies for industrial applications", 2025,
doi:10.3389/fcomp.2025.1563942. The norm of a single weight is |w|; with `--block` it is that of its block.
"""

from edgeprune.contracts.recipes.recipe import MethodRecipe, PointRecipe
from edgeprune.pruning.magnitude import check_scope, largest
from edgeprune.pruning.regimes.regime import Regime

SUMMARY = "zeroes the weights of smallest L1 norm before any training, then trains the others (--sparsity S)"
KIND = "regime"
OPTIONS = ("sparsity", "conv_sparsity", "dense_sparsity", "scope", "block")


def check(recipe: MethodRecipe) -> None:
    """Raise UsageError for shares that do not go together."""
    check_scope(recipe)


def regime(recipe: PointRecipe) -> Regime:
    """One mask for all epochs."""
    return Regime(starts=(lambda weights, _: largest(weights, recipe),))
