"""Which layers and blocks can be taken out of a model: regions between two tensors of the same shape.

A residual block, a dense or convolutional layer with its normalisation and activation, a squeeze-and-excitation
branch: all of them are regions that data enters by one tensor and leaves by one, and nothing else is asked of them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from contracts.layers import Bypass
from contracts.model import LayerSpec, ModelGraph, Node, TensorRef
from pruning.layers.flow import between, flow


def has_kernel(layer: LayerSpec) -> bool:
    """Whether a layer is worth removing: normalisations and activations alone cost next to nothing."""
    return any(weight.is_kernel for weight in layer.weights)


def removable_regions(graph: ModelGraph, models: Mapping[str, str]) -> list[Bypass]:
    """All regions that can be taken out, each with other layers with kernels, in the order of their exits.

    `models` says for each layer path in which model it lies (`""`: the outermost). Inputs and outputs of the model
    stay. Regions that differ only in layers without kernels are one: that which ends last and starts last is taken,
    so that a convolution goes together with the normalisation and activation that follow it.
    """
    best: dict[frozenset[int], Bypass] = {}
    calls = Counter(node.layer for node in graph.nodes)
    for kernels, region in _regions(graph):
        if all(calls[graph.nodes[index].layer] == 1 for index in region.nodes) and _in_one_model(graph, region, models):
            found = best.get(kernels)
            if found is None or _ends(region) > _ends(found):
                best[kernels] = region
    return sorted(best.values(), key=_ends)


def bypassed_graph(graph: ModelGraph, bypass: Bypass) -> ModelGraph:
    """The graph without a region; its nodes stay in the list, so that indices stay good, but nothing reads them."""
    nodes = tuple(
        replace(node, inputs=tuple(bypass.entry if found == bypass.exit else found for found in node.inputs))
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes)


def kernel_layers(graph: ModelGraph, bypass: Bypass) -> tuple[str, ...]:
    """Paths of the layers with kernels in a region."""
    paths = (graph.nodes[index].layer for index in bypass.nodes)
    return tuple(path for path in paths if has_kernel(graph.layers[path]))


def _ends(region: Bypass) -> tuple[int, int]:
    return region.exit.node, region.entry.node


def _regions(graph: ModelGraph) -> Iterator[tuple[frozenset[int], Bypass]]:
    """Regions with the nodes in them that have kernels; of each start only those with the fewest kernels."""
    kernels = {node.index for node in graph.nodes if has_kernel(graph.layers[node.layer])}
    outputs = {output.node for output in graph.outputs}
    for entry, exits in flow(graph).exits():
        fewest: frozenset[int] | None = None
        for exit_ in exits:
            if not _same_shape(graph.nodes[entry], graph.nodes[exit_]):
                continue
            nodes = between(graph, entry, exit_)
            inside = kernels.intersection(nodes)
            if fewest and len(inside) > len(fewest):
                break
            if inside and exit_ not in outputs:
                fewest = frozenset(inside)
                yield fewest, Bypass(entry=TensorRef(entry), exit=TensorRef(exit_), nodes=nodes)


def _same_shape(entry: Node, exit_: Node) -> bool:
    shapes = {*entry.output_shapes, *exit_.output_shapes}
    single = len(entry.output_shapes) == len(exit_.output_shapes) == 1
    return single and len(shapes) == 1 and None not in shapes


def _in_one_model(graph: ModelGraph, region: Bypass, models: Mapping[str, str]) -> bool:
    ends = (graph.nodes[region.entry.node], graph.nodes[region.exit.node])
    return len({models.get(node.layer, "") for node in ends}) == 1
