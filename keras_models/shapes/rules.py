"""What the shape rules of all layer families share: the call they are asked about, and arithmetic of axes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from edgeprune.contracts.model import Shape

Outputs = list[Shape | None]
"""Shapes of several outputs; a rule for one output returns its shape alone."""


@dataclass(frozen=True, kw_only=True)
class LayerCall:
    """One call, as far as its output shapes depend on it; `inputs` are the shapes of all its tensors."""

    kind: str
    config: Mapping[str, Any]
    inputs: tuple[Shape | None, ...]
    arguments: Mapping[str, Any]
    is_operation: bool
    keras_major: int

    @property
    def shape(self) -> Shape:
        """Shape of the first input. Raises ValueError where it is not known."""
        shape = self.inputs[0]
        if shape is None:
            raise ValueError(f"{self.kind} is called on a tensor of no known shape")
        return shape

    @property
    def channels_first(self) -> bool:
        """Whether the layer's channel axis is axis 1 rather than the last."""
        return self.config.get("data_format") == "channels_first"


Rule = Callable[[LayerCall], Shape | Outputs | None]


def same_shape(call: LayerCall) -> Shape | None:
    """The output has the shape of the first input."""
    return call.shape


def split_channels(call: LayerCall) -> tuple[Shape, int | None]:
    """(lengths of the spatial axes, number of channels) of the first input."""
    shape = call.shape
    return (shape[2:], shape[1]) if call.channels_first else (shape[1:-1], shape[-1])


def join_channels(call: LayerCall, spatial: Sequence[int | None], channels: int | None) -> Shape:
    """The opposite of `split_channels`."""
    batch = call.shape[0]
    return (batch, channels, *spatial) if call.channels_first else (batch, *spatial, channels)


def per_axis(value: Any, axes: int) -> tuple[Any, ...]:
    """A setting that may be given once for all spatial axes."""
    return tuple(value) if isinstance(value, list | tuple) else (value,) * axes


def pairs_per_axis(value: Any, axes: int) -> list[tuple[int, int]]:
    """(before, after) of padding or cropping: `n`, `[n, m]` (each axis symmetric) or `[[a, b], [c, d]]`.

    For one axis, `[a, b]` is before and after.
    """
    if axes == 1 and isinstance(value, list | tuple) and len(value) == 2:
        return [(value[0], value[1])]
    return [
        (entry[0], entry[1]) if isinstance(entry, list | tuple) else (entry, entry) for entry in per_axis(value, axes)
    ]


def window_length(length: int | None, window: int, stride: int, padding: str, dilation: int = 1) -> int | None:
    """Number of positions of a sliding window over an axis."""
    if length is None:
        return None
    if padding.lower() in ("same", "causal"):
        return -(-length // stride)
    reach = dilation * (window - 1) + 1
    return (length - reach) // stride + 1


def product(lengths: Sequence[int | None]) -> int | None:
    """Product of lengths, None where one is unknown."""
    known = [length for length in lengths if length is not None]
    return prod(known) if len(known) == len(lengths) else None


def broadcast(shapes: Sequence[Shape]) -> Shape | None:
    """The shape that these broadcast to by NumPy's rules; None where they do not fit."""
    rank = max(map(len, shapes))
    result: list[int | None] = []
    for lengths in zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True):
        known = {length for length in lengths if length not in (None, 1)}
        if len(known) > 1:
            return None
        result.append(known.pop() if known else (None if None in lengths else 1))
    return tuple(result)


def positive_axes(axis: Any, rank: int) -> list[int]:
    """Axes counted from the front; all of them for None."""
    if axis is None:
        return list(range(rank))
    given = axis if isinstance(axis, list | tuple) else [axis]
    return [a + rank if a < 0 else a for a in given]


def einsum_shape(equation: str, shapes: Sequence[Shape]) -> Shape | None:
    """Output shape of `ab,bc->ac`, with `...` for leading axes; None without an explicit output."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    if not arrow:
        return None
    lengths: dict[str, int | None] = {}
    leading: list[Shape] = []
    for term, shape in zip(left.split(","), shapes, strict=True):
        front, dots, back = term.partition("...")
        middle = len(shape) - len(front) - len(back)
        if dots:
            leading.append(shape[len(front) : len(front) + middle])
        axes = shape[: len(front)] + shape[len(shape) - len(back) :] if dots else shape
        for letter, length in zip(front + back, axes, strict=True):
            lengths[letter] = lengths.get(letter) or length
    expanded = broadcast(leading) if leading else ()
    if expanded is None:
        return None
    front, dots, back = right.partition("...")
    middle_axes = expanded if dots else ()
    return (*(lengths[letter] for letter in front), *middle_axes, *(lengths[letter] for letter in back))
