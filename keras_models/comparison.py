"""Outputs of two models, compared."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from contracts.data import Array
from contracts.errors import ModelError


def model_outputs(model: Any, examples: tuple[Array, ...]) -> list[Array]:
    """All outputs for the examples, in inference mode, as float32; one array for each input, the batch axis first."""
    import tensorflow as tf

    inputs = [tf.cast(array, tensor.dtype) for array, tensor in zip(examples, model.inputs, strict=True)]
    outputs = model(inputs[0] if len(inputs) == 1 else inputs, training=False)
    return [np.asarray(tf.cast(output, tf.float32)) for output in tf.nest.flatten(outputs)]


def largest_errors(expected: Sequence[Array], found: Sequence[Array]) -> tuple[float, float]:
    """Largest difference of the outputs, and the largest as a share of the range of its output.

    Raises ModelError where outputs have different shapes or an expected one is not finite.
    """
    errors, shares = [], []
    for number, (before, after) in enumerate(zip(expected, found, strict=True)):
        if before.shape != after.shape:
            raise ModelError(f"output {number} had the shape {before.shape}, after the cut it has {after.shape}")
        if not np.isfinite(before).all():
            raise ModelError(f"output {number} of the original is not finite: nothing can be compared")
        error = float(np.abs(before - after).max(initial=0))
        errors.append(error)
        shares.append(error / (float(np.ptp(before)) or float(np.abs(before).max(initial=0)) or 1.0))
    return max(errors), max(shares)
