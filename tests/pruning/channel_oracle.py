"""What a ChannelGraph promises, tested on the model itself: that units can go, and nothing else changes."""

import json
from typing import Any

import numpy as np

from edgeprune.contracts.channels import ChannelGraph, ChannelPlan
from edgeprune.contracts.model import ModelGraph
from edgeprune.keras_models.graphs.graph import build_graph
from edgeprune.keras_models.live.variables import get_arrays, set_arrays, weight_specs
from edgeprune.keras_models.surgery.proof import prove
from edgeprune.keras_models.surgery.surgery import cut
from edgeprune.pruning.channels import channel_graph


def read(model: Any) -> tuple[ModelGraph, ChannelGraph]:
    """The graph of a live model of either Keras, and its channels."""
    major = 3 if type(model).__module__.startswith("keras.") else 2
    graph = build_graph(json.loads(model.to_json()), major, weight_specs(model))
    return graph, channel_graph(graph)


def randomise(model: Any, rng: np.random.Generator) -> None:
    """Every weight at random, statistics and scales too: what is 0 or 1 hides errors."""
    arrays = get_arrays(model)
    for key, array in arrays.items():
        scale = 1 / np.sqrt(max(np.prod(array.shape[:-1]), 1)) if array.ndim > 1 else 0.3
        arrays[key] = (rng.normal(0.2, 1, array.shape) * scale).astype(array.dtype)
        if "variance" in key[1]:
            arrays[key] = rng.uniform(0.5, 2, array.shape).astype(array.dtype)
    set_arrays(model, arrays)


def examples(model: Any, rng: np.random.Generator) -> list[np.ndarray]:
    """Three random examples for each input, small whole numbers or truth values where the input takes such."""
    made = []
    for tensor in model.inputs:
        shape = (3, *(5 if length is None else length for length in tensor.shape[1:]))
        dtype = str(getattr(tensor.dtype, "name", tensor.dtype))
        values = rng.normal(size=shape) if "float" in dtype else rng.integers(0, 2 if dtype == "bool" else 4, shape)
        made.append(values.astype(dtype))
    return made


def free_units(graph: ChannelGraph) -> dict[str, int]:
    """How many removable units each group has, by the group's name."""
    return {group.name: group.units for group in graph.groups if group.frozen is None}


def assert_cuts_are_exact(model: Any, seed: int = 0) -> ChannelGraph:
    """Cut as many units of each removable group as chance says, and compare with the original that nothing reads.

    Where channels are normalised together, a cut that takes these as well must only work.
    """
    rng = np.random.default_rng(seed)
    randomise(model, rng)
    arrays = tuple(examples(model, rng))
    graph, channels = read(model)
    together = any(group.frozen is None and not group.exact for group in channels.groups)
    for inexact in [False, True] if together else [False]:
        plan = random_plan(channels, rng, inexact)
        proof = prove(model, cut(model, graph, plan), plan, arrays)
        assert proof.holds or proof.inexact, f"{proof}, kept {plan.kept.sum()} of {len(plan.kept)} units"
    return channels


def random_plan(graph: ChannelGraph, rng: np.random.Generator, inexact: bool) -> ChannelPlan:
    """At least one unit of each group stays."""
    kept = np.ones(len(graph.group_of), dtype=bool)
    for number, group in enumerate(graph.groups):
        if group.frozen is None and (group.exact or inexact):
            units = np.flatnonzero(graph.group_of == number)
            kept[rng.choice(units, rng.integers(0, len(units)), replace=False)] = False
    return ChannelPlan(graph=graph, kept=kept)
