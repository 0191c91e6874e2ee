"""Which layers and blocks can be taken out of a model: regions between two tensors of the same shape.

A residual block, a dense or convolutional layer with its normalisation and activation, a squeeze-and-excitation
branch: all of them are regions that data enters by one tensor and leaves by one, and nothing else is asked of them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from edgeprune.contracts.bypasses import Bypass
from edgeprune.contracts.model import LayerSpec, ModelGraph, Node, TensorRef
from edgeprune.pruning.layers.flow import between, flow


def has_kernel(layer: LayerSpec) -> bool:
    """Whether a layer is worth removing: normalisations and activations alone cost next to nothing."""
    return any(weight.is_kernel for weight in layer.weights)


def removable_regions(graph: ModelGraph, models: Mapping[str, str]) -> list[Bypass]:
    """All regions that are worth trying, in the order in which they end.

    `models` says for each layer path in which model it lies (`""`: the outermost). Inputs and outputs of the model
    stay. Of the many regions with the same kernels, two are listed: that which ends last and starts last, so that a
    convolution goes with the normalisation and activation that follow it; and, since the model may need that last
    activation, the smaller one with the same start and the same weights.
    """
    best: dict[frozenset[int], list[Bypass]] = {}
    calls = Counter(node.layer for node in graph.nodes)
    for kernels, regions in _regions_by_start(graph):
        allowed = [
            region
            for region in regions
            if all(calls[graph.nodes[index].layer] == 1 for index in region.nodes)
            and _in_one_model(graph, region, models)
        ]
        if allowed and (kernels not in best or _ends(allowed[-1]) > _ends(best[kernels][-1])):
            best[kernels] = allowed
    return [region for regions in sorted(best.values(), key=_last_ends) for region in _whole_and_bare(graph, regions)]


def _whole_and_bare(graph: ModelGraph, regions: list[Bypass]) -> list[Bypass]:
    whole = regions[-1]
    bare = next(region for region in regions if _weighted(graph, region) == _weighted(graph, whole))
    return [whole] if bare is whole else [whole, bare]


def _weighted(graph: ModelGraph, region: Bypass) -> list[int]:
    return [index for index in region.nodes if graph.layers[graph.nodes[index].layer].weights]


def _last_ends(regions: list[Bypass]) -> tuple[int, int]:
    return _ends(regions[-1])


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


def _regions_by_start(graph: ModelGraph) -> Iterator[tuple[frozenset[int], list[Bypass]]]:
    """For each start the regions with the fewest kernels, nearest exit first, and the nodes with these kernels."""
    kernels = {node.index for node in graph.nodes if has_kernel(graph.layers[node.layer])}
    outputs = {output.node for output in graph.outputs}
    for entry, exits in flow(graph).exits():
        fewest: frozenset[int] = frozenset()
        regions: list[Bypass] = []
        for exit_ in exits:
            if not _same_shape(graph.nodes[entry], graph.nodes[exit_]):
                continue
            nodes = between(graph, entry, exit_)
            inside = kernels.intersection(nodes)
            if regions and len(inside) > len(fewest):
                break
            if inside and exit_ not in outputs:
                fewest = frozenset(inside)
                regions.append(Bypass(entry=TensorRef(entry), exit=TensorRef(exit_), nodes=nodes))
        if regions:
            yield fewest, regions


def _same_shape(entry: Node, exit_: Node) -> bool:
    shapes = {*entry.output_shapes, *exit_.output_shapes}
    single = len(entry.output_shapes) == len(exit_.output_shapes) == 1
    return single and len(shapes) == 1 and None not in shapes


def _in_one_model(graph: ModelGraph, region: Bypass, models: Mapping[str, str]) -> bool:
    ends = (graph.nodes[region.entry.node], graph.nodes[region.exit.node])
    return len({models.get(node.layer, "") for node in ends}) == 1
