"""The graph of calls: one form for both Kerases, for nested, shared and operator-built models."""

import json
import time
import warnings
from pathlib import Path
from typing import Any

import h5py
import keras
import pytest
import tf_keras

from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.model import ModelGraph, TensorRef, WeightSpec
from edgeprune.keras_models.graphs.graph import build_graph
from edgeprune.keras_models.graphs.native_names import KERAS2_FUNCTIONS, KERAS3_CLASSES
from edgeprune.keras_models.vocabulary import VOCABULARY
from tests.keras_models.graph_models import graph_of, major

BOTH = [keras, tf_keras]


def _edges(graph: ModelGraph) -> list[tuple[str, str, list[str]]]:
    """(layer, kind, layers that feed it) of each node."""
    return [
        (node.layer, node.kind, [graph.nodes[reference.node].layer for reference in node.inputs])
        for node in graph.nodes
    ]


@pytest.mark.parametrize("k", BOTH)
def test_sequential_is_a_chain(k: Any) -> None:
    model = k.Sequential([k.Input((4,)), k.layers.Dense(3, name="a"), k.layers.Dense(2, name="b")])
    graph = graph_of(k, model, {"a": (WeightSpec(name="kernel", shape=(4, 3), dtype="float32"),)})
    assert [(node.layer, node.kind, node.output_shapes) for node in graph.nodes[1:]] == [
        ("a", "Dense", ((None, 3),)),
        ("b", "Dense", ((None, 2),)),
    ]
    assert graph.nodes[0].kind == "InputLayer"
    assert (graph.inputs, graph.outputs) == ((TensorRef(0),), (TensorRef(2),))
    assert graph.layers["a"].config["units"] == 3
    assert [weight.shape for weight in graph.layers["a"].weights] == [(4, 3)]
    assert graph.layers["b"].weights == ()


