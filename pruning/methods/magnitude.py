"""Magnitude pruning: exactly the smallest share of the weights becomes zero.

Han et al. 2015 (see `threshold`), with the share fixed instead of the threshold, as in Zhu & Gupta,
"To prune, or not to prune", 2017. `--scope global` ranks all layers together, `layer` each on its own.
"""

from collections.abc import Mapping

from contracts.data import Array
from contracts.errors import UsageError
from contracts.masks import Mask
from contracts.model import WeightKey
from contracts.recipe import MethodRecipe
from pruning.blocks import Block, keep_largest_blocks, parse_block

SUMMARY = "zeroes the smallest share of the kernel weights (--sparsity S, --scope layer|global)"
KIND = "mask"
OPTIONS = ("sparsity", "conv_sparsity", "dense_sparsity", "scope", "block")


def check(recipe: MethodRecipe) -> None:
    """Raise UsageError unless the recipe says how much."""
    split = (recipe.conv_sparsity, recipe.dense_sparsity)
    if recipe.sparsity is None and None in split:
        raise UsageError(
            "--method magnitude needs --sparsity S, or --conv-sparsity and --dense-sparsity",
            "for example --sparsity 0.9",
        )
    if recipe.scope == "global" and split != (None, None):
        raise UsageError("--scope global ranks all layers together", "give --sparsity alone, or --scope layer")
    parse_block(recipe.block)


def masks(weights: Mapping[WeightKey, Array], recipe: MethodRecipe) -> dict[WeightKey, Mask]:
    """A mask for each array; of each array, or of all together, round(sparsity * size) weights (blocks) go."""
    block = parse_block(recipe.block)
    if recipe.scope == "global":
        kept = keep_largest_blocks(list(weights.values()), recipe.sparsity or 0.0, block)
        return dict(zip(weights, kept, strict=True))
    return {key: _layer_mask(array, recipe, block) for key, array in weights.items()}


def _layer_mask(array: Array, recipe: MethodRecipe, block: Block) -> Mask:
    # A convolution's kernel has spatial axes; the kernel of a dense or recurrent layer has two axes.
    special = recipe.conv_sparsity if array.ndim > 2 else recipe.dense_sparsity
    sparsity = special if special is not None else recipe.sparsity
    return keep_largest_blocks([array], sparsity or 0.0, block)[0]
