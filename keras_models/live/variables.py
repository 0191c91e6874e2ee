"""The variables of a live model of either Keras, under the names of contracts/model.py."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from edgeprune.contracts.data import Array
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import WeightKey, WeightSpec
from edgeprune.keras_models.live.array_transfer import assign, dtype_name, read
from edgeprune.keras_models.live.interface import interface
from edgeprune.keras_models.live.layers import is_graph_model, leaf_layers

__all__ = ["get_arrays", "interface", "layer_weights", "set_arrays", "variables", "weight_specs"]


_UNNAMED = re.compile(r"variable(_\d+)?$")
"""What Keras 3 calls a variable that was given no name (LayerScale's gamma); its attribute has one."""


def weight_specs(model: KerasModel) -> dict[str, tuple[WeightSpec, ...]]:
    """The weights of each layer that has any, in the order of `layer.weights`."""
    specs = {}
    for path, layer in leaf_layers(model):
        trainable = {id(variable) for variable in layer.trainable_weights}
        weights = tuple(
            WeightSpec(
                name=name,
                shape=tuple(variable.shape),
                dtype=dtype_name(variable),
                trainable=id(variable) in trainable,
            )
            for name, variable in layer_weights(layer)
        )
        if weights:
            specs[path] = weights
    return specs


def variables(model: KerasModel) -> dict[WeightKey, Any]:
    """The live variables by layer path and weight name; those of shared layers once."""
    return {(path, name): variable for path, layer in leaf_layers(model) for name, variable in layer_weights(layer)}


def get_arrays(model: KerasModel, keys: Iterable[WeightKey] | None = None) -> dict[WeightKey, Array]:
    """Copies of the weights (all, or those named). Raises KeyError for a weight that is not there."""
    live = variables(model)
    return {key: read(live[key]) for key in (live if keys is None else keys)}


def set_arrays(model: KerasModel, arrays: Mapping[WeightKey, Array]) -> None:
    """Write weights into the model. Raises KeyError for an unknown weight, ValueError for a wrong shape."""
    live = variables(model)
    for key, array in arrays.items():
        assign(live[key], array)
    changed = {path for path, _ in arrays}
    for path, layer in leaf_layers(model):
        if path in changed and type(layer).__name__ == "Normalization":
            layer.finalize_state()  # it computes with copies of its mean and variance


def layer_weights(layer: Any) -> Iterator[tuple[str, Any]]:
    """(name, variable) of one layer's weights in the order of `layer.weights`."""
    names = _names(layer)
    for variable in layer.weights:
        if not _is_counter(variable):
            yield names.get(id(variable), _own_name(variable)), variable


def _names(layer: Any) -> dict[int, str]:
    """Variable id to the name relative to the layer; what an inner layer owns goes by the inner layer's name."""
    names = {id(variable): _own_name(variable) for variable in _own_variables(layer)}
    for attribute, value in vars(layer).items():
        if _UNNAMED.match(names.get(id(value), "")):
            names[id(value)] = attribute.lstrip("_")
    for prefix, inner in _held(layer):
        names |= {key: prefix + name for key, name in _names(inner).items()}
    return names


def _held(layer: Any) -> Iterator[tuple[str, Any]]:
    """(name prefix, layer) of the layers that a layer keeps in its attributes."""
    if is_graph_model(layer):
        yield from ((f"{inner.name}/", inner) for inner in layer.layers)
        return
    layer_class = next(cls for cls in type(layer).__mro__ if cls.__name__ == "Layer")
    for attribute, value in vars(layer).items():
        name = attribute.lstrip("_")
        if isinstance(value, layer_class):
            yield ("" if name == "cell" else f"{name}/"), value
        elif isinstance(value, list | tuple) and name not in ("layers", "self_tracked_trackables"):
            for position, item in enumerate(value):
                if isinstance(item, layer_class):
                    yield f"{name}/{position}/", item


def _own_variables(layer: Any) -> list[Any]:
    if hasattr(layer, "_trainable_variables"):  # Keras 3
        return [*layer._trainable_variables, *layer._non_trainable_variables]
    return [*layer._trainable_weights, *layer._non_trainable_weights]


def _own_name(variable: Any) -> str:
    """`kernel`, of a Keras 2 variable named `conv1/kernel:0` too."""
    return str(variable.name).rpartition("/")[2].partition(":")[0]


def _is_counter(variable: Any) -> bool:
    return dtype_name(variable) in ("int32", "int64", "uint32", "uint64")
