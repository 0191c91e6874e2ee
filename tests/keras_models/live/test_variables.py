"""Live weights of both Kerases are read and written by one set of names."""

from typing import Any

import numpy as np
import pytest

from edgeprune.keras_models.live.variables import get_arrays, interface, set_arrays, variables, weight_specs
from tests.keras_models.saved_models import keras_of, small_model

KERASES = pytest.mark.parametrize("keras", [keras_of("keras2"), keras_of("keras3")], ids=["keras2", "keras3"])


@KERASES
def test_what_is_set_is_what_is_got(keras: Any) -> None:
    model = small_model(keras)
    changed = {key: array * 2 for key, array in get_arrays(model).items()}
    set_arrays(model, changed)
    for key, array in get_arrays(model).items():
        np.testing.assert_array_equal(array, changed[key])


@KERASES
def test_a_large_array_is_set_whole(keras: Any) -> None:
    model = keras.Sequential([keras.layers.Input((2500,)), keras.layers.Dense(2001, name="wide")])
    kernel = np.arange(2500 * 2001, dtype="float32").reshape(2500, 2001)
    set_arrays(model, {("wide", "kernel"): kernel})
    np.testing.assert_array_equal(get_arrays(model)["wide", "kernel"], kernel)


@KERASES
def test_arrays_are_copies(keras: Any) -> None:
    model = small_model(keras)
    before = get_arrays(model, [("conv", "kernel")])
    set_arrays(model, {("conv", "kernel"): before["conv", "kernel"] + 1})
    assert (get_arrays(model)["conv", "kernel"] == before["conv", "kernel"] + 1).all()


@KERASES
def test_an_unknown_weight_and_a_wrong_shape_are_errors(keras: Any) -> None:
    model = small_model(keras)
    with pytest.raises(KeyError):
        set_arrays(model, {("conv", "nothing"): np.zeros(3)})
    with pytest.raises(ValueError, match="shape"):
        set_arrays(model, {("conv", "bias"): np.zeros(4)})


@KERASES
def test_a_shared_layer_has_one_set_of_variables(keras: Any) -> None:
    x = keras.layers.Input((4,))
    shared = keras.layers.Dense(4, name="shared")
    model = keras.Model(x, shared(shared(x)))
    assert list(variables(model)) == [("shared", "kernel"), ("shared", "bias")]


@KERASES
def test_setting_statistics_takes_effect_in_normalization(keras: Any) -> None:
    normalization = keras.layers.Normalization(name="norm")
    normalization.adapt(np.arange(6, dtype="float32").reshape(3, 2))
    model = keras.Sequential([keras.layers.Input((2,)), normalization])
    set_arrays(model, {("norm", "mean"): np.array([1.0, 1.0]), ("norm", "variance"): np.array([4.0, 4.0])})
    np.testing.assert_allclose(model(np.array([[5.0, 3.0]], "float32")), [[2.0, 1.0]], rtol=1e-5)


@KERASES
def test_trainable_follows_the_layer(keras: Any) -> None:
    model = small_model(keras)
    model.get_layer("conv").trainable = False
    specs = weight_specs(model)
    assert [weight.trainable for weight in specs["conv"]] == [False, False]
    assert [weight.trainable for weight in specs["bn"]] == [True, True, False, False]


@KERASES
def test_interface_names_shapes_and_the_loss(keras: Any) -> None:
    model = small_model(keras, optimizer="adam", loss="sparse_categorical_crossentropy")
    found = interface(model)
    assert [(port.name, port.shape, port.dtype) for port in found.inputs] == [("image", (6, 6, 1), "float32")]
    assert [(port.name, port.shape, port.activation) for port in found.outputs] == [("head", (2,), "softmax")]
    assert found.loss == "sparse_categorical_crossentropy"
    assert not found.scales_itself


@KERASES
def test_interface_of_several_inputs_and_outputs(keras: Any) -> None:
    layers = keras.layers
    a, b = layers.Input((3,), name="a"), layers.Input((5,), dtype="int32", name="b")
    joined = layers.Concatenate()([a, layers.Flatten()(layers.Embedding(4, 2)(b))])
    outputs = [
        layers.Activation("sigmoid", name="flag")(layers.Dense(1)(joined)),
        layers.Reshape((2, 2), name="grid")(layers.Softmax()(layers.Dense(4)(joined))),
        layers.Dense(1, name="value")(joined),
        layers.BatchNormalization(name="raw")(joined),
    ]
    found = interface(keras.Model([a, b], outputs))
    assert [(port.name, port.dtype) for port in found.inputs] == [("a", "float32"), ("b", "int32")]
    assert [(port.name, port.activation) for port in found.outputs] == [
        ("flag", "sigmoid"),
        ("grid", "softmax"),
        ("value", "linear"),
        ("raw", "linear"),
    ]
    assert found.loss is None


@KERASES
def test_the_activation_inside_a_nested_output_is_found(keras: Any) -> None:
    inner = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, activation="softmax")], name="inner")
    model = keras.Sequential([keras.layers.Input((3,)), inner])
    assert interface(model).outputs[0].activation == "softmax"


def _rescaling(keras: Any, x: Any) -> Any:
    return keras.layers.Rescaling(1 / 255)(x)


def _normalization(keras: Any, x: Any) -> Any:
    return keras.layers.Normalization(mean=1.0, variance=2.0)(x)


def _operators(keras: Any, x: Any) -> Any:
    return (x - 127.5) / 127.5


def _reshaped_rescaling(keras: Any, x: Any) -> Any:
    return keras.layers.Rescaling(1 / 255)(keras.layers.Reshape((4, 2))(x))


@KERASES
@pytest.mark.parametrize("scale", [_rescaling, _normalization, _operators, _reshaped_rescaling])
def test_a_model_that_scales_for_itself_is_seen(keras: Any, scale: Any) -> None:
    x = keras.layers.Input((8,))
    model = keras.Model(x, keras.layers.Dense(2)(scale(keras, x)))
    assert interface(model).scales_itself
    nested = keras.Sequential([keras.layers.Input((8,)), model])
    assert interface(nested).scales_itself


@KERASES
def test_later_scaling_is_not_input_scaling(keras: Any) -> None:
    x = keras.layers.Input((8,))
    model = keras.Model(x, keras.layers.Rescaling(2.0)(keras.layers.Dense(2)(x)))
    assert not interface(model).scales_itself
