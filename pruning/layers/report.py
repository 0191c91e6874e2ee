"""What the removal of layers does to each layer of the model."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.model import LayerSpec, ModelGraph, WeightKey
from edgeprune.contracts.results import LayerReport
from edgeprune.pruning.layers.candidates import has_kernel, kernel_layers, removable_regions
from edgeprune.pruning.layers.region_choice import LayerChoice, LayerRequest, selected


def removed_layers(graph: ModelGraph, choice: LayerChoice) -> set[str]:
    """Paths of the layers that go."""
    return {graph.nodes[index].layer for region in choice.bypasses for index in region.nodes}


def layer_reports(
    graph: ModelGraph, choice: LayerChoice, request: LayerRequest, weights: Mapping[WeightKey, Array]
) -> tuple[LayerReport, ...]:
    """One row for each layer of the model, in its order; units are the channels of its output."""
    removed = removed_layers(graph, choice)
    units = {node.layer: _channels(graph, node.index) for node in graph.nodes}
    reasons = _Reasons(graph, choice, request)
    rows = []
    for path, layer in graph.layers.items():
        goes = path in removed
        kernels = [weights[path, spec.name] for spec in layer.weights if spec.is_kernel and not goes]
        shown = units.get(path) if goes or layer.weights else None
        rows.append(
            LayerReport(
                name=path,
                kind=layer.kind,
                weights=sum(kernel.size for kernel in kernels),
                zeros=sum(int(kernel.size - np.count_nonzero(kernel)) for kernel in kernels),
                units_before=shown,
                units_after=0 if goes else shown,
                status="pruned" if goes else "skipped",
                reason=None if goes else reasons(layer),
            )
        )
    return tuple(rows)


def _channels(graph: ModelGraph, index: int) -> int | None:
    """Length of the channel axis of a node's output."""
    node = graph.nodes[index]
    shape = node.output_shapes[0]
    axis = 1 if graph.layers[node.layer].config.get("data_format") == "channels_first" else -1
    return shape[axis] if shape and len(shape) > 1 else None


class _Reasons:
    """Why a layer stays."""

    def __init__(self, graph: ModelGraph, choice: LayerChoice, request: LayerRequest) -> None:
        self._request = request
        self._possible = {path for candidate in choice.candidates for path in candidate.layers}
        self._calls = Counter(node.layer for node in graph.nodes)
        anywhere = removable_regions(graph, {})
        self._crossing = {path for region in anywhere for path in kernel_layers(graph, region)}
        self._makes_output = {graph.nodes[output.node].layer for output in graph.outputs}

    def __call__(self, layer: LayerSpec) -> str:
        if not layer.weights:
            return "has no weights"
        if not has_kernel(layer):
            return "is removed only together with a layer before it"
        if layer.path in self._makes_output:
            return "makes an output of the model"
        if not selected(layer.path, self._request):
            return "left out by --include or --exclude"
        if layer.path in self._possible:
            return "its removal changes the output more"
        if self._calls[layer.path] > 1:
            return "called more than once"
        if layer.path in self._crossing:
            return "its block starts and ends in different models"
        return "input and output shapes differ"
