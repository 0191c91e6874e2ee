"""The graph of a model file, held against what the file holds, before anything is built from it."""

from math import prod

from edgeprune.contracts.errors import ModelError, ModelFileError
from edgeprune.contracts.model import ModelGraph, Node, Shape
from edgeprune.keras_models.graphs.functional import is_model
from edgeprune.keras_models.graphs.graph import build_graph
from edgeprune.keras_models.loading.archives import ModelArchive
from edgeprune.keras_models.loading.declared_weights import declared_weights
from edgeprune.keras_models.shapes.rules import LayerCall

LARGEST_TENSOR = 2**30
"""Numbers in one tensor of one example: 4 GiB in float32, a picture of 3840 x 2160 with 128 channels. A few bytes of a
config can ask for any size."""
LARGEST_INPUT = 2**27
"""Numbers in one input of one example, of which several are held at once: a volume of 512 x 512 x 512, more than a
picture of 7680 x 4320 in colour."""
_DAMAGED = "the file is damaged: save the model again with the Keras that made it"


def has_graph(archive: ModelArchive) -> bool:
    """Whether the calls of a model's layers stand in its file; a user's class may list layers and call them itself."""
    return is_model(archive.config)


def read_graph(archive: ModelArchive) -> ModelGraph:
    """The graph of a model with the weights that its file holds.

    Raises ModelFileError for a layer whose config asks for weights of other shapes than the file has, or for a tensor
    that nothing could hold, and ModelError for a model without a graph.
    """
    try:
        graph = build_graph(archive.config, archive.keras_major, archive.weights)
    except ModelError as error:
        raise ModelError(f"{archive.path}: {error.message}", error.hint) from error
    except (ArithmeticError, AttributeError, RecursionError, ValueError) as error:
        # What the config reader lets through and the graph does not expect: a damaged file all the same.
        raise ModelFileError(
            f"{archive.path}: its config is damaged, its layers cannot be connected ({type(error).__name__}: {error})",
            _DAMAGED,
        ) from error
    for node in graph.nodes:
        try:
            _check_tensors(node)
            _check_weights(graph, node)
        except ModelFileError as error:
            raise ModelFileError(f"{archive.path}: layer {node.layer!r}: {error.message}", error.hint) from error
    return graph


def _check_tensors(node: Node) -> None:
    limit = LARGEST_INPUT if node.kind == "InputLayer" else LARGEST_TENSOR
    for shape in node.output_shapes:
        known = [length for length in (shape or ())[1:] if length is not None]
        if any(length < 0 for length in known):
            raise ModelFileError(f"its output has the shape {_text(shape)}, expected no length below 0", _DAMAGED)
        if prod(known) > limit:
            raise ModelFileError(
                f"its output has the shape {_text(shape)}, expected at most {limit:,} numbers for one example", _DAMAGED
            )


def layer_call(graph: ModelGraph, node: Node) -> LayerCall:
    """One call in a graph, as the rules for shapes know it."""
    return LayerCall(
        kind=node.kind,
        config=graph.layers[node.layer].config,
        inputs=tuple(map(graph.shape, node.inputs)),
        arguments=node.arguments,
        is_operation=node.is_operation,
        keras_major=graph.keras_major,
    )


def _check_weights(graph: ModelGraph, node: Node) -> None:
    layer, call = graph.layers[node.layer], layer_call(graph, node)
    stored = {weight.name: weight.shape for weight in layer.weights}
    for name, shape in declared_weights(call).items():
        if name in stored and not _agree(shape, stored[name]):
            raise ModelFileError(
                f"its config asks for a {name!r} of shape {_text(shape)}, and the file holds one of "
                f"{_text(stored[name])}",
                _DAMAGED,
            )


def _agree(declared: Shape, stored: tuple[int, ...]) -> bool:
    return len(declared) == len(stored) and all(
        length in (None, other) for length, other in zip(declared, stored, strict=True)
    )


def _text(shape: Shape | None) -> str:
    return f"({', '.join('?' if length is None else str(length) for length in shape or ())})"
