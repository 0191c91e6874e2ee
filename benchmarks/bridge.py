"""Carry every model of Keras 3's keras.applications to Keras 2 and back, prove it, and print the table.

    python -m benchmarks.bridge              all models
    python -m benchmarks.bridge ResNet50     some of them

The models are those of benchmarks/application_models.py; the error is the largest of the outputs, as a share of their
range, and `rounding` how far the model itself answers to a change of its inputs' last bits. `proven` says whether the
error is within 1e-5 or, in deep models, such rounding; where it is not, the model is carried in float64 too.
`hosted` layers and operations are those that Keras 2 lacks, which Keras 3 computes inside the twin. After the proof
the twin's weights are changed and carried back: then both must still agree.
"""

import argparse
import gc
import time
from collections import Counter
from typing import Any

import numpy as np

from benchmarks.application_models import (
    application_names,
    build,
    double_precision,
    keras_of,
    random_examples,
)
from keras_models.bridge import Twin, keras2_twin
from keras_models.live_layers import leaf_layers
from keras_models.proof import prove_equal
from keras_models.variables import get_arrays, set_arrays

COLUMNS = "{:<20} {:>6} {:>8} {:>8} {:>8} {:>7} {:>8} {:>8}  {}"
HEAD = ("model", "layers", "error", "rounding", "float64", "proven", "back", "seconds", "hosted")


def main() -> None:
    """Print one line for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help="names in keras.applications (default: all)")
    options = parser.parse_args()
    keras = keras_of(3)
    print(COLUMNS.format(*HEAD))
    keras2_twin(build(keras, "MobileNet")[0])  # the first model of a process pays for what is set up once
    for name in options.models or application_names(keras):
        try:
            print(COLUMNS.format(name, *measure(keras, name)), flush=True)
        except Exception as error:
            print(f"{name:<20} FAILED: {type(error).__name__}: {error}", flush=True)
        for module in (keras, keras_of(2)):
            module.backend.clear_session()
        gc.collect()


def measure(keras: Any, name: str) -> tuple[str, ...]:
    """The cells of one model's line."""
    model, _ = build(keras, name)
    examples = random_examples(model)
    start = time.perf_counter()
    twin = keras2_twin(model)
    seconds = time.perf_counter() - start
    proof = prove_equal(model, twin.model, examples)
    double = "" if proof.holds else f"{error_in_double(keras, name):.0e}"
    change(twin.model)
    twin.carry_back()
    back = prove_equal(model, twin.model, examples)
    return (
        str(sum(1 for _ in leaf_layers(twin.model))),
        f"{proof.relative_error:.0e}",
        f"{proof.rounding:.0e}",
        double,
        "yes" if proof.holds and back.holds else "NO",
        f"{back.relative_error:.0e}",
        f"{seconds:.1f}",
        hosted(twin),
    )


def error_in_double(keras: Any, name: str) -> float:
    """The error of the same model in 64-bit numbers."""
    with double_precision(keras), double_precision(keras_of(2)):
        model, _ = build(keras, name)
        examples = random_examples(model)
        return prove_equal(model, keras2_twin(model).model, examples).relative_error


def change(model: Any) -> None:
    """Every weight 1 % smaller or larger: what a short training might do."""
    random = np.random.default_rng(1)
    set_arrays(model, {key: array * random.uniform(0.99, 1.01) for key, array in get_arrays(model).items()})


def hosted(twin: Twin) -> str:
    """Which layers and operations Keras 3 computes, and how many of each."""
    kinds = Counter(type(layer.hosted).__name__ for _, layer in leaf_layers(twin.model) if hasattr(layer, "hosted"))
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items())


if __name__ == "__main__":
    main()
