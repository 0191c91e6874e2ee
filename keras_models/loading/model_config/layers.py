"""One serialized layer: its class, its config's known keys, and the layers that it holds."""

from collections.abc import Callable, Mapping
from typing import Any

from edgeprune.keras_models.graphs.calls import is_keras3_operation
from edgeprune.keras_models.graphs.functional import is_model
from edgeprune.keras_models.loading.model_config.kinds import (
    LIST,
    NAME,
    OBJECT,
    TEXT,
    NotAsExpectedError,
    located,
    shown,
)
from edgeprune.keras_models.loading.model_config.known_keys import (
    COMMON,
    HELD_LAYERS,
    LAYER_KEYS,
    OF_ANY_CLASS,
    REQUIRED,
)
from edgeprune.keras_models.loading.model_config.references import keras3_tensors

_OPERATOR_LAYERS = ("TFOpLambda", "SlicingOpLambda")
_KERAS_PACKAGES = ("keras", "tf_keras", "tensorflow")

ModelReader = Callable[[Mapping[str, Any], str], int]
"""Reads the serialized model at a path, which a wrapper may hold in a layer's place; returns what `read_layer` does."""


def read_layer(item: Any, path: str, read_model: ModelReader) -> int:
    """Check one serialized layer that is no model; returns how many calls of layers one call of it makes.

    Raises NotAsExpectedError.
    """
    config = item["config"]
    if not is_keras_own(item):
        return 1 + _read_held_by_unknown(config, path, read_model)
    if is_operator(item):
        if item["class_name"] in _OPERATOR_LAYERS:
            require(config, "function", TEXT)
        elif next(keras3_tensors(config), None):
            raise NotAsExpectedError("its config holds a tensor, expected one only in its calls")
        return 1
    keys = LAYER_KEYS[item["class_name"]]
    for key, kind in (*COMMON.items(), *keys.items()):
        if key in config:
            kind.check(f"config key {key!r}", config[key])
        elif key in REQUIRED and key in keys:
            raise NotAsExpectedError(f"config key {key!r} is missing, expected {kind.expected}")
    return 1 + _read_held(item["class_name"], config, path, read_model)


def read_entry(item: Any, place: str) -> None:
    """Check what every serialized layer or model has: a class and a config."""
    OBJECT.check(place, item)
    require(item, "class_name", NAME)
    if "config" not in item:
        raise NotAsExpectedError(f"{place} has no config, expected an object")
    if not isinstance(item["config"], dict) and not is_legacy_sequential(item):
        raise NotAsExpectedError(f"its config is {shown(item['config'])}, expected an object")
    if item.get("module") is not None:
        TEXT.check("its module", item["module"])
    if "inbound_nodes" in item:
        LIST.check("'inbound_nodes'", item["inbound_nodes"])


def is_legacy_sequential(item: Mapping[str, Any]) -> bool:
    """Before Keras 2.2 the config of a Sequential model was the bare list of its layers."""
    return item["class_name"] == "Sequential" and isinstance(item["config"], list)


def is_operator(item: Mapping[str, Any]) -> bool:
    """Whether an entry is an operation on tensors rather than a layer."""
    return item["class_name"] in _OPERATOR_LAYERS or is_keras3_operation(item)


def is_keras_own(item: Mapping[str, Any]) -> bool:
    """Whether the class is one of Keras's that is known here; another's class may have the same name."""
    package = (item.get("module") or "keras").partition(".")[0]
    if package not in _KERAS_PACKAGES:
        return False
    return item["class_name"] in LAYER_KEYS or is_operator(item)


def require(holder: Mapping[str, Any], key: str, kind: Any) -> None:
    """Check a key that must be there."""
    if key not in holder:
        raise NotAsExpectedError(f"{key!r} is missing, expected {kind.expected}")
    kind.check(repr(key), holder[key])


def _read_held(kind: str, config: Mapping[str, Any], path: str, read_model: ModelReader) -> int:
    count = 0
    for key, required in HELD_LAYERS.get(kind, {}).items():
        if config.get(key) is None:
            if required:
                raise NotAsExpectedError(f"config key {key!r} is missing, expected a layer")
        else:
            count += _read_inner(config[key], f"config key {key!r}", f"{path}/{key}", read_model)
    if kind == "StackedRNNCells":
        require(config, "cells", LIST)
        for position, cell in enumerate(config["cells"]):
            count += _read_inner(cell, f"cell {position}", f"{path}/cells/{position}", read_model)
    return count


def _read_inner(item: Any, place: str, path: str, read_model: ModelReader) -> int:
    with located(path):
        read_entry(item, place)
        return read_model(item, path) if is_model(item) else read_layer(item, path, read_model)


def _read_held_by_unknown(config: Mapping[str, Any], path: str, read_model: ModelReader) -> int:
    """A class that is not known may hold anything; what looks like a layer of Keras's in it is read as one."""
    for key, kind in OF_ANY_CLASS.items():
        if key in config:
            kind.check(f"config key {key!r}", config[key])
    return sum(
        _read_inner(config[key], f"config key {key!r}", f"{path}/{key}", read_model)
        for key in ("layer", "cell", "backward_layer")
        if _looks_like_layer(config.get(key))
    )


def _looks_like_layer(value: Any) -> bool:
    """Whether a value in a config is a serialized layer or model."""
    return (
        isinstance(value, dict) and isinstance(value.get("class_name"), str) and isinstance(value.get("config"), dict)
    )
