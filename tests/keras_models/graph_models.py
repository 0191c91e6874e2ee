"""Models for the tests of the graph: every layer and operator at once, and what Keras says of their shapes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgeprune.contracts.model import ModelGraph
from edgeprune.keras_models.graphs.graph import build_graph
from edgeprune.keras_models.loading.model_config import read_config


def config_of(model: Any) -> dict[str, Any]:
    """The serialized form of a live model."""
    return {"class_name": type(model).__name__, "config": model.get_config()}


def major(keras_module: Any) -> int:
    return int(keras_module.__version__.split(".")[0])


def graph_of(keras_module: Any, model: Any, weights: Any = None) -> ModelGraph:
    return build_graph(config_of(model), major(keras_module), weights)


def true_shapes(keras_module: Any, model: Any) -> Iterator[tuple[str, list[list[int | None]]]]:
    """(layer name, output shapes of its last call) of a flat model, as the live Keras has them."""
    is_keras3 = major(keras_module) == 3
    for layer in model.operations if is_keras3 else model.layers:
        made = layer._inbound_nodes[-1]
        tensors = made.output_tensors if is_keras3 else flat(made.outputs)
        yield layer.name, [list(tensor.shape) for tensor in tensors]


def flat(structure: Any) -> list[Any]:
    if isinstance(structure, list | tuple):
        return [tensor for part in structure for tensor in flat(part)]
    return [structure]


def wrong_shapes(keras_module: Any, model: Any) -> dict[str, tuple[Any, Any]]:
    """Layers whose inferred shapes are not Keras's: {name: (Keras's, ours)}; the model's file passes the reader."""
    read_config(Path("model.keras"), json.loads(model.to_json()), major(keras_module))
    graph = graph_of(keras_module, model)
    ours = {
        node.layer: [None if shape is None else list(shape) for shape in node.output_shapes] for node in graph.nodes
    }
    return {name: (true, ours[name]) for name, true in true_shapes(keras_module, model) if ours[name] != true}
