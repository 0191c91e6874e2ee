"""Calls as Keras 3 writes them: `{"args": [{"class_name": "__keras_tensor__", ...}], "kwargs": {}}`.

What an operation was made with (axis, new shape) stands in its layer's config, what it is called with in the node.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from edgeprune.keras_models.graphs.calls import Call, Signature, TensorSource, make_call


def read_call(signature: Signature, config: Mapping[str, Any], node: Mapping[str, Any]) -> Call:
    """One entry of `inbound_nodes`, with the settings of an operation from its layer's config."""
    renames = signature.native.renames if signature.native else {}
    bound: dict[str, Any] = {}
    if signature.is_operation:
        bound |= {renames.get(name, name): decode(value) for name, value in config.items() if name != "name"}
    args = [decode(value) for value in node["args"]]
    kind = signature.kind if signature.is_operation else ""
    if kind == "Einsum":
        args = [args]
    for place, value in enumerate(args):
        known = place < len(signature.positional)
        bound[signature.positional[place] if known else f"argument_{place}"] = value
    for name, value in node["kwargs"].items():
        bound[renames.get(name, name)] = decode(value)
    if kind == "GetItem" and not isinstance(bound["slices"], list):
        bound["slices"] = [bound["slices"]]
    if kind == "Split" and isinstance(bound["sizes"], list):
        # Keras 3 writes where to cut; -1 is the rest, as in TensorFlow's own lists of sizes.
        bound["sizes"] = [end - start for start, end in pairwise([0, *bound["sizes"]])] + [-1]
    return make_call(signature, bound)


def decode(value: Any) -> Any:
    """A serialized value as plain Python: tensors, slices and arrays have their own class names."""
    if isinstance(value, list | tuple):
        return [decode(part) for part in value]
    if not isinstance(value, Mapping):
        return value
    match value.get("class_name"):
        case "__keras_tensor__":
            return TensorSource(*value["config"]["keras_history"])
        case "__slice__":
            return {key: decode(part) for key, part in value["config"].items()}
        case "__ellipsis__":
            return ...
        case "__numpy__" | "__tensor__":
            return value["config"]["value"]
    return {key: decode(part) for key, part in value.items()}
