"""The calls of a functional model: which tensors each reads, and that all of them can be made one after another.

tf_keras's loader tries again for ever where a call never becomes possible, so nothing of that kind may reach it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from edgeprune.keras_models.graphs.calls import TensorSource
from edgeprune.keras_models.graphs.functional import Item, is_functional, is_model, layer_name
from edgeprune.keras_models.loading.model_config.kinds import NotAsExpectedError, located, shown
from edgeprune.keras_models.loading.model_config.outputs import MOST_OUTPUTS, output_count
from edgeprune.keras_models.loading.model_config.references import ports, tensors_read


@dataclass(frozen=True)
class Calls:
    """The calls of one layer: those that edges name are `first` to `first + len(reads) - 1`; what each reads."""

    item: Item
    first: int
    reads: list[list[TensorSource]]


def read_edges(config: Mapping[str, Any], keras_major: int, prefix: str) -> None:
    """Check all edges of a functional model whose layers have been read; their paths start with `prefix`.

    Raises NotAsExpectedError.
    """
    try:
        _read_edges(config, keras_major)
    except NotAsExpectedError as error:
        error.layer = (prefix + error.layer).removesuffix("/")
        raise


def _read_edges(config: Mapping[str, Any], keras_major: int) -> None:
    calls = {layer_name(item): _calls(item, keras_major) for item in config["layers"]}
    for name, layer in calls.items():
        for reads in layer.reads:
            for source in reads:
                _check_source(source, calls, layer.item, name)
    outside = {name: _seen_from_outside(layer, keras_major) for name, layer in calls.items()}
    for key in ("input_layers", "output_layers"):
        found = list(ports(config.get(key), key))
        if not found:
            raise NotAsExpectedError(f"{key!r} is {shown(config.get(key))}, expected at least one tensor")
        for source in found:
            _check_source(source, outside, None, key)
    _check_order(calls)


def _seen_from_outside(layer: Calls, keras_major: int) -> Calls:
    """Keras 3 counts a nested functional model's own graph as its call 0, but only in the model's outputs."""
    return replace(layer, first=1) if keras_major == 3 and is_functional(layer.item) else layer


def _calls(item: Item, keras_major: int) -> Calls:
    nodes = item.get("inbound_nodes")
    name = layer_name(item)
    if nodes is None:
        raise NotAsExpectedError("'inbound_nodes' is missing, expected a list", name)
    if item["class_name"] == "InputLayer":
        if nodes:
            raise NotAsExpectedError(f"an input layer is called on {shown(nodes)}, expected no call", name)
        return Calls(item, 0, [[]])
    with located(name):
        found = [list(tensors_read(node)) for node in nodes]
    return Calls(item, _first_call(item) if keras_major == 2 else 0, found)


def _first_call(item: Item) -> int:
    """Keras 2 counts the calls of a nested model from 1 where it was built with its inputs (functional.py:1286)."""
    if not is_model(item):
        return 0
    return int(is_functional(item) or _knows_its_input(item))


def _knows_its_input(item: Item) -> bool:
    config = item["config"]
    layers = config if isinstance(config, list) else config["layers"]
    if not layers:
        return False
    first = layers[0]
    if is_model(first):
        return is_functional(first) or _knows_its_input(first)
    stated = first["config"].get("batch_input_shape")
    built = config.get("build_input_shape") if isinstance(config, Mapping) else None
    return first["class_name"] == "InputLayer" or stated is not None or bool(built)


def _check_source(source: TensorSource, calls: Mapping[str, Calls], reader: Item | None, name: str) -> None:
    """Raises NotAsExpectedError for an edge that leads nowhere; `reader` is None for the model's own ports."""
    layer = name if reader else ""
    if source.layer not in calls:
        place = "it reads" if reader else f"{name!r} names"
        raise NotAsExpectedError(f"{place} layer {source.layer!r}, which the model does not have", layer)
    made = calls[source.layer]
    if not made.first <= source.call < made.first + len(made.reads):
        raise NotAsExpectedError(
            f"an edge leads to call {source.call} of layer {source.layer!r}, which has {_calls_in_words(made)}", layer
        )
    count = output_count(made.item)
    if source.tensor >= (MOST_OUTPUTS if count is None else count):
        raise NotAsExpectedError(
            f"an edge leads to output {source.tensor} of layer {source.layer!r}, expected less than "
            f"{MOST_OUTPUTS if count is None else count}",
            layer,
        )


def _calls_in_words(made: Calls) -> str:
    last = made.first + len(made.reads) - 1
    return f"calls {made.first} to {last}" if made.reads else "no calls"


def _check_order(calls: Mapping[str, Calls]) -> None:
    """Raises NotAsExpectedError for a circle. Both Kerases make the calls of a layer in their order in the file."""
    waiting: dict[tuple[str, int], int] = {}
    followers: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for name, layer in calls.items():
        for index, reads in enumerate(layer.reads):
            needed = {(source.layer, source.call - calls[source.layer].first) for source in reads}
            if index:
                needed.add((name, index - 1))
            waiting[name, index] = len(needed)
            for made in needed:
                followers.setdefault(made, []).append((name, index))
    ready = [call for call, count in waiting.items() if not count]
    while ready:
        made = ready.pop()
        del waiting[made]
        for follower in followers.get(made, ()):
            waiting[follower] -= 1
            if not waiting[follower]:
                ready.append(follower)
    if waiting:
        stuck = next(iter(waiting))[0]
        raise NotAsExpectedError(
            "its inputs lead in a circle, expected tensors that are made before it is called", stuck
        )
