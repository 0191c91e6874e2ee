"""Predictions of a live model: one traced function for any number of examples."""

import re
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array, Indices, Split
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import Interface
from edgeprune.contracts.model_inputs import model_inputs
from edgeprune.keras_models.live.index_limits import index_limits

BATCH_SIZE = 512


class Predictor:
    """Calls a model of either Keras in inference mode; traced once, it sees later changes of the weights."""

    def __init__(self, model: KerasModel, interface: Interface) -> None:
        import tensorflow as tf

        signature = [tf.TensorSpec((None, *port.shape), port.dtype) for port in interface.inputs]

        @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
        def call(*inputs: Any) -> list[Any]:
            outputs = model(model_inputs(model, inputs), training=False)
            return tf.nest.flatten(outputs)  # type: ignore[no-any-return]

        self._call, self._inputs = call, len(signature)

    @property
    def index_limits(self) -> tuple[int | None, ...]:
        """For each input that indexes a table (an Embedding), the table's length; None for the others."""
        return index_limits(self._call.get_concrete_function(), self._inputs)

    def __call__(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Outputs for a batch: one array for each input and each output of the model, the batch axis first.

        Raises DataError where a layer cannot take these values: numbers beyond an embedding's table, for one.
        """
        from tensorflow.errors import InvalidArgumentError

        try:
            return tuple(np.asarray(output) for output in self._call(*inputs))
        except InvalidArgumentError as error:
            raise DataError(
                f"the model cannot compute these inputs: {_reason(str(error))}", "choose the data that belongs to it"
            ) from error

    def split(self, split: Split, chosen: Indices | None = None) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """(labels, predictions) over a part of the data, or what is chosen of it, one array for each output."""
        labels, predictions = [], []
        for inputs, batch_labels in split.batches(BATCH_SIZE, chosen):
            labels.append(batch_labels)
            predictions.append(self(inputs))
        return _concatenate(labels), _concatenate(predictions)


def _reason(message: str) -> str:
    """TensorFlow's reason without the places in its graph."""
    beyond = re.search(r"= (-?\d+) is not in \[0, (\d+)\)", message)
    if beyond:
        return f"they hold {beyond[1]}, and an embedding takes numbers from 0 to {int(beyond[2]) - 1}"
    return message.splitlines()[0][:200]


def model_outputs(model: KerasModel, examples: tuple[Array, ...]) -> list[Array]:
    """All outputs for a few examples, in inference mode, as float64: one array for each input, the batch axis first.

    Nothing is traced: right for a model that is called once or twice, or that is changed in between.
    """
    import tensorflow as tf

    inputs = [tf.cast(array, tensor.dtype) for array, tensor in zip(examples, model.inputs, strict=True)]
    outputs = model(model_inputs(model, inputs), training=False)
    return [np.asarray(output).astype(np.float64) for output in tf.nest.flatten(outputs)]


def _concatenate(batches: list[tuple[Array, ...]]) -> tuple[Array, ...]:
    return tuple(np.concatenate(arrays) for arrays in zip(*batches, strict=True))
