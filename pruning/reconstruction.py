"""What stays of a layer's inputs stands in for what was removed: least squares in closed form, no training.

The removed channels of an input are predicted from those that stay, x_R ~ A x_K + c, and the weights that read x_R act
through A on x_K, and through c on the bias. For a dense layer or a 1x1 convolution this minimises the change of the
layer's outputs (He et al., "Channel Pruning for Accelerating Very Deep Neural Networks", ICCV 2017, section 3.1, step
ii); a larger kernel uses the same prediction at each of its places.
"""

from collections.abc import Mapping

import numpy as np

from contracts.channels import NO_CHANNEL, ChannelGraph, ChannelPlan
from contracts.data import Array
from contracts.model import ModelGraph, WeightKey
from contracts.statistics import Vector

LINEAR = ("Dense", "Conv1D", "Conv2D", "Conv3D")
LONGEST = 4096
"""Moments of longer inputs (a flattened image) would take more memory than the model."""
RIDGE = 1e-3
"""Added to the diagonal, as a share of its mean: channels that are nearly alike must not get huge opposite weights."""


def linear_readers(model: ModelGraph, graph: ChannelGraph) -> list[str]:
    """Paths of the layers that are linear in channels that they read, with a kernel of shape (..., in, out)."""
    reading = {
        axis.weight[0]
        for axis in graph.weight_axes
        if axis.consumes and len(axis.channels) <= LONGEST and (axis.channels != NO_CHANNEL).any()
    }
    return [
        path
        for path, layer in model.layers.items()
        if path in reading and layer.kind in LINEAR and layer.config.get("groups", 1) == 1
    ]


def reconstruct(
    plan: ChannelPlan, moments: Mapping[str, Vector], weights: Mapping[WeightKey, Array]
) -> dict[WeightKey, Array]:
    """New arrays, of the original's shapes, for the kernels and biases of the readers that lose inputs.

    `moments[path]` is the mean of (x, 1)(x, 1)^T over the original's inputs x, shape (n + 1, n + 1). What the cut
    removes of the new arrays has no meaning.
    """
    read = {axis.weight[0]: axis.channels for axis in plan.graph.weight_axes if axis.consumes}
    found: dict[WeightKey, Array] = {}
    for path, moment in moments.items():
        kept, bias = plan.kept_channels(read[path]), (path, "bias")
        if kept.all():
            continue
        kernel = weights[path, "kernel"].astype(np.float64)
        removed = kernel[..., ~kept, :]
        prediction = _prediction(moment, kept, with_constant=bias in weights)
        kernel[..., kept, :] += prediction[: kept.sum()] @ removed
        found[path, "kernel"] = kernel.astype(weights[path, "kernel"].dtype)
        if bias in weights:
            shift = (prediction[-1] @ removed).reshape(-1, kernel.shape[-1]).sum(axis=0)
            found[bias] = (weights[bias] + shift).astype(weights[bias].dtype)
    return found


def _prediction(moments: Vector, kept: Array, with_constant: bool) -> Vector:
    """Ridge regression of the removed channels on those that stay (and on 1), shape (kept (+ 1), removed)."""
    known = np.flatnonzero(np.append(kept, with_constant))
    gram = moments[np.ix_(known, known)]
    ridge = RIDGE * np.diag(moments)[:-1][kept].mean() + np.finfo(np.float64).tiny
    damped = gram + ridge * np.diag(known < len(kept))
    solution: Vector = np.linalg.lstsq(damped, moments[np.ix_(known, np.flatnonzero(~kept))], rcond=None)[0]
    return solution
