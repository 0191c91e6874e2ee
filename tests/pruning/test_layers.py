"""Which layers and blocks can go, and which of them do: on small graphs written down by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprune.contracts.errors import ModelError, UsageError
from edgeprune.contracts.model import LayerSpec, ModelGraph, Node, TensorRef, WeightSpec
from edgeprune.pruning.layers.candidates import kernel_layers, removable_regions
from edgeprune.pruning.layers.change import relative_change
from edgeprune.pruning.layers.dominators import dominates, immediate_dominators
from edgeprune.pruning.layers.region_choice import LayerRequest, choose_layers
from edgeprune.pruning.layers.report import layer_reports


def model(*calls: tuple[str, list[int], int], outputs: tuple[int, ...] = (-1,)) -> ModelGraph:
    """A graph from (layer, nodes read, features): layers named `dense…` have kernels, `norm…` other weights."""
    layers, nodes = {}, []
    for index, (name, inputs, features) in enumerate(calls):
        kernel = WeightSpec(name="kernel", shape=(features, features), dtype="float32")
        gamma = WeightSpec(name="gamma", shape=(features,), dtype="float32")
        weights = {"dense": (kernel,), "norm": (gamma,)}.get(name.rstrip("0123456789"), ())
        layers[name] = LayerSpec(path=name, kind=name.rstrip("0123456789").title(), weights=weights)
        nodes.append(
            Node(
                index=index,
                layer=name,
                kind=layers[name].kind,
                inputs=tuple(TensorRef(source) for source in inputs),
                output_shapes=((None, features),),
            )
        )
    made = tuple(TensorRef(range(len(nodes))[output]) for output in outputs)
    return ModelGraph(keras_major=3, layers=layers, nodes=tuple(nodes), inputs=(TensorRef(0),), outputs=made)


def regions(graph: ModelGraph, models: dict[str, str] | None = None) -> list[str]:
    """Each region as `entry > its layers`."""
    return [
        f"{graph.nodes[region.entry.node].layer} > {' '.join(graph.nodes[index].layer for index in region.nodes)}"
        for region in removable_regions(graph, models or {})
    ]


RESIDUAL = model(
    ("input", [], 4),
    ("dense0", [0], 8),
    ("relu0", [1], 8),
    ("dense1", [2], 8),
    ("norm1", [3], 8),
    ("relu1", [4], 8),
    ("dense2", [5], 8),
    ("add", [2, 6], 8),
    ("relu2", [7], 8),
    ("dense3", [8], 3),
)


def test_a_residual_block_goes_whole_or_in_parts():
    assert regions(RESIDUAL) == [
        "relu0 > dense1 norm1 relu1",
        "relu0 > dense1 norm1",
        "relu1 > dense2",
        "relu0 > dense1 norm1 relu1 dense2 add relu2",
        "relu0 > dense1 norm1 relu1 dense2 add",
    ]


def test_a_bottleneck_goes_whole_where_its_layers_cannot():
    graph = model(("input", [], 8), ("dense1", [0], 2), ("dense2", [1], 8), ("dense3", [2], 3))
    assert regions(graph) == ["input > dense1 dense2"]


def test_a_gate_goes_with_its_product():
    graph = model(
        ("input", [], 8),
        ("dense0", [0], 6),
        ("dense1", [1], 2),
        ("dense2", [2], 6),
        ("multiply", [1, 3], 6),
        ("dense3", [4], 3),
    )
    assert regions(graph) == ["dense0 > dense1 dense2 multiply"]


def test_what_makes_an_output_stays():
    graph = model(("input", [], 4), ("dense1", [0], 4), ("dense2", [1], 4), outputs=(1, 2))
    assert regions(graph) == []


def test_what_other_layers_read_too_stays():
    graph = model(("input", [], 4), ("dense1", [0], 4), ("dense2", [1], 4), ("concatenate", [1, 2], 8))
    assert regions(graph) == ["input > dense1", "dense1 > dense2"]
    inner = model(("input", [], 4), ("dense1", [0], 2), ("dense2", [1], 4), ("concatenate", [1, 2], 6))
    assert regions(inner) == []


def test_a_layer_that_is_called_twice_stays():
    graph = model(("input", [], 4), ("dense1", [0], 4), ("dense1", [1], 4), ("dense2", [2], 3))
    assert regions(graph) == []


def test_layers_without_kernels_are_not_worth_it():
    graph = model(("input", [], 4), ("norm1", [0], 4), ("relu1", [1], 4), ("dense1", [2], 3))
    assert regions(graph) == []


def test_a_region_starts_and_ends_in_the_same_model():
    graph = model(("input", [], 4), ("dense1", [0], 4), ("dense2", [1], 4), ("dense3", [2], 3))
    assert regions(graph, {"dense1": "inner", "dense2": "inner"}) == ["dense1 > dense2"]


def test_unknown_shapes_are_not_equal():
    graph = model(("input", [], 4), ("dense1", [0], 4), ("dense2", [1], 3))
    nodes = [Node(**{**vars(node), "output_shapes": (None,)}) for node in graph.nodes]
    assert regions(ModelGraph(**{**vars(graph), "nodes": tuple(nodes)})) == []


def chain(length: int) -> ModelGraph:
    """Dense layers of one width, one after the other."""
    middle = [(f"dense{number}", [number], 4) for number in range(length)]
    return model(("input", [], 4), *middle, ("out", [length], 2))


def by_layer(graph, changes, unfit=()):
    """Outputs that change by the sum of what the layers in the regions are worth."""

    def change(bypasses):
        layers = [path for bypass in bypasses for path in kernel_layers(graph, bypass)]
        return None if layers[-1] in unfit else sum(changes[path] for path in layers)

    return change


CHANGES = {"dense0": 3.0, "dense1": 1.0, "dense2": 2.0, "dense3": 1.0}


def chosen(request: LayerRequest, unfit: tuple[str, ...] = ()) -> list[str]:
    graph = chain(4)
    choice = choose_layers(graph, {}, request, by_layer(graph, CHANGES, unfit))
    return [path for candidate in choice.removed for path in candidate.layers]


def test_what_changes_least_goes_first_and_ties_in_the_order_of_the_model():
    assert chosen(LayerRequest(count=3)) == ["dense1", "dense3", "dense2"]


def test_a_ratio_is_a_share_of_the_removable_layers():
    assert chosen(LayerRequest(ratio=0.0)) == []
    assert chosen(LayerRequest(ratio=0.5)) == ["dense1", "dense3"]
    assert chosen(LayerRequest(ratio=1.0)) == ["dense1", "dense3", "dense2", "dense0"]


def test_a_ratio_passes_over_blocks_with_more_layers_than_may_go():
    def whole_block_is_best(bypasses):
        return 0.0 if len(bypasses[-1].nodes) > 3 else 1.0

    choice = choose_layers(RESIDUAL, {}, LayerRequest(ratio=0.5), whole_block_is_best)
    assert [candidate.layers for candidate in choice.removed] == [("dense1",)]
    choice = choose_layers(RESIDUAL, {}, LayerRequest(count=1), whole_block_is_best)
    assert [candidate.layers for candidate in choice.removed] == [("dense1", "dense2")]


def test_after_a_part_of_a_block_its_rest_can_go():
    def parts_first(bypasses):
        return sum(len(kernel_layers(RESIDUAL, bypass)) for bypass in bypasses)

    choice = choose_layers(RESIDUAL, {}, LayerRequest(count=5), parts_first)
    removed = [[RESIDUAL.nodes[index].layer for index in region.nodes] for region in choice.bypasses]
    assert removed == [["dense1", "norm1", "relu1"], ["dense2", "add", "relu2"]]


def test_regions_that_cannot_be_bypassed_are_no_candidates():
    assert chosen(LayerRequest(count=4), unfit=("dense1",)) == ["dense3", "dense2", "dense0"]


def test_layers_are_chosen_by_globs():
    assert chosen(LayerRequest(count=4, include=("dense[01]",))) == ["dense1", "dense0"]
    assert chosen(LayerRequest(ratio=1.0, exclude=("dense1", "dense3"))) == ["dense2", "dense0"]
    with pytest.raises(UsageError, match="no layer matches 'nothing'"):
        chosen(LayerRequest(count=1, include=("nothing",)))
    with pytest.raises(UsageError, match="leave nothing that can be removed"):
        chosen(LayerRequest(count=1, include=("out",)))


def test_a_model_in_which_nothing_can_go_is_an_error():
    graph = model(("input", [], 4), ("dense1", [0], 3))
    with pytest.raises(ModelError, match="no layer or block of this model can be removed"):
        choose_layers(graph, {}, LayerRequest(count=1), lambda bypasses: 0.0)


def test_every_layer_has_a_row_with_a_reason():
    request = LayerRequest(count=1, exclude=("dense0",))
    choice = choose_layers(RESIDUAL, {}, request, lambda bypasses: len(bypasses[-1].nodes))
    weights = {(path, "kernel"): np.eye(8) for path in ("dense0", "dense1", "dense3")}
    rows = {row.name: row for row in layer_reports(RESIDUAL, choice, request, weights)}
    assert list(rows) == list(RESIDUAL.layers)
    gone = rows["dense2"]
    assert (gone.status, gone.weights, gone.zeros, gone.units_before, gone.units_after) == ("pruned", 0, 0, 8, 0)
    stays = rows["dense1"]
    assert (stays.status, stays.weights, stays.zeros, stays.units_before, stays.units_after) == (
        "skipped",
        64,
        56,
        8,
        8,
    )
    assert {name: row.reason for name, row in rows.items()} == {
        "input": "has no weights",
        "dense0": "left out by --include or --exclude",
        "relu0": "has no weights",
        "dense1": "its removal changes the output more",
        "norm1": "is removed only together with a layer before it",
        "relu1": "has no weights",
        "dense2": None,
        "add": "has no weights",
        "relu2": "has no weights",
        "dense3": "makes an output of the model",
    }


def test_reasons_tell_of_nested_models_and_of_shared_layers():
    graph = model(
        ("input", [], 4),
        ("dense1", [0], 4),
        ("dense2", [1], 4),
        ("dense3", [2], 6),
        ("dense4", [3], 6),
        ("dense4", [4], 6),
        ("dense5", [5], 3),
    )
    models = {"dense1": "inner", "dense2": "inner"}
    choice = choose_layers(graph, models, LayerRequest(count=1), lambda bypasses: 0.0)
    rows = layer_reports(
        graph, choice, LayerRequest(count=1), dict.fromkeys([(path, "kernel") for path in graph.layers], np.ones(1))
    )
    reasons = {row.name: row.reason for row in rows}
    assert reasons["dense1"] == "its block starts and ends in different models"
    assert reasons["dense3"] == "input and output shapes differ"
    assert reasons["dense4"] == "called more than once"


def test_the_change_is_the_share_of_the_variance():
    rng = np.random.default_rng(0)
    outputs = rng.normal(3, 2, (1000, 4)).astype(np.float32)
    mean = np.broadcast_to(outputs.mean(axis=0), outputs.shape)
    assert relative_change([outputs], [outputs]) == 0
    assert relative_change([outputs], [mean]) == pytest.approx(1, rel=1e-4)
    assert relative_change([outputs * 7], [mean * 7]) == pytest.approx(1, rel=1e-4)
    assert relative_change([outputs, outputs], [mean, outputs]) == pytest.approx(0.5, rel=1e-4)
    assert relative_change([outputs], [outputs * np.nan]) == np.inf
    assert relative_change([np.ones((2, 2))], [np.zeros((2, 2))]) == 1


@st.composite
def acyclic(draw: st.DrawFn) -> list[list[int]]:
    count = draw(st.integers(1, 12))
    return [[]] + [sorted(draw(st.sets(st.integers(0, v - 1), min_size=1, max_size=3))) for v in range(1, count)]


@given(acyclic())
def test_dominators_are_what_their_definition_says(predecessors):
    found = immediate_dominators(predecessors)
    for vertex in range(1, len(predecessors)):
        true = [first for first in range(vertex) if not reached_without(predecessors, first, vertex)]
        assert found[vertex] == max(true)
        assert [first for first in range(vertex) if dominates(found, first, vertex, known=first)] == true


def reached_without(predecessors: list[list[int]], avoided: int, vertex: int) -> bool:
    """Whether a path from vertex 0 leads around another one; none leads around vertex 0."""
    reached = {0} - {avoided}
    for after in range(1, vertex + 1):
        if after != avoided and reached & set(predecessors[after]):
            reached.add(after)
    return vertex in reached
