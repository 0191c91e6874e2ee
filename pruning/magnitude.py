"""How much of each array goes, and which weights stay by magnitude: for every method that ranks by |w|."""

from collections.abc import Callable, Mapping

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.recipe import MethodRecipe
from edgeprune.pruning.blocks import keep_largest_blocks, parse_block

CONV_SPARSITY, DENSE_SPARSITY = 0.5, 0.8
"""Shares of the methods that train, where the recipe names none: those of "A comparative study of neural network
pruning strategies for industrial applications", 2025, doi:10.3389/fcomp.2025.1563942."""


def is_convolution(shape: tuple[int, ...]) -> bool:
    """Whether a kernel has spatial axes; that of a dense or recurrent layer has two axes."""
    return len(shape) > 2


def share_of(shape: tuple[int, ...], recipe: MethodRecipe) -> float:
    """The sparsity, 0 to 1, that a recipe asks for an array of this shape."""
    special, default = (
        (recipe.conv_sparsity, CONV_SPARSITY) if is_convolution(shape) else (recipe.dense_sparsity, DENSE_SPARSITY)
    )
    wanted = recipe.sparsity if special is None else special
    return default if wanted is None else wanted


def check_scope(recipe: MethodRecipe) -> None:
    """Raise UsageError where all layers are to be ranked together and yet more shares than one are given, or none."""
    if recipe.scope in ("global", "sensitivity") and (
        recipe.sparsity is None or (recipe.conv_sparsity, recipe.dense_sparsity) != (None, None)
    ):
        raise UsageError(
            f"--scope {recipe.scope} shares one sparsity among all layers", "give --sparsity alone, or --scope layer"
        )
    parse_block(recipe.block)


def largest(
    weights: Mapping[WeightKey, Array], recipe: MethodRecipe, part: Callable[[float], float] = float
) -> dict[WeightKey, Mask]:
    """A mask for each array; of each array, or of all together, round(sparsity * size) weights (blocks) go.

    part: turns the sparsity that the recipe asks for into the one that is due now.
    """
    block = parse_block(recipe.block)
    if recipe.scope == "global":
        kept = keep_largest_blocks(list(weights.values()), part(recipe.sparsity or 0.0), block)
        return dict(zip(weights, kept, strict=True))
    return {
        key: keep_largest_blocks([array], part(share_of(array.shape, recipe)), block)[0]
        for key, array in weights.items()
    }
