"""Channels as models have them at their worst: units of several indices, uneven groups, axes without channels.

Conv(4 filters) -> BN -> Flatten(3 positions), beside 2 numbers that are no channels -> Dense(6, in 2 heads of 3) ->
LN -> Dense(1) -> BN -> Dense(5 classes); and a group of 2 units of which nothing is to be seen.
"""

from dataclasses import replace

import numpy as np

from edgeprune.contracts.channel_statistics import ActivationStatistics, ChannelStatistics
from edgeprune.contracts.channels import NO_CHANNEL, ChannelGraph, ChannelGroup, TensorAxis, WeightAxis
from edgeprune.contracts.model import ModelGraph, TensorRef
from edgeprune.pruning.importance import Evidence

FILTERS, HEADS, LAST = np.arange(4), np.arange(4, 10), np.array([10])
FLAT = np.concatenate([np.tile(FILTERS, 3), [NO_CHANNEL, NO_CHANNEL]])
SEEN = 7
"""Units of which there is evidence; the other two have none."""
AXES = {
    ("conv", "kernel"): ((3, 3, 2, 4), {2: np.full(2, NO_CHANNEL), 3: FILTERS}),
    ("conv", "bias"): ((4,), {0: FILTERS}),
    ("norm", "gamma"): ((4,), {0: FILTERS}),
    ("heads", "kernel"): ((14, 6), {0: FLAT, 1: HEADS}),
    ("scale", "gamma"): ((6,), {0: HEADS}),
    ("one", "kernel"): ((6, 1), {0: HEADS, 1: LAST}),
    ("after", "gamma"): ((1,), {0: LAST}),
    ("classes", "kernel"): ((1, 5), {0: LAST, 1: np.full(5, NO_CHANNEL)}),
    ("classes", "bias"): ((5,), {0: np.full(5, NO_CHANNEL)}),
}
"""Shape of each weight, and the channels along its axes."""
MODEL = ModelGraph(keras_major=3, layers={}, nodes=(), inputs=(), outputs=())
READ = {("heads", "kernel"): FLAT, ("one", "kernel"): HEADS, ("classes", "kernel"): LAST}
"""What the layers that read channels read."""


def uneven_evidence(seed: int = 0) -> Evidence:
    """Evidence of every sort; one kernel is in half precision."""
    random = np.random.default_rng(4)
    weights = {key: random.normal(size=shape).astype(np.float32) for key, (shape, _) in AXES.items()}
    weights["one", "kernel"] = weights["one", "kernel"].astype(np.float16)
    tensors = {TensorRef(node): channels for node, channels in enumerate(READ.values())}
    activations = {
        (tensor, 1): ActivationStatistics(
            mean_magnitude=random.random(len(channels)), zero_share=random.random(len(channels))
        )
        for tensor, channels in tensors.items()
    }
    sensitivities = {(key, 0): random.normal(size=(2, len(channels))) for key, channels in READ.items()}
    graph = ChannelGraph(
        unit_of=np.array([0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 6, 7, 8]),
        group_of=np.array([0, 0, 0, 0, 1, 1, 2, 3, 3]),
        groups=tuple(
            ChannelGroup(name=name, producers=(), consumers=(), units=units)
            for name, units in (("conv", 4), ("heads", 2), ("one", 1), ("hidden", 2))
        ),
        weight_axes=tuple(
            WeightAxis(weight=key, axis=axis, channels=channels, consumes=channels is READ.get(key))
            for key, (_, axes) in AXES.items()
            for axis, channels in axes.items()
        ),
        tensor_axes=tuple(TensorAxis(tensor=tensor, axis=1, channels=channels) for tensor, channels in tensors.items()),
        edits=(),
    )
    inputs = {key[0]: random.normal(size=(200, len(channels) + 1)) for key, channels in READ.items()}
    moments = {path: rows.T @ rows / len(rows) for path, rows in inputs.items()}
    statistics = ChannelStatistics(activations=activations, moments=moments, sensitivities=sensitivities)
    return Evidence(graph=graph, weights=weights, statistics=statistics, seed=seed)


def renumbered(seen: Evidence) -> tuple[Evidence, np.ndarray]:
    """The same with its units in the opposite order, and where each unit is now."""
    now = np.arange(len(seen.graph.group_of))[::-1]
    graph = replace(seen.graph, unit_of=now[seen.graph.unit_of], group_of=seen.graph.group_of[now])
    return replace(seen, graph=graph), now
