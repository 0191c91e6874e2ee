"""Carry every model of Keras 3's keras.applications to Keras 2 and back, prove it, and print the table.

    python -m benchmarks.bridge              all models
    python -m benchmarks.bridge ResNet50     some of them

The models are those of benchmarks/application_models.py; the error is the largest of the outputs, as a share of their
range. Where float32 cannot show equality to 1e-5 (rounding grows in deep models), the model is carried in float64 too.
`hosted` layers and operations are those that Keras 2 lacks, which Keras 3 computes inside the twin. After the proof
the twin's weights are changed and carried back: each must then be the model's to the last bit.
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
from edgeprune.keras_models.bridge import Twin, keras2_twin
from edgeprune.keras_models.live.array_transfer import read
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.layers import leaf_layers
from edgeprune.keras_models.live.variables import get_arrays, set_arrays, variables
from edgeprune.keras_models.surgery.proof import TOLERANCE, prove_equal

COLUMNS = "{:<20} {:>6} {:>8} {:>8} {:>8}  {}"
HEAD = ("model", "layers", "error", "float64", "seconds", "hosted")


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
    error = prove_equal(model, twin.model, examples).relative_error
    double = "" if error <= TOLERANCE else f"{error_in_double(keras, name):.0e}"
    check_way_back(model, twin)
    layers = sum(1 for _ in leaf_layers(twin.model))
    return str(layers), f"{error:.0e}", double, f"{seconds:.1f}", hosted(twin)


def error_in_double(keras: Any, name: str) -> float:
    """The error of the same model in 64-bit numbers."""
    with double_precision(keras), double_precision(keras_of(2)):
        model, _ = build(keras, name)
        examples = random_examples(model)
        return prove_equal(model, keras2_twin(model).model, examples).relative_error


def check_way_back(model: Any, twin: Twin) -> None:
    """Change every weight of the twin, carry them back, and compare."""
    changed = {key: array + 1 for key, array in get_arrays(twin.model).items()}
    set_arrays(twin.model, changed)
    twin.carry_back()
    carried = LiveArrays(variables(model))
    wrong = [key for key, found in twin.variables().items() if not np.array_equal(carried[key], read(found))]
    if wrong or len(carried) != len(changed):
        raise AssertionError(f"not carried back: {wrong[:3]}")


def hosted(twin: Twin) -> str:
    """Which layers and operations Keras 3 computes, and how many of each."""
    kinds = Counter(
        type(layer.hosted.operation).__name__ for _, layer in leaf_layers(twin.model) if hasattr(layer, "hosted")
    )
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items())


if __name__ == "__main__":
    main()
