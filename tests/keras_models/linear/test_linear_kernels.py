"""Kernels as linear maps: what is read, times the kernel, is what the layer gives."""

from typing import Any

import keras
import numpy as np
import pytest

from edgeprune.contracts.linear_moments import missing_constant
from edgeprune.keras_models.linear.constants import constants
from edgeprune.keras_models.linear.kernels import LinearKernel, linear_kernels
from edgeprune.keras_models.linear.moments import MomentPass
from edgeprune.keras_models.linear.positions import Window, read_indices
from edgeprune.keras_models.linear.regressors import Regressors
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from tests.pruning.channel_oracle import randomise, read

EVERYWHERE = 10**6


def kernels_of(model: Any) -> dict[str, LinearKernel]:
    graph, _ = read(model)
    return {"/".join(kernel.key): kernel for layer in graph.layers.values() for kernel in linear_kernels(layer)}


def given(model: Any, kernel: LinearKernel, inputs: list[np.ndarray]) -> np.ndarray:
    """What the kernel and its bias make of what is read, a row for each position."""
    rows = np.asarray(Regressors(model, kernel, inputs, EVERYWHERE)(inputs, np.random.default_rng(0)))
    arrays = get_arrays(model)
    made = np.einsum("rgi,gio->rgo", rows, kernel.matrices(arrays[kernel.key])).reshape(len(rows), -1)
    return made + arrays[kernel.bias] if kernel.bias else made


LAYERS = [
    ("Dense", {"units": 5}, (7,)),
    ("Dense", {"units": 5}, (3, 7)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "causal"}, (11, 3)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "dilation_rate": 2, "padding": "causal"}, (11, 3)),
    ("Conv2D", {"filters": 6, "kernel_size": (3, 4), "strides": 2, "padding": "same", "groups": 2}, (11, 12, 4)),
    ("Conv2D", {"filters": 6, "kernel_size": (3, 4), "strides": 3, "padding": "valid"}, (11, 12, 4)),
    ("Conv2D", {"filters": 5, "kernel_size": 3, "dilation_rate": 2, "padding": "same", "use_bias": False}, (9, 8, 2)),
    ("Conv3D", {"filters": 3, "kernel_size": 2, "strides": 2, "padding": "same"}, (5, 4, 3, 2)),
    ("DepthwiseConv1D", {"kernel_size": 3, "padding": "same"}, (9, 2)),
    ("DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "padding": "same", "depth_multiplier": 2}, (8, 9, 4)),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2}, (6, 7, 1)),
    ("SeparableConv1D", {"filters": 3, "kernel_size": 3}, (9, 2)),
    ("SeparableConv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "depth_multiplier": 2}, (8, 9, 4)),
    ("Conv1DTranspose", {"filters": 3, "kernel_size": 5, "strides": 3, "padding": "same"}, (5, 4)),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": (3, 2), "strides": 2, "padding": "same"}, (5, 4, 2)),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": 2, "strides": 3, "padding": "valid"}, (5, 4, 2)),
    ("Conv3DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "valid"}, (3, 2, 3, 2)),
]


@pytest.mark.parametrize(("kind", "settings", "shape"), LAYERS)
def test_what_is_read_times_the_kernel_is_what_the_layer_gives(api, kind, settings, shape):
    layer = getattr(api.layers, kind)(**settings)
    model = api.Sequential([api.layers.Input(shape), layer])
    randomise(model, np.random.default_rng(0))
    inputs = [np.random.default_rng(1).normal(size=(2, *shape)).astype(np.float32)]
    last = list(kernels_of(model).values())[-1]
    expected = np.asarray(model(inputs[0]))
    np.testing.assert_allclose(given(model, last, inputs), expected.reshape(-1, expected.shape[-1]), atol=1e-5)
    array = get_arrays(model)[last.key]
    np.testing.assert_array_equal(last.kernel(last.matrices(array), array.shape), array)


def test_channels_first_are_read_as_channels_last_are():
    import tensorflow as tf

    inputs = np.random.default_rng(0).normal(size=(2, 6, 5, 3)).astype(np.float32)
    found = []
    for form, array in [("channels_last", inputs), ("channels_first", inputs.transpose(0, 3, 1, 2))]:
        layer = keras.layers.Conv2D(4, 3, padding="same", data_format=form, name="conv")
        model = keras.Sequential([keras.layers.Input(array.shape[1:]), layer])
        kernel = kernels_of(model)["conv/kernel"]
        # TensorFlow cannot compute this convolution on a processor, and need not: only what is read is asked for.
        found.append(Regressors(model, kernel, [array], EVERYWHERE)([tf.constant(array)], np.random.default_rng(0)))
    np.testing.assert_array_equal(*found)


