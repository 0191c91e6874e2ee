"""Layers that make, scale and pass channels, in both Kerases: which units may go, and that the cut is exact."""

from typing import Any

import keras
import pytest
import tf_keras

from tests.pruning.channel_cases import Cases, head

cases = Cases()


@cases.expect(hidden=5, deep=4)
def dense(api: Any) -> Any:
    layers = api.layers
    x = inputs = api.Input((3, 6))
    x = layers.Dense(5, activation="relu", name="hidden")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dense(4, activation="tanh", name="deep")(x)
    return api.Model(inputs, head(api, x))


@cases.expect(hidden=6)
def dense_softmax_inside(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((6,))
    x = layers.Dense(6, activation="softmax", name="hidden")(inputs)
    return api.Model(inputs, layers.Dense(2)(x))


@cases.expect(one=6, two=4)
def convolution(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((8, 8, 3))
    x = layers.Conv2D(6, 3, padding="same", name="one")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(4, 3, strides=2, name="two")(x)
    x = layers.LeakyReLU()(x)
    return api.Model(inputs, head(api, x))


@cases.expect(one=4, two=5, three=3)
def one_and_three_dimensions(api: Any) -> Any:
    layers = api.layers
    first, second = api.Input((8, 3)), api.Input((4, 4, 4, 2))
    x = layers.Conv1D(4, 3, padding="causal", name="one")(first)
    x = layers.Conv1DTranspose(5, 2, name="two")(x)
    x = layers.GlobalAveragePooling1D()(layers.UpSampling1D()(layers.ZeroPadding1D()(x)))
    y = layers.Conv3D(3, 2, name="three")(second)
    y = layers.GlobalMaxPooling3D(keepdims=True)(y)
    return api.Model([first, second], [layers.Dense(2)(x), head(api, y)])


@cases.expect(one=3, mixed=2)
def grouped_convolution(api: Any) -> Any:
    """A unit is one channel of each group: two groups of three go in, four outputs are two a group."""
    layers = api.layers
    inputs = api.Input((6, 6, 3))
    x = layers.Conv2D(6, 3, name="one")(inputs)
    x = layers.Conv2D(4, 3, groups=2, name="mixed")(x)
    return api.Model(inputs, head(api, x))


@cases.expect(one=3)
def grouped_convolution_as_depthwise(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((6, 6, 3))
    x = layers.Conv2D(3, 3, name="one")(inputs)
    x = layers.Conv2D(6, 3, groups=3)(x)
    return api.Model(inputs, head(api, x))


@cases.expect(one=4, separable=5)
def depthwise_with_multiplier(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((6, 6, 3))
    x = layers.Conv2D(4, 1, name="one")(layers.DepthwiseConv2D(2, depth_multiplier=2)(inputs))
    x = layers.DepthwiseConv2D(3, depth_multiplier=3, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.SeparableConv2D(5, 3, depth_multiplier=2, name="separable")(x)
    return api.Model(inputs, head(api, x))


@cases.expect(one=3)
def group_normalization(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((4, 4, 2))
    x = layers.Conv2D(6, 3, name="one")(inputs)
    return api.Model(inputs, head(api, layers.GroupNormalization(2)(x)))


@cases.expect(one=6, two=4)
def instance_normalization(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((4, 4, 2))
    x = layers.GroupNormalization(6)(layers.Conv2D(6, 1, name="one")(inputs))
    x = layers.GroupNormalization(-1)(layers.Conv2D(4, 1, name="two")(x))
    return api.Model(inputs, head(api, x))


@cases.expect(project=4)
def einsum_dense(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5, 3))
    x = layers.EinsumDense("abc,cd->abd", output_shape=(5, 4), bias_axes="d", name="project")(inputs)
    return api.Model(inputs, head(api, x))


@cases.expect(wide=4)
def scaled(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((4, 4, 3))
    x = layers.Rescaling(2.0, 1.0)(layers.Conv2D(4, 1, name="wide")(layers.Rescaling([1.0, 2.0, 3.0])(inputs)))
    return api.Model(inputs, head(api, layers.UnitNormalization()(layers.Softmax()(x))))


@pytest.mark.parametrize("api", [keras, tf_keras], ids=["keras3", "keras2"])
@pytest.mark.parametrize("name", cases)
def test_removable_units(api: Any, name: str) -> None:
    cases.check(name, api)
