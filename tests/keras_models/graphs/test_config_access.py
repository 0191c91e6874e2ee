"""Changes written back into a config: the graph shows them, and Keras builds the changed model."""

import copy
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.model import ModelGraph, Node
from edgeprune.keras_models.graphs.config_access import (
    layer_config,
    layer_item,
    layer_items,
    refresh_shapes,
    set_argument,
    set_config_value,
)
from edgeprune.keras_models.graphs.graph import build_graph
from tests.keras_models.graph_models import config_of, major

BOTH = [keras, tf_keras]


def _operators(k: Any) -> dict[str, Callable[[Any], Any]]:
    if k is keras:
        ops = keras.ops
        return {
            "split": lambda x: ops.split(x, 2, axis=-1),
            "cut": lambda x: ops.split(x, [4], axis=-1),
            "reshape": lambda x: ops.reshape(x, (-1, 4, 2)),
        }
    return {
        "split": lambda x: tf.split(x, 2, axis=-1),
        "cut": lambda x: tf.split(x, [4, 4], axis=-1),
        "reshape": lambda x: tf.reshape(x, (-1, 4, 2)),
    }


def _edited(
    k: Any, make: Callable[[Any], Any], kind: str, edits: list[tuple[str, tuple[int | str, ...], Any]], width: int = 8
) -> tuple[ModelGraph, Any]:
    """Edit the operation of this kind in a model whose Dense gives 8 features; let the Dense give `width` of them."""
    x = k.Input((5,))
    made = make(k.layers.Dense(8, name="dense")(x))
    model = k.Model(x, made)
    config = copy.deepcopy(config_of(model))
    before = build_graph(config, major(k))
    node = next(node for node in before.nodes if node.kind == kind)
    items = layer_items(config)
    set_config_value(layer_item(items, "dense"), "units", width)
    for name, position, value in edits:
        set_argument(layer_item(items, node.layer), node, name, value, position)
    refresh_shapes(config, major(k))
    after = build_graph(config, major(k))
    return after, type(model).from_config(config["config"])


def _node(graph: ModelGraph, kind: str) -> Node:
    return next(node for node in graph.nodes if node.kind == kind)


def _run(model: Any) -> list[tuple[int, ...]]:
    made = model(np.ones((3, 5), "float32"))
    return [tuple(part.shape) for part in (made if isinstance(made, list | tuple) else [made])]


@pytest.mark.parametrize("k", BOTH)
def test_bounds_of_a_slice(k: Any) -> None:
    graph, model = _edited(k, lambda x: x[:, 2:6], "GetItem", [("slices", (1, "start"), 1), ("slices", (1, "stop"), 3)])
    assert _node(graph, "GetItem").arguments["slices"][1] == {"start": 1, "stop": 3, "step": None}
    assert _run(model) == [(3, 2)]


@pytest.mark.parametrize("k", BOTH)
def test_an_index(k: Any) -> None:
    graph, model = _edited(k, lambda x: x[:, 6], "GetItem", [("slices", (1,), 2)], width=3)
    assert _node(graph, "GetItem").arguments["slices"][1] == 2
    assert _run(model) == [(3,)]


def test_a_slice_that_stands_alone_in_the_file() -> None:
    graph, model = _edited(tf_keras, lambda x: x[0:2], "GetItem", [("slices", (0, "stop"), 1)])
    assert _node(graph, "GetItem").arguments["slices"] == ({"start": 0, "stop": 1, "step": None},)
    assert _run(model) == [(1, 8)]


@pytest.mark.parametrize("k", BOTH)
@pytest.mark.parametrize("form", ["split", "cut"])
def test_sizes_of_a_split(k: Any, form: str) -> None:
    edits: list[tuple[str, tuple[int | str, ...], Any]] = [("sizes", (0,), 3), ("sizes", (1,), 2)]
    graph, model = _edited(k, _operators(k)[form], "Split", edits, width=5)
    assert _node(graph, "Split").arguments["sizes"] == (3, 2)
    assert _run(model) == [(3, 3), (3, 2)]
    graph, model = _edited(k, _operators(k)[form], "Split", [("sizes", (), [1, 6])], width=7)
    assert _run(model) == [(3, 1), (3, 6)]


@pytest.mark.parametrize("k", BOTH)
def test_target_shape_of_a_reshape(k: Any) -> None:
    graph, model = _edited(k, _operators(k)["reshape"], "Reshape", [("shape", (1,), 3)], width=6)
    assert _node(graph, "Reshape").output_shapes == ((None, 3, 2),)
    assert _run(model) == [(3, 3, 2)]


@pytest.mark.parametrize("k", BOTH)
def test_places_inside_lists_of_a_layers_config(k: Any) -> None:
    x = k.Input((8,))
    model = k.Model(x, k.layers.Bidirectional(k.layers.LSTM(4), name="both")(k.layers.Reshape((4, 2), name="fold")(x)))
    config = config_of(model)
    items = layer_items(config)
    set_config_value(items["fold"], "target_shape", 2, (0,))
    set_config_value(items["fold"], "target_shape", 4, (1,))
    set_config_value(items["both"], "layer", 3, ("config", "units"))
    refresh_shapes(config, major(k))
    assert layer_config(config, "both")["layer"]["config"]["units"] == 3
    assert build_graph(config, major(k)).nodes[-1].output_shapes == ((None, 6),)


@pytest.mark.parametrize("k", BOTH)
def test_a_nested_model_takes_what_it_is_fed_after_the_edit(k: Any) -> None:
    image = k.Input((8, 8, 6))
    body = k.Model(image, k.layers.Conv2D(4, 3, name="second")(image), name="body")
    head = k.Sequential([k.Input((None, None, 4)), k.layers.GlobalAveragePooling2D(), k.layers.Dense(2)], name="head")
    start = k.Input((8, 8, 3))
    model = k.Model(start, head(body(k.layers.Conv2D(6, 3, padding="same", name="first")(start))))
    config = copy.deepcopy(config_of(model))
    set_config_value(layer_item(layer_items(config), "first"), "filters", 5)
    set_config_value(layer_item(layer_items(config), "body/second"), "filters", 3)
    refresh_shapes(config, major(k))
    smaller = k.Model.from_config(config["config"])
    assert [tuple(weight.shape) for weight in smaller.weights][:3] == [(3, 3, 3, 5), (5,), (3, 3, 5, 3)]
    assert tuple(smaller(np.ones((1, 8, 8, 3), "float32")).shape) == (1, 2)


@pytest.mark.parametrize("k", BOTH)
def test_attention_remembers_its_new_input_shapes(k: Any) -> None:
    x = k.Input((5, 6))
    wide = k.layers.Dense(8, name="wide")(x)
    model = k.Model(x, k.layers.MultiHeadAttention(2, 3, name="attend", output_shape=4)(wide, wide))
    config = copy.deepcopy(config_of(model))
    set_config_value(layer_item(layer_items(config), "wide"), "units", 7)
    refresh_shapes(config, major(k))
    smaller = k.Model.from_config(config["config"])
    assert (7, 2, 3) in [tuple(weight.shape) for weight in smaller.weights]


@pytest.mark.parametrize("k", BOTH)
def test_an_unknown_layer_or_setting_is_named(k: Any) -> None:
    config = config_of(k.Sequential([k.Input((2,)), k.layers.Dense(2, name="dense")]))
    with pytest.raises(ModelError, match="'gone' is not in the model's config"):
        layer_config(config, "gone")
    with pytest.raises(ModelError, match="'dense' has no 'filters'"):
        set_config_value(layer_items(config)["dense"], "filters", 1)
