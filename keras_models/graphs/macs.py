"""Multiply-accumulates of a model for one example, from its graph.

Counted are the products of kernels (each position of the output times the kernel's numbers; for a transposed
convolution each position of the input; for a recurrent layer each time step), and the products of two tensors in
attention and matrix multiplications. Biases, normalisation, activations, pooling and scaling are not counted: the
usual convention, in which VGG16 at 224 x 224 has 15.5 G and MobileNetV2 0.30 G.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any

from edgeprune.contracts.channels import MacTerm
from edgeprune.contracts.model import ModelGraph, Node, Shape, WeightSpec
from edgeprune.keras_models.graphs.functional import is_model
from edgeprune.keras_models.graphs.graph import graph_of_inner_model
from edgeprune.keras_models.graphs.mac_rules import (
    RULES,
    CountedCall,
    Rule,
    Term,
    UnknownCountError,
    operation_terms,
    product,
)
from edgeprune.keras_models.shapes import LAYER_RULES, MISFITS


def mac_terms(graph: ModelGraph) -> tuple[MacTerm, ...]:
    """The counts of all nodes as terms that follow the weights' lengths; nodes that cannot be counted have none."""
    return tuple(term for node in graph.nodes for term in _node_terms(graph, node) or ())


def node_macs(graph: ModelGraph) -> dict[int, int | None]:
    """Multiply-accumulates of each node by its index, for one example; None where it cannot be counted."""
    counts: dict[int, int | None] = {}
    for node in graph.nodes:
        terms = _node_terms(graph, node)
        shapes = {spec.name: spec.shape for spec in graph.layers[node.layer].weights}
        counts[node.index] = None if terms is None else sum(_value(term, shapes) for term in terms)
    return counts


def _value(term: MacTerm, shapes: Mapping[str, tuple[int, ...]]) -> int:
    lengths = [] if term.weight is None else [shapes[term.weight[1]][axis] for axis in term.axes]
    return term.coefficient * prod(lengths)


def _node_terms(graph: ModelGraph, node: Node) -> list[MacTerm] | None:
    layer = graph.layers[node.layer]
    weights = {spec.name: spec.shape for spec in layer.weights}
    call = CountedCall(
        kind=node.kind,
        config=layer.config,
        inputs=tuple(graph.shape(reference) for reference in node.inputs),
        outputs=node.output_shapes,
        weights=weights,
        arguments=node.arguments,
        keras_major=graph.keras_major,
    )
    try:
        terms = operation_terms(call) if node.is_operation else _layer_terms(call)
    except (UnknownCountError, *MISFITS):
        return None
    return [_mac_term(node, term, weights) for term in terms]


def _mac_term(node: Node, term: Term, weights: Mapping[str, tuple[int, ...]]) -> MacTerm:
    if term.weight is None:
        return MacTerm(node=node.index, coefficient=term.coefficient)
    axes = tuple(range(len(weights[term.weight]))) if term.axes is None else term.axes
    return MacTerm(node=node.index, coefficient=term.coefficient, weight=(node.layer, term.weight), axes=axes)


def _layer_terms(call: CountedCall) -> list[Term]:
    """Raises UnknownCountError also if the layer has a kernel that no term speaks of."""
    rule = _WRAPPERS.get(call.kind) or RULES.get(call.kind)
    if rule is None and call.kind not in LAYER_RULES:
        raise UnknownCountError
    terms = rule(call) if rule else []
    counted = {term.weight for term in terms}
    kernels = {name for name in call.weights if name.endswith("kernel")}
    if kernels - counted or counted - {None} - set(call.weights):
        raise UnknownCountError
    return terms


def _time_distributed(call: CountedCall) -> list[Term]:
    batch, steps, *rest = call.input()
    times = product([steps])
    if is_model(call.config["layer"]):
        terms = _inner_model_terms(call, (batch, *rest))
    else:
        outputs = tuple(None if shape is None else (shape[0], *shape[2:]) for shape in call.outputs)
        terms = _inner_terms(call, "layer/", call.config["layer"], (batch, *rest), outputs)
    return [replace(term, coefficient=term.coefficient * times) for term in terms]


def _inner_terms(
    call: CountedCall, prefix: str, item: Mapping[str, Any], shape: Shape, outputs: tuple[Shape | None, ...]
) -> list[Term]:
    """Terms of the layer that a wrapper holds; its weights go by `prefix` in the wrapper."""
    weights = {name.removeprefix(prefix): s for name, s in call.weights.items() if name.startswith(prefix)}
    inner = replace(
        call, kind=item["class_name"], config=item["config"], inputs=(shape,), outputs=outputs, weights=weights
    )
    return [replace(t, weight=None if t.weight is None else prefix + t.weight) for t in _layer_terms(inner)]


def _inner_model_terms(call: CountedCall, shape: Shape) -> list[Term]:
    item = call.config["layer"]
    weights: dict[str, tuple[WeightSpec, ...]] = {}
    for name, lengths in call.weights.items():
        path, own = name.rsplit("/", 1)
        weights[path] = (*weights.get(path, ()), WeightSpec(name=own, shape=lengths, dtype="float32"))
    graph = graph_of_inner_model(item, "layer/", shape, call.keras_major, weights)
    terms = []
    for node in graph.nodes:
        found = _node_terms(graph, node)
        if found is None:
            raise UnknownCountError
        terms += [Term(t.coefficient, t.weight and "/".join(t.weight), t.axes) for t in found]
    return terms


def _bidirectional(call: CountedCall) -> list[Term]:
    item = call.config["layer"]
    output = call.outputs
    return [
        term
        for prefix in ("forward_layer/", "backward_layer/")
        for term in _inner_terms(call, prefix, item, call.input(), output)
    ]


def _spectral_normalization(call: CountedCall) -> list[Term]:
    return _inner_terms(call, "layer/", call.config["layer"], call.input(), call.outputs)


_WRAPPERS: dict[str, Rule] = {
    "TimeDistributed": _time_distributed,
    "Bidirectional": _bidirectional,
    "SpectralNormalization": _spectral_normalization,
}
