"""Proof of a twin: on random inputs it gives what the Keras 3 model gives."""

from typing import Any

import numpy as np

from contracts.data import Array
from contracts.errors import ModelError
from contracts.model import Interface, Port
from keras_models.bridge.twin import Twin
from keras_models.proof import TOLERANCE, share_of_range
from keras_models.raw_outputs import raw_outputs

EXAMPLES = 4


def prove_twin(model: Any, twin: Twin, interface: Interface) -> float:
    """The largest error of the twin's outputs as a share of each output's range, before a last softmax or sigmoid.

    `model` is the one the twin was made from, `interface` its own. Raises ModelError above TOLERANCE (1e-5).
    """
    random = np.random.default_rng(0)
    examples = tuple(_draw(random, port, interface.scales_itself) for port in interface.inputs)
    error = largest_error(model, twin, examples)
    if not error <= TOLERANCE:  # NaN is not either
        raise ModelError(
            f"the model's twin in Keras 2 gives other outputs: they differ by {error:.1e} of their range, "
            f"more than {TOLERANCE:.0e}",
            hint="choose a method that trains in Keras 3 itself",
        )
    return error


def largest_error(model: Any, twin: Twin, examples: tuple[Array, ...]) -> float:
    """The largest error of a twin's outputs for `examples`, one array for each input, as a share of their range."""
    outputs = zip(raw_outputs(model, examples), raw_outputs(twin.model, examples), strict=True)
    return max(share_of_range(before, after) for before, after in outputs)


def _draw(random: np.random.Generator, port: Port, raw: bool) -> Array:
    """Numbers from 0 up to 2, or 255 for a model that scales images: an embedding takes all of them as 0 or 1."""
    shape = (EXAMPLES, *(length or 1 for length in port.shape))
    if not port.dtype.startswith(("float", "bfloat")):
        return random.integers(0, 2, shape).astype(port.dtype)
    return (random.random(shape) * (255 if raw and len(port.shape) > 2 else 2)).astype(port.dtype)
