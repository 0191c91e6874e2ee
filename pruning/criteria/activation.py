"""Mean magnitude of the activations (Molchanov et al. 2017, "Pruning CNNs for Resource Efficient Inference", 2.2)."""

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.pruning.importance import Evidence, mean_over_members, unit_sums

SUMMARY = "mean |activation| over the data, after the activation function"
NEEDS = "activations"


def score(evidence: Evidence) -> Vector:
    """Mean |a| of each unit over the data and over the tensors that layers with weights read; shape (units,)."""
    found = evidence.statistics.activations
    return mean_over_members(
        evidence.graph,
        [
            unit_sums(evidence.graph, axis.channels, found[axis.tensor, axis.axis].mean_magnitude, mean=True)
            for axis in evidence.graph.tensor_axes
            if (axis.tensor, axis.axis) in found
        ],
    )
