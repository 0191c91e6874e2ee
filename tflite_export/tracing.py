"""A live Keras model as a TensorFlow graph with one example as its batch."""

from collections.abc import Iterator
from typing import Any

from contracts.errors import ExportError
from contracts.model import Interface

INPUT_NAME = "input_{:03d}"
OUTPUT_NAME = "output_{:03d}"


def check_shapes(interface: Interface) -> None:
    """Raise ExportError for an input with a length that is known only at run time."""
    for port in interface.inputs:
        if None in port.shape:
            shape = (None, *port.shape)
            raise ExportError(
                f"input {port.name!r}: expected a fixed shape, found {shape}: "
                "a .tflite file for devices has a fixed length on every axis",
                "build the model with that length in its Input layer and save it again",
            )


def trace(model: Any, interface: Interface) -> Any:
    """The model's inference as a `tf.ConcreteFunction` on a batch of 1.

    Inputs and outputs are numbered (`INPUT_NAME`, `OUTPUT_NAME`), because TensorFlow changes names that it does
    not like; the file gets the interface's names afterwards.
    """
    import tensorflow as tf

    check_shapes(interface)
    signature = [
        tf.TensorSpec((1, *port.shape), port.dtype, name=INPUT_NAME.format(i))
        for i, port in enumerate(interface.inputs)
    ]

    def serve(*inputs: Any) -> dict[str, Any]:
        outputs = model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
        return {OUTPUT_NAME.format(i): tensor for i, tensor in enumerate(tf.nest.flatten(outputs))}

    return tf.function(serve, input_signature=signature, autograph=False).get_concrete_function()


def variables(model: Any) -> list[Any]:
    """The model's `tf.Variable`s; Keras 3 wraps them."""
    return [getattr(variable, "_value", variable) for variable in model.variables]


def nodes(function: Any) -> Iterator[Any]:
    """All nodes of a traced function, those inside loops and branches too."""
    graph = function.graph.as_graph_def()
    yield from graph.node
    for inner in graph.library.function:
        yield from inner.node_def
