"""How the loss answers to a factor before each channel: gradient times weight, summed for each channel."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.channels import ChannelGraph
from edgeprune.contracts.data import Batch
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.model_inputs import model_inputs
from edgeprune.keras_models.live.variables import variables

BATCHES = 32
"""Enough for a stable order (Molchanov et al. 2019 use 10 to 100 batches between two cuts)."""

Loss = Callable[[Any, Any], Any]
"""(labels, outputs), each a tuple of one tensor for each output, to one number for the batch."""


def sensitivities(
    model: KerasModel, channels: ChannelGraph, batches: Iterable[Batch], loss: Loss
) -> dict[tuple[WeightKey, int], Vector]:
    """For each weight axis that reads channels: shape (batches, length), over at most BATCHES batches.

    The model runs in inference mode, so that what is differentiated is what will be cut. Frozen layers count too.
    Raises DataError where there are no examples or the loss is not a number.
    """
    import tensorflow as tf

    axes = [(axis.weight, axis.axis) for axis in channels.weight_axes if axis.consumes]
    live = variables(model)
    weights = {key: _tf_variable(live[key]) for key, _ in axes}

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(inputs: Any, labels: Any) -> tuple[Any, list[Any]]:
        with tf.GradientTape() as tape:
            tape.watch(list(weights.values()))
            outputs = model(model_inputs(model, inputs), training=False)
            value = loss(labels, tuple(tf.nest.flatten(outputs)))
        found = tape.gradient(value, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return value, [_sums(found[key], weights[key], axis) for key, axis in axes]

    rows: list[list[Vector]] = []
    for inputs, labels in islice(batches, BATCHES):
        value, sums = step(tuple(map(tf.constant, inputs)), tuple(map(tf.constant, labels)))
        if not np.isfinite(value.numpy()):
            raise DataError(
                f"the loss of batch {len(rows)} is {value.numpy()}", "look for NaN in the data or the model"
            )
        rows.append([total.numpy().astype(np.float64) for total in sums])
    if not rows:
        raise DataError("the data has no examples to take gradients on", "give data with at least one example")
    return {key: np.stack([row[place] for row in rows]) for place, key in enumerate(axes)}


def _tf_variable(variable: Any) -> Any:
    """The TensorFlow variable behind a Keras 3 variable; a Keras 2 one is its own."""
    import tensorflow as tf

    return variable if isinstance(variable, tf.Variable) else variable.value


def _sums(gradient: Any, weight: Any, axis: int) -> Any:
    """Sum of gradient times weight over all axes but one."""
    import tensorflow as tf

    product = tf.convert_to_tensor(gradient) * weight
    return tf.reduce_sum(product, axis=[other for other in range(len(weight.shape)) if other != axis])
