"""Take regions out of a model: edges of its config changed, layers without readers dropped, the rest kept as it is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from edgeprune.contracts.bypasses import Bypass
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import ModelGraph
from edgeprune.keras_models.graphs.config_access import inner_items, layer_items, refresh_shapes
from edgeprune.keras_models.graphs.functional import is_functional, is_model, layer_name
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.variables import set_arrays, variables
from edgeprune.keras_models.surgery.rebuild import rebuild

Tensor = tuple[str, int, int]
"""A tensor as a config names it: layer, call, output."""


def remove_regions(model: KerasModel, graph: ModelGraph, bypasses: Sequence[Bypass]) -> KerasModel:
    """A new model without the regions; the original is not changed.

    Names, trainable flags, dtype policies and compile settings are those of the original; an optimizer starts afresh.
    Custom classes must be in scope. Raises ModelError, naming the layer, if the new model cannot be built.
    """
    config = {"class_name": type(model).__name__, "config": model.get_config()}
    rewire(config, graph, bypasses)
    smaller = rebuild(model, config, graph.keras_major)
    arrays = LiveArrays(variables(model))
    set_arrays(smaller, {key: arrays[key] for key in variables(smaller)})
    return smaller


def rewire(config: dict[str, Any], graph: ModelGraph, bypasses: Sequence[Bypass]) -> None:
    """Take regions out of a serialized model, `{"class_name": ..., "config": {...}}`, in place.

    The ends of each region lie in the same model, and its layers are called once.
    """
    removed = {graph.nodes[index].layer for bypass in bypasses for index in bypass.nodes}
    of_model: dict[str, dict[Tensor, Tensor]] = {path: {} for path in _models(config)}
    where = holding_models(config)
    for bypass in bypasses:
        entry, exit_ = (graph.nodes[reference.node] for reference in (bypass.entry, bypass.exit))
        model = where[exit_.layer]
        inside = len(model) + 1 if model else 0
        of_model[model][exit_.layer[inside:], exit_.call, bypass.exit.output] = (
            entry.layer[inside:],
            entry.call,
            bypass.entry.output,
        )
    for path, item in _models(config).items():
        _drop(item, path, removed)
        if is_functional(item) and of_model[path]:
            _redirect_edges(item["config"], of_model[path])
    refresh_shapes(config, graph.keras_major)


def holding_models(config: Mapping[str, Any]) -> dict[str, str]:
    """For each layer's path in `ModelGraph.layers`, the path of the model that holds it; the outermost is `""`."""
    return {
        (f"{path}/" if path else "") + layer_name(inner): path
        for path, item in _models(config).items()
        for inner in inner_items(item)
    }


def _models(config: Mapping[str, Any]) -> dict[str, Any]:
    """All models by path, the outermost under `""`; their entries are the config's own."""
    return {"": config} | {path: item for path, item in layer_items(config).items() if is_model(item)}


def _drop(model: Mapping[str, Any], path: str, removed: set[str]) -> None:
    """Drop entries that are removed, and models of which every layer is."""
    items = inner_items(model)
    prefix = f"{path}/" if path else ""
    items[:] = [item for item in items if not _is_gone(item, prefix + layer_name(item), removed)]


def _is_gone(item: Mapping[str, Any], path: str, removed: Iterable[str]) -> bool:
    if not is_model(item):
        return path in removed
    inner = [(each, f"{path}/{layer_name(each)}") for each in inner_items(item) if each["class_name"] != "InputLayer"]
    return bool(inner) and all(_is_gone(each, name, removed) for each, name in inner)


def _redirect_edges(config: dict[str, Any], stand_ins: Mapping[Tensor, Tensor]) -> None:
    """Let everything in a functional model that reads a removed tensor read its stand-in."""
    for item in config["layers"]:
        item["inbound_nodes"] = _redirect(item["inbound_nodes"], stand_ins)
    config["output_layers"] = _redirect(config["output_layers"], stand_ins)


def _redirect(value: Any, stand_ins: Mapping[Tensor, Tensor]) -> Any:
    """A copy in which every tensor is the right one: `[layer, call, output, …]` and, in Keras 3, `keras_history`."""
    if isinstance(value, dict):
        changed = {key: _redirect(part, stand_ins) for key, part in value.items()}
        if "keras_history" in value:
            changed["keras_history"] = _stand_in(value["keras_history"], stand_ins)
        return changed
    if not isinstance(value, list | tuple):
        return value
    parts = [_redirect(part, stand_ins) for part in value]
    if len(parts) in (3, 4) and isinstance(parts[0], str) and type(parts[1]) is int and type(parts[2]) is int:
        parts[:3] = _stand_in(parts[:3], stand_ins)
    return parts


def _stand_in(reference: Sequence[Any], stand_ins: Mapping[Tensor, Tensor]) -> list[Any]:
    tensor = (reference[0], reference[1], reference[2])
    while tensor in stand_ins:
        tensor = stand_ins[tensor]
    return list(tensor)
