"""What a ChannelGraph promises, tested on the model itself, whatever the rules thought."""

import json
from typing import Any

import numpy as np

from contracts.channels import ChannelGraph
from contracts.model import ModelGraph
from keras_models.graph import build_graph
from keras_models.variables import get_arrays, set_arrays, weight_specs
from pruning.channels import channel_graph

TOLERANCE = 1e-5


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
    """Three random examples for each input, small whole numbers for whole-number inputs."""
    made = []
    for tensor in model.inputs:
        shape = (3, *(5 if length is None else length for length in tensor.shape[1:]))
        whole = "int" in str(getattr(tensor.dtype, "name", tensor.dtype))
        made.append(rng.integers(0, 4, shape).astype("int32") if whole else rng.normal(size=shape).astype("float32"))
    return made


def outputs(model: Any, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """All outputs in inference mode."""
    found = model(arrays[0] if len(arrays) == 1 else arrays, training=False)
    return [np.asarray(one) for one in (found if isinstance(found, list | tuple) else [found])]


def removable(graph: ChannelGraph) -> np.ndarray:
    """The units that may be removed."""
    return np.flatnonzero([graph.groups[group].frozen is None for group in graph.group_of])


def free_units(graph: ChannelGraph) -> dict[str, int]:
    """How many removable units each group has, by the group's name."""
    return {group.name: group.units for group in graph.groups if group.frozen is None}


def assert_removable_units_are_not_needed(model: Any, seed: int = 0, rounds: int = 3) -> ChannelGraph:
    """Once nothing reads a unit, nothing that makes or scales it may matter to any output.

    Holds for normalised (inexact) channels too, as long as what makes them is not what the others are compared with,
    so their units are left out here.
    """
    rng = np.random.default_rng(seed)
    randomise(model, rng)
    _, graph = read(model)
    arrays = examples(model, rng)
    units = removable(graph)
    units = units[[graph.groups[graph.group_of[unit]].exact for unit in units]]
    original = get_arrays(model)
    for _ in range(rounds if len(units) else 0):
        gone = np.zeros(len(graph.group_of), dtype=bool)
        gone[rng.choice(units, max(1, len(units) // 2), replace=False)] = True
        cut, shaken = original | {}, original | {}
        for consumes in (True, False):
            for axis in graph.weight_axes:
                if axis.consumes != consumes:
                    continue
                along = (axis.channels >= 0) & gone[graph.unit_of[axis.channels]]
                for weights in (cut, shaken):
                    weights[axis.weight] = weights[axis.weight].copy()
                    part = np.moveaxis(weights[axis.weight], axis.axis, 0)
                    if consumes:
                        part[along] = 0
                    elif weights is shaken:
                        part[along] += 0.7 * (part[along] != 0)
        set_arrays(model, cut)
        expected = outputs(model, arrays)
        set_arrays(model, shaken)
        for before, after in zip(expected, outputs(model, arrays), strict=True):
            np.testing.assert_allclose(after, before, rtol=0, atol=TOLERANCE * max(np.ptp(before), 1e-3))
        set_arrays(model, original)
    return graph
