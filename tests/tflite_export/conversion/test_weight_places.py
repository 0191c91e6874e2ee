"""A second float32 file of the same model is the first with other weights, where these can be told apart in it."""

import keras
import numpy as np
import pytest

from edgeprune.keras_models.live.variables import interface
from edgeprune.tflite_export.conversion.convert import Converter, convert


def built(*layers, shape=(6, 6, 2)):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.layers.Input(shape), *layers])
    generator = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(generator.normal(size=variable.shape))
    return model


def changed(model):
    """Other values, some of them 0, as pruning and training leave them; the converter drops a bias that is all 0."""
    generator = np.random.default_rng(1)
    for variable in model.trainable_variables:
        values = np.where(generator.random(variable.shape) < 0.5, 0, variable.numpy() + 0.5)
        variable.assign(values if values.any() else variable.numpy())


def test_the_file_is_that_of_a_new_conversion():
    layers = keras.layers
    model = built(
        layers.Conv2D(4, 3, activation="relu"),
        layers.DepthwiseConv2D(2, depth_multiplier=2),
        layers.Flatten(),
        layers.Dense(8, activation="relu"),
        layers.Dense(8, use_bias=False),
        layers.Dense(3, activation="softmax"),
    )
    with Converter(model, interface(model)) as converter:
        converter.convert("none")
        assert converter._places
        changed(model)
        filled = converter.convert("none")
    assert filled == convert(model, interface(model), "none")


def symmetrical():
    model = built(keras.layers.Dense(4, use_bias=False), shape=(4,))
    model.layers[0].set_weights([np.eye(4) + 2])
    return model


def alike():
    model = built(keras.layers.Dense(4), keras.layers.Dense(4), shape=(4,))
    model.layers[1].set_weights([model.layers[1].get_weights()[0], model.layers[0].get_weights()[1]])
    return model


@pytest.mark.parametrize(
    "make",
    [
        symmetrical,
        alike,
        lambda: built(keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()),
        lambda: built(keras.layers.Flatten(), keras.layers.Reshape((8, 9)), keras.layers.LSTM(3)),
    ],
    ids=["symmetrical", "alike", "folded", "recurrent"],
)
def test_what_cannot_be_told_apart_is_converted_anew(make):
    model = make()
    with Converter(model, interface(model)) as converter:
        converter.convert("none")
        changed(model)
        again = converter.convert("none")
    assert again == convert(model, interface(model), "none")
