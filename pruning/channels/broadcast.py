"""NumPy broadcasting, and products of sums, for channels: which of several tensors' channels meet at one index."""

from collections.abc import Sequence

import numpy as np

from edgeprune.contracts.channels import Ids
from edgeprune.contracts.model import Shape
from edgeprune.pruning.channels.call import Call
from edgeprune.pruning.channels.ledger import Axes, NotUnderstoodError

Operand = tuple[Axes, Shape]


def operands(call: Call, constants: Sequence[str] = ("x", "y", "condition")) -> list[Operand]:
    """The tensors that go in, and the constants among the arguments, which have no channels."""
    found = list(zip(call.inputs, call.shapes, strict=True))
    for name in constants:
        value = call.arguments.get(name)
        if value is not None:
            found.append(({}, np.shape(value)))
    return found


def join(call: Call, parts: Sequence[Operand], shape: Shape | None) -> Axes:
    """Channels of a result that is computed value by value, with the operands' axes aligned at the end."""
    if shape is None:
        raise NotUnderstoodError("the rank of its result is known only at run time")
    joined: Axes = {}
    for axis, length in enumerate(shape):
        aligned = [(axes, own, axis - len(shape) + len(own)) for axes, own in parts]
        at_axis = [(axes.get(at), own[at]) for axes, own, at in aligned if at >= 0]
        ids = meet(call, at_axis, length)
        if ids is not None:
            joined[axis] = ids
    return joined


def meet(call: Call, at_axis: Sequence[tuple[Ids | None, int | None]], length: int | None) -> Ids | None:
    """Channels along one axis of a result, from each operand's channels and length there."""
    whole = [ids for ids, own in at_axis if own == length or own is None]
    for ids, own in at_axis:
        if own != length:
            call.freeze(ids, f"broadcast by {call.title}")
    known = [ids for ids in whole if ids is not None]
    for ids in known[1:]:
        call.couple(known[0], ids)
    if known and len(known) == len(whole):
        return known[0]
    for ids in known:
        call.freeze(ids, f"joined by {call.title} with values that cannot be removed")
    return None


def contract(call: Call, parts: Sequence[Operand], subscripts: Sequence[str], result: str) -> Axes:
    """Channels of a product of sums in Einstein's notation; what is summed over is frozen."""
    lengths: dict[str, list[tuple[Ids | None, int | None]]] = {}
    for (axes, shape), letters in zip(parts, subscripts, strict=True):
        if len(letters) != len(shape) or len(set(letters)) != len(letters):
            raise NotUnderstoodError(f"subscripts {letters!r} for {len(shape)} axes")
        for axis, letter in enumerate(letters):
            lengths.setdefault(letter, []).append((axes.get(axis), shape[axis]))
    found: Axes = {}
    for letter, at_axis in lengths.items():
        if letter not in result:
            for ids, _ in at_axis:
                call.freeze(ids, f"summed over by {call.title}")
            continue
        known = [length for _, length in at_axis if length is not None]
        ids = meet(call, at_axis, max(known, default=None))
        if ids is not None:
            found[result.index(letter)] = ids
    return found


def subscripts_of(equation: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """Operands' and result's letters of an equation such as `...ij,jk->...ik`, the dots replaced by letters."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    parts = left.split(",")
    if not arrow or len(parts) != len(ranks):
        raise NotUnderstoodError(f"equation {equation!r}")
    spare = [letter for letter in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if letter not in equation]
    dots = max((rank - len(part) + 3 for part, rank in zip(parts, ranks, strict=True) if "..." in part), default=0)
    letters = "".join(reversed(spare[:dots]))
    expanded = [
        part.replace("...", letters[dots - (rank - len(part) + 3) :] if "..." in part else "")
        for part, rank in zip(parts, ranks, strict=True)
    ]
    return expanded, right.replace("...", letters)
