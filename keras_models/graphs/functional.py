"""The calls of one functional model, in an order in which each can be made."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edgeprune.contracts.errors import ModelError
from edgeprune.keras_models.graphs import keras2_edges, keras3_edges
from edgeprune.keras_models.graphs.calls import Call, TensorSource, replace_sources, signature, tensor_sources

Item = Mapping[str, Any]
"""One entry of a config's `layers`."""


@dataclass(frozen=True)
class PlacedCall:
    """A call with its layer's entry: the `index`-th of the layer at `position`. An input layer's has no `call`."""

    position: int
    index: int
    item: Item
    call: Call | None

    @property
    def made(self) -> tuple[str, int]:
        """What tensors of this call are looked up by."""
        return layer_name(self.item), self.index


def is_model(item: Item) -> bool:
    """Whether an entry is a model whose graph can be read: Sequential or functional, or a class made from these."""
    return item.get("class_name") == "Sequential" or is_functional(item) or _is_like_sequential(item)


def is_functional(item: Item) -> bool:
    """Whether an entry is a functional model, with edges of its own."""
    config = item.get("config")
    return isinstance(config, Mapping) and "layers" in config and "input_layers" in config


def _is_like_sequential(item: Item) -> bool:
    """A user's subclass of Sequential starts with an input layer; a user's layer that holds layers has none."""
    config = item.get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else None
    first = layers[0] if isinstance(layers, list) and layers else None
    return isinstance(first, Mapping) and first.get("class_name") == "InputLayer"


def layer_name(item: Item) -> str:
    """The name of an entry (the layers of a Sequential model have it only inside their config)."""
    name = item.get("name") or (item["config"].get("name") if isinstance(item["config"], Mapping) else None)
    if not name:
        raise ModelError(f"a layer of kind {item.get('class_name')!r} has no name in the model's config")
    return str(name)


def sequential_items(config: Any) -> list[dict[str, Any]]:
    """The layers of a Sequential model's config; before Keras 2.2 the config was the bare list."""
    items: list[dict[str, Any]] = config if isinstance(config, list) else config["layers"]
    return items


def sources(structure: Any) -> list[TensorSource]:
    """The tensors of `input_layers` or `output_layers`, in the order of the model's signature."""
    if isinstance(structure, Mapping):
        return [source for key in sorted(structure) for source in sources(structure[key])]
    if len(structure) == 3 and isinstance(structure[0], str) and isinstance(structure[1], int):
        return [TensorSource(structure[0], structure[1], structure[2])]
    return [source for part in structure for source in sources(part)]


def read_functional(config: Mapping[str, Any]) -> tuple[list[PlacedCall], list[TensorSource]]:
    """All calls of a functional config in topological order, and the tensors it returns.

    Calls are counted from 0 for every layer here. Raises ModelError for edges that lead nowhere.
    """
    calls = [call for position, item in enumerate(config["layers"]) for call in _calls_of(position, item)]
    outputs = sources(config["output_layers"])
    if any(_is_keras3_node(node) for item in config["layers"] for node in item["inbound_nodes"]):
        nested = {layer_name(item) for item in config["layers"] if is_functional(item)}
        # Keras 3 counts a nested functional model's own graph as its call 0, but only in `output_layers`.
        outputs = [replace(s, call=s.call - 1) if s.layer in nested else s for s in outputs]
    else:
        calls, outputs = _count_from_zero(calls, outputs)
    return _topological(calls), outputs


def _is_keras3_node(node: Any) -> bool:
    return isinstance(node, Mapping) and "args" in node and "kwargs" in node


def _calls_of(position: int, item: Item) -> Iterator[PlacedCall]:
    if item["class_name"] == "InputLayer":
        yield PlacedCall(position, 0, item, None)
        return
    for index, node in enumerate(item["inbound_nodes"]):
        yield PlacedCall(position, index, item, read_call(item, node))


def read_call(item: Item, node: Any) -> Call:
    """One entry of `inbound_nodes`, in either Keras's form."""
    if _is_keras3_node(node):
        return keras3_edges.read_call(signature(item), item["config"], node)
    return keras2_edges.read_call(signature(item), node)


def _count_from_zero(
    calls: list[PlacedCall], outputs: list[TensorSource]
) -> tuple[list[PlacedCall], list[TensorSource]]:
    """Keras 2 counts the calls of a nested model from 1, except where it was never built.

    Every call in the file is used, so a layer's lowest index in use is its first call.
    """
    first: dict[str, int] = {}
    for source in (*outputs, *(s for placed in calls if placed.call for s in placed.call.inputs)):
        first[source.layer] = min(first.get(source.layer, source.call), source.call)
    if not any(first.values()):
        return calls, outputs

    def shifted(source: TensorSource) -> TensorSource:
        return replace(source, call=source.call - first[source.layer])

    def moved(call: Call) -> Call:
        return Call(
            inputs=tuple(map(shifted, call.inputs)),
            arguments=replace_sources(call.arguments, shifted),
            fed=replace_sources(call.fed, shifted),
        )

    moved_calls = [replace(placed, call=moved(placed.call)) if placed.call else placed for placed in calls]
    return moved_calls, [shifted(source) for source in outputs]


def _topological(calls: Sequence[PlacedCall]) -> list[PlacedCall]:
    """Each call after those that feed it, otherwise in the order of the file (Kahn's algorithm)."""
    waiting: dict[tuple[str, int], int] = {}
    waits_for: dict[tuple[str, int], list[int]] = {}
    ready: list[tuple[int, int, int]] = []
    for number, placed in enumerate(calls):
        needed = {(s.layer, s.call) for s in tensor_sources(placed.call.inputs)} if placed.call else set()
        waiting[placed.made] = len(needed)
        for made in needed:
            waits_for.setdefault(made, []).append(number)
        if not needed:
            ready.append((placed.position, placed.index, number))
    heapq.heapify(ready)
    ordered = []
    while ready:
        placed = calls[heapq.heappop(ready)[2]]
        ordered.append(placed)
        for number in waits_for.get(placed.made, ()):
            follower = calls[number]
            waiting[follower.made] -= 1
            if not waiting[follower.made]:
                heapq.heappush(ready, (follower.position, follower.index, number))
    if len(ordered) < len(calls):
        stuck = next(placed for placed in calls if waiting[placed.made])
        raise ModelError(
            f"layer {layer_name(stuck.item)!r}: its inputs lead to no layer of the model, or in a circle",
            hint="the model's config is damaged; save the model again",
        )
    return ordered
