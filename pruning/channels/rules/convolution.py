"""Convolutions: kernel (positions…, in, out); grouped, transposed, separable and depthwise ones."""

import numpy as np

from edgeprune.contracts.channels import Ids
from edgeprune.pruning.channels.call import Call
from edgeprune.pruning.channels.ledger import Axes, NotUnderstoodError
from edgeprune.pruning.channels.registry import rule


@rule("Conv1D", "Conv2D", "Conv3D")
def convolution(call: Call) -> list[Axes]:
    """kernel (positions…, in / groups, filters). With as many groups as inputs it is a depthwise convolution."""
    call.expect_weights("kernel", "bias")
    channels = call.only(call.channel_axis, "convolved over as positions")
    groups = call.config.get("groups", 1)
    if groups > 1 and groups == call.shapes[0][call.channel_axis]:
        out = _each_alone(call, channels, call.config["filters"] // groups)
        if channels is not None:
            call.edit("groups", channels)
    else:
        if channels is not None and groups > 1:
            channels = call.couple_rows(channels, groups)
        call.weight("kernel", -2, channels, consumes=True)
        out = call.fresh("filters", call.config["filters"])
        call.couple_rows(out, groups)
    call.weight("kernel", -1, out)
    call.edit("filters", out)
    return _finish(call, out)


@rule("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "Convolution2DTranspose")
def transposed(call: Call) -> list[Axes]:
    """kernel (positions…, filters, in)."""
    call.expect_weights("kernel", "bias")
    if call.config.get("groups", 1) != 1:
        raise NotUnderstoodError("a transposed convolution in groups")
    channels = call.only(call.channel_axis, "convolved over as positions")
    call.weight("kernel", -1, channels, consumes=True)
    out = call.fresh("filters", call.config["filters"])
    call.weight("kernel", -2, out)
    call.edit("filters", out)
    return _finish(call, out)


@rule("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise(call: Call) -> list[Axes]:
    """kernel (positions…, in, multiplier): output channel c * multiplier + k comes from input channel c alone."""
    call.expect_weights("kernel", "depthwise_kernel", "bias")
    channels = call.only(call.channel_axis, "convolved over as positions")
    for name in ("kernel", "depthwise_kernel"):
        call.weight(name, -2, channels)
    return _finish(call, _each_alone(call, channels, call.config["depth_multiplier"]))


@rule("SeparableConv1D", "SeparableConv2D")
def separable(call: Call) -> list[Axes]:
    """A depthwise convolution, then pointwise_kernel (1…, in * multiplier, filters)."""
    call.expect_weights("depthwise_kernel", "pointwise_kernel", "bias")
    channels = call.only(call.channel_axis, "convolved over as positions")
    call.weight("depthwise_kernel", -2, channels)
    between = None if channels is None else np.repeat(channels, call.config["depth_multiplier"])
    call.weight("pointwise_kernel", -2, between, consumes=True)
    out = call.fresh("filters", call.config["filters"])
    call.weight("pointwise_kernel", -1, out)
    call.edit("filters", out)
    return _finish(call, out)


def _each_alone(call: Call, channels: Ids | None, multiplier: int) -> Ids:
    """Output channels of a layer that reads each input channel alone: those of the input, repeated."""
    if channels is not None:
        return np.repeat(channels, multiplier)
    inputs = call.shapes[0][call.channel_axis]
    if inputs is None:
        raise NotUnderstoodError("the number of its input channels is known only at run time")
    out = call.fresh("filters", inputs * multiplier)
    call.freeze(out, f"{call.title} reads channel by channel what cannot be cut")
    return out


def _finish(call: Call, out: Ids) -> list[Axes]:
    """Bias and activation; a softmax always acts along the last axis, wherever the channels are."""
    call.weight("bias", 0, out)
    last = len(call.shapes[0]) - 1
    if call.channel_axis == last:
        call.activation(out)
    return [{call.channel_axis: out}]
