"""Normalisations: weights that lie along the channels, and sums over channels that make a cut inexact."""

from edgeprune.pruning.channels.call import Call
from edgeprune.pruning.channels.ledger import Axes, NotUnderstoodError
from edgeprune.pruning.channels.registry import rule


@rule("BatchNormalization", "SyncBatchNormalization", "Normalization")
def per_channel(call: Call) -> list[Axes]:
    """Each channel has statistics of its own; all weights are vectors (for several axes: arrays) along `axis`."""
    axes = call.axes_of(call.config["axis"]) if call.config["axis"] is not None else []
    if call.config.get("mean") is not None:
        for axis in axes:
            call.freeze(call.inputs[0].get(axis), f"{call.title} has its statistics in its config")
    elif call.config.get("virtual_batch_size") or len(axes) > 1:
        raise NotUnderstoodError("it normalises over several axes")
    else:
        for name, shape in call.weights.items():
            if len(shape) != len(axes):
                raise NotUnderstoodError(f"{name} has {len(shape)} axes")
            for axis in axes:
                call.weight(name, 0, call.inputs[0].get(axis))
    return [dict(call.inputs[0])]


@rule("LayerNormalization", "RMSNormalization", "UnitNormalization")
def over_channels(call: Call) -> list[Axes]:
    """Statistics are taken over all of `axis`; weights have these axes, in their order."""
    call.expect_weights("gamma", "beta", "scale")
    for position, axis in enumerate(call.axes_of(call.config["axis"])):
        ids = call.inputs[0].get(axis)
        for name in call.weights:
            call.weight(name, position, ids)
        call.inexact(ids)
    return [dict(call.inputs[0])]


@rule("GroupNormalization")
def over_groups(call: Call) -> list[Axes]:
    """Statistics are taken over equal runs of channels, which must stay equal; or over each channel alone."""
    call.expect_weights("gamma", "beta")
    axis = call.axis_of(call.config["axis"])
    ids = call.inputs[0].get(axis)
    for name in call.weights:
        call.weight(name, 0, ids)
    groups = call.config["groups"]
    if ids is not None and groups == len(ids):
        call.edit("groups", ids)
    elif ids is not None and groups != -1:
        call.couple_rows(ids, groups)
        call.inexact(ids)
    return [dict(call.inputs[0])]
