"""Scale of the batch normalisation (Liu et al. 2017, "Network Slimming", section 3)."""

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.pruning.importance import Evidence, mean_over_members, unit_sums

SUMMARY = "|gamma| of the normalisations that the channel passes through"
NEEDS = "weights"


def score(evidence: Evidence) -> Vector:
    """Mean |gamma| of each unit, compared over the whole model as in the paper; shape (units,)."""
    return mean_over_members(
        evidence.graph,
        [
            unit_sums(evidence.graph, axis.channels, np.abs(evidence.weights[axis.weight]), mean=True)
            for axis in evidence.graph.weight_axes
            if axis.weight[1].rsplit("/", 1)[-1] == "gamma"
        ],
    )
