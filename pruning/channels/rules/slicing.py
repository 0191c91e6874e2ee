"""Parts of tensors: slices, splits, padding; bounds and sizes count channels."""

from typing import Any

import numpy as np

from edgeprune.contracts.channels import Ids
from edgeprune.pruning.channels.call import Call, none_removable
from edgeprune.pruning.channels.ledger import Axes, NotUnderstoodError
from edgeprune.pruning.channels.registry import rule


@rule("GetItem")
def get_item(call: Call) -> list[Axes]:
    """`slices` has an entry an axis: an index, bounds, None (a new axis) or `...`."""
    entries = list(call.arguments["slices"])
    taken = sum(entry is not None and not _is_dots(entry) for entry in entries)
    axes: Axes = {}
    axis = new = 0
    for position, entry in enumerate(entries):
        if entry is None:
            new += 1
        elif _is_dots(entry):
            for _ in range(call.rank - taken):
                _keep(call, axes, axis, new)
                axis, new = axis + 1, new + 1
        elif isinstance(entry, dict):
            _slice(call, axes, axis, new, entry, position)
            axis, new = axis + 1, new + 1
        else:
            _index(call, axis, entry, position)
            axis += 1
    for rest in range(axis, call.rank):
        _keep(call, axes, rest, new + rest - axis)
    return [axes]


def _is_dots(entry: Any) -> bool:
    return entry is Ellipsis or entry == "..."


def _keep(call: Call, axes: Axes, axis: int, new: int) -> None:
    if axis in call.inputs[0]:
        axes[new] = call.inputs[0][axis]


def _slice(call: Call, axes: Axes, axis: int, new: int, bounds: dict[str, Any], position: int) -> None:
    """Each bound counts the channels before it."""
    ids = call.inputs[0].get(axis)
    if ids is None:
        return
    start, stop, step = (bounds.get(name) for name in ("start", "stop", "step"))
    if (start, stop, step) in ((None, None, None), (None, None, 1)):
        axes[new] = ids
    elif step in (None, 1) and all(bound is None or isinstance(bound, int) for bound in (start, stop)):
        for name, bound in (("start", start), ("stop", stop)):
            if bound is not None:
                call.edit_argument("slices", ids[:bound], (position, name))
        axes[new] = ids[start:stop]
        call.ledger.parts.append(axes[new])
    else:
        raise NotUnderstoodError("it takes channels in steps, or at bounds known only at run time")


def _index(call: Call, axis: int, index: Any, position: int) -> None:
    """One channel is taken out and stays; its place is the number of channels before it."""
    ids = call.inputs[0].get(axis)
    if ids is None:
        return
    if not isinstance(index, int):
        raise NotUnderstoodError("it takes an index known only at run time")
    call.freeze(ids[index : index + 1 or None], f"taken by its index in {call.title}")
    call.edit_argument("slices", ids[:index], (position,))


@rule("Split")
def split(call: Call) -> list[Axes]:
    """`sizes` are the lengths of the parts along `axis`."""
    axis = call.axis_of(call.arguments.get("axis", 0))
    sizes = call.arguments["sizes"]
    ids = call.inputs[0].get(axis)
    outputs: list[Axes] = [
        {at: others for at, others in call.inputs[0].items() if at != axis} for _ in call.output_shapes
    ]
    if ids is None:
        return outputs
    if isinstance(sizes, int) or not all(isinstance(size, int) and size >= 0 for size in sizes):
        raise NotUnderstoodError("it splits channels into parts known only at run time")
    for position, part in enumerate(np.split(ids, np.cumsum(sizes)[:-1])):
        call.edit_argument("sizes", part, (position,))
        call.ledger.parts.append(part)
        outputs[position][axis] = part
    return outputs


@rule("Unstack")
def unstack(call: Call) -> list[Axes]:
    """One output for each index of `axis`; all of them are needed."""
    axis = call.axis_of(call.arguments.get("axis", 0))
    call.freeze(call.inputs[0].get(axis), f"taken apart by {call.title}")
    rest = {at - (at > axis): ids for at, ids in call.inputs[0].items() if at != axis}
    return [dict(rest) for _ in call.output_shapes]


@rule("Gather")
def gather(call: Call) -> list[Axes]:
    """Indices along one axis, in any order: channels there are frozen, those after it pass."""
    axis = call.axis_of(call.arguments.get("axis"))
    for axes in call.inputs[1:]:
        for ids in axes.values():
            call.freeze(ids, f"indices of {call.title}")
    call.freeze(call.inputs[0].get(axis), f"picked by their index in {call.title}")
    result = call.output_shapes[0]
    if result is None or "x" in call.arguments:
        raise NotUnderstoodError("what it picks from is not the output of a layer")
    added = len(result) - call.rank
    return [{at + added * (at > axis): ids for at, ids in call.inputs[0].items() if at != axis}]


@rule("Pad")
def pad(call: Call) -> list[Axes]:
    """What is added beside channels is constant and stays."""
    axes: Axes = {}
    for axis, ids in call.inputs[0].items():
        before, after = call.arguments["paddings"][axis]
        if not (isinstance(before, int) and isinstance(after, int)):
            raise NotUnderstoodError("it adds numbers known only at run time")
        if (before or after) and str(call.arguments.get("mode", "constant")).lower() != "constant":
            raise NotUnderstoodError("it mirrors channels")
        axes[axis] = _between(before, ids, after) if before or after else ids
    return [axes]


def _between(before: int, ids: Ids, after: int) -> Ids:
    return np.concatenate([none_removable(before), ids, none_removable(after)])
