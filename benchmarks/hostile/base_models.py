"""The whole models that cases start from: small, of both Kerases, in all formats, with fixed seeds.

python -m benchmarks.hostile.base_models FOLDER
"""

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SEED = 11
FORMATS_2 = (".h5", ".keras", "_saved")
FORMATS_3 = (".h5", ".keras")

MODELS = ("operators", "nested", "recurrent", "convolution")
NOT_COMPILED = ("lambda2.h5", "words2.h5", "words3.keras")
KERAS_FILES = (
    *(f"{name}2{form}" for name in MODELS for form in FORMATS_2),
    *(f"{name}3{form}" for name in MODELS for form in FORMATS_3),
    *NOT_COMPILED,
)
"""Names of all Keras models in the folder; `_saved` is a SavedModel."""

H5_FILES = tuple(name for name in KERAS_FILES if name.endswith(".h5"))
ZIP_FILES = tuple(name for name in KERAS_FILES if name.endswith(".keras"))
FOLDERS = tuple(name for name in KERAS_FILES if name.endswith("_saved"))
TFLITE_FILES = ("float.tflite", "dynamic.tflite", "int8.tflite", "recurrent.tflite", "sparse.tflite")


def build_in_a_process(folder: Path) -> None:
    """Build the models unless they are there, in a process of its own: this one must not start TensorFlow."""
    if (folder / TFLITE_FILES[-1]).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.hostile.base_models", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the base models could not be built:\n{done.stderr[-3000:]}")


def build(folder: Path) -> None:
    """Write all models into a folder."""
    import keras
    import tf_keras

    for library, major, forms in ((tf_keras, 2, FORMATS_2), (keras, 3, FORMATS_3)):
        for name in MODELS:
            model = _model(library, name)
            for form in forms:
                _save(model, folder / f"{name}{major}{form}")
    _save(_lambda_of_keras_2(tf_keras), folder / "lambda2.h5")
    _save(_words(tf_keras), folder / "words2.h5")
    _save(_words(keras), folder / "words3.keras")
    _save_dataset(folder)
    _tflite_files(keras, folder)


def _model(keras: Any, name: str) -> Any:
    keras.utils.set_random_seed(SEED)
    builders: dict[str, Callable[[Any], Any]] = {
        "operators": _operators,
        "nested": _nested,
        "recurrent": _recurrent,
        "convolution": _convolution,
    }
    model = builders[name](keras)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _operators(keras: Any) -> Any:
    """Functional, two branches, operators written as `+`, `*` and slices."""
    layers = keras.layers
    x = layers.Input((4,), name="x")
    a = layers.Dense(6, activation="relu", name="left")(x)
    b = layers.Dense(6, name="right")(x)
    joined = layers.Concatenate(name="joined")([a + b * 2.0, (a - b)[:, :2]])
    return keras.Model(x, layers.Dense(3, activation="softmax", name="out")(joined), name="operators")


def _nested(keras: Any) -> Any:
    """A functional model with a model and a shared layer in it, an initializer, a regularizer and a constraint."""
    layers = keras.layers
    x = layers.Input((4,), name="x")
    inner = keras.Sequential([layers.Input((4,)), layers.Dense(4, name="deep")], name="inner")
    shared = layers.Dense(
        4,
        kernel_initializer=keras.initializers.HeNormal(seed=1),
        kernel_regularizer=keras.regularizers.L2(1e-3),
        bias_constraint=keras.constraints.MaxNorm(2.0),
        name="shared",
    )
    y = layers.Add(name="sum")([inner(shared(x)), shared(inner(x))])
    return keras.Model(x, layers.Dense(3, activation="softmax", name="out")(layers.Dropout(0.1)(y)), name="nested")


def _recurrent(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((6, 3), name="x"),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both"),
            layers.TimeDistributed(layers.Dense(4), name="each"),
            layers.GRU(5, name="gru"),
            layers.Dense(3, activation="softmax", name="out"),
        ],
        name="recurrent",
    )


def _convolution(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((8, 8, 1), name="x"),
            layers.Conv2D(4, 3, use_bias=False, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu"),
            layers.DepthwiseConv2D(3, name="depthwise"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(3, activation="softmax", name="out"),
        ],
        name="convolution",
    )


def _words(keras: Any) -> Any:
    layers = keras.layers
    words = [layers.Input((5,), dtype="int32", name="x"), layers.Embedding(20, 4, name="embedding")]
    return keras.Sequential([*words, layers.Flatten(), layers.Dense(3, activation="softmax", name="out")], name="words")


def _lambda_of_keras_2(tf_keras: Any) -> Any:
    """A Lambda around a function that is known by its name only."""
    layers = tf_keras.layers
    named = layers.Lambda(tf_keras.activations.relu, name="named")
    return tf_keras.Sequential([layers.Input((4,)), named, layers.Dense(3, activation="softmax", name="out")])


def _save_dataset(folder: Path) -> None:
    """A saved `tf.data.Dataset` of rows, as `operators` and `nested` take them."""
    import tensorflow as tf

    rows = np.random.default_rng(SEED).random((24, 4), np.float32)
    tf.data.Dataset.from_tensor_slices((rows, np.arange(24) % 3)).save(str(folder / "rows_dataset"))


def _save(model: Any, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)


def _tflite_files(keras: Any, folder: Path) -> None:
    """Files of several formats, by the command itself."""
    _save(_sparse(keras), folder / "sparse3.keras")
    images = np.random.default_rng(SEED).random((60, 8, 8, 1), np.float32)
    np.savez(folder / "images.npz", x=images, y=np.arange(60) % 3)
    for name, model, extra in (
        ("float", "convolution3.keras", ()),
        ("dynamic", "operators3.keras", ("--quantize", "dynamic")),
        ("int8", "convolution3.keras", ("--quantize", "int8", "--data", str(folder / "images.npz"))),
        ("recurrent", "recurrent3.keras", ()),
        ("sparse", "sparse3.keras", ("--sparse", "on")),
    ):
        _command("export", str(folder / model), "--tflite", str(folder / f"{name}.tflite"), *extra)


def _command(*arguments: str) -> None:
    from edgeprune.cli.main import run

    if run(arguments):
        raise RuntimeError(f"edgeprune {' '.join(arguments)} failed")


def _sparse(keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential([layers.Input((32,)), layers.Dense(32, name="wide"), layers.Dense(3, name="out")])
    kernel = np.random.default_rng(SEED).normal(size=(32, 32)).astype("float32")
    model.get_layer("wide").set_weights([kernel * (np.abs(kernel) > 1.6), np.zeros(32)])
    return model


if __name__ == "__main__":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    build(Path(sys.argv[1]))
