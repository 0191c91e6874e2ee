"""A live model again from its (edited) config: same names, flags and compile settings, weights still to be set."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.keras_models.graphs.config_access import layer_items
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.live.layers import is_graph_model, leaf_layers


def rebuild(model: KerasModel, config: dict[str, Any], keras_major: int) -> KerasModel:
    """A new model like `model`, built from `config`, `{"class_name": ..., "config": {...}}`, which is used up.

    Its weights hold no sensible values yet; its optimizer, if any, starts afresh. What the model's layers do not show
    (custom activation functions, classes inside wrappers) must be in scope. Raises ModelError, with what Keras says of
    the layer, if it cannot be built.
    """
    initializers = _take_initializers(model, config)
    try:
        with keras_module(keras_major).saving.custom_object_scope(_own_classes(model)), _no_garbage_collection():
            new = type(model).from_config(config["config"])
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise ModelError(
            f"the cut model cannot be built: {' '.join(lines[:2]) or type(error).__name__}",
            "keep the layer named here whole with --exclude",
        ) from error
    for path, layer in leaf_layers(new):
        for name, initializer in initializers.get(path, {}).items():
            setattr(layer, name, initializer)
    match_trainable(model, new)
    _compile_alike(model, new, keras_major)
    return new


def _own_classes(model: KerasModel) -> dict[str, Any]:
    """The classes of a model's layers that Keras cannot find by itself: users' own, and those inside applications."""
    classes = {type(layer) for _, layer in leaf_layers(model)}
    return {kind.__name__: kind for kind in classes if ".src.layers." not in kind.__module__}


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """All that Keras makes while it builds a model stays: looking for garbage in it takes a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _take_initializers(model: KerasModel, config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Put `zeros` in place of the initializers in a config; gives the live ones, by layer path and attribute.

    Weights are set afterwards anyway, and random numbers take a third of the time in which Keras builds a model.
    """
    taken: dict[str, dict[str, Any]] = {}
    items = layer_items(config)
    for path, layer in leaf_layers(model):
        if type(layer).__module__.startswith(("keras.", "tf_keras.")) and path in items:
            stated = items[path]["config"]
            # A layer that hands them on to its inner layers (LSTM, MultiHeadAttention) has no such attributes.
            names = [name for name in stated if name.endswith("_initializer") and name in vars(layer)]
            taken[path] = {name: getattr(layer, name) for name in names}
            stated.update(dict.fromkeys(names, "zeros"))
    return taken


def match_trainable(model: KerasModel, new: KerasModel) -> None:
    """Trainable flags one by one, outer layers first: setting a model's flag sets those of its layers."""
    if new.trainable != model.trainable:
        new.trainable = model.trainable
    new_layers = {layer.name: layer for layer in new.layers}
    for old in model.layers:
        if old.name not in new_layers:
            continue
        if is_graph_model(old):
            match_trainable(old, new_layers[old.name])
        elif new_layers[old.name].trainable != old.trainable:
            new_layers[old.name].trainable = old.trainable


def _compile_alike(model: KerasModel, new: KerasModel, keras_major: int) -> None:
    """The same loss, metrics and optimizer settings; a model without optimizer stays uncompiled."""
    if getattr(model, "optimizer", None) is None:
        return
    config = dict(model.get_compile_config() or {})
    # Not by its config: that of Keras 3's Huber has no delta. A loss holds no state, so both models may have one.
    config.pop("loss", None)
    settings = keras_module(keras_major).saving.deserialize_keras_object(config)
    new.compile(**settings, loss=model.loss)
