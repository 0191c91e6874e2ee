"""Average percentage of zeros (Hu et al. 2016, "Network Trimming", eq. 1)."""

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.pruning.importance import Evidence, mean_over_members, unit_sums

SUMMARY = "share of activations over the data that are not zero (for ReLU)"
NEEDS = "activations"


def score(evidence: Evidence) -> Vector:
    """1 - APoZ of each unit, 0 to 1; shape (units,)."""
    found = evidence.statistics.activations
    return mean_over_members(
        evidence.graph,
        [
            unit_sums(evidence.graph, axis.channels, 1 - found[axis.tensor, axis.axis].zero_share, mean=True)
            for axis in evidence.graph.tensor_axes
            if (axis.tensor, axis.axis) in found
        ],
    )
