"""Models with every kind of layer that keeps weights, saved by both Kerases in all formats."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

FORMATS = ("keras2.keras", "keras2.h5", "keras2", "keras3.keras", "keras3.h5")
"""File names: which Keras saved the model, and how (no suffix: a SavedModel)."""


def keras_of(name: str) -> Any:
    import keras
    import tf_keras

    return tf_keras if name.startswith("keras2") else keras


def save(model: Any, path: Path) -> Path:
    """Save without Keras's notice that HDF5 is an old format."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)
    return path


def randomise(model: Any) -> None:
    """No weight is left at an initial value that others share."""
    rng = np.random.default_rng(1)
    for variable in model.weights:
        if "float" in str(variable.dtype):
            variable.assign(rng.uniform(0.1, 1.0, variable.shape))


def small_model(keras: Any, **compiled: Any) -> Any:
    """Conv2D, BatchNormalization, Dense; compiled where arguments are given."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((6, 6, 1), name="image"),
            layers.Conv2D(3, 3, activation="relu", name="conv"),
            layers.BatchNormalization(name="bn"),
            layers.Flatten(name="flatten"),
            layers.Dense(2, activation="softmax", name="head"),
        ]
    )
    randomise(model)
    if compiled:
        model.compile(**compiled)
    return model


def every_layer(keras: Any) -> Any:
    """Plain, frozen, nested, wrapped, recurrent and shared layers in one model with two inputs."""
    layers = keras.layers
    image = layers.Input((16, 16, 3), name="image")
    tokens = layers.Input((6,), dtype="int32", name="tokens")
    features = _sequence_layers(keras, tokens)
    joined = layers.Concatenate()([_image_layers(keras, image), features])
    shared = layers.Dense(7, name="shared")
    output = layers.Dense(2, activation="softmax", name="out")(shared(shared(joined)))
    model = keras.Model([image, tokens], output)
    randomise(model)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _image_layers(keras: Any, x: Any) -> Any:
    layers = keras.layers
    for layer in _convolutions(keras):
        x = layer(x)
    backbone_input = layers.Input(x.shape[1:])
    y = layers.Conv2D(5, 1, name="stem")(backbone_input)
    y = layers.BatchNormalization(name="norm")(y)
    y = layers.Conv2D(4, 1, name="frozen", trainable=False)(y)
    x = keras.Model(backbone_input, y, name="backbone")(x)
    x = keras.Sequential([layers.Conv2D(4, 1), layers.BatchNormalization(), layers.Dropout(0.1)], name="head")(x)
    return layers.GlobalAveragePooling2D()(x)


def _convolutions(keras: Any) -> Iterator[Any]:
    layers = keras.layers
    yield layers.Conv2D(4, 3, name="first/conv" if keras.__name__ == "tf_keras" else "first")
    yield layers.BatchNormalization()
    yield layers.DepthwiseConv2D(3, use_bias=False)
    yield layers.BatchNormalization(scale=False, trainable=False)
    yield layers.SeparableConv2D(6, 3)
    yield layers.PReLU(shared_axes=[1, 2])
    yield layers.Conv2DTranspose(4, 2)
    yield layers.LayerNormalization(center=False)
    yield layers.GroupNormalization(2)
    if keras.__name__ == "keras":  # Keras 2 cannot wrap a functional model's Conv2D in it
        yield layers.SpectralNormalization(layers.Conv2D(4, 1))
    yield layers.Dropout(0.2, seed=1)


def _sequence_layers(keras: Any, tokens: Any) -> Any:
    layers = keras.layers
    x = layers.Embedding(20, 8)(tokens)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both_ways")(x)
    x = layers.GRU(3, return_sequences=True, reset_after=False, dropout=0.1)(x)
    x = layers.TimeDistributed(layers.Dense(4))(x)
    inner = [layers.Input((4,)), layers.BatchNormalization(name="inner_norm"), layers.Dense(4, name="inner_dense")]
    x = layers.TimeDistributed(keras.Sequential(inner))(x)
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.RNN([layers.LSTMCell(3), layers.GRUCell(4)], return_sequences=True)(x)
    x = layers.Attention(use_scale=True, score_mode="concat")([x, x])
    x = layers.SimpleRNN(3)(layers.Conv1D(4, 2)(x))
    normalization = layers.Normalization(name="standardised")
    normalization.adapt(np.random.default_rng(0).uniform(size=(10, 3)).astype("float32"))
    return normalization(x)
