"""Layers and operations that rearrange axes: Flatten, Reshape, Permute, and axes that come or go."""

from typing import Any

import numpy as np

from edgeprune.contracts.model import Node, Shape
from edgeprune.pruning.channels.call import Call
from edgeprune.pruning.channels.ledger import Axes, NotUnderstoodError
from edgeprune.pruning.channels.registry import rule
from edgeprune.pruning.channels.reshape import reshaped


def _result_shape(call: Call) -> Shape:
    shape = call.output_shapes[0]
    if shape is None:
        raise NotUnderstoodError("the rank of its result is known only at run time")
    return shape


@rule("Flatten")
def flatten(call: Call) -> list[Axes]:
    """Positions first, channels last, whatever the data format."""
    order = [0, *range(1, call.rank)]
    if call.config.get("data_format") == "channels_first" and call.rank > 1:
        order = [0, *range(2, call.rank), 1]
    axes = {order.index(axis): ids for axis, ids in call.inputs[0].items()}
    return [reshaped(call, axes, tuple(call.shapes[0][axis] for axis in order), _result_shape(call))]


@rule("Reshape")
def reshape(call: Call) -> list[Axes]:
    """The layer's `target_shape` is without the batch axis, the operation's `shape` with it."""
    axes = reshaped(call, call.inputs[0], call.shapes[0], _result_shape(call))
    is_operation = "shape" in call.arguments
    target = call.arguments["shape"] if is_operation else (None, *call.config["target_shape"])
    for axis, ids in axes.items():
        if not isinstance(target[axis], int):
            call.freeze(ids, f"reshaped by {call.title} to a length known only at run time")
        elif target[axis] != -1 and is_operation:
            call.edit_argument("shape", ids, (axis,))
        elif target[axis] != -1:
            call.edit("target_shape", ids, (axis - 1,))
    return [axes]


@rule("Permute", "Transpose")
def transpose(call: Call) -> list[Axes]:
    """Axis i of the result is axis `order[i]` of the input."""
    if "dims" in call.config:
        order = [0, *call.config["dims"]]
    else:
        given = call.arguments.get("axes")
        order = list(range(call.rank))[::-1] if given is None else call.axes_of(given)
    return [{order.index(axis): ids for axis, ids in call.inputs[0].items()}]


@rule("RepeatVector")
def repeat_vector(call: Call) -> list[Axes]:
    """(batch, channels) becomes (batch, n, channels)."""
    return [{axis + 1: ids for axis, ids in call.inputs[0].items()}]


@rule("Squeeze")
def squeeze(call: Call) -> list[Axes]:
    """Axes of length 1 go."""
    given = call.arguments.get("axis")
    gone = [axis for axis, length in enumerate(call.shapes[0]) if length == 1] if given is None else call.axes_of(given)
    for axis in gone:
        call.freeze(call.inputs[0].get(axis), f"its axis is taken away by {call.title}")
    left = [axis for axis in range(call.rank) if axis not in gone]
    return [{left.index(axis): ids for axis, ids in call.inputs[0].items() if axis in left}]


@rule("ExpandDims")
def expand_dims(call: Call) -> list[Axes]:
    """New axes of length 1, counted in the result."""
    given = call.arguments["axis"]
    rank = len(_result_shape(call))
    new = {axis % rank for axis in _whole_numbers([given] if isinstance(given, int) else given, rank - call.rank)}
    places = [axis for axis in range(rank) if axis not in new]
    return [{places[axis]: ids for axis, ids in call.inputs[0].items()}]


@rule("Tile")
def tile(call: Call) -> list[Axes]:
    """The whole array, again and again along each axis."""
    repeats = _whole_numbers(call.arguments["repeats"], call.rank)
    return [{axis: np.tile(ids, repeats[axis]) for axis, ids in call.inputs[0].items()}]


@rule("Repeat")
def repeat(call: Call) -> list[Axes]:
    """Each index, several times, along one axis."""
    axis = call.axis_of(call.arguments.get("axis"))
    (times,) = _whole_numbers([call.arguments["repeats"]], 1)
    return [{at: np.repeat(ids, times) if at == axis else ids for at, ids in call.inputs[0].items()}]


@rule("BroadcastTo")
def broadcast_to(call: Call) -> list[Axes]:
    """Axes are aligned at the end; axes of length 1 become longer."""
    shape = _result_shape(call)
    axes: Axes = {}
    for axis, ids in call.inputs[0].items():
        new = axis + len(shape) - call.rank
        if shape[new] != len(ids) or not isinstance(call.arguments["shape"][new], int):
            call.freeze(ids, f"broadcast by {call.title}")
        else:
            call.edit_argument("shape", ids, (new,))
            axes[new] = ids
    return [axes]


@rule("Shape")
def shape(call: Call) -> list[Axes]:
    """Lengths as numbers: an axis of channels whose length is asked for must keep it."""
    asked = {axis for reader in call.readers for axis in _axes_asked(reader, call.rank)}
    for axis in asked:
        call.freeze(call.inputs[0].get(axis), f"their number is read by {call.title}")
    return [{}]


def _axes_asked(reader: Node, rank: int) -> list[int]:
    """Of which axes a reader of a shape takes the length: one or some by their indices, else all."""
    slices = reader.arguments.get("slices", ())
    if reader.kind != "GetItem" or len(slices) != 1:
        return list(range(rank))
    entry = slices[0]
    if isinstance(entry, dict) and all(bound is None or isinstance(bound, int) for bound in entry.values()):
        return list(range(rank))[slice(entry.get("start"), entry.get("stop"), entry.get("step"))]
    return [entry % rank] if isinstance(entry, int) else list(range(rank))


def _whole_numbers(values: Any, count: int) -> list[int]:
    numbers = list(values)
    if len(numbers) != count or not all(isinstance(number, int) for number in numbers):
        raise NotUnderstoodError(f"{values!r} where {count} whole numbers were expected")
    return numbers
