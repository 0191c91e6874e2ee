"""The loss that a model is trained for and valued by, for both Kerases."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array, Task
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import Interface

CHUNK = 4096
# The one loss class whose name is not its function's name in camel case.
CLASS_NAMES = {"kl_divergence": "KLDivergence"}


class LossFunction:
    """One loss for each output: those compiled into the file where the task keeps them, else by the task's names."""

    def __init__(self, model: KerasModel, keras_module: Any, interface: Interface, task: Task) -> None:
        self.keras_loss: Any
        """What `compile` takes."""
        if task.saved_loss:
            self.keras_loss = model.loss
            self._functions = _for_outputs(model.loss, keras_module, interface)
        else:
            self._functions = [
                _loss(keras_module, name, logits) for name, logits in zip(task.losses, task.from_logits, strict=True)
            ]
            self.keras_loss = self._functions if len(self._functions) > 1 else self._functions[0]

    def value(self, labels: tuple[Array, ...], predictions: tuple[Array, ...]) -> float:
        """Mean loss over all examples, summed over the outputs (without regularisation terms)."""
        return sum(
            _mean(function, known, predicted)
            for function, known, predicted in zip(self._functions, labels, predictions, strict=True)
        )

    def tensor(self, labels: Any, outputs: Any) -> Any:
        """The same for one batch of tensors, to be differentiated."""
        import tensorflow as tf

        total = 0.0
        for function, known, predicted in zip(self._functions, labels, outputs, strict=True):
            if known.shape.rank is not None and known.shape[1:].num_elements() == predicted.shape[1:].num_elements():
                known = tf.reshape(known, tf.shape(predicted))
            total += tf.reduce_mean(function(known, predicted))
        return total


def _for_outputs(loss: Any, keras_module: Any, interface: Interface) -> list[Any]:
    """A compiled loss, in whichever form it was given, as one function for each output."""
    if isinstance(loss, Mapping):
        entries = [loss[port.name] for port in interface.outputs]
    elif isinstance(loss, list | tuple):
        entries = list(loss)
    else:
        entries = [loss] * len(interface.outputs)
    return [keras_module.losses.get(entry) for entry in entries]


def _loss(keras_module: Any, name: str, from_logits: bool) -> Any:
    class_name = CLASS_NAMES.get(name) or "".join(word.capitalize() for word in name.split("_"))
    settings = {"from_logits": True} if from_logits else {}
    return getattr(keras_module.losses, class_name)(**settings)


def _mean(function: Any, labels: Array, predictions: Array) -> float:
    """Mean over the examples, chunk by chunk."""
    if labels.size == predictions.size:
        # A bare loss function would broadcast (N,) against (N, 1).
        labels = labels.reshape(predictions.shape)
    total = 0.0
    for start in range(0, len(predictions), CHUNK):
        chunk = slice(start, start + CHUNK)
        total += float(np.mean(function(labels[chunk], predictions[chunk]))) * len(predictions[chunk])
    return total / len(predictions)
