"""Weights from a model of one Keras into its twin of the other."""

from typing import Any

from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.variables import set_arrays, variables


def copy_weights(source: Any, target: Any) -> None:
    """Set all weights of `target` to those of the same layers of `source`, one at a time.

    Raises ModelError, before anything is changed, where `source` lacks a weight or has one of another shape.
    """
    given = {_common_key(key): variable for key, variable in variables(source).items()}
    wanted = variables(target)
    for key, variable in wanted.items():
        path, name = key
        if _common_key(key) not in given:
            raise ModelError(
                f"layer {path!r}: its weight {name!r} has no counterpart in the Keras 2 twin",
                hint="give the model without the wrappers of the library that trained it",
            )
        shapes = [tuple(found.shape) for found in (given[_common_key(key)], variable)]
        if shapes[0] != shapes[1]:
            raise ModelError(f"layer {path!r}: its weight {name!r} has the shape {shapes[1]}, in the twin {shapes[0]}")
    set_arrays(target, LiveArrays({key: given[_common_key(key)] for key in wanted}))


def variables_by_names_of(model: KerasModel, twin: KerasModel) -> dict[WeightKey, Any]:
    """The live variables of a twin under the keys that the same weights have in `model`."""
    live = {_common_key(key): variable for key, variable in variables(twin).items()}
    return {key: live[_common_key(key)] for key in variables(model)}


def _common_key(key: WeightKey) -> WeightKey:
    """Keras 3 calls the kernel of a DepthwiseConv2D `kernel`, Keras 2 `depthwise_kernel`."""
    path, name = key
    head, slash, last = name.rpartition("/")
    return path, head + slash + last.replace("depthwise_kernel", "kernel")
