"""Scheduled pruning: weights become zero while the model is trained, by tensorflow-model-optimization (TFMOT).

Zhu & Gupta, "To prune, or not to prune", 2017: the sparsity rises from its present value to the target by
`s(t) = S + (s0 - S) (1 - (t - t0) / (t1 - t0))^3` (equation 1), or is the target at once (`constant`).
"""

import math
from collections.abc import Mapping

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.recipe import MethodRecipe, PointRecipe
from edgeprune.pruning.blocks import SINGLE, parse_block
from edgeprune.pruning.magnitude import largest, share_of
from edgeprune.pruning.patterns import keep_pattern, parse_pattern

SUMMARY = "zeroes weights while training, by tensorflow-model-optimization (--sparsity S, or --pattern 2:4)"
KIND = "scheduled"
_OF_SCHEDULES = ("sparsity", "conv_sparsity", "dense_sparsity", "block", "schedule", "initial_sparsity", "begin", "end")
OPTIONS = (*_OF_SCHEDULES, "pattern", "policy")


def check(recipe: PointRecipe) -> None:
    """Raise UsageError for a schedule that cannot reach its target."""
    parse_block(recipe.block)
    if recipe.pattern is not None:
        _check_pattern(recipe, recipe.pattern)
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


def masks(weights: Mapping[WeightKey, Array], recipe: MethodRecipe) -> dict[WeightKey, Mask]:
    """The masks that the schedule would end with if the weights stayed as they are."""
    if recipe.pattern is None:
        return largest(weights, recipe)
    return {key: keep_pattern(array, parse_pattern(recipe.pattern)) for key, array in weights.items()}


def target(shape: tuple[int, ...], recipe: MethodRecipe) -> float:
    """The sparsity that a kernel ends with, 0 to 1; a pattern's where it leaves no rest."""
    if recipe.pattern is None:
        return share_of(shape, recipe)
    zeros, length = parse_pattern(recipe.pattern)
    return zeros / length


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
