"""Layers that are linear in the channels that they read."""

from edgeprune.contracts.channels import NO_CHANNEL, ChannelGraph
from edgeprune.contracts.model import ModelGraph

LINEAR = ("Dense", "Conv1D", "Conv2D", "Conv3D")
LONGEST = 4096
"""Moments of longer inputs (a flattened image) would take more memory than the model."""


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
