"""Operators and functions on tensors (`a + b`, slices, reshapes, products), as both Kerases record them."""

from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tests.pruning.channel_cases import Cases, head
from tests.pruning.channel_oracle import assert_cuts_are_exact, free_units, read

cases = Cases()


_TENSORFLOW = SimpleNamespace(
    concatenate=tf.concat,
    expand_dims=tf.expand_dims,
    matmul=tf.matmul,
    mean=tf.reduce_mean,
    pad=tf.pad,
    relu=tf.nn.relu,
    repeat=tf.repeat,
    reshape=tf.reshape,
    sigmoid=tf.sigmoid,
    softmax=tf.nn.softmax,
    split=tf.split,
    squeeze=tf.squeeze,
    stack=tf.stack,
    sum=tf.reduce_sum,
    tile=tf.tile,
    transpose=tf.transpose,
    where=tf.where,
)
"""The functions that Keras 2 users call, under the names of `keras.ops`."""


def _model(api: Any, inputs: Any, x: Any) -> Any:
    return api.Model(inputs, head(api, x))


@cases.expect(a=4, gate=3)
def operators(api: Any, ops: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5, 5, 3))
    a, b = layers.Conv2D(4, 3, name="a")(inputs), layers.Conv2D(4, 3, name="b")(inputs)
    x = ops.relu((a + 3.0) * (1 / 6) - 2.0 * b / 3.0)
    gate = ops.mean(x, axis=[1, 2], keepdims=True)
    gate = layers.Dense(4, name="back")(layers.Dense(3, name="gate")(gate))
    return _model(api, inputs, x * ops.sigmoid(-gate) ** 2)


@cases.expect(**{"x": 6, "x#2": 4, "left": 4, "right": 5})
def slices(api: Any, ops: Any) -> Any:
    """What the first slice takes and what the second takes are read by different layers."""
    layers = api.layers
    inputs = api.Input((5, 3))
    x = layers.Dense(10, name="x")(inputs)
    left = layers.Dense(4, name="left")(x[:, :, :6])
    right = layers.Dense(5, name="right")(x[..., -4:])
    return _model(api, inputs, ops.concatenate([left[:, 1:], right[:, :-1]], axis=-1))


@cases.expect(rows=4)
def one_index(api: Any, ops: Any) -> Any:
    """A channel that is taken by its index stays; the others may go, and the index follows."""
    layers = api.layers
    inputs = api.Input((5, 3))
    x = layers.Dense(5, name="rows")(inputs)
    return api.Model(inputs, [layers.Dense(2)(x), x[..., 2]])


@cases.expect(wide=3, after=4)
def gated_linear_unit(api: Any, ops: Any) -> Any:
    """Halves that are multiplied go together."""
    layers = api.layers
    inputs = api.Input((5,))
    x = layers.Dense(6, name="wide")(inputs)
    a, b = ops.split(x, 2, axis=-1)
    x = layers.Dense(4, name="after")(a * ops.sigmoid(b))
    return _model(api, inputs, x)


@cases.expect(wide=3)
def shuffle(api: Any, ops: Any) -> Any:
    layers = api.layers
    inputs = api.Input((4, 4, 2))
    x = layers.Conv2D(6, 1, name="wide")(inputs)
    x = ops.reshape(x, (-1, 4, 4, 2, 3))
    x = ops.reshape(ops.transpose(x, (0, 1, 2, 4, 3)), (-1, 4, 4, 6))
    return _model(api, inputs, x)


@cases.expect(keys=2, project=4)
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


@cases.expect(first=4, second=3)
def axes_that_come_and_go(api: Any, ops: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5,))
    x = ops.expand_dims(layers.Dense(4, name="first")(inputs), 1)
    x = ops.tile(x, (1, 3, 1))
    x = ops.repeat(ops.stack([x, x + 1.0], axis=1), 2, axis=-1)
    x = layers.Dense(3, name="second")(x)
    x = ops.squeeze(x[:, :1], 1)
    return _model(api, inputs, x)


@cases.expect(one=3)
def padded_channels(api: Any, ops: Any) -> Any:
    """The residual stream of ResNet's option A: zeros beside the channels, added to a wider convolution."""
    layers = api.layers
    inputs = api.Input((4, 4, 2))
    x = layers.Conv2D(3, 1, name="one")(inputs)
    x = ops.pad(x, [[0, 0], [0, 0], [0, 0], [1, 2]])
    return _model(api, inputs, ops.where(x > 0.0, x, 0.1 * x))


@cases.expect(after=4)
def summed_over_channels(api: Any, ops: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5, 3))
    x = ops.sum(layers.Dense(6, name="summed")(inputs), axis=-1)
    return _model(api, inputs, layers.Dense(4, name="after")(x))


@cases.expect(after=4)
def constant_for_each_channel(api: Any, ops: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5,))
    x = layers.Dense(3, name="scaled")(inputs) * np.array([1.0, 2.0, 3.0], "float32")
    return _model(api, inputs, layers.Dense(4, name="after")(x))


@pytest.mark.parametrize("apis", [(keras, keras.ops), (tf_keras, _TENSORFLOW)], ids=["keras3", "keras2"])
@pytest.mark.parametrize("name", cases)
def test_removable_units(apis: tuple[Any, Any], name: str) -> None:
    cases.check(name, *apis)


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
