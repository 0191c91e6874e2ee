"""Calls as Keras 2 writes them: `[["conv", 0, 0, {"y": ["add", 0, 0]}]]`.

Each tensor of the first argument is `[layer, call, tensor, keyword arguments]`, and repeats the same keyword
arguments; other tensors stand among these as `[layer, call, tensor]`. Very old files leave the keyword arguments out.
A constant first argument is `["_CONSTANT_VALUE", -1, value, keyword arguments]`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from edgeprune.keras_models.graphs.calls import Call, Signature, TensorSource, make_call

_CONSTANT = "_CONSTANT_VALUE"


def read_call(signature: Signature, node: Any) -> Call:
    """One entry of `inbound_nodes`."""
    first = _first_argument(node)
    # Keras drops the list around a single tensor, except for operations (`concat` of one tensor is rare but legal).
    if not signature.is_operation and isinstance(first, list) and len(first) == 1:
        first = first[0]
    bound = {signature.positional[0]: first}
    renames = signature.native.renames if signature.native else {}
    for name, value in _keywords(node).items():
        if name != "name" or not signature.is_operation:
            bound[renames.get(name, name)] = _decode(value)
    if signature.is_operation and signature.kind == "GetItem":
        bound["slices"] = _decode_slices(_keywords(node).get("slice_spec"))
    return make_call(signature, bound)


def keyword_arguments(node: Any) -> Iterator[dict[str, Any]]:
    """The mutable keyword arguments of a call: one dict for each tensor of its first argument, all equal."""
    if _is_leaf(node):
        if len(node) > 3:
            yield node[3]
    else:
        for part in node.values() if isinstance(node, Mapping) else node:
            yield from keyword_arguments(part)


def _keywords(node: Any) -> Mapping[str, Any]:
    return next(keyword_arguments(node), {})


def _is_leaf(node: Any) -> bool:
    return (
        isinstance(node, list | tuple) and len(node) in (3, 4) and isinstance(node[0], str) and isinstance(node[1], int)
    )


def _first_argument(node: Any) -> Any:
    if _is_leaf(node):
        return node[2] if node[0] == _CONSTANT else TensorSource(node[0], node[1], node[2])
    if isinstance(node, Mapping):
        return {key: _first_argument(part) for key, part in node.items()}
    return [_first_argument(part) for part in node]


def _decode(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get("class_name") == "__ellipsis__":
            return ...
        return {key: _decode(part) for key, part in value.items()}
    if not isinstance(value, list | tuple):
        return value
    if len(value) == 3 and _is_leaf(value) and isinstance(value[2], int):
        return TensorSource(value[0], value[1], value[2])
    return [_decode(part) for part in value]


def _decode_slices(spec: Any) -> Any:
    """One slice stands alone in the file; a list always means one entry an axis."""
    decoded = _decode(spec)
    return decoded if isinstance(decoded, list) else [decoded]
