"""First-order Taylor expansion (Molchanov et al. 2019, "Importance Estimation for Neural Network Pruning")."""

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.channels import NO_CHANNEL
from edgeprune.pruning.importance import Evidence

SUMMARY = "change of the loss if the channel is removed, from one gradient: (sum of gradient x weight)^2"
NEEDS = "gradients"


def score(evidence: Evidence) -> Vector:
    """I(u) = mean over batches of (sum over the weights that read u of g * w)^2, eq. 8 as a gate; shape (units,).

    Zeroing those weights is exactly what removing u does, so the sum is the first-order change of the loss.
    """
    graph = evidence.graph
    found = evidence.statistics.sensitivities
    batches = max((len(sums) for sums in found.values()), default=0)
    change = np.zeros((len(graph.group_of), batches))
    seen = np.zeros(len(graph.group_of), dtype=bool)
    for axis in graph.weight_axes:
        sums = found.get((axis.weight, axis.axis))
        if sums is not None:
            removable = axis.channels != NO_CHANNEL
            units = graph.unit_of[axis.channels[removable]]
            np.add.at(change, units, sums.T[removable])
            seen[units] = True
    return np.where(seen, np.square(change).sum(axis=1) / max(batches, 1), np.nan)