def test_all_calls_of_a_shared_layer_in_a_nested_model_are_read(api):
    body = api.Sequential([api.layers.Input((4,)), api.layers.Dense(3, name="inner")], name="body")
    first, second = api.Input((4,)), api.Input((4,))
    model = api.Model([first, second], api.layers.Add()([body(first), body(second)]))
    inputs = [np.random.default_rng(seed).normal(size=(5, 4)).astype(np.float32) for seed in (0, 1)]
    kernel = kernels_of(model)["body/inner/kernel"]
    rows = np.asarray(Regressors(model, kernel, inputs, EVERYWHERE)(inputs, np.random.default_rng(0)))
    np.testing.assert_allclose(rows[:, 0], np.concatenate(inputs), atol=1e-6)


def test_some_positions_are_drawn_where_an_example_has_many():
    model = keras.Sequential([keras.layers.Input((9, 9, 1)), keras.layers.Conv2D(2, 3, name="conv")])
    inputs = [np.random.default_rng(0).normal(size=(4, 9, 9, 1)).astype(np.float32)]
    kernel = kernels_of(model)["conv/kernel"]
    everywhere = np.asarray(Regressors(model, kernel, inputs, EVERYWHERE)(inputs, np.random.default_rng(0)))
    some = np.asarray(Regressors(model, kernel, inputs, 6)(inputs, np.random.default_rng(0)))
    assert some.shape == (24, 1, 9)
    assert {tuple(row) for row in some[:, 0]} < {tuple(row) for row in everywhere[:, 0]}


def test_padding_reads_nothing():
    window = Window(kernel=(3,), strides=(1,), dilation=(1,), padding="same")
    assert read_indices(window, (3,)).tolist() == [[3, 0, 1], [0, 1, 2], [1, 2, 3]]


def passes(model: Any, kernel: LinearKernel, inputs: np.ndarray, columns: list[slice]) -> MomentPass:
    return MomentPass(model, kernel, (inputs,), positions=EVERYWHERE, columns=columns, seed=0)


def test_moments_keep_their_digits_where_means_are_large():
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, name="dense")])
    randomise(model, np.random.default_rng(0))
    inputs = (1000 + np.random.default_rng(1).normal(size=(5000, 3))).astype(np.float32)
    kernel = kernels_of(model)["dense/kernel"]
    matrices = kernel.matrices(get_arrays(model)[kernel.key])
    measured = passes(model, kernel, inputs, [slice(0, 3)])
    (moments,) = measured.moments(measured.outputs(matrices))
    exact = inputs.astype(np.float64)
    np.testing.assert_allclose(moments.gram[0], np.cov(exact.T, bias=True), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(moments.input_mean[0], exact.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(moments.cross[0], moments.gram[0] @ matrices[0], rtol=5e-3, atol=5e-3)
    np.testing.assert_allclose(missing_constant([moments], matrices), 0, atol=1e-2)
    assert moments.rows == 5000
    raw = moments.about_zero()
    np.testing.assert_allclose(raw.gram[0], exact.T @ exact / 5000, rtol=1e-5)


def test_each_part_of_the_inputs_has_its_part_of_the_outputs():
    model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(2, name="dense")])
    inputs = np.random.default_rng(1).normal(size=(100, 6)).astype(np.float32)
    kernel = kernels_of(model)["dense/kernel"]
    matrices = kernel.matrices(get_arrays(model)[kernel.key])
    measured = passes(model, kernel, inputs, [slice(0, 4), slice(4, 6)])
    first, second = measured.moments(measured.outputs(matrices))
    expected = (inputs @ matrices[0]).mean(axis=0)
    np.testing.assert_allclose((first.output_mean + second.output_mean)[0], expected, atol=1e-5)
    assert (first.gram.shape, second.cross.shape) == ((1, 4, 4), (1, 2, 2))


def test_a_constant_goes_into_the_bias_or_into_the_normalisation_that_comes_next(api):
    layers = api.layers
    inputs = api.Input((6, 6, 2))
    x = layers.Conv2D(3, 3, use_bias=False, name="normalised")(inputs)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.Conv2D(3, 3, use_bias=False, activation="relu", name="activated")(x)
    x = layers.BatchNormalization(name="other")(x)
    x = layers.Conv2D(3, 1, name="biased")(x)
    model = api.Model(inputs, x)
    randomise(model, np.random.default_rng(0))
    graph, _ = read(model)
    found = constants(graph, kernels_of(model).values())
    keys = {key[0]: constant.key for key, constant in found.items()}
    assert keys == {"normalised": ("bn", "moving_mean"), "biased": ("biased", "bias")}
    examples = np.random.default_rng(1).normal(size=(4, 6, 6, 2)).astype(np.float32)
    bn = api.Model(inputs, model.get_layer("bn").output)
    before = np.asarray(bn(examples))
    array = get_arrays(model)["bn", "moving_mean"]
    set_arrays(model, {("bn", "moving_mean"): found["normalised", "kernel"].plus(array, np.array([0.5, 0.0, -0.5]))})
    change = (np.asarray(bn(examples)) - before).mean(axis=(0, 1, 2))
    assert change[1] == pytest.approx(0, abs=1e-6)
    assert (np.sign(change[[0, 2]]) == np.sign(get_arrays(model)["bn", "gamma"][[0, 2]] * [1, -1])).all()
