"""The opposite direction of graph.py: find a layer in a whole model's config, and write a changed number back to it.

Everything here changes the config it is given, as Keras wrote it or as read from a file; give it a deep copy.
"""

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.model import Node, Shape
from edgeprune.keras_models.graphs import keras2_edges
from edgeprune.keras_models.graphs.calls import Signature, signature
from edgeprune.keras_models.graphs.functional import is_functional, is_model, layer_name, sequential_items
from edgeprune.keras_models.graphs.graph import GraphReader

Position = tuple[int | str, ...]
"""Where inside a value: indices of lists, keys of dicts; () is the value itself."""


def layer_items(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every entry of a model's `layers` by the path it has in `ModelGraph.layers`; nested models have one too.

    `config` is the whole `{"class_name": ..., "config": {...}}`; the entries are its own, not copies.
    """
    found: dict[str, dict[str, Any]] = {}

    def collect(model: Mapping[str, Any], prefix: str) -> None:
        for item in inner_items(model):
            path = prefix + layer_name(item)
            found[path] = item
            if is_model(item):
                collect(item, path + "/")

    collect(config, "")
    return found


def inner_items(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries of one model's own `layers`: the config's own list."""
    config = model["config"]
    items: list[dict[str, Any]] = config["layers"] if is_functional(model) else sequential_items(config)
    return items


def layer_config(config: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The mutable config of one layer inside the whole config. For many layers, take `layer_items` once."""
    inner: dict[str, Any] = layer_item(layer_items(config), path)["config"]
    return inner


def layer_item(items: Mapping[str, dict[str, Any]], path: str) -> dict[str, Any]:
    """The entry of a layer; raises ModelError where the config has none."""
    if path not in items:
        raise ModelError(f"layer {path!r} is not in the model's config")
    return items[path]


def set_config_value(item: dict[str, Any], key: str, value: Any, position: Position = ()) -> None:
    """Set a number in a layer's own config: `units`, `filters`, or a place inside `target_shape`."""
    config = item["config"]
    if key not in config:
        raise ModelError(f"layer {layer_name(item)!r} has no {key!r} in its config")
    config[key] = _replaced(config[key], position, value)


def set_argument(item: dict[str, Any], node: Node, name: str, value: Any, position: Position = ()) -> None:
    """Set an argument of one call of an operation, by its name in the common vocabulary, in the native form.

    `item` is the entry of the node's layer. Keras 3 keeps most arguments with the operation: all its calls change.
    Raises ModelError if the file does not state this argument.
    """
    called = signature(item)
    native_node = item["inbound_nodes"][node.call]
    if isinstance(native_node, dict) and "args" in native_node:
        _set_keras3_argument(item, native_node, called, node, name, value, position)
        return
    for keywords in keras2_edges.keyword_arguments(native_node):
        key = _native_name(called, name, keywords)
        if key is None:
            raise _no_argument(item, name)
        if name == "sizes":
            keywords[key] = _replaced(_listed_sizes(keywords[key], node), position, value)
        elif name == "slices":
            keywords[key] = _replaced_slice(keywords[key], position, value)
        else:
            keywords[key] = _replaced(keywords[key], position, value)


def refresh_shapes(config: Mapping[str, Any], keras_major: int) -> None:
    """Make the shapes that a config states agree with its edited numbers, so that `from_config` can build it.

    These are the input shapes of nested models, the shapes Keras 2 keeps for MultiHeadAttention, and the shapes that
    layers were built with (`build_config`), which are dropped: Keras builds each layer anew at its call.
    """
    reader = GraphReader(keras_major)
    graph = reader.finish(reader.read_model(config, "", None))
    items = layer_items(config)
    _drop_builds(config)
    for path, item in items.items():
        if path in reader.nested_inputs:
            _set_input_shape(item, reader.nested_inputs[path])
    for node in graph.nodes:
        if node.kind == "MultiHeadAttention" and "query_shape" in graph.layers[node.layer].config:
            shapes = [graph.shape(reference) for reference in node.inputs]
            query, value = shapes[0], shapes[1]
            key = shapes[2] if len(shapes) > 2 else value
            stated = layer_item(items, node.layer)["config"]
            stated |= {"query_shape": query, "key_shape": key, "value_shape": value}


def _set_keras3_argument(
    item: dict[str, Any],
    native_node: dict[str, Any],
    called: Signature,
    node: Node,
    name: str,
    value: Any,
    position: Position,
) -> None:
    for holder in (item["config"], native_node["kwargs"]):
        key = _native_name(called, name, holder)
        if key is not None:
            break
    else:
        if name not in called.positional[: len(native_node["args"])]:
            raise _no_argument(item, name)
        holder, key = native_node, "args"
        position = (called.positional.index(name), *position)
    if name == "slices":
        offset = 1 if key == "args" else 0
        entry = holder[key][position[0]] if offset else holder[key]
        changed = _replaced_slice(entry, position[offset:], value)
        holder[key] = _replaced(holder[key], position[:offset], changed)
    elif name == "sizes":
        sizes = _replaced(_sizes_of_cuts(holder[key], node), position, value)
        holder[key] = list(accumulate(sizes[:-1]))
    else:
        holder[key] = _replaced(holder[key], position, value)


def _native_name(called: Signature, name: str, stated: Mapping[str, Any]) -> str | None:
    """What the file calls an argument, if it states it."""
    renames = called.native.renames if called.native else {}
    names = [native for native, common in renames.items() if common == name] or [name]
    return next((native for native in names if native in stated), None)


def _no_argument(item: Mapping[str, Any], name: str) -> ModelError:
    return ModelError(f"layer {layer_name(item)!r}: its call states no {name!r} that could be changed")


def _replaced(structure: Any, position: Position, value: Any) -> Any:
    """The structure with one place changed: lists and dicts in place, tuples anew."""
    if not position:
        return value
    first, rest = position[0], position[1:]
    if isinstance(structure, tuple):
        parts = list(structure)
        parts[int(first)] = _replaced(parts[int(first)], rest, value)
        return tuple(parts)
    structure[first] = _replaced(structure[first], rest, value)
    return structure


def _replaced_slice(entries: Any, position: Position, value: Any) -> Any:
    """A place among the slices of a GetItem: one slice may stand alone, and Keras 3 wraps the bounds in a class."""
    alone = not isinstance(entries, list | tuple)
    listed = [entries] if alone else entries
    if len(position) > 1 and "config" in listed[int(position[0])]:
        position = (position[0], "config", *position[1:])
    changed = _replaced(listed, position, value)
    return changed[0] if alone else changed


def _listed_sizes(sizes: Any, node: Node) -> list[int]:
    """Keras 2: the sizes, or how many equal parts."""
    return list(node.arguments["sizes"]) if isinstance(sizes, int) else list(sizes)


def _sizes_of_cuts(cuts: Any, node: Node) -> list[int]:
    """Keras 3: where to cut, or how many equal parts; the length of the last part is not stated."""
    sizes = list(node.arguments["sizes"])
    if isinstance(cuts, int):
        return sizes
    return [end - start for start, end in zip([0, *cuts], cuts, strict=False)] + sizes[-1:]


def _drop_builds(value: Any) -> None:
    if isinstance(value, dict):
        value.pop("build_config", None)
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        _drop_builds(part)


def _set_input_shape(item: dict[str, Any], shape: Shape | None) -> None:
    config = item["config"]
    if shape is None or not isinstance(config, dict):
        return
    for key in ("batch_shape", "batch_input_shape", "build_input_shape"):
        stated = config.get(key)
        if isinstance(stated, list | tuple) and len(stated) == len(shape):
            # A length that the nested model leaves open stays open.
            config[key] = [old if old is None else new for old, new in zip(stated, shape, strict=True)]
