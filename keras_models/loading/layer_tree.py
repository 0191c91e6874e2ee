"""The layers in a model's config, nested models flattened, with the place of each in the object that holds it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step from a Keras object to one that it holds.

    `attribute` is the Python attribute; where that is a list, `member` is the name that Keras's archives give
    to its entry (`conv2d_1`), `position` its index, and `name` the entry's own name (layers of a model only).
    """

    attribute: str
    member: str = ""
    position: int = 0
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class LayerEntry:
    """One layer of a model that is not itself a model. `steps` lead to it from the outermost model."""

    path: str
    kind: str
    config: Mapping[str, Any]
    steps: tuple[Step, ...]


def layers_of(model: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The serialized layers of a serialized model, None if it is a layer or a subclassed model."""
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else config  # Keras 2.0: a bare list
    if not isinstance(layers, list) or not all(map(is_serialized, layers)):
        return None
    return layers


def is_serialized(value: Any) -> bool:
    """Whether a value in a config is a serialized object of Keras's: a class and its config."""
    return isinstance(value, Mapping) and isinstance(value.get("class_name"), str)


def layer_entries(model: Mapping[str, Any]) -> Iterator[LayerEntry]:
    """Every layer of a serialized model in the order of its file, nested models flattened into paths."""
    for layer, step in steps_to_layers(model):
        if layers_of(layer) is None:
            yield LayerEntry(path=step.name, kind=layer["class_name"], config=layer_config(layer), steps=(step,))
        else:
            for inner in layer_entries(layer):
                yield LayerEntry(
                    path=f"{step.name}/{inner.path}",
                    kind=inner.kind,
                    config=inner.config,
                    steps=(step, *inner.steps),
                )


def steps_to_layers(model: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Step]]:
    """The layers that a serialized model holds itself (operations left out), and where."""
    layers = [layer for layer in layers_of(model) or () if not _is_operation(layer)]
    if model["class_name"] == "Sequential":  # its `layers` attribute hides the InputLayer
        layers = [layer for layer in layers if layer["class_name"] != "InputLayer"]
    return list(zip(layers, members("layers", layers), strict=True))


def members(attribute: str, held: Sequence[Mapping[str, Any]]) -> Iterator[Step]:
    """Steps to the entries of a list attribute, named as Keras's `_save_container_state` names them."""
    used: dict[str, int] = {}
    for position, item in enumerate(held):
        member = _snake_case(item["class_name"])
        count = used.get(member, 0)
        used[member] = count + 1
        name = str(item.get("name") or layer_config(item).get("name") or member)
        yield Step(attribute=attribute, member=f"{member}_{count}" if count else member, position=position, name=name)


def layer_config(layer: Any) -> Mapping[str, Any]:
    """The configuration of a serialized layer (empty where it has none, or is no layer: classes may hold anything)."""
    config = layer.get("config") if isinstance(layer, Mapping) else None
    return config if isinstance(config, Mapping) else {}


def _is_operation(layer: Mapping[str, Any]) -> bool:
    return str(layer.get("module")).startswith("keras.src.ops")


def _snake_case(name: str) -> str:
    """Keras's `to_snake_case`: Conv2DTranspose → conv2d_transpose, PReLU → p_re_lu."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
