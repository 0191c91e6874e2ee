"""What a step of scheduled pruning costs: `python benchmarks/scheduled_step.py [--data FILE.npz]`.

The same dense network (784-512-256-128-10) is trained by tensorflow-model-optimization's own tutorial loop (wrappers
around the model, `UpdatePruningStep`, its default schedule) and by edgeprune's `scheduled`: the same wrappers, its own
schedule, exact counts and batches. They take turns, an epoch each, so that a busy machine slows both alike. Our score
on the validation part, which tells the epochs apart, is not counted: the tutorial has none. Run it on an idle machine.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from masked_step import SPARSITY, compiled, epoch_of, generate, load, network, race  # noqa: E402

from edgeprune.keras_models.live.variables import variables  # noqa: E402
from edgeprune.keras_models.tfmot import ExactEnd, LayerPruning, update_step, wrap  # noqa: E402
from edgeprune.keras_models.training.feeding import Feed, derived_seed  # noqa: E402
from edgeprune.pruning.blocks import SINGLE, keep_largest_blocks  # noqa: E402
from edgeprune.pruning.schedules import schedule  # noqa: E402


def main() -> None:
    """Parse the options, let the two take turns, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="x_train and y_train in a .npz file; generated if not given")
    parser.add_argument("--rounds", type=int, default=8, help="epochs of each (default 8)")
    parser.add_argument("--batch-size", type=int, default=128)
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

    inputs, labels = load(options.data) if options.data else generate()
    steps = -(-len(inputs) // options.batch_size)
    print(f"{len(inputs):,} examples, {steps} steps an epoch, {options.rounds} epochs, {SPARSITY:.0%} zeros")
    seconds = race(
        {
            "TFMOT's tutorial": tutorial(inputs, labels, options, steps * options.rounds),
            "edgeprune": ours(inputs, labels, options, steps * options.rounds),
        },
        options.rounds,
    )
    milliseconds = {name: 1000 * sum(times) / len(times) / steps for name, times in seconds.items()}
    for name, value in milliseconds.items():
        print(f"{name:20}{value:8.3f} ms a step")
    ratios = [own / other for own, other in zip(seconds["edgeprune"], seconds["TFMOT's tutorial"], strict=True)]
    print(f"{'ratio':20}{float(np.median(ratios)):8.3f} (median of the epochs)")


def tutorial(inputs: Any, labels: Any, options: argparse.Namespace, total: int) -> Any:
    """One epoch of https://www.tensorflow.org/model_optimization/guide/pruning/pruning_with_keras."""
    import tensorflow_model_optimization as tfmot
    import tf_keras

    pruning = tfmot.sparsity.keras
    model = pruning.prune_low_magnitude(
        network(tf_keras, inputs.shape[1], int(labels.max()) + 1),
        pruning_schedule=pruning.PolynomialDecay(0.5, SPARSITY, begin_step=0, end_step=total),
    )
    return epoch_of(compiled(tf_keras, model), inputs, labels, options.batch_size, [pruning.UpdatePruningStep()])


def ours(inputs: Any, labels: Any, options: argparse.Namespace, total: int) -> Any:
    """One epoch as `--method scheduled` trains it."""
    import tf_keras

    model = network(tf_keras, inputs.shape[1], int(labels.max()) + 1)
    live = {key: variable for key, variable in variables(model).items() if key[1] == "kernel"}
    steps = vars(schedule(0.0, 0.4, total))
    pruned = LayerPruning(schedule="polynomial", initial=0.0, final=SPARSITY, **steps)
    wrapped = compiled(tf_keras, wrap(model, {path: pruned for path, _ in live}, live))
    exact = ExactEnd(wrapped, live, lambda _, array: keep_largest_blocks([array], SPARSITY, SINGLE)[0])
    callbacks = [exact.callback(), update_step()]
    feed = Feed(_Arrays(inputs, labels), options.batch_size, model)
    epochs = iter(range(1_000_000))
    return lambda: wrapped.fit(feed.epoch(derived_seed(0, next(epochs))), verbose=0, shuffle=False, callbacks=callbacks)


class _Arrays:
    """A training part in memory."""

    def __init__(self, inputs: Any, labels: Any) -> None:
        self.arrays = ((inputs,), (labels,))
        self.size = len(inputs)


if __name__ == "__main__":
    main()
