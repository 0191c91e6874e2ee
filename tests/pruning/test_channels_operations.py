"""Operators and functions on tensors (`a + b`, slices, reshapes, products), as both Kerases record them."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tests.pruning.channel_oracle import assert_cuts_are_exact, free_units, read

Builder = Callable[[Any, Any], Any]
_cases: dict[str, tuple[Builder, dict[str, int]]] = {}


class _TensorFlow:
    """The functions that Keras 2 users call, under the names of `keras.ops`."""

    add, multiply, matmul, einsum, reshape, transpose = (
        tf.add,
        tf.multiply,
        tf.matmul,
        tf.einsum,
        tf.reshape,
        tf.transpose,
    )
    concatenate, stack, expand_dims, squeeze, relu, softmax = (
        tf.concat,
        tf.stack,
        tf.expand_dims,
        tf.squeeze,
        tf.nn.relu,
        tf.nn.softmax,
    )
    pad, tile, repeat, mean, sum, split, take = (
        tf.pad,
        tf.tile,
        tf.repeat,
        tf.reduce_mean,
        tf.reduce_sum,
        tf.split,
        tf.gather,
    )
    sigmoid, where = tf.sigmoid, tf.where


@pytest.fixture(params=[(keras, keras.ops), (tf_keras, _TensorFlow)], ids=["keras3", "keras2"])
def apis(request: pytest.FixtureRequest) -> Any:
    return request.param


def case(**free: int) -> Callable[[Builder], Builder]:
    """A function that builds a model; the groups that may lose units, and how many units each has."""

    def register(build: Builder) -> Builder:
        _cases[build.__name__] = (build, free)
        return build

    return register


def _model(api: Any, inputs: Any, x: Any) -> Any:
    return api.Model(inputs, api.layers.Dense(2, name="head")(api.layers.Flatten()(x)))


@case(a=4, gate=3)
def operators(api: Any, ops: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5, 5, 3))
    a, b = layers.Conv2D(4, 3, name="a")(inputs), layers.Conv2D(4, 3, name="b")(inputs)
    x = ops.relu((a + 3.0) * (1 / 6) - 2.0 * b / 3.0)
    gate = ops.mean(x, axis=[1, 2], keepdims=True)
    gate = layers.Dense(4, name="back")(layers.Dense(3, name="gate")(gate))
    return _model(api, inputs, x * ops.sigmoid(-gate) ** 2)


@case(left=4, right=5)
def slices(api: Any, ops: Any) -> Any:
    """What the first slice takes and what the second takes are read by different layers."""
    layers = api.layers
    inputs = api.Input((5, 3))
    x = layers.Dense(10, name="x")(inputs)
    left = layers.Dense(4, name="left")(x[:, :, :6])
    right = layers.Dense(5, name="right")(x[..., -4:])
    return _model(api, inputs, ops.concatenate([left[:, 1:], right[:, :-1]], axis=-1))


_cases["slices"][1].update({"x": 6, "x#2": 4})


@case(rows=4)
def one_index(api: Any, ops: Any) -> Any:
    """A channel that is taken by its index stays; the others may go, and the index follows."""
    layers = api.layers
    inputs = api.Input((5, 3))
    x = layers.Dense(5, name="rows")(inputs)
    return api.Model(inputs, [layers.Dense(2)(x), x[..., 2]])


@case(wide=3, after=4)
def gated_linear_unit(api: Any, ops: Any) -> Any:
    """Halves that are multiplied go together."""
    layers = api.layers
    inputs = api.Input((5,))
    x = layers.Dense(6, name="wide")(inputs)
    a, b = ops.split(x, 2, axis=-1)
    x = layers.Dense(4, name="after")(a * ops.sigmoid(b))
    return _model(api, inputs, x)


@case(wide=3)
def shuffle(api: Any, ops: Any) -> Any:
    layers = api.layers
    inputs = api.Input((4, 4, 2))
    x = layers.Conv2D(6, 1, name="wide")(inputs)
    x = ops.reshape(x, (-1, 4, 4, 2, 3))
    x = ops.reshape(ops.transpose(x, (0, 1, 2, 4, 3)), (-1, 4, 4, 6))
    return _model(api, inputs, x)


@case(keys=2, project=4)
def attention_by_hand(api: Any, ops: Any) -> Any:
    """Heads cut from Dense layers by a reshape: queries, keys and values lose whole heads."""
    layers = api.layers
    inputs = api.Input((5, 3))

    def heads(name: str) -> Any:
        x = ops.reshape(layers.Dense(6, name=name)(inputs), (-1, 5, 2, 3))
        return ops.transpose(x, (0, 2, 1, 3))

    scores = ops.matmul(heads("query"), ops.transpose(heads("keys"), (0, 1, 3, 2))) / 1.7
    x = ops.matmul(ops.softmax(scores), heads("values"))
    x = ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (-1, 5, 6))
    return _model(api, inputs, layers.Dense(4, name="project")(x))


@case(first=4, second=3)
def axes_that_come_and_go(api: Any, ops: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5,))
    x = ops.expand_dims(layers.Dense(4, name="first")(inputs), 1)
    x = ops.tile(x, (1, 3, 1))
    x = ops.repeat(ops.stack([x, x + 1.0], axis=1), 2, axis=-1)
    x = layers.Dense(3, name="second")(x)
    x = ops.squeeze(x[:, :1], 1)
    return _model(api, inputs, x)


@case(one=3)
def padded_channels(api: Any, ops: Any) -> Any:
    """The residual stream of ResNet's option A: zeros beside the channels, added to a wider convolution."""
    layers = api.layers
    inputs = api.Input((4, 4, 2))
    x = layers.Conv2D(3, 1, name="one")(inputs)
    x = ops.pad(x, [[0, 0], [0, 0], [0, 0], [1, 2]])
    return _model(api, inputs, ops.where(x > 0.0, x, 0.1 * x))


