"""Reshapes, against what NumPy does to an array that holds each value's channel."""

from itertools import pairwise
from math import prod

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgeprune.contracts.model import LayerSpec, ModelGraph, Node, TensorRef, WeightSpec
from edgeprune.pruning.channels import channel_graph

_factors = st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=4)


@st.composite
def _shapes(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes of one size, the second made of regrouped prime factors of the first."""
    before = draw(_factors)
    primes = [p for length in before for p in {1: [1], 2: [2], 3: [3], 4: [2, 2], 6: [2, 3]}[length]]
    cuts = draw(st.lists(st.integers(0, len(primes)), max_size=3))
    bounds = [0, *sorted(cuts), len(primes)]
    after = [prod(primes[start:stop]) for start, stop in pairwise(bounds)]
    return tuple(before), tuple(after)


def _model(before: tuple[int, ...], after: tuple[int, ...]) -> ModelGraph:
    """A Dense layer over the last axis, reshaped, and read by another Dense layer."""
    shapes = [(None, *before[:-1], 5), (None, *before), (None, *after), (None, *after[:-1], 2)]
    kernels = [(5, before[-1]), (after[-1], 2)]
    dense = [
        LayerSpec(path=path, kind="Dense", config={"units": shape[1]}, weights=(_weight(shape),))
        for path, shape in zip(("made", "read"), kernels, strict=True)
    ]
    reshape = LayerSpec(path="reshape", kind="Reshape", config={"target_shape": after})
    layers = {"in": LayerSpec(path="in", kind="InputLayer"), "made": dense[0], "reshape": reshape, "read": dense[1]}
    nodes = tuple(
        Node(
            index=index,
            layer=path,
            kind=layer.kind,
            inputs=(TensorRef(index - 1),) if index else (),
            output_shapes=(shapes[index],),
        )
        for index, (path, layer) in enumerate(layers.items())
    )
    return ModelGraph(keras_major=3, layers=layers, nodes=nodes, inputs=(TensorRef(0),), outputs=(TensorRef(3),))


def _weight(shape: tuple[int, int]) -> WeightSpec:
    return WeightSpec(name="kernel", shape=shape, dtype="float32")


@given(_shapes())
def test_removable_channels_are_whole_slices_after_the_reshape(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    before, after = shapes
    graph = channel_graph(_model(before, after))
    axes = {axis.tensor.node: axis for axis in graph.tensor_axes}
    units = graph.unit_of[axes[1].channels]
    values = np.broadcast_to(units, before).reshape(after)
    free = np.array([graph.groups[group].frozen is None for group in graph.group_of])
    if 2 not in axes:
        assert not free[units].any()
        return
    along = axes[2]
    found = np.moveaxis(values, along.axis - 1, -1).reshape(-1, len(along.channels))
    expected = np.broadcast_to(graph.unit_of[along.channels], found.shape)
    assert (found == expected).all()
