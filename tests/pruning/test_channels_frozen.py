"""What cannot be followed stays, with a reason that names the layer, and the rest is cut all the same."""

from typing import Any

import numpy as np

from edgeprune.contracts.channels import ChannelGraph, ChannelPlan
from edgeprune.contracts.model import LayerSpec, ModelGraph, Node, TensorRef, WeightSpec
from edgeprune.pruning.channels import channel_graph
from tests.pruning.channel_oracle import assert_cuts_are_exact, free_units, read


def _reason(graph: ChannelGraph, producer: str) -> str | None:
    (reason,) = {group.frozen for group in graph.groups if producer in group.producers}
    return reason


def test_outputs_are_never_cut(api: Any) -> None:
    inputs = api.Input((4,))
    hidden = api.layers.Dense(3, name="hidden")(inputs)
    graph = assert_cuts_are_exact(api.Model(inputs, [hidden, api.layers.Dense(2, name="out")(hidden)]))
    assert _reason(graph, "hidden") == _reason(graph, "out") == "an output of the model"


def _scaled(api: Any, name: str) -> Any:
    """A custom layer with a weight for each channel."""

    class Scaled(api.layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(shape[-1],), name="scale")

        def call(self, x: Any) -> Any:
            return x * self.scale

    return Scaled(name=name)


def test_custom_layer(api: Any) -> None:
    """Its input stays, and so does what reads its output, whose shape nobody knows; the rest is cut."""
    inputs = api.Input((4,))
    x = api.layers.Dense(5, name="before")(api.layers.Dense(6, name="free")(inputs))
    _, graph = read(api.Model(inputs, api.layers.Dense(2)(_scaled(api, "scaled")(x))))
    assert free_units(graph) == {"free": 6}
    expected = "Scaled 'scaled' is not understood: there is no rule for this kind of layer"
    assert _reason(graph, "before") == graph.unread["scaled"] == expected


def test_shared_layer_of_which_one_call_is_not_understood(api: Any) -> None:
    """What the second call makes nobody can follow: the weights must stay for the first one too."""
    inputs = api.Input((4,))
    shared, free = api.layers.Dense(3, name="shared"), api.layers.Dense(6, name="free")
    x, y = shared(inputs), shared(_scaled(api, "scaled")(inputs))
    _, graph = read(api.Model(inputs, [api.layers.Dense(2)(free(x)), api.layers.Dense(2)(y)]))
    assert free_units(graph) == {"free": 6}
    assert _reason(graph, "shared") == graph.unread["shared"]


def test_lambda(api: Any) -> None:
    inputs = api.Input((4,))
    x = api.layers.Dense(5, name="before")(inputs)
    x = api.layers.Dense(3, name="after")(api.layers.Lambda(lambda x: x[:, ::-1], name="turn", output_shape=(5,))(x))
    _, graph = read(api.Model(inputs, api.layers.Dense(2)(x)))
    assert "Lambda 'turn'" in (_reason(graph, "before") or "")
    assert free_units(graph) == {"after": 3}


def test_masking_compares_all_channels(api: Any) -> None:
    inputs = api.Input((4, 3))
    x = api.layers.Masking(name="mask")(api.layers.Dense(5, name="masked")(inputs))
    graph = assert_cuts_are_exact(api.Model(inputs, api.layers.Dense(2)(api.layers.LSTM(4, name="lstm")(x))))
    assert _reason(graph, "masked") == "compared by Masking 'mask'"
    assert free_units(graph) == {"lstm": 4}


def test_a_constant_for_each_channel(api: Any) -> None:
    inputs = api.Input((4,))
    x = api.layers.Rescaling([1.0, 2.0, 3.0], name="scale")(api.layers.Dense(3, name="scaled")(inputs))
    graph = assert_cuts_are_exact(api.Model(inputs, api.layers.Dense(2)(x)))
    assert _reason(graph, "scaled") == "Rescaling 'scale' has a constant for each channel"


def test_shape_known_only_at_run_time(api: Any) -> None:
    inputs = api.Input((None, 3))
    x = api.layers.Dense(6, name="cut_apart")(inputs)
    x = api.layers.Reshape((-1, 2), name="pairs")(x)
    x = api.layers.Dense(4, name="free")(x)
    graph = assert_cuts_are_exact(api.Model(inputs, api.layers.Dense(2)(api.layers.GlobalMaxPooling1D()(x))))
    assert _reason(graph, "cut_apart") == "reshaped by Reshape 'pairs' in a way that cannot be followed"
    assert free_units(graph) == {"free": 4}


def test_normalised_groups_are_marked_inexact(api: Any) -> None:
    inputs = api.Input((4,))
    x = api.layers.LayerNormalization()(api.layers.Dense(5, name="together")(inputs))
    x = api.layers.BatchNormalization()(api.layers.Dense(3, name="alone")(x))
    _, graph = read(api.Model(inputs, api.layers.Dense(2)(x)))
    assert {group.name: group.exact for group in graph.groups if group.frozen is None} == {
        "together": False,
        "alone": True,
    }


def test_units_with_the_same_readers_are_one_group(api: Any) -> None:
    """DenseNet's concatenations: one group a producer, each with all that read it."""
    layers, inputs = api.layers, api.Input((6, 6, 3))
    a = layers.Conv2D(4, 1, name="a")(inputs)
    b = layers.Conv2D(5, 1, name="b")(a)
    c = layers.Conv2D(6, 1, name="c")(layers.Concatenate()([a, b]))
    x = layers.Concatenate()([a, b, c])
    _, graph = read(api.Model(inputs, layers.Dense(2, name="head")(layers.GlobalAveragePooling2D()(x))))
    readers = {group.name: group.consumers for group in graph.groups if group.frozen is None}
    assert readers == {"a": ("b", "c", "head"), "b": ("c", "head"), "c": ("head",)}


def test_a_config_that_lacks_what_a_rule_needs() -> None:
    """A graph of another tool: no error, nothing cut."""
    kernel = WeightSpec(name="kernel", shape=(4, 3), dtype="float32")
    graph = ModelGraph(
        keras_major=3,
        layers={
            "in": LayerSpec(path="in", kind="InputLayer"),
            "d": LayerSpec(path="d", kind="Dense", weights=(kernel,)),
        },
        nodes=(
            Node(index=0, layer="in", kind="InputLayer", inputs=(), output_shapes=((None, 4),)),
            Node(index=1, layer="d", kind="Dense", inputs=(TensorRef(0),), output_shapes=((None, 3),)),
        ),
        inputs=(TensorRef(0),),
        outputs=(TensorRef(1),),
    )
    channels = channel_graph(graph)
    assert channels.unread == {"d": "Dense 'd' is not understood: it does not state 'units'"}
    assert ChannelPlan(graph=channels, kept=np.ones(0, dtype=bool)).graph.groups == ()
