"""The models of keras.applications as the benchmarks build them: untrained, with the smallest input, logits out."""

import importlib
import inspect
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks.randomise import randomise
from edgeprune.keras_models.live.array_transfer import dtype_name

SIZES = (32, 64, 71, 75, 96, 128, 160, 192, 224, 331)


def keras_of(major: int) -> ModuleType:
    """The module of a Keras."""
    return importlib.import_module("keras" if major == 3 else "tf_keras")


def application_names(keras: ModuleType) -> list[str]:
    """Every model function."""
    return [name for name, value in vars(keras.applications).items() if name[0].isupper() and inspect.isfunction(value)]


def build(keras: ModuleType, name: str) -> tuple[Any, float]:
    """The model with the smallest input that it takes, and how long Keras took to build it."""
    for size in SIZES:
        start = time.perf_counter()
        try:
            settings = {"weights": None, "classes": 10, "classifier_activation": None}
            model = getattr(keras.applications, name)(input_shape=(size, size, 3), **settings)
        except ValueError:
            continue
        return model, time.perf_counter() - start
    raise ValueError(f"{name} takes no input of {SIZES}")


def random_examples(model: Any) -> tuple[np.ndarray, ...]:
    """Inputs for the proof; the model's normalisations and biases are made random with them."""
    shape, dtype = (8, *model.inputs[0].shape[1:]), dtype_name(model.inputs[0])
    examples = (np.random.default_rng(0).normal(size=shape).astype(dtype),)
    randomise(model, examples, seed=0)
    return examples


@contextmanager
def double_precision(keras: ModuleType) -> Iterator[None]:
    """Models that are built meanwhile hold and compute 64-bit numbers."""
    keras.backend.set_floatx("float64")
    keras.mixed_precision.set_global_policy("float64")
    try:
        yield
    finally:
        keras.backend.set_floatx("float32")
        keras.mixed_precision.set_global_policy("float32")
