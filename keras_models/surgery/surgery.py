"""Carry out a channel plan: a new model from the edited config, with what stays of the weights."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeprune.contracts.channels import ChannelPlan
from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import ModelGraph, WeightKey
from edgeprune.keras_models.graphs.config_access import (
    layer_item,
    layer_items,
    refresh_shapes,
    set_argument,
    set_config_value,
)
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.variables import set_arrays, variables
from edgeprune.keras_models.surgery.rebuild import rebuild


def cut(model: KerasModel, graph: ModelGraph, plan: ChannelPlan) -> KerasModel:
    """A new, smaller model; the original is not changed. Takes about the time in which Keras builds the original.

    Names, trainable flags, dtype policies and compile settings are those of the original; an optimizer starts afresh.
    Custom classes must be in scope. Raises ModelError, naming the layer, if the new model cannot be built.
    """
    config = {"class_name": type(model).__name__, "config": model.get_config()}
    edit_config(config, graph, plan)
    smaller = rebuild(model, config, graph.keras_major)
    weights = kept_weights(LiveArrays(variables(model)), plan)
    try:
        set_arrays(smaller, weights)
    except ValueError as error:
        raise _misfit(smaller, weights) from error
    return smaller


def _misfit(model: KerasModel, weights: Mapping[WeightKey, Array]) -> ModelError:
    """The first weight that does not fit into the model."""
    live = variables(model)
    key = next(key for key, array in weights.items() if tuple(live[key].shape) != array.shape)
    return ModelError(
        f"{'/'.join(key)}: expected the shape {weights[key].shape}, found {tuple(live[key].shape)} in the cut model",
        f"keep it whole with --exclude {key[0]}",
    )


def edit_config(config: dict[str, Any], graph: ModelGraph, plan: ChannelPlan) -> None:
    """Write the new counts of channels into a serialized model, `{"class_name": ..., "config": {...}}`, in place."""
    items = layer_items(config)
    for edit in plan.graph.edits:
        stays = plan.kept_channels(edit.channels)
        if stays.all():
            continue
        item, count = layer_item(items, edit.layer), int(stays.sum()) // edit.divisor
        if edit.node is None:
            set_config_value(item, edit.key, count, edit.position)
        else:
            set_argument(item, graph.nodes[edit.node], edit.key, count, edit.position)
    refresh_shapes(config, graph.keras_major)


def kept_weights(arrays: Mapping[WeightKey, Array], plan: ChannelPlan) -> dict[WeightKey, Array]:
    """What stays of each weight; the arrays are read one at a time."""
    cuts: dict[WeightKey, list[tuple[int, Array]]] = defaultdict(list)
    for axis in plan.graph.weight_axes:
        stays = plan.kept_channels(axis.channels)
        if not stays.all():
            cuts[axis.weight].append((axis.axis, stays))
    kept = {}
    for key, array in arrays.items():
        for place, stays in cuts[key]:
            array = np.compress(stays, array, axis=place)
        kept[key] = array
    return kept
