"""The arguments of operations, by their names in the common vocabulary (keras_models/vocabulary.py)."""

from collections.abc import Mapping
from typing import Any

from edgeprune.keras_models.graphs.calls import TensorSource, signature, tensor_sources
from edgeprune.keras_models.graphs.functional import is_model, read_call
from edgeprune.keras_models.loading.model_config.kinds import (
    AXES,
    AXIS,
    TEXT,
    Kind,
    NotAsExpectedError,
    either,
    list_of,
    optional,
    whole,
)
from edgeprune.keras_models.loading.model_config.outputs import MOST_OUTPUTS
from edgeprune.keras_models.vocabulary import VOCABULARY

_TENSOR = Kind("a tensor", lambda value: isinstance(value, TensorSource))
_NO_LENGTH = Kind("null", lambda value: value is None)
_SHAPE = either(_TENSOR, whole(-1), list_of(either(whole(-1), _NO_LENGTH, _TENSOR), range(65)))
_REPEATS = either(whole(0), _TENSOR, list_of(either(whole(0), _TENSOR)))
_PAIR = list_of(either(whole(0), _TENSOR), range(2, 3))
_BOUND = either(Kind("a whole number", lambda value: isinstance(value, int)), _NO_LENGTH, _TENSOR)


def _is_slice(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_BOUND.accepts(value.get(key)) for key in ("start", "stop", "step")) and value.get("step") != 0
    return value is ... or _BOUND.accepts(value) or isinstance(value, list)


ARGUMENTS: Mapping[str, Kind] = {
    "axis": optional(either(AXES, _TENSOR)),
    "axes": optional(AXES),
    "shape": _SHAPE,
    "sizes": either(whole(1, MOST_OUTPUTS), _TENSOR, list_of(either(whole(-1), _TENSOR), range(MOST_OUTPUTS + 1))),
    "count": optional(whole(1, MOST_OUTPUTS)),
    "repeats": _REPEATS,
    "paddings": either(whole(0), _TENSOR, list_of(whole(0), range(1, 3)), list_of(either(_PAIR, _TENSOR))),
    "block_size": whole(1, 2**15),
    "num_classes": either(whole(1), _TENSOR),
    "equation": TEXT,
    "slices": list_of(Kind("a slice", _is_slice)),
}
"""Arguments that shapes depend on; the others are Keras's business."""

_ALONG_ONE_AXIS = {"Split", "Unstack", "Stack", "Concatenate"}
_ONE_AXIS = optional(either(AXIS, _TENSOR))
_NEEDED = {"sizes", "slices"}
"""Without these a call has no known number of outputs or axes."""


def read_calls(item: Mapping[str, Any]) -> None:
    """Check what a nested model or an operation is called with. Raises NotAsExpectedError."""
    called = signature(item)
    if not is_model(item) and called.kind not in VOCABULARY:
        return
    for node in item["inbound_nodes"]:
        try:
            call = read_call(item, node)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise NotAsExpectedError(
                f"the arguments of {called.kind} are not as expected ({type(error).__name__}: {error})"
            ) from error
        if not call.inputs or (is_model(item) and not next(tensor_sources(call.fed), None)):
            raise NotAsExpectedError("it is called on no tensor, expected at least one")
        if called.is_operation:
            _check_arguments(called.kind, call.arguments)


def _check_arguments(kind: str, arguments: Mapping[str, Any]) -> None:
    operation = VOCABULARY[kind]
    for name in _NEEDED & set(operation.arguments) - set(arguments):
        raise NotAsExpectedError(f"argument {name!r} of {kind} is missing")
    for name in set(ARGUMENTS) & set(arguments) - set(operation.operands):
        expected = _ONE_AXIS if name == "axis" and kind in _ALONG_ONE_AXIS else ARGUMENTS[name]
        expected.check(f"argument {name!r} of {kind}", arguments[name])
