"""Layers that work on positions, channel by channel: pooling, padding, cropping, resizing; and reductions."""

import numpy as np

from edgeprune.pruning.channels.call import Call
from edgeprune.pruning.channels.ledger import Axes, NotUnderstoodError
from edgeprune.pruning.channels.registry import rule

_KINDS = ("MaxPooling", "AveragePooling", "UpSampling", "ZeroPadding", "Cropping")
_GLOBAL = ("GlobalMaxPooling", "GlobalAveragePooling")


def _by_dimension(kinds: tuple[str, ...]) -> list[str]:
    return [f"{kind}{dimensions}D" for kind in kinds for dimensions in (1, 2, 3)]


@rule(*_by_dimension(_KINDS), *_by_dimension(("AdaptiveMaxPooling", "AdaptiveAveragePooling")), "Resizing", "Resize")
def on_positions(call: Call) -> list[Axes]:
    """Each channel keeps its place."""
    channel = 1 if call.setting("data_format") == "channels_first" else call.rank - 1
    ids = call.only(channel, "moved over as positions")
    return [{} if ids is None else {channel: ids}]


@rule(*_by_dimension(_GLOBAL))
def over_positions(call: Call) -> list[Axes]:
    """Only batch and channels are left, unless `keepdims`."""
    ids = call.only(call.channel_axis, "summed up as positions")
    if ids is None:
        return [{}]
    return [{call.channel_axis if call.config.get("keepdims") else 1: ids}]


@rule("Mean", "Sum", "Max", "Min", "Prod", "Std", "Variance", "Any", "All", "LogSumExp", "ArgMax", "ArgMin")
def reduction(call: Call) -> list[Axes]:
    """Axes that are reduced go, or become 1; channels along them are all needed."""
    reduced = set(call.axes_of(call.setting("axis")))
    kept: Axes = {}
    for axis, ids in call.inputs[0].items():
        if axis in reduced:
            call.freeze(ids, f"summed up by {call.title}")
        else:
            kept[axis if call.setting("keepdims") else axis - sum(other < axis for other in reduced)] = ids
    return [kept]


@rule("CumSum", "Roll", "Flip")
def along_positions(call: Call) -> list[Axes]:
    """Values move or add up along `axis` only."""
    moved = call.axes_of(call.setting("axis"))
    for axis in moved:
        call.freeze(call.inputs[0].get(axis), f"moved along by {call.title}")
    return [dict(call.inputs[0])]


@rule("DepthToSpace")
def depth_to_space(call: Call) -> list[Axes]:
    """Channel (i * block + j) * n + c becomes channel c at position (i, j) of its block."""
    ids = call.only(call.rank - 1, "moved over as positions")
    return [{} if ids is None else {call.rank - 1: call.couple_rows(ids, _block(call) ** 2)}]


@rule("SpaceToDepth")
def space_to_depth(call: Call) -> list[Axes]:
    """Channel c at position (i, j) of its block becomes channel (i * block + j) * n + c."""
    ids = call.only(call.rank - 1, "moved over as positions")
    return [{} if ids is None else {call.rank - 1: np.tile(ids, _block(call) ** 2)}]


def _block(call: Call) -> int:
    block = call.arguments["block_size"]
    if call.arguments.get("data_format", "NHWC") != "NHWC" or not isinstance(block, int):
        raise NotUnderstoodError("its data format or block size")
    return block
