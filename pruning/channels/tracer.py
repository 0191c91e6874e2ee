"""One walk over the model: each call's rule turns the channels that come in into the channels that go out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edgeprune.contracts.channels import ChannelGraph, TensorAxis
from edgeprune.contracts.model import LayerSpec, ModelGraph, Node, Shape, TensorRef
from edgeprune.pruning.channels.all_rules import all_rules
from edgeprune.pruning.channels.axis_choice import best_choices
from edgeprune.pruning.channels.call import Call, Stated
from edgeprune.pruning.channels.grouping import group_channels
from edgeprune.pruning.channels.ledger import Axes, Ledger, NotUnderstoodError

_OPERANDS = ("x", "y", "values", "condition", "indices", "value", "key", "initial_state")
"""Arguments that a call computes with; other tensors among the arguments are masks, lengths and indices."""


def channel_graph(graph: ModelGraph) -> ChannelGraph:
    """All channels of a model, the units and groups they form, and every weight and number that follows them.

    Never fails on a layer: what is not understood has its channels frozen, and is named in `unread`. The time is
    linear in the number of nodes and in the summed lengths of the axes that carry channels, up to one sort.
    """
    ledger, tensor_axes = _walk(graph, {})
    if ledger.options:
        best = best_choices(ledger, lambda chosen: _walk(graph, chosen)[0])
        ledger, tensor_axes = _walk(graph, best)
    return group_channels(ledger, tensor_axes)


def _walk(graph: ModelGraph, chosen: Mapping[int, int]) -> tuple[Ledger, tuple[TensorAxis, ...]]:
    """Read every node in order; the findings, and the channels of every tensor."""
    ledger = Ledger(choices=chosen)
    readers = _readers(graph)
    tensors: dict[TensorRef, Axes] = {}
    for node in graph.nodes:
        ledger.calls[node.layer] += 1
        for output, axes in enumerate(_read(ledger, graph, node, tensors, readers)):
            tensors[TensorRef(node.index, output)] = axes
    for tensor in graph.outputs:
        for ids in tensors.get(tensor, {}).values():
            ledger.freeze(ids, "an output of the model")
    ledger.freeze_unread()
    ledger.freeze_uneven_edits()
    along = [
        TensorAxis(tensor=tensor, axis=axis, channels=ids)
        for tensor, axes in tensors.items()
        for axis, ids in axes.items()
    ]
    return ledger, tuple(along)


def _readers(graph: ModelGraph) -> dict[int, list[Node]]:
    """The nodes that read any output of a node."""
    readers: dict[int, list[Node]] = {node.index: [] for node in graph.nodes}
    for node in graph.nodes:
        for tensor in node.inputs:
            readers[tensor.node].append(node)
    return readers


def _read(
    ledger: Ledger,
    graph: ModelGraph,
    node: Node,
    tensors: dict[TensorRef, Axes],
    readers: Mapping[int, Sequence[Node]],
) -> list[Axes]:
    """The channels of each output of one node; on what is not understood, none, and those of the inputs frozen."""
    inputs = tuple(tensors.get(tensor, {}) for tensor in node.inputs)
    try:
        call = _call(ledger, graph, node, inputs, readers[node.index])
        outputs = all_rules()[node.kind](call) if node.kind in all_rules() else _unknown(call)
        return _checked(outputs, node)
    except NotUnderstoodError as error:
        reason = f"{node.kind} {node.layer!r} is not understood: {error}"
        for axes in inputs:
            for ids in axes.values():
                ledger.freeze(ids, reason)
        ledger.unread.setdefault(node.layer, reason)
        return [{} for _ in node.output_shapes]


def _call(ledger: Ledger, graph: ModelGraph, node: Node, axes: tuple[Axes, ...], readers: Sequence[Node]) -> Call:
    layer = graph.layers.get(node.layer) or LayerSpec(path=node.layer, kind=node.kind)
    shapes = tuple(_shape(graph, tensor) for tensor in node.inputs)
    operands = _operands(ledger, node, axes)
    if any(shapes[position] is None for position in operands):
        raise NotUnderstoodError("the rank of an input is known only at run time")
    return Call(
        ledger=ledger,
        layer=node.layer,
        kind=node.kind,
        node=node.index,
        config=Stated(layer.config),
        arguments=Stated(node.arguments),
        weights=Stated({weight.name: weight.shape for weight in layer.weights}),
        inputs=tuple(axes[position] for position in operands),
        shapes=tuple(shapes[position] or () for position in operands),
        output_shapes=node.output_shapes,
        readers=tuple(readers),
    )


def _shape(graph: ModelGraph, tensor: TensorRef) -> Shape | None:
    """A tensor's shape; None for a further output of a layer of whose outputs only the first is known."""
    shapes = graph.nodes[tensor.node].output_shapes
    return shapes[tensor.output] if tensor.output < len(shapes) else None


def _operands(ledger: Ledger, node: Node, axes: tuple[Axes, ...]) -> list[int]:
    """Which inputs hold channels: not masks, nor lengths and indices. Those come last, in the order of their names."""
    named = [(name, tensor) for name, value in node.arguments.items() for tensor in _tensors(value)]
    plain = len(node.inputs) - len(named)
    operands = list(range(plain))
    for position, (name, _) in enumerate(named, start=plain):
        if name in _OPERANDS and node.is_operation:
            raise NotUnderstoodError("tensors and constants are mixed")
        if name in _OPERANDS:
            operands.append(position)
            continue
        for ids in axes[position].values():
            ledger.freeze(ids, f"taken as {name!r} by {node.kind} {node.layer!r}")
    return operands


def _tensors(value: Any) -> Iterator[TensorRef]:
    if isinstance(value, TensorRef):
        yield value
    elif isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tensors(part)


def _unknown(call: Call) -> list[Axes]:
    """A kind without a rule: harmless where no channels come in and there is nothing that could be cut."""
    if call.weights or any(call.inputs):
        raise NotUnderstoodError("there is no rule for this kind of layer")
    return [{} for _ in call.output_shapes]


def _checked(outputs: list[Axes], node: Node) -> list[Axes]:
    """The rule's answer, if it agrees with the shapes that Keras computed; a wrong one must never cut anything."""
    if len(outputs) != len(node.output_shapes):
        raise NotUnderstoodError(f"{len(node.output_shapes)} outputs where {len(outputs)} were expected")
    for axes, shape in zip(outputs, node.output_shapes, strict=True):
        for axis, ids in axes.items():
            if shape is None or axis >= len(shape) or shape[axis] != len(ids):
                raise NotUnderstoodError(f"{len(ids)} channels along axis {axis} of an output of shape {shape}")
    return outputs