@pytest.mark.parametrize("k", BOTH)
def test_a_config_read_from_a_file_gives_the_same_graph(k: Any, tmp_path: Path) -> None:
    image = k.Input((8, 8, 3))
    branch = k.layers.Conv2D(4, 3, padding="same", name="conv")(image)
    model = k.Model(image, k.layers.Concatenate()([branch, image[..., 1:] * 2.0]))
    live = graph_of(k, model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras 2 advises against .h5
        model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5") as file:
        saved = json.loads(file.attrs["model_config"])
    for read in (build_graph(json.loads(model.to_json()), major(k)), build_graph(saved, major(k))):
        assert _edges(read) == _edges(live)
        assert [node.arguments for node in read.nodes] == [node.arguments for node in live.nodes]
        assert [node.output_shapes for node in read.nodes] == [node.output_shapes for node in live.nodes]
        assert [node.is_operation for node in read.nodes].count(True) == 2


@pytest.mark.parametrize("k", BOTH)
def test_nested_models_are_flattened_and_run_once_for_each_call(k: Any) -> None:
    inner_input = k.Input((4,))
    hidden = k.layers.Dense(4, name="hidden")(inner_input)
    innermost = k.Sequential([k.Input((4,)), k.layers.Dense(4, name="deep")], name="innermost")
    inner = k.Model(inner_input, [innermost(hidden), hidden], name="inner")
    x = k.Input((4,), name="x")
    first, _ = inner(x)
    second, side = inner(first)
    model = k.Model(x, [side, k.layers.Add(name="sum")([first, second])])
    graph = graph_of(k, model)
    assert _edges(graph) == [
        ("x", "InputLayer", []),
        ("inner/hidden", "Dense", ["x"]),
        ("inner/innermost/deep", "Dense", ["inner/hidden"]),
        ("inner/hidden", "Dense", ["inner/innermost/deep"]),
        ("inner/innermost/deep", "Dense", ["inner/hidden"]),
        ("sum", "Add", ["inner/innermost/deep", "inner/innermost/deep"]),
    ]
    assert graph.nodes[5].inputs == (TensorRef(2), TensorRef(4))
    assert graph.outputs == (TensorRef(3), TensorRef(5))


@pytest.mark.parametrize("k", BOTH)
def test_only_the_second_call_of_a_nested_model_is_an_output(k: Any) -> None:
    x = k.Input((4,))
    inner = k.Model(x, k.layers.Dense(4, name="dense")(x), name="inner")
    start = k.Input((4,), name="start")
    graph = graph_of(k, k.Model(start, inner(inner(start))))
    assert graph.outputs == (TensorRef(2),)
    assert [node.inputs for node in graph.nodes] == [(), (TensorRef(0),), (TensorRef(1),)]


@pytest.mark.parametrize("k", BOTH)
def test_a_shared_layer_is_one_spec_and_two_nodes(k: Any) -> None:
    a, b = k.Input((4,), name="a"), k.Input((4,), name="b")
    shared, last = k.layers.Dense(4, name="shared"), k.layers.Dense(4, name="last")
    # The second call waits for a layer that comes after it in the file.
    model = k.Model([b, a], [shared(last(shared(a))), b])
    graph = graph_of(k, model)
    calls = [(node.layer, node.call) for node in graph.nodes if node.kind == "Dense"]
    assert calls == [("shared", 0), ("last", 0), ("shared", 1)]
    assert [graph.nodes[reference.node].layer for reference in graph.inputs] == ["b", "a"]
    assert [graph.nodes[reference.node].layer for reference in graph.outputs] == ["shared", "b"]


@pytest.mark.parametrize("k", BOTH)
def test_inputs_by_name(k: Any) -> None:
    first, second = k.Input((2,), name="q"), k.Input((3,), name="p")
    inner = k.Model({"q": first, "p": second}, k.layers.Concatenate(name="join")([first, second]), name="inner")
    u, v = k.Input((2,), name="z"), k.Input((3,), name="y")
    model = k.Model({"z": u, "y": v}, {"out": inner({"q": u, "p": v})})
    graph = graph_of(k, model)
    assert [graph.nodes[reference.node].layer for reference in graph.inputs] == ["y", "z"]
    join = graph.nodes[graph.outputs[0].node]
    assert [graph.nodes[reference.node].layer for reference in join.inputs] == ["z", "y"]
    assert graph.shape(graph.outputs[0]) == (None, 5)


def _keras3_operators(x: Any) -> list[Any]:
    ops = keras.ops
    return [
        x + 1.0, 2.0 - x, x * x, ops.maximum(0.5, x), ops.relu(x), ops.clip(x, 0.0, 6.0),
        ops.mean(x, axis=1, keepdims=True), ops.reshape(x, (-1, 48)), ops.transpose(x, (0, 2, 1)),
        x[:, 2:5], x[..., 0], *ops.split(x, 2, axis=-1), *ops.split(x, [2, 5], axis=1),
        ops.concatenate([x, x], axis=-1), ops.matmul(x, x[:, :6]), ops.cast(x, "float16"), ops.squeeze(x[:, :1], 1),
        ops.pad(x, ((0, 0), (1, 2), (0, 0))), ops.expand_dims(x, 1), ops.stack([x, x], axis=1),
    ]  # fmt: skip


def _keras2_operators(x: Any) -> list[Any]:
    import tensorflow as tf

    return [
        x + 1.0, 2.0 - x, x * x, tf.maximum(0.5, x), tf.nn.relu(x), tf.clip_by_value(x, 0.0, 6.0),
        tf.reduce_mean(x, axis=1, keepdims=True), tf.reshape(x, (-1, 48)), tf.transpose(x, (0, 2, 1)),
        x[:, 2:5], x[..., 0], *tf.split(x, 2, axis=-1), *tf.split(x, [2, 3, 3], axis=1),
        tf.concat([x, x], axis=-1), tf.matmul(x, x[:, :6]), tf.cast(x, "float16"), tf.squeeze(x[:, :1], axis=1),
        tf.pad(x, ((0, 0), (1, 2), (0, 0))), tf.expand_dims(x, 1), tf.stack([x, x], axis=1),
    ]  # fmt: skip


def _said(k: Any, operators: Any) -> list[tuple[str, dict[str, Any], int]]:
    """(kind, arguments of the vocabulary, number of tensors) of each operation, in one order."""
    x = k.Input((8, 6))
    graph = graph_of(k, k.Model(x, operators(x)))
    rows = []
    for node in graph.nodes[1:]:
        assert node.is_operation
        entry = VOCABULARY[node.kind]
        stated = {name: value for name, value in node.arguments.items() if name in (*entry.operands, *entry.arguments)}
        stated.pop("value", None)  # of Pad: Keras 2 writes 0, Keras 3 leaves it out
        if "mode" in stated:
            stated["mode"] = stated["mode"].lower()
        rows.append((node.kind, stated, len(node.inputs)))
    return sorted(rows, key=repr)


def test_operators_of_both_kerases_are_one_vocabulary() -> None:
    keras3, keras2 = _said(keras, _keras3_operators), _said(tf_keras, _keras2_operators)
    assert keras3 == keras2
    assert ("Add", {"y": 1.0}, 1) in keras3
    assert ("Subtract", {"x": 2.0}, 1) in keras3
    assert ("Multiply", {}, 2) in keras3
    assert ("Split", {"sizes": (2, 3, 3), "axis": 1}, 1) in keras3
    assert ("Split", {"sizes": (3, 3), "axis": -1}, 1) in keras3
    assert ("GetItem", {"slices": (..., 0)}, 1) in keras3
    whole = {"start": None, "stop": None, "step": None}
    assert ("GetItem", {"slices": (whole, {"start": 2, "stop": 5, "step": None})}, 1) in keras3
    assert ("Clip", {"minimum": 0.0, "maximum": 6.0}, 1) in keras3


def test_names_lead_into_the_vocabulary() -> None:
    for native in (*KERAS2_FUNCTIONS.values(), *KERAS3_CLASSES.values()):
        entry = VOCABULARY[native.kind]
        known = {*entry.operands, *entry.arguments}
        assert {common for common in native.renames.values() if common != "keepdims"} <= known, native


@pytest.mark.parametrize("k", BOTH)
def test_tensors_passed_by_name_are_inputs_and_can_be_told_apart(k: Any) -> None:
    x, memory = k.Input((4, 6), name="x"), k.Input((5, 6), name="memory")
    state = k.layers.Dense(3, name="state")(k.layers.GlobalAveragePooling1D(name="pool")(memory))
    attended = k.layers.MultiHeadAttention(2, 3, name="attend")(x, key=x, value=memory[:, :4])
    sequence = k.layers.GRU(3, name="gru")(attended, initial_state=state)
    graph = graph_of(k, k.Model([x, memory], sequence))
    nodes = {node.layer: node for node in graph.nodes}
    attend = nodes["attend"]
    assert attend.inputs[0] == TensorRef(nodes["x"].index)
    assert graph.nodes[attend.arguments["value"].node].kind == "GetItem"
    assert attend.arguments["key"] == TensorRef(nodes["x"].index)
    assert set(attend.inputs) == {TensorRef(nodes["x"].index), attend.arguments["value"]}
    assert TensorRef(nodes["state"].index) in nodes["gru"].inputs
    assert graph.shape(graph.outputs[0]) == (None, 3)


def test_a_target_shape_with_a_tensor_in_it() -> None:
    import tensorflow as tf

    x = tf_keras.Input((8, 6))
    graph = graph_of(tf_keras, tf_keras.Model(x, tf.reshape(x, (tf.shape(x)[0], 6, 8))))
    reshape = graph.nodes[-1]
    assert [graph.nodes[reference.node].kind for reference in reshape.inputs] == ["InputLayer", "GetItem"]
    assert reshape.arguments["shape"] == (reshape.inputs[1], 6, 8)
    assert reshape.output_shapes == ((None, 6, 8),)


def _old_layer(kind: str, name: str, inbound: list[Any], **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "name": name, "inbound_nodes": inbound, "config": {"name": name, **config}}


def test_the_oldest_forms_of_keras2() -> None:
    sequential = [
        {"class_name": "Dense", "config": {"name": "first", "units": 3, "batch_input_shape": [None, 4]}},
        {"class_name": "Dense", "config": {"name": "second", "units": 2}},
    ]
    graph = build_graph({"class_name": "Sequential", "config": sequential}, 2)
    assert _edges(graph)[0] == ("first_input", "InputLayer", [])
    assert graph.shape(graph.outputs[0]) == (None, 2)
    layers = [
        _old_layer("InputLayer", "input_1", [], batch_input_shape=[None, 4]),
        _old_layer("Sequential", "body", [[["input_1", 0, 0]]]) | {"config": sequential},
        _old_layer("Add", "sum", [[["body", 1, 0], ["body", 1, 0]]]),
    ]
    config = {
        "name": "model_1",
        "layers": layers,
        "input_layers": [["input_1", 0, 0]],
        "output_layers": [["sum", 0, 0]],
    }
    graph = build_graph({"class_name": "Model", "config": config}, 2)
    assert _edges(graph)[-1] == ("sum", "Add", ["body/second", "body/second"])
    assert graph.shape(graph.outputs[0]) == (None, 2)


@pytest.mark.parametrize("k", BOTH)
def test_classes_made_from_sequential_and_functional_models_are_read(k: Any) -> None:
    class Chain(k.Sequential):
        pass

    class Graph(k.Model):
        pass

    x = k.Input((4,), name="x")
    chain = Chain([k.Input((4,)), k.layers.Dense(3, name="dense")], name="chain")
    model = Graph(inputs=x, outputs=chain(x))
    assert _edges(graph_of(k, model))[-1] == ("chain/dense", "Dense", ["x"])
    assert graph_of(k, chain).shape(TensorRef(1)) == (None, 3)


@pytest.mark.parametrize("k", BOTH)
def test_a_subclassed_model_is_refused_with_what_to_do(k: Any) -> None:
    class Mine(k.Model):
        pass

    with pytest.raises(ModelError, match=r"'Mine' is subclassed.*rebuild it as a functional model"):
        build_graph({"class_name": "Mine", "config": {}}, major(k))


def test_a_damaged_config_is_said_to_be_one() -> None:
    config = {"layers": [{"class_name": "Dense", "config": {"name": "a"}}], "input_layers": [], "output_layers": []}
    with pytest.raises(ModelError, match=r"config is damaged.*save the model again"):
        build_graph({"class_name": "Functional", "config": config}, 2)


def test_edges_that_lead_nowhere_are_an_error() -> None:
    layers = [_old_layer("Dense", "dense", [[["gone", 0, 0, {}]]], units=1)]
    config = {"layers": layers, "input_layers": [], "output_layers": [["dense", 0, 0]]}
    with pytest.raises(ModelError, match="'dense': its inputs lead to no layer"):
        build_graph({"class_name": "Functional", "config": config}, 2)


def test_large_models_take_little_time() -> None:
    """Linear in the number of calls: 2,000 layers in well under a second (measured 0.1 s; room for a busy machine)."""
    layers = [_old_layer("InputLayer", "l0", [], batch_input_shape=[None, 4])]
    layers += [_old_layer("Add", f"l{i}", [[[f"l{i - 1}", 0, 0, {}], ["l0", 0, 0, {}]]]) for i in range(1, 2000)]
    config = {"layers": layers, "input_layers": [["l0", 0, 0]], "output_layers": [["l1999", 0, 0]]}
    start = time.perf_counter()
    graph = build_graph({"class_name": "Functional", "config": config}, 2)
    assert time.perf_counter() - start < 1.0
    assert len(graph.nodes) == 2000
