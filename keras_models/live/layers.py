"""The layers of a live model of either Keras, without importing either."""

from collections.abc import Callable, Iterator
from typing import Any

from edgeprune.contracts.keras_model import KerasModel


def leaf_layers(model: KerasModel) -> Iterator[tuple[str, Any]]:
    """(path, layer) of every layer that is no model itself, nested models flattened, shared layers once."""
    return _leaves(model, lambda inner: inner.layers)


def leaf_operations(model: KerasModel) -> Iterator[tuple[str, Any]]:
    """The same with the operations of Keras 3 (`a + b`), which are no layers."""
    return _leaves(model, lambda inner: getattr(inner, "operations", inner.layers))


def _leaves(model: KerasModel, members: Callable[[Any], list[Any]]) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()

    def walk(inner: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        for layer in members(inner):
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            path = f"{prefix}{layer.name}"
            if is_graph_model(layer):
                yield from walk(layer, f"{path}/")
            else:
                yield path, layer

    return walk(model, "")


def is_graph_model(layer: Any) -> bool:
    """Whether a layer is a Sequential or functional model: one that lists its layers in its config."""
    return bool({"Functional", "Sequential"} & {cls.__name__ for cls in type(layer).__mro__})
