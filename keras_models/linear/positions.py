"""Which inputs each output of a convolution reads: plain index tables, for any number of axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from edgeprune.contracts.data import Indices


@dataclass(frozen=True, kw_only=True)
class Window:
    """How a kernel moves over its input, one number for each spatial axis.

    padding: `valid`, `same` or `causal`, as Keras has it. transposed: the kernel spreads each input over outputs.
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str
    transposed: bool = False

    @property
    def places(self) -> int:
        """Number of places of the kernel."""
        return prod(self.kernel)


def output_shape(window: Window, inputs: Sequence[int]) -> tuple[int, ...]:
    """Lengths of the output's spatial axes, for those of the input."""
    return tuple(_output_length(window, axis, length) for axis, length in enumerate(inputs))


def read_indices(window: Window, inputs: Sequence[int]) -> Indices:
    """For each output position (flat) and place of the kernel the flat input position that is read there.

    Shape (output positions, places); the number of input positions where nothing is read (padding; the gaps between
    the inputs of a transposed convolution).
    """
    outputs = output_shape(window, inputs)
    flat = np.zeros((prod(outputs), window.places), dtype=np.int64)
    nothing = np.zeros_like(flat, dtype=bool)
    position = np.stack(np.unravel_index(np.arange(prod(outputs)), outputs), axis=1) if outputs else flat
    place = np.stack(np.unravel_index(np.arange(window.places), window.kernel), axis=1)
    for axis, length in enumerate(inputs):
        read = _read_along(window, axis, length, position[:, axis, None], place[None, :, axis])
        nothing |= (read < 0) | (read >= length)
        flat = flat * length + read
    return np.where(nothing, prod(inputs), flat)


def _output_length(window: Window, axis: int, length: int) -> int:
    stride, spread = window.strides[axis], (window.kernel[axis] - 1) * window.dilation[axis] + 1
    if window.transposed:
        return length * stride if window.padding == "same" else length * stride + max(spread - stride, 0)
    if window.padding == "valid":
        return (length - spread) // stride + 1
    return -(-length // stride)


def _read_along(window: Window, axis: int, length: int, position: Indices, place: Indices) -> Indices:
    """The input's index along one axis; out of its range where nothing is read."""
    stride, dilation = window.strides[axis], window.dilation[axis]
    spread = (window.kernel[axis] - 1) * dilation + 1
    outputs = _output_length(window, axis, length)
    before = 0
    if window.padding == "causal":
        before = spread - 1
    elif window.padding == "same":
        short, long = (length, outputs) if window.transposed else (outputs, length)
        before = max((short - 1) * stride + spread - long, 0) // 2
    if not window.transposed:
        return position * stride + place * dilation - before
    steps = position + before - place * dilation
    return np.where(steps % stride == 0, steps // stride, -1)