@case(after=4)
def summed_over_channels(api: Any, ops: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5, 3))
    x = ops.sum(layers.Dense(6, name="summed")(inputs), axis=-1)
    return _model(api, inputs, layers.Dense(4, name="after")(x))


@case(after=4)
def constant_for_each_channel(api: Any, ops: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5,))
    x = layers.Dense(3, name="scaled")(inputs) * np.array([1.0, 2.0, 3.0], "float32")
    return _model(api, inputs, layers.Dense(4, name="after")(x))


@pytest.mark.parametrize("name", _cases)
def test_removable_units(apis: Any, name: str) -> None:
    build, free = _cases[name]
    graph = assert_cuts_are_exact(build(*apis))
    assert free_units(graph) == free
    assert not graph.unread


def test_only_lengths_that_are_read_are_kept() -> None:
    """`tf.shape(x)[0]`, the size of the batch, binds no channels; `tf.shape(x)[-1]` does."""
    layers, inputs = tf_keras.layers, tf_keras.Input((4, 3))
    x, y = layers.Dense(6, name="free")(inputs), layers.Dense(5, name="bound")(inputs)
    merged = tf.reshape(x, (tf.shape(x)[0], 24)) / tf.cast(tf.shape(y)[-1], "float32")
    graph = assert_cuts_are_exact(tf_keras.Model(inputs, [layers.Dense(2)(merged), layers.Dense(2)(y)]))
    assert free_units(graph) == {"free": 6}


def test_depth_and_space() -> None:
    """Sub-pixel upsampling: a unit is one channel of each of the four positions that it becomes."""
    layers, inputs = tf_keras.layers, tf_keras.Input((4, 4, 3))
    x = tf.nn.depth_to_space(layers.Conv2D(12, 3, padding="same", name="deep")(inputs), 2)
    x = tf.nn.space_to_depth(layers.Conv2D(5, 1, name="wide")(x), 2)
    graph = assert_cuts_are_exact(_model(tf_keras, inputs, x))
    assert free_units(graph) == {"deep": 3, "wide": 5}


def test_einsum_sums_over_frozen_channels() -> None:
    """Only Keras 3: what Keras 2 records of `tf.einsum` has no inputs."""
    layers, inputs = keras.layers, keras.Input((5, 3))
    query, key = layers.Dense(4, name="queries")(inputs), layers.Dense(4, name="keys")(inputs)
    scores = keras.ops.einsum("bqc,bkc->bqk", query, key)
    x = keras.ops.einsum("bqk,bkc->bqc", scores, layers.Dense(4, name="values")(inputs))
    graph = assert_cuts_are_exact(_model(keras, inputs, x))
    assert free_units(graph) == {"values": 4}
    assert all(group.frozen for group in graph.groups if group.name == "queries")


def test_what_nothing_is_known_to_read_stays() -> None:
    """The config of Keras 2 loses the inputs of `tf.einsum`; they must not look unused."""
    inputs = tf_keras.Input((3, 3))
    x = tf.einsum("bij,bjk->bik", tf_keras.layers.Dense(3)(inputs), tf_keras.layers.Dense(3)(inputs))
    assert not free_units(read(_model(tf_keras, inputs, x))[1])
