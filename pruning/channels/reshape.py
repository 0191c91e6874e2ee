"""Where channels go when an array is reshaped: runs of axes become runs of axes that hold the same values."""

from math import prod

import numpy as np

from edgeprune.contracts.channels import Ids
from edgeprune.contracts.model import Shape
from edgeprune.pruning.channels.call import Call
from edgeprune.pruning.channels.ledger import Axes

_Axis = tuple[int, int | None]
"""An axis and its length."""


def reshaped(call: Call, axes: Axes, before: Shape, after: Shape) -> Axes:
    """The channels of a tensor of shape `before`, once it has the shape `after`.

    Several axes become one: their channels follow one another. One axis becomes several: all values at one index of
    one of them go together, so that rows stay equally long. Of two axes with channels that become one, the last one's
    can be removed.
    """
    result: Axes = {}
    followed: set[int] = set()
    for old, new in _runs(before, after):
        followed.update(old)
        carrying = [axis for axis in old if axis in axes]
        for axis in carrying[:-1]:
            call.freeze(axes[axis], f"reshaped by {call.title} together with other channels")
        if carrying:
            lengths = [before[axis] or 0 for axis in old]
            place = [1] * len(old)
            place[old.index(carrying[-1])] = -1
            values = np.broadcast_to(axes[carrying[-1]].reshape(place), lengths)
            at, ids = _carrier(call, values.reshape([after[axis] or 0 for axis in new]))
            result[new[at]] = ids
    for axis, ids in axes.items():
        if axis not in followed:
            call.freeze(ids, f"reshaped by {call.title} in a way that cannot be followed")
    return result


def _carrier(call: Call, values: Ids) -> tuple[int, Ids]:
    """Which axis of an id array carries the channels: one along which alone they change, else one that is chosen."""
    lines = [np.moveaxis(values, axis, -1).reshape(-1, length) for axis, length in enumerate(values.shape)]
    for axis, table in enumerate(lines):
        if (table == table[0]).all():
            return axis, table[0]
    axis = call.choose(values.ndim, values.reshape(-1))
    table = lines[axis]
    call.couple_rows(table.reshape(-1), len(table))
    return axis, table[0]


def _runs(before: Shape, after: Shape) -> list[tuple[list[int], list[int]]]:
    """The shortest runs of axes with equal products, without axes of length 1.

    Equal lengths at the end always correspond. Before them, runs are found from the front, where an axis whose
    length is known only at run time must meet another one; what cannot be followed is in no run.
    """
    old: list[_Axis] = [(axis, length) for axis, length in enumerate(before) if length != 1]
    new: list[_Axis] = [(axis, length) for axis, length in enumerate(after) if length != 1]
    found: list[tuple[list[int], list[int]]] = []
    while old and new and old[-1][1] == new[-1][1] is not None:
        found.append(([old.pop()[0]], [new.pop()[0]]))
    if not _same_size(old, new):
        return found
    while old and new:
        taken, given = [old.pop(0)], [new.pop(0)]
        if taken[0][1] is given[0][1] is None:
            continue
        while _size(taken) != _size(given):
            short, rest = (taken, old) if _size(taken) < _size(given) else (given, new)
            if not rest or None in (taken[-1][1], given[-1][1], rest[0][1]):
                return found
            short.append(rest.pop(0))
        found.append(([axis for axis, _ in taken], [axis for axis, _ in given]))
    return found


def _same_size(old: list[_Axis], new: list[_Axis]) -> bool:
    """Whether both hold equally many values, whatever the one unknown length is."""
    unknown = [sum(length is None for _, length in axes) for axes in (old, new)]
    return unknown[0] == unknown[1] <= 1 and _size(old) == _size(new)


def _size(axes: list[_Axis]) -> int:
    return prod(1 if length is None else length for _, length in axes)
