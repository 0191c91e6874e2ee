"""What the layers that read a channel lose when it goes and the others make up for it.

He et al., "Channel Pruning for Accelerating Very Deep Neural Networks", ICCV 2017, choose channels by the error of the
next layer's outputs after least squares. For one channel that error has a closed form, Optimal Brain Surgeon's saliency
(Hassibi & Stork, 1993, equation 5).
"""

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.data import Array
from edgeprune.pruning.importance import Evidence, mean_over_members, unit_sums

SUMMARY = "error of what the next layers give, once the other channels make up for the one that goes"
NEEDS = "moments"
RIDGE = 1e-3
"""Of the mean variance: channels that are nearly alike would have no bounds otherwise."""


def score(evidence: Evidence) -> Vector:
    """Share of the variance of the readers' outputs that a unit's going leaves unexplained; shape (units,).

    Of a reader with the kernel W, of which W_c are the rows of channel c, and the covariance C of its inputs:
    sum of W_c^2 / (C^-1)_cc over the sum of the variances of W x. The places of a larger kernel count as inputs alike.
    """
    graph, found = evidence.graph, evidence.statistics.moments
    members = []
    for axis in graph.weight_axes:
        path, name = axis.weight
        if axis.consumes and name == "kernel" and path in found:
            values = _losses(found[path], evidence.weights[axis.weight])
            members.append(unit_sums(graph, axis.channels, values))
    return mean_over_members(graph, members)


def _losses(moments: Vector, kernel: Array) -> Vector:
    """Of each input of one reader, shape (inputs,); a kernel's shape is (..., inputs, outputs)."""
    mean = moments[-1, :-1]
    covariance = moments[:-1, :-1] - np.outer(mean, mean)
    places = kernel.astype(np.float64).reshape(-1, *kernel.shape[-2:])
    ridge = RIDGE * np.trace(covariance) / len(covariance) + np.finfo(np.float64).tiny
    inverse = np.linalg.inv(covariance + ridge * np.eye(len(covariance)))
    variance = float(np.einsum("pio,ij,pjo->", places, covariance, places, optimize=True))
    losses: Vector = np.square(places).sum(axis=(0, 2)) / np.diag(inverse)
    return losses / variance if variance > 0 else losses
