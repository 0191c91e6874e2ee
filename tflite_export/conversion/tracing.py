"""A live Keras model as a TensorFlow graph with one example as its batch."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgeprune.contracts.errors import ExportError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import Interface
from edgeprune.contracts.model_inputs import model_inputs

HALF_PRECISION = {"float16", "bfloat16"}
SIGNATURE = "serving_default"
INPUT_NAME = "input_{:03d}"
OUTPUT_NAME = "output_{:03d}"


def check_model(model: KerasModel, interface: Interface) -> None:
    """Raise ExportError for a model that cannot become a .tflite file as it is.

    That is one with an input of strings or of a length that is known only at run time, one that computes in half
    precision, or one whose recurrent layers go on from one call to the next.
    """
    for layer in model._flatten_layers(include_self=False):
        if getattr(layer, "compute_dtype", None) in HALF_PRECISION:
            raise ExportError(
                f"layer {layer.name!r}: expected a layer that computes in float32, found {layer.compute_dtype}: "
                "LiteRT has no operators for that",
                "save the model under the dtype policy float32; --quantize float16 still halves the file",
            )
        if getattr(layer, "stateful", False) and hasattr(layer, "unroll"):
            raise ExportError(
                f"layer {layer.name!r}: expected one that starts anew for each sequence, found stateful=True",
                "save the model with stateful=False",
            )
    for port in interface.inputs:
        if port.dtype == "string":
            raise ExportError(
                f"input {port.name!r}: expected numbers, found strings, which no device takes apart",
                "save the model without the layers that take text apart, and give it their numbers",
            )
        if None in port.shape:
            shape = (None, *port.shape)
            raise ExportError(
                f"input {port.name!r}: expected a fixed shape, found {shape}: "
                "a .tflite file for devices has a fixed length on every axis",
                "build the model with that length in its Input layer and save it again",
            )


def trace(model: KerasModel, interface: Interface) -> Any:
    """The model's inference as a `tf.ConcreteFunction` on a batch of 1.

    Inputs and outputs are numbered (`INPUT_NAME`, `OUTPUT_NAME`), because TensorFlow changes names that it does
    not like; the file gets the interface's names afterwards.
    """
    import tensorflow as tf

    check_model(model, interface)
    signature = [
        tf.TensorSpec((1, *port.shape), port.dtype, name=INPUT_NAME.format(i))
        for i, port in enumerate(interface.inputs)
    ]

    def serve(*inputs: Any) -> dict[str, Any]:
        outputs = model(model_inputs(model, inputs), training=False)
        return {OUTPUT_NAME.format(i): tensor for i, tensor in enumerate(tf.nest.flatten(outputs))}

    return tf.function(serve, input_signature=signature, autograph=False).get_concrete_function()


class SavedGraph:
    """A traced function in a temporary SavedModel: the graph is written once, the variables' values at will.

    It holds nothing but the function and the variables: that keeps names and signature, lets the converter fuse
    LSTM layers, and serves both Kerases alike.
    """

    def __init__(self, function: Any) -> None:
        import tensorflow as tf

        self.function = function
        self._module = tf.Module()
        self._module.variables_of_model = list(function.graph.variables)
        self._folder = tempfile.TemporaryDirectory(prefix="edgeprune-")
        try:
            tf.saved_model.save(self._module, self._folder.name, signatures={SIGNATURE: function})
        except BaseException:
            self.close()
            raise

    def with_current_values(self) -> str:
        """The folder, after writing into it the values that the variables have now."""
        import tensorflow as tf

        checkpoint = tf.train.Checkpoint(variables_of_model=self._module.variables_of_model)
        checkpoint.write(str(Path(self._folder.name, "variables", "variables")))
        return self._folder.name

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()


def nodes(function: Any) -> Iterator[Any]:
    """All nodes of a traced function, those inside loops and branches too."""
    graph = function.graph.as_graph_def()
    yield from graph.node
    for inner in graph.library.function:
        yield from inner.node_def
