"""Made-up inputs for a model where there is no data: of its own shapes and types, and of lengths that it takes."""

from dataclasses import replace

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import Interface, Port
from edgeprune.contracts.wording import in_one_line
from edgeprune.keras_models.live.prediction import model_outputs

STEPS = 8
"""Of an axis of no fixed length that stands alone, time: enough for a state to be handed on and a window to move."""
PIXELS = 32
"""Of each where there are several, height and width: what halves five times, as most networks do, has a place left."""
DOUBLINGS = 5
"""How often a model may ask for more: up to 256 steps, or 1,024 pixels."""


def random_examples(
    interface: Interface, count: int, seed: int, limits: tuple[int | None, ...] | None = None
) -> tuple[Array, ...]:
    """`count` seeded examples for each input of a fixed shape, the batch axis first.

    Where `limits` (of `index_limits`) has a number, or the input is of integers, whole numbers from 0 up to that
    limit (2 where unknown) without it. Else images (three axes and more) get values in 0..1, or 0..255 where the
    model scales for itself, and all others standard normal values. Raises ModelError for an input of strings.
    """
    generator = np.random.default_rng(seed)
    limits = limits or (None,) * len(interface.inputs)
    return tuple(
        _draw(generator, port, count, limit, interface.scales_itself)
        for port, limit in zip(interface.inputs, limits, strict=True)
    )


def _draw(generator: np.random.Generator, port: Port, count: int, limit: int | None, raw: bool) -> Array:
    if port.dtype == "string":
        raise ModelError(
            f"input {port.name!r}: expected numbers, found strings, of which no examples can be made up",
            "save the model without the layers that take text apart, and give it their numbers",
        )
    shape = (count, *(length or 1 for length in port.shape))
    if limit is not None or not port.dtype.startswith(("float", "bfloat")):
        return generator.integers(0, limit or 2, shape).astype(port.dtype)
    if len(port.shape) >= 3:
        return (generator.random(shape) * (255 if raw else 1)).astype(port.dtype)
    return generator.standard_normal(shape).astype(port.dtype)


def with_fixed_shapes(model: KerasModel, interface: Interface) -> Interface:
    """The interface with a length for each axis that has none: STEPS or PIXELS, doubled until the model takes it.

    Raises ModelError where it takes none of them.
    """
    if all(None not in port.shape for port in interface.inputs):
        return interface
    reason = ""
    for doubling in range(DOUBLINGS + 1):
        fixed = replace(interface, inputs=tuple(_fixed(port, 2**doubling) for port in interface.inputs))
        try:
            outputs = model_outputs(model, random_examples(fixed, 1, 0, (1,) * len(fixed.inputs)))
        except Exception as error:  # each layer has its own way to say that its input is too small
            reason = in_one_line(error, 200)
        else:
            if all(np.isfinite(output).all() for output in outputs):  # the mean over no place at all is NaN
                return fixed
            reason = "its outputs are not finite"
    shapes = ", ".join(str((None, *port.shape)) for port in interface.inputs)
    raise ModelError(
        f"the model takes none of the lengths that were tried on the open axes of {shapes}: {reason}",
        "give --data, or build the model with fixed lengths in its Input layers",
    )


def _fixed(port: Port, factor: int) -> Port:
    length = factor * (STEPS if port.shape.count(None) == 1 else PIXELS)
    return replace(port, shape=tuple(length if axis is None else axis for axis in port.shape))
