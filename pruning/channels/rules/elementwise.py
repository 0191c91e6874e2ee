"""Layers and operations that treat every value alone, or scale each channel: channels pass through them."""

import numpy as np

from edgeprune.contracts.model import TensorRef
from edgeprune.pruning.channels.call import Call, none_removable
from edgeprune.pruning.channels.ledger import Axes, NotUnderstoodError
from edgeprune.pruning.channels.registry import rule

_ALONE = (
    "ReLU", "LeakyReLU", "ELU", "ThresholdedReLU", "GELU", "ActivityRegularization", "Identity",
    "StochasticDepth", "Cast", "GaussianNoise", "GaussianDropout", "AlphaDropout", "Clip", "StopGradient",
    "Abs", "Negative", "Sign", "Exp", "Expm1", "Log", "Log1p", "Sqrt", "Rsqrt", "Square", "Reciprocal",
    "Round", "Floor", "Ceil", "Sin", "Cos", "Tan", "Sinh", "Cosh", "Arcsin", "Arccos", "Arctan", "Erf",
    "Sigmoid", "LogSigmoid", "HardSigmoid", "SiLU", "HardSwish", "Tanh", "HardTanh", "ReLU6", "SELU", "CELU",
    "Softplus", "Softsign", "LogicalNot", "IsNan", "IsFinite", "ZerosLike", "OnesLike",
)  # fmt: skip


@rule("InputLayer")
def model_input(call: Call) -> list[Axes]:
    """What a user feeds in cannot be cut."""
    return [{} for _ in call.output_shapes]


@rule(*_ALONE)
def alone(call: Call) -> list[Axes]:
    """One value in, one value out; the arguments must be the same for all channels."""
    call.expect_weights()
    if len(call.inputs) != 1 or any(map(_differs, call.arguments.values())):
        raise NotUnderstoodError("its arguments differ from channel to channel")
    return [dict(call.inputs[0])]


def _differs(value: object) -> bool:
    return isinstance(value, TensorRef) or (isinstance(value, list | tuple | np.ndarray) and np.size(value) > 1)


@rule("Activation")
def activation(call: Call) -> list[Axes]:
    """The function named in the config, along the last axis where it normalises."""
    call.activation(call.inputs[0].get(call.rank - 1, none_removable(0)))
    return [dict(call.inputs[0])]


@rule("Softmax", "LogSoftmax", "Normalize")
def normalised(call: Call) -> list[Axes]:
    """Along `axis`, what is computed for one channel depends on all."""
    if "mask" in call.arguments:
        raise NotUnderstoodError("it takes a mask of its channels")
    for axis in call.axes_of(call.setting("axis", -1)):
        call.inexact(call.inputs[0].get(axis))
    return [dict(call.inputs[0])]


@rule("PReLU")
def parametric_relu(call: Call) -> list[Axes]:
    """alpha has the input's shape without the batch axis, and length 1 along shared axes."""
    call.expect_weights("alpha")
    for axis in range(1, call.rank):
        shared = call.weights["alpha"][axis - 1] == 1
        call.weight("alpha", axis - 1, None if shared else call.inputs[0].get(axis))
    return [dict(call.inputs[0])]


@rule("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
def dropout(call: Call) -> list[Axes]:
    """`noise_shape` may name the number of channels."""
    for axis, ids in call.inputs[0].items():
        noise = call.config.get("noise_shape") or [None] * call.rank
        if noise[axis] not in (None, 1):
            call.edit("noise_shape", ids, (axis,))
    return [dict(call.inputs[0])]


@rule("Masking")
def masking(call: Call) -> list[Axes]:
    """A step is masked where all its channels have one value."""
    call.freeze(call.inputs[0].get(call.rank - 1), f"compared by {call.title}")
    return [dict(call.inputs[0])]


@rule("Rescaling")
def rescaling(call: Call) -> list[Axes]:
    """One scale and offset for all channels, or a list along the last axis, which is part of the config."""
    if not all(isinstance(call.config[key], int | float) for key in ("scale", "offset")):
        call.freeze(call.inputs[0].get(call.rank - 1), f"{call.title} has a constant for each channel")
    return [dict(call.inputs[0])]


@rule("LayerScale")
def layer_scale(call: Call) -> list[Axes]:
    """One learned factor a channel (`keras.applications.convnext`)."""
    if len(call.weights) != 1:
        raise NotUnderstoodError("it has other than one weight")
    (name,) = call.weights
    ids = call.inputs[0].get(call.rank - 1)
    call.weight(name, 0, ids)
    if ids is not None:
        call.edit("projection_dim", ids)
    return [dict(call.inputs[0])]
