"""What stays of a layer's inputs stands in for what was removed: least squares in closed form, no training.

The removed channels of an input are predicted from those that stay, x_R ~ A x_K + c, and the weights that read x_R act
through A on x_K, and through c on the bias. For a dense layer or a 1x1 convolution this minimises the change of the
layer's outputs (He et al., "Channel Pruning for Accelerating Very Deep Neural Networks", ICCV 2017, section 3.1, step
ii); a larger kernel uses the same prediction at each of its places.

A weight that is zero stays zero: an output that has zeros is predicted from the inputs that it still reads alone.
"""

from collections.abc import Mapping

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.channels import NO_CHANNEL, ChannelGraph, ChannelPlan
from edgeprune.contracts.data import Array
from edgeprune.contracts.model import ModelGraph, WeightKey

LINEAR = ("Dense", "Conv1D", "Conv2D", "Conv3D")
LONGEST = 4096
"""Moments of longer inputs (a flattened image) would take more memory than the model."""
COLUMNS = 1024
"""Outputs with zeros that are solved for together: the rest of a large layer waits, for the sake of memory."""
PRECISION = 1e-6
"""Of the right-hand side, at which conjugate gradients end: no closer than float32 weights can be."""
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
        kernel = np.array(weights[path, "kernel"], np.float64, order="C")  # `places` is a view of it
        places = kernel.reshape(-1, *kernel.shape[-2:])
        changes = _changes(moment, kept, places, with_constant=bias in weights)
        places[:, kept] += changes[:, : kept.sum()]
        found[path, "kernel"] = kernel.astype(weights[path, "kernel"].dtype)
        if bias in weights:
            found[bias] = (weights[bias] + changes[:, -1].sum(axis=0)).astype(weights[bias].dtype)
    return found


def _changes(moments: Vector, kept: Array, places: Vector, with_constant: bool) -> Vector:
    """What to add to the weights that stay (and to the bias) at each place of a kernel: ridge regression.

    `places` has the shape (places, inputs, outputs), the result (places, kept (+ 1), outputs).
    """
    known = np.flatnonzero(np.append(kept, with_constant))
    ridge = RIDGE * np.diag(moments)[:-1][kept].mean() + np.finfo(np.float64).tiny
    gram = moments[np.ix_(known, known)] + ridge * np.diag(known < len(kept))
    lost = moments[np.ix_(known, np.flatnonzero(~kept))]
    reads = places[:, kept] != 0
    if reads.all():
        solution: Vector = np.linalg.lstsq(gram, lost, rcond=None)[0] @ places[:, ~kept]
        return solution
    constant = np.ones((len(places), len(known) - reads.shape[1], reads.shape[2]), dtype=bool)
    free, wanted = np.concatenate([reads, constant], axis=1), lost @ places[:, ~kept]
    solved = np.empty_like(wanted)
    for place in range(len(places)):
        for start in range(0, reads.shape[2], COLUMNS):
            some = (place, slice(None), slice(start, start + COLUMNS))
            solved[some] = _solve_where_free(gram, wanted[some], free[some])
    return solved


def _solve_where_free(gram: Vector, wanted: Vector, free: Array) -> Vector:
    """For each column x: gram x = wanted in the rows where x is free, and x = 0 in all others.

    Each column is a system of its own, of the rows and columns of `gram` that are free: conjugate gradients on all of
    them at once (Hestenes & Stiefel, 1952), scaled to a diagonal of ones.
    """
    scale = 1 / np.sqrt(np.diag(gram))[:, None]
    scaled, tiny = gram * scale * scale.T, np.finfo(np.float64).tiny
    residual = free * (scale * wanted)
    solution, direction = np.zeros_like(residual), residual
    energy = np.square(residual).sum(axis=0)
    enough = PRECISION**2 * energy
    for _ in range(len(gram)):
        if (energy <= enough).all():
            break
        image = free * (scaled @ direction)
        step = energy / np.maximum((direction * image).sum(axis=0), tiny)
        solution = solution + step * direction
        residual = residual - step * image
        before, energy = energy, np.square(residual).sum(axis=0)
        direction = residual + energy / np.maximum(before, tiny) * direction
    found: Vector = scale * solution
    return found
