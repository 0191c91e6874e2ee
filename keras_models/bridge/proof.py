"""Proof of a twin: on random inputs it gives what the Keras 3 model gives."""

from typing import Any

import numpy as np

from contracts.data import Array
from contracts.errors import ModelError
from contracts.model import Interface, Port
from keras_models.bridge.twin import Twin
from keras_models.proof import TOLERANCE, prove_equal

EXAMPLES = 4


def prove_twin(model: Any, twin: Twin, interface: Interface) -> float:
    """The largest error of the twin's outputs as a share of each output's range, before a last softmax or sigmoid.

    `model` is the one the twin was made from, `interface` its own. Raises ModelError above TOLERANCE (1e-5), unless
    the model answers to a change of its inputs' last bits by as much.
    """
    random = np.random.default_rng(0)
    proof = prove_equal(
        model, twin.model, tuple(_draw(random, port, interface.scales_itself) for port in interface.inputs)
    )
    if not proof.holds:
        raise ModelError(
            f"the model's twin in Keras 2 gives other outputs: they differ by {proof.relative_error:.1e} of their "
            f"range, more than {TOLERANCE:.0e}",
            hint="choose a method that trains in Keras 3 itself",
        )
    return proof.relative_error


def _draw(random: np.random.Generator, port: Port, raw: bool) -> Array:
    """Numbers from 0 up to 2, or 255 for a model that scales images: an embedding takes all of them as 0 or 1."""
    shape = (EXAMPLES, *(length or 1 for length in port.shape))
    if not port.dtype.startswith(("float", "bfloat")):
        return random.integers(0, 2, shape).astype(port.dtype)
    return (random.random(shape) * (255 if raw and len(port.shape) > 2 else 2)).astype(port.dtype)
