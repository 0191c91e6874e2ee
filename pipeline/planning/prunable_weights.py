"""Which weights a run is about: their zeros are held while it trains, and counted in all of its tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edgeprune.contracts import plugins
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.recipe import MethodRecipe
from edgeprune.contracts.results import LayerReport
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.pipeline.requests.chosen_method import METHODS, TRAINING_KINDS
from edgeprune.pipeline.session import Session
from edgeprune.pruning.selection import select

WEIGHT_KINDS = {"mask", *TRAINING_KINDS}
"""Kinds of methods that zero single weights; `--include` names layers to the others."""


def choose_weights(session: Session, recipe: MethodRecipe, methods: Iterable[str]) -> None:
    """Let a session count and hold what a recipe chooses besides kernels, where one of the methods zeroes weights.

    Raises UsageError for a pattern that matches nothing.
    """
    if any(plugins.load(METHODS, name).KIND in WEIGHT_KINDS for name in methods):
        session.chosen = select(session.graph.layers, recipe.include, recipe.exclude).keys


def counted_again(layers: Sequence[LayerReport], session: Session) -> tuple[LayerReport, ...]:
    """The rows with the weights and zeros that the session's model has now; a layer that is gone has none."""
    counts = {layer.name: [0, 0] for layer in layers}
    arrays = LiveArrays(session.prunable)
    for path, name in arrays:
        array = arrays[path, name]
        counts[path][0] += array.size
        counts[path][1] += array.size - int(np.count_nonzero(array))
    return tuple(replace(layer, weights=counts[layer.name][0], zeros=counts[layer.name][1]) for layer in layers)


def matrices(live: Mapping[WeightKey, Any]) -> dict[WeightKey, Any]:
    """Of live variables those of two axes and more, which a .tflite file keeps as they are; it folds the others."""
    return {key: variable for key, variable in live.items() if len(variable.shape) > 1}


def matrix_zeros(session: Session) -> int:
    """How many zeros a file of the session's model must have."""
    return sum(int(np.count_nonzero(array == 0)) for array in LiveArrays(matrices(session.prunable)).values())
