"""How far right files are from their models, and other networks' files: what the bounds of verification rest on.

    python -m benchmarks.verification_bounds                     all networks
    python -m benchmarks.verification_bounds --networks cnn gru  some of them

Each network, with 1 to 1,000 outputs, untrained and trained on seeded data, is exported in every numeric format and
held against its model as `export` does. Printed for each format are the mean relative error (the largest of all
networks, and whose it is), what the bound allows there, and the smallest error that the file of another, untrained
network of the same shape has.
"""

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np

from edgeprune.contracts import plugins
from edgeprune.contracts.data import Array
from edgeprune.contracts.processes.quiet import silenced
from edgeprune.keras_models.live.interface import interface
from edgeprune.keras_models.live.prediction import Predictor
from edgeprune.tflite_export.conversion.convert import NUMERICS, Converter
from edgeprune.tflite_export.verification.closeness import Closeness, closeness
from edgeprune.tflite_export.verification.raw_outputs import comparable, raw_of_outputs, run_raw

OUTPUTS = ((1, None), (1, "sigmoid"), (2, "softmax"), (10, "softmax"), (200, "softmax"), (1000, "softmax"))
EXAMPLES = 64
LINE = "{:<8} {:<12} {:>12} {:<28} {:>8} {:>14}"


def mlp(keras: Any) -> list[Any]:
    """Two hidden dense layers."""
    layers = keras.layers
    return [keras.Input((64,)), layers.Dense(96, activation="relu"), layers.Dense(64, activation="relu")]


def cnn(keras: Any) -> list[Any]:
    """Convolutions, the activation before the normalization."""
    layers = keras.layers
    first = [layers.Conv2D(16, 3), layers.ReLU(), layers.BatchNormalization(), layers.MaxPooling2D()]
    return [keras.Input((12, 12, 3)), *first, layers.Conv2D(32, 3, activation="relu"), layers.Flatten()]


def depthwise(keras: Any) -> list[Any]:
    """Four depthwise separable blocks, the hardest for few bits."""
    layers, found = keras.layers, []
    for filters in (16, 24, 32, 48):
        for layer in (layers.DepthwiseConv2D(3, padding="same"), layers.Conv2D(filters, 1)):
            found += [layer, layers.BatchNormalization(), layers.ReLU(6.0)]
    first = layers.Conv2D(16, 3, padding="same")
    return [keras.Input((12, 12, 3)), first, *found, layers.GlobalAveragePooling2D()]


def lstm(keras: Any) -> list[Any]:
    """One LSTM."""
    return [keras.Input((8, 12)), keras.layers.LSTM(32)]


def gru(keras: Any) -> list[Any]:
    """One GRU."""
    return [keras.Input((8, 12)), keras.layers.GRU(32)]


NETWORKS = {build.__name__: build for build in (mlp, cnn, depthwise, lstm, gru)}


def main() -> None:
    """Print one line for each format, untrained and trained."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="*", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--formats", nargs="*", choices=plugins.catalogue(NUMERICS), default=None)
    options = parser.parse_args()
    formats = options.formats or list(plugins.catalogue(NUMERICS))
    print(LINE.format("format", "weights", "largest mean", "of", "allowed", "another's file"), flush=True)
    for trained in (False, True):
        found = list(_measured(options.networks, formats, trained))
        for quantize in formats:
            name, right, allowed = max(
                ((n, r, a) for q, n, r, a, _ in found if q == quantize), key=lambda one: one[1] / one[2]
            )
            others = [other for q, *_, other in found if q == quantize]
            weights, other = ("trained", "–") if trained else ("untrained", f"{min(others):.2g}")
            print(LINE.format(quantize, weights, f"{right:.2g}", name, f"{allowed:.2g}", other), flush=True)


def _measured(networks: list[str], formats: list[str], trained: bool) -> Iterator[tuple[str, str, float, float, float]]:
    """Format, network, mean relative error of its file, the error allowed, and that of another network's file."""
    for network in networks:
        for count, activation in OUTPUTS:
            model, examples = _model(network, count, activation, 1, trained)
            other, _ = _model(network, count, activation, 2, trained)
            checked, ports = (examples[:EXAMPLES],), interface(model)
            expected, others = Predictor(model, ports)(checked)[0], Predictor(other, ports)(checked)[0]
            with Converter(model, ports) as converter:
                for quantize in formats:
                    data = converter.convert(quantize, calibration=(examples[-256:],))
                    right, swapped = _compared(data, checked, expected, others)
                    allowed = plugins.load(NUMERICS, quantize).BOUND.mean
                    name = f"{network}, {count} {activation or 'linear'}"
                    yield quantize, name, float(right.errors.mean()), allowed, float(swapped.errors.mean())


def _compared(data: bytes, checked: tuple[Array, ...], expected: Array, others: Array) -> tuple[Closeness, Closeness]:
    """The file against its own model's outputs, and against another's."""
    run = run_raw(data, checked)
    activation, step = run.activations[0], run.steps[0]
    found = comparable(run.raw[0], activation)
    own, other = (
        closeness(found, comparable(raw_of_outputs(outputs, activation), activation), activation, step)
        for outputs in (expected, others)
    )
    return own, other


def _model(network: str, count: int, activation: str | None, seed: int, trained: bool) -> tuple[Any, Array]:
    """A network and the examples that it is for."""
    import keras

    keras.utils.set_random_seed(seed)
    model = keras.Sequential([*NETWORKS[network](keras), keras.layers.Dense(count, activation=activation)])
    generator = np.random.default_rng(0)
    classes, shape = max(count, 2), model.input_shape[1:]
    labels = generator.integers(0, classes, 4000)
    centres = 0.7 * generator.standard_normal((classes, *shape)) + 0.5
    examples = (centres[labels] + 0.7 * generator.standard_normal((4000, *shape))).astype(np.float32)
    if trained:
        if activation is None:
            weights = generator.standard_normal((int(np.prod(shape)), count)) / 3
            labels = np.tanh(examples.reshape(4000, -1) @ weights)
        losses = {None: "mse", "sigmoid": "binary_crossentropy", "softmax": "sparse_categorical_crossentropy"}
        model.compile(keras.optimizers.Adam(2e-3), losses[activation])
        with silenced():
            model.fit(examples, labels, epochs=6, batch_size=64, verbose=0)
    return model, examples


if __name__ == "__main__":
    main()
