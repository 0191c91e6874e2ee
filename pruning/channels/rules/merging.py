"""Several tensors become one: value by value, in sequence, or by a product of sums."""

from typing import Any

import numpy as np

from edgeprune.contracts.channels import Ids
from edgeprune.contracts.model import Shape
from edgeprune.pruning.channels.broadcast import Operand, contract, join, operands, subscripts_of
from edgeprune.pruning.channels.call import Call, none_removable
from edgeprune.pruning.channels.ledger import Axes, NotUnderstoodError
from edgeprune.pruning.channels.registry import rule

_VALUE_BY_VALUE = (
    "Add", "Subtract", "Multiply", "Divide", "DivideNoNan", "FloorDivide", "Mod", "Power", "Maximum",
    "Minimum", "Average", "Arctan2", "SquaredDifference", "Equal", "NotEqual", "Less", "LessEqual",
    "Greater", "GreaterEqual", "LogicalAnd", "LogicalOr", "LogicalXor", "Where", "CustomScaleLayer",
)  # fmt: skip


@rule(*_VALUE_BY_VALUE)
def value_by_value(call: Call) -> list[Axes]:
    """Channels that meet go together (layers, `a + b`, and `keras.applications`' scaled sum alike)."""
    return [join(call, operands(call), call.output_shapes[0])]


@rule("Concatenate")
def concatenate(call: Call) -> list[Axes]:
    """Channels follow one another along `axis`; along the other axes they meet."""
    axis = call.axis_of(call.setting("axis", -1))
    lengths = [shape[axis] for shape in call.shapes]
    others = [({at: ids for at, ids in axes.items() if at != axis}, shape) for axes, shape in _tensors(call)]
    result = call.output_shapes[0]
    if result is None:
        raise NotUnderstoodError("the rank of its result is known only at run time")
    # Along `axis` nothing meets, whatever the lengths: give all the result's length there.
    joined = join(call, [(axes, (*shape[:axis], result[axis], *shape[axis + 1 :])) for axes, shape in others], result)
    if any(axis in axes for axes in call.inputs):
        parts = [_part(axes.get(axis), length) for axes, length in zip(call.inputs, lengths, strict=True)]
        joined[axis] = np.concatenate(parts)
    return [joined]


def _tensors(call: Call) -> list[Operand]:
    return list(zip(call.inputs, call.shapes, strict=True))


def _part(ids: Ids | None, length: int | None) -> Ids:
    if ids is not None:
        return ids
    if length is None:
        raise NotUnderstoodError("the length of an input along the axis is known only at run time")
    return none_removable(length)


@rule("Stack")
def stack(call: Call) -> list[Axes]:
    """A new axis; along the others, channels meet."""
    result = call.output_shapes[0]
    if result is None:
        raise NotUnderstoodError("the rank of its result is known only at run time")
    new = call.setting("axis", 0) % len(result)
    joined = join(call, _tensors(call), (*result[:new], *result[new + 1 :]))
    return [{axis + (axis >= new): ids for axis, ids in joined.items()}]


@rule("MatMul")
def matrix_product(call: Call) -> list[Axes]:
    """The last two axes are multiplied, the others broadcast."""
    parts = operands(call)
    if len(parts) != 2 or len(call.inputs) != 2 or any(len(shape) < 2 for _, shape in parts):
        raise NotUnderstoodError("a product with a constant or a vector")
    first, second, rows, columns = "ij", "jk", "i", "k"
    first = first[::-1] if call.arguments.get("transpose_x") else first
    second = second[::-1] if call.arguments.get("transpose_y") else second
    equation = f"...{first},...{second}->...{rows}{columns}"
    letters, result = subscripts_of(equation, [len(shape) for _, shape in parts])
    return [contract(call, parts, letters, result)]


@rule("Einsum")
def einstein_sum(call: Call) -> list[Axes]:
    """Any product of sums of tensors."""
    parts = _tensors(call)
    letters, result = subscripts_of(call.arguments["equation"], [len(shape) for _, shape in parts])
    return [contract(call, parts, letters, result)]


@rule("Dot")
def dot(call: Call) -> list[Axes]:
    """Sums over one axis of each input; the batch axis is common, the other axes follow one another."""
    first, second = _dot_axes(call.config["axes"], call.shapes)
    if call.config.get("normalize"):
        raise NotUnderstoodError("it normalises its inputs")
    ranks = [len(shape) for shape in call.shapes]
    letters = [
        "".join("b" if axis == 0 else "z" if axis == summed else chr(ord("c") + offset + axis) for axis in range(rank))
        for rank, summed, offset in zip(ranks, (first, second), (0, ranks[0]), strict=True)
    ]
    free = [letter for part in letters for letter in part if letter not in "bz"]
    axes = contract(call, _tensors(call), letters, "b" + "".join(free))
    return [axes]


def _dot_axes(axes: Any, shapes: tuple[Shape, ...]) -> tuple[int, int]:
    first, second = (axes, axes) if isinstance(axes, int) else axes
    return first % len(shapes[0]), second % len(shapes[1])
