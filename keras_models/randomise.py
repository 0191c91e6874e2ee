"""Random normalisation statistics, scales and biases: an untrained model has zeros and ones there, which hide errors."""

from typing import Any

import numpy as np

from contracts.data import Array
from contracts.model import WeightKey
from keras_models.variables import get_arrays, set_arrays, weight_specs


def randomise(model: Any, seed: int) -> None:
    """Make all weights with a single axis random: variances 0.5 to 1.5, scales around 1, the rest around 0."""
    random = np.random.default_rng(seed)
    keys = [(path, spec.name) for path, specs in weight_specs(model).items() for spec in specs if len(spec.shape) == 1]
    set_arrays(model, {key: _values(key, array, random) for key, array in get_arrays(model, keys).items()})


def _values(key: WeightKey, array: Array, random: np.random.Generator) -> Array:
    name = key[1].rsplit("/", 1)[-1]
    if name == "moving_variance":
        values = random.uniform(0.5, 1.5, array.shape)
    elif name == "gamma":
        values = random.normal(1.0, 0.2, array.shape)
    else:
        values = random.normal(0.0, 0.1, array.shape)
    return values.astype(array.dtype)
