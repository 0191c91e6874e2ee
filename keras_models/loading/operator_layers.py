"""Layers that call a function of TensorFlow or an operation of Keras 3: may they?

Keras 2 calls such a function while it loads the file, at once where all its inputs are constants of the file. So a
call must be of a known function, and must take a tensor of the model.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from edgeprune.keras_models.loading.archives.wire_format import fields, text
from edgeprune.keras_models.loading.known_functions import (
    GRAPH_OPERATIONS,
    RAGGED_CLASS_METHODS,
    TENSOR_ATTRIBUTES,
    is_tensor_function,
)

FUNCTION_LAYERS = frozenset(
    {"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "ClassMethod", "InstanceMethod", "InstanceProperty"}
)
"""The operator layers of Keras 2."""

_CONSTANT = "_CONSTANT_VALUE"


def objection(kind: str, item: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[str, str] | None:
    """(name, description) of what an operator layer calls, if that may do more than compute with tensors."""
    name, is_known = _called(kind, config)
    if not is_known:
        return name, f"calls {name!r}, which is not known to only compute with tensors ({kind})"
    if calls_constants_alone(item):
        return name, f"calls {name!r} on constants alone, which Keras never writes ({kind})"
    return None


def calls_constants_alone(item: Mapping[str, Any]) -> bool:
    """Whether any call of a layer in a functional model takes no tensor of the model."""
    nodes = item.get("inbound_nodes")
    return isinstance(nodes, list) and not all(any(_tensors(node)) for node in nodes)


def _called(kind: str, config: Mapping[str, Any]) -> tuple[str, bool]:
    """What an operator layer calls, and whether that is known."""
    if kind == "TensorFlowOpLayer":
        operation = _graph_operation(config.get("node_def"))
        return operation, operation in GRAPH_OPERATIONS
    if kind == "ClassMethod":
        owner, method = str(config.get("cls_symbol")), str(config.get("method_name"))
        return f"{owner}.{method}", owner == "RaggedTensor" and method in RAGGED_CLASS_METHODS
    if kind in ("InstanceMethod", "InstanceProperty"):
        attribute = str(config.get("attr_name"))
        return attribute, attribute in TENSOR_ATTRIBUTES
    function = str(config.get("function"))
    return function, is_tensor_function(function)


def _graph_operation(node: Any) -> str:
    """The operation in a NodeDef, which files have as JSON or as the bytes of a protocol buffer; else its text."""
    if isinstance(node, Mapping):
        return str(node.get("op"))
    try:
        return text(dict(fields(str(node).encode())).get(2, b""))
    except (ValueError, IndexError):
        return str(node)[:40]


def _tensors(node: Any) -> Iterator[bool]:
    """True for each tensor of the model among the inputs of a call, as either Keras writes it."""
    if isinstance(node, Mapping):
        if node.get("class_name") == "__keras_tensor__":
            yield True
        for part in node.values():
            yield from _tensors(part)
    elif isinstance(node, list | tuple):
        if len(node) in (3, 4) and isinstance(node[0], str) and isinstance(node[1], int):
            yield node[0] != _CONSTANT
            node = node[3:]
        for part in node:
            yield from _tensors(part)
