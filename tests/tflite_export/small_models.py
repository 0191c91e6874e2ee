"""Tiny real models of both Kerases, and what the export needs to know about them."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tf_keras

from edgeprune.contracts.data import Array
from edgeprune.contracts.model import Interface, Port
from edgeprune.keras_models.live.example_inputs import random_examples
from edgeprune.keras_models.live.prediction import Predictor
from edgeprune.tflite_export.conversion.convert import Converter

KERASES = {"keras2": tf_keras, "keras3": keras}
EXAMPLES = 64


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model with its interface, its own outputs, and a converter that has traced it."""

    model: Any
    interface: Interface
    converter: Converter
    examples: tuple[Array, ...]

    def reference(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        outputs = self.model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
        return tuple(np.asarray(output) for output in tf.nest.flatten(outputs))


def mlp(library: ModuleType) -> Any:
    layers = library.layers
    return library.Sequential(
        [
            library.Input((20,), name="features"),
            layers.Dense(32, activation="relu", name="hidden"),
            layers.Dense(5, activation="softmax", name="probabilities"),
        ]
    )


def cnn(library: ModuleType) -> Any:
    layers = library.layers
    return library.Sequential(
        [
            library.Input((12, 12, 3), name="image"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(4, activation="softmax", name="probabilities"),
        ]
    )


def depthwise(library: ModuleType) -> Any:
    layers = library.layers
    return library.Sequential(
        [
            library.Input((12, 12, 3), name="image"),
            layers.DepthwiseConv2D(3, depth_multiplier=2),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.SeparableConv2D(6, 3),
            layers.Conv2DTranspose(4, 3, strides=2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(4, name="scores"),
        ]
    )


def residual(library: ModuleType) -> Any:
    layers = library.layers
    image = library.Input((12, 12, 3), name="image")
    stem = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same")(image)))
    block = layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same")(stem))
    pooled = layers.GlobalAveragePooling2D()(layers.Add()([stem, block]))
    return library.Model(image, layers.Dense(4, activation="softmax", name="probabilities")(pooled))


def lstm(library: ModuleType) -> Any:
    sequence = library.Input((4, 5), name="sequence")
    return library.Model(sequence, library.layers.Dense(2, name="next")(library.layers.LSTM(4)(sequence)))


def gru(library: ModuleType) -> Any:
    sequence = library.Input((4, 5), name="sequence")
    return library.Model(sequence, library.layers.Dense(2, name="next")(library.layers.GRU(4)(sequence)))


def bidirectional(library: ModuleType) -> Any:
    sequence = library.Input((4, 5), name="sequence")
    return library.Model(
        sequence, library.layers.Dense(2, name="next")(library.layers.Bidirectional(library.layers.LSTM(4))(sequence))
    )


def several(library: ModuleType) -> Any:
    """Inputs and outputs in another order than that of their names; one input indexes an Embedding."""
    layers = library.layers
    words, numbers = library.Input((7,), name="words", dtype="int32"), library.Input((9,), name="numbers")
    meaning = layers.GlobalAveragePooling1D()(layers.Embedding(50, 8)(words))
    joined = layers.Concatenate()([meaning, layers.Dense(8, activation="relu")(numbers)])
    kind = layers.Dense(3, activation="softmax", name="z_kind")(joined)
    return library.Model([words, numbers], [kind, layers.Dense(1, name="a_price")(joined)])


ARCHITECTURES: dict[str, tuple[Callable[[ModuleType], Any], tuple[str, ...]]] = {
    "mlp": (mlp, ("probabilities",)),
    "cnn": (cnn, ("probabilities",)),
    "depthwise": (depthwise, ("scores",)),
    "residual": (residual, ("probabilities",)),
    "lstm": (lstm, ("next",)),
    "gru": (gru, ("next",)),
    "bidirectional": (bidirectional, ("next",)),
    "several": (several, ("z_kind", "a_price")),
}


def interface_of(model: Any, outputs: tuple[str, ...]) -> Interface:
    def port(name: str, tensor: Any) -> Port:
        return Port(name=name, shape=tuple(tensor.shape[1:]), dtype=tf.as_dtype(tensor.dtype).name)

    return Interface(
        inputs=tuple(port(tensor.name, tensor) for tensor in model.inputs),
        outputs=tuple(port(name, tensor) for name, tensor in zip(outputs, model.outputs, strict=True)),
    )


def build_case(kind: str, architecture: str) -> Case:
    library = KERASES[kind]
    build, outputs = ARCHITECTURES[architecture]
    library.utils.set_random_seed(1)
    return case_of(build(library), outputs)


def case_of(model: Any, outputs: tuple[str, ...]) -> Case:
    """A model of a test's own; who asks for it closes its converter."""
    interface = interface_of(model, outputs)
    converter = Converter(model, interface)
    examples = random_examples(interface, EXAMPLES, 0, Predictor(model, interface).index_limits)
    return Case(model=model, interface=interface, converter=converter, examples=examples)
