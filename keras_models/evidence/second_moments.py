"""How the channels of what a layer reads vary together over the user's data: one pass, batch by batch."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.data import Batch
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model_inputs import model_inputs
from edgeprune.keras_models.live.layers import leaf_layers
from edgeprune.keras_models.live.watched_calls import watched_calls

BATCHES = 32
"""He et al. 2017 use 5,000 images; a convolution sees many positions of each."""


def second_moments(model: KerasModel, readers: Sequence[str], batches: Iterable[Batch]) -> dict[str, Vector]:
    """For each layer, by its path: the mean of (x, 1)(x, 1)^T over all that it reads, shape (n + 1, n + 1).

    x is what a layer's first input holds along its channels. The model runs in inference mode, over at most BATCHES
    batches; a layer that is called several times sees all of its inputs.
    """
    import tensorflow as tf

    layers = {path: layer for path, layer in leaf_layers(model) if path in set(readers)}
    seen: list[tuple[str, Any]] = []

    def saw(path: str, _: int, tensors: list[Any]) -> None:
        channels_first = getattr(layers[path], "data_format", None) == "channels_first"
        seen.append((path, _products(tensors[0], 1 if channels_first else -1)))

    @tf.function(input_signature=[tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype) for tensor in model.inputs])  # type: ignore[untyped-decorator]
    def measure(*inputs: Any) -> Any:
        model(model_inputs(model, inputs), training=False)
        return [products for _, products in seen]

    with watched_calls(layers, saw):
        traced = measure.get_concrete_function()
    sums: dict[str, Vector] = {}
    for inputs, _ in islice(batches, BATCHES):
        found = traced(*(tf.cast(array, tensor.dtype) for array, tensor in zip(inputs, model.inputs, strict=True)))
        for (path, _), products in zip(seen, found, strict=True):
            sums[path] = sums.get(path, 0.0) + products.numpy().astype(np.float64)
    # The last entry is the sum of 1 * 1: how many vectors were added up.
    return {path: total / total[-1, -1] for path, total in sums.items()}


def _products(tensor: Any, axis: int) -> Any:
    """Sum of (x, 1)(x, 1)^T over all vectors x along an axis."""
    import tensorflow as tf

    values = tf.cast(tensor, tf.float32)
    if axis != -1:
        values = tf.experimental.numpy.moveaxis(values, axis, -1)
    values = tf.reshape(values, (-1, values.shape[-1]))
    values = tf.concat([values, tf.ones((tf.shape(values)[0], 1))], axis=1)
    return tf.matmul(values, values, transpose_a=True)
