"""What holding zeros costs in training: `python benchmarks/masked_step.py [--data FILE.npz]`.

The same dense network (784-512-256-128-10 on 28x28 images) is trained plainly, with edgeprune's masks in the
compiled step, and with tensorflow-model-optimization's wrappers and callback. The rivals take turns, an epoch each,
so that a busy machine slows all of them; each time is divided by that of plain `fit` of the same Keras in the same
turn. Run it on an idle machine: the step is a few milliseconds long.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

SPARSITY = 0.9
SEED = 0

Epoch = Callable[[], Any]


def main() -> None:
    """Parse the options, let the rivals take turns, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="x_train and y_train in a .npz file; generated if not given")
    parser.add_argument("--rounds", type=int, default=21, help="epochs of each rival (default 21)")
    parser.add_argument("--batch-size", type=int, default=128)
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

    inputs, labels = load(options.data) if options.data else generate()
    print(
        f"{len(inputs):,} examples of {inputs.shape[1]} values, batches of {options.batch_size}, {SPARSITY:.0%} zeros"
    )
    rivals = {
        name: epoch_of(model, inputs, labels, options.batch_size, callbacks)
        for name, (model, callbacks) in contestants(inputs.shape[1], int(labels.max()) + 1).items()
    }
    report(race(rivals, options.rounds))


def load(file: Path) -> tuple[Any, Any]:
    """Images of a `.npz` file as flat float32 in 0..1, and their labels."""
    with np.load(file) as data:
        images, labels = data["x_train"], data["y_train"]
    return images.reshape(len(images), -1).astype(np.float32) / max(images.max(), 1), labels


def generate() -> tuple[Any, Any]:
    """Random images and labels: the time of a step does not depend on what is learnt."""
    random = np.random.default_rng(SEED)
    return random.random((12_800, 784), dtype=np.float32), random.integers(0, 10, 12_800)


def contestants(features: int, classes: int) -> dict[str, tuple[Any, list[Any]]]:
    """Name to (compiled model, callbacks)."""
    import keras
    import tensorflow_model_optimization as tfmot
    import tf_keras

    pruning = tfmot.sparsity.keras
    wrapped = pruning.prune_low_magnitude(
        network(tf_keras, features, classes), pruning.ConstantSparsity(SPARSITY, begin_step=0)
    )
    return {
        "plain fit, Keras 3": (compiled(keras, network(keras, features, classes)), []),
        "edgeprune, Keras 3": (masked(compiled(keras, network(keras, features, classes))), []),
        "plain fit, Keras 2": (compiled(tf_keras, network(tf_keras, features, classes)), []),
        "edgeprune, Keras 2": (masked(compiled(tf_keras, network(tf_keras, features, classes))), []),
        "TFMOT, Keras 2": (compiled(tf_keras, wrapped), [pruning.UpdatePruningStep()]),
    }


def network(keras: ModuleType, features: int, classes: int) -> Any:
    """The dense network, with the same first weights each time."""
    keras.utils.set_random_seed(SEED)
    hidden = [keras.layers.Dense(units, activation="relu") for units in (512, 256, 128)]
    output = keras.layers.Dense(classes, activation="softmax")
    return keras.Sequential([keras.layers.Input((features,)), *hidden, output])


def compiled(keras: ModuleType, model: Any) -> Any:
    """The model, ready for `fit`."""
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def masked(model: Any) -> Any:
    """The model with the smallest weights of every kernel zeroed and held."""
    from edgeprune.keras_models.training.masking import WeightMasks

    kernels = {(layer.name, "kernel"): layer.kernel for layer in model.layers if hasattr(layer, "kernel")}
    magnitudes = {key: np.abs(kernel.numpy()) for key, kernel in kernels.items()}
    masks = WeightMasks(kernels)
    masks.install(model)
    masks.assign({key: values >= np.quantile(values, SPARSITY) for key, values in magnitudes.items()})
    return model


def epoch_of(model: Any, inputs: Any, labels: Any, batch_size: int, callbacks: list[Any]) -> Epoch:
    """A function that trains the model for one epoch."""
    return lambda: model.fit(inputs, labels, batch_size=batch_size, epochs=1, verbose=0, callbacks=callbacks)


def race(rivals: dict[str, Epoch], rounds: int) -> dict[str, list[float]]:
    """Seconds of each epoch of each rival, after one epoch that traces and warms up."""
    for epoch in rivals.values():
        epoch()
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for turn in range(rounds):
        # The order is turned around each time, so that no rival always runs after the same one.
        for name in list(rivals)[:: 1 if turn % 2 else -1]:
            started = time.perf_counter()
            rivals[name]()
            seconds[name].append(time.perf_counter() - started)
    return seconds


def report(seconds: dict[str, list[float]]) -> None:
    """Print the median epoch, and the median and quartiles of its ratio to plain `fit`."""
    print(f"\n{'':22}{'epoch, s':>9}{'ratio to plain fit':>21}{'quartiles':>16}")
    for name, times in seconds.items():
        plain = seconds[f"plain fit, {name.split(', ')[1]}"]
        ratios = [own / other for own, other in zip(times, plain, strict=True)]
        low, _, high = statistics.quantiles(ratios, n=4)
        shown = f"{statistics.median(ratios):21.3f}{low:9.3f} ..{high:6.3f}"
        print(f"{name:22}{statistics.median(times):9.2f}{shown}")


if __name__ == "__main__":
    main()
