"""Scheduled pruning: weights become zero while the model is trained, by tensorflow-model-optimization (TFMOT).

Zhu & Gupta, "To prune, or not to prune", 2017: the sparsity rises from its present value to the target by
`s(t) = S + (s0 - S) (1 - (t - t0) / (t1 - t0))^3` (equation 1), or is the target at once (`constant`).
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.recipe import MethodRecipe, PointRecipe
from edgeprune.pruning.blocks import SINGLE, Block, block_means, keep_largest_blocks, parse_block
from edgeprune.pruning.lamp import layer_sparsities
from edgeprune.pruning.magnitude import check_scope, share_of
from edgeprune.pruning.patterns import keep_pattern, parse_pattern

SUMMARY = "zeroes weights while training, by tensorflow-model-optimization (--sparsity S, or --pattern 2:4)"
KIND = "scheduled"
_OF_SHARES = ("sparsity", "conv_sparsity", "dense_sparsity", "scope")
_OF_SCHEDULES = (*_OF_SHARES, "block", "schedule", "initial_sparsity", "begin", "end")
OPTIONS = (*_OF_SCHEDULES, "pattern", "policy")


def check(recipe: PointRecipe) -> None:
    """Raise UsageError for a schedule that cannot reach its target."""
    if recipe.pattern is not None:
        _check_pattern(recipe, recipe.pattern)
    else:
        check_scope(recipe)
    if recipe.begin >= recipe.end:
        raise UsageError(
            f"--begin {recipe.begin:g}: expected less than --end {recipe.end:g}", "both are shares of the training"
        )
    if recipe.end > 1:
        needed = math.ceil(recipe.end * recipe.counted_epochs)
        raise UsageError(
            f"the schedule never reaches its target: --end {recipe.end:g} is after the last of {recipe.epochs} epochs",
            f"give --epochs {needed} --end 1, or a lower --end",
        )
    if recipe.schedule == "constant" and recipe.initial_sparsity is not None:
        raise UsageError(
            "--initial-sparsity is for --schedule polynomial; constant starts with all zeros",
            "leave --initial-sparsity out",
        )
    for target in (recipe.sparsity, recipe.conv_sparsity, recipe.dense_sparsity):
        if target is not None and target >= 1:
            raise UsageError(
                f"--method scheduled: expected a sparsity below 1, found {target:g}", "give --sparsity 0.9"
            )
        if target is not None and recipe.initial_sparsity is not None and recipe.initial_sparsity > target:
            raise UsageError(
                f"--initial-sparsity {recipe.initial_sparsity:g} is above the target {target:g}", "give a lower one"
            )


def _check_pattern(recipe: PointRecipe, pattern: str) -> None:
    """A pattern is chosen once, in the first step, and says itself how much goes."""
    parse_pattern(pattern)
    for item in _OF_SCHEDULES:
        if getattr(recipe, item) != MethodRecipe.__dataclass_fields__[item].default:
            raise UsageError(
                f"--{item.replace('_', '-')} does not go with --pattern, which says itself when and how much goes",
                "leave one of them out",
            )


def sparsities(weights: Mapping[WeightKey, Array], recipe: MethodRecipe) -> dict[WeightKey, float]:
    """The share of each array, of its blocks with --block, that becomes zero, 0 to below 1; a pattern's without rest.

    Where one share is asked for, it is that of all arrays together, and layers give more or less by LAMP, as the
    weights are now: of many small weights more goes than of few large ones. Arrays of one layer share one schedule.
    """
    if recipe.pattern is not None:
        zeros, length = parse_pattern(recipe.pattern)
        return dict.fromkeys(weights, zeros / length)
    if not _over_all_layers(recipe):
        return {key: share_of(array.shape, recipe) for key, array in weights.items()}
    layers: dict[str, list[Array]] = {}
    for (path, _), array in weights.items():
        layers.setdefault(path, []).append(array)
    scores = [_rising_scores(arrays, parse_block(recipe.block)) for arrays in layers.values()]
    by_path = dict(zip(layers, layer_sparsities(scores, recipe.sparsity or 0.0), strict=True))
    return {key: by_path[key[0]] for key in weights}


def _rising_scores(arrays: Sequence[Array], block: Block) -> Array:
    """Those of a layer's weights, or blocks; 0 for so large a share of them as is zero already, which stays zero."""
    scores = np.sort(np.concatenate([block_means(array, block).ravel() for array in arrays]))
    size, kept = (sum(map(count, arrays)) for count in (np.size, np.count_nonzero))
    scores[: len(scores) - kept * len(scores) // size] = 0
    return scores


def _over_all_layers(recipe: MethodRecipe) -> bool:
    """Whether layers may differ in their shares: where one was given for all, unless --scope layer says otherwise."""
    one = recipe.sparsity is not None and (recipe.conv_sparsity, recipe.dense_sparsity) == (None, None)
    return one and recipe.scope != "layer"


def keep(array: Array, sparsity: float, recipe: MethodRecipe) -> Mask:
    """The mask of one array that the schedule would end with if the weights stayed as they are."""
    if recipe.pattern is not None:
        return keep_pattern(array, parse_pattern(recipe.pattern))
    return keep_largest_blocks([array], sparsity, parse_block(recipe.block))[0]


def unfit(shape: tuple[int, ...], recipe: MethodRecipe) -> str | None:
    """Why TFMOT cannot put the zeros that a recipe asks for into a kernel of this shape; None where it can."""
    if recipe.pattern is not None:
        zeros, length = parse_pattern(recipe.pattern)
        if len(shape) not in (2, 4):
            return f"patterns need a kernel of 2 or 4 axes, this has {len(shape)}"
        if shape[-2] <= length - zeros:
            return f"--pattern {recipe.pattern} leaves no zeros among {shape[-2]} inputs"
    elif parse_block(recipe.block) != SINGLE and len(shape) != 2:
        return f"blocks need a kernel of 2 axes, this has {len(shape)}"
    return None
