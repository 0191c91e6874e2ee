"""Carry out a channel plan: a new model from the edited config, with what stays of the weights."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from contracts.channels import ChannelPlan
from contracts.data import Array
from contracts.errors import ModelError
from contracts.model import ModelGraph, WeightKey
from keras_models.config_access import layer_item, layer_items, refresh_shapes, set_argument, set_config_value
from keras_models.live_layers import is_graph_model
from keras_models.variables import get_arrays, set_arrays


def cut(model: Any, graph: ModelGraph, plan: ChannelPlan) -> Any:
    """A new, smaller model; the original is not changed.

    Names, trainable flags, dtype policies and compile settings are those of the original; an optimizer starts afresh.
    Custom classes must be in scope. Raises ModelError, naming the layer, if the new model cannot be built.
    """
    config = {"class_name": type(model).__name__, "config": model.get_config()}
    edit_config(config, graph, plan)
    smaller = _build(type(model), config["config"])
    _match_trainable(model, smaller)
    set_arrays(smaller, kept_weights(get_arrays(model), plan))
    _compile_alike(model, smaller)
    return smaller


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
    """What stays of each weight."""
    kept = dict(arrays)
    for axis in plan.graph.weight_axes:
        stays = plan.kept_channels(axis.channels)
        if not stays.all():
            kept[axis.weight] = np.compress(stays, kept[axis.weight], axis=axis.axis)
    return kept


def _build(model_class: Any, config: dict[str, Any]) -> Any:
    try:
        return model_class.from_config(config)
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise ModelError(
            f"the cut model cannot be built: {' '.join(lines[:2]) or type(error).__name__}",
            "keep the layer named here whole with --exclude",
        ) from error


def _match_trainable(model: Any, smaller: Any) -> None:
    """Trainable flags one by one, outer layers first: setting a model's flag sets those of its layers."""
    if smaller.trainable != model.trainable:
        smaller.trainable = model.trainable
    new_layers = {layer.name: layer for layer in smaller.layers}
    for old in model.layers:
        new = new_layers[old.name]
        if is_graph_model(old):
            _match_trainable(old, new)
        elif new.trainable != old.trainable:
            new.trainable = old.trainable


def _compile_alike(model: Any, smaller: Any) -> None:
    """The same loss, metrics and optimizer settings; a model without optimizer stays uncompiled."""
    if getattr(model, "optimizer", None) is None:
        return
    config = model.get_compile_config()
    if config:
        smaller.compile_from_config(config)
