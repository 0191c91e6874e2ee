"""How strongly channels activate over the user's data: one pass, batch by batch."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from edgeprune.contracts.channel_statistics import ActivationStatistics, Vector
from edgeprune.contracts.channels import ChannelGraph, TensorAxis
from edgeprune.contracts.data import Batch
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import ModelGraph, TensorRef
from edgeprune.contracts.model_inputs import model_inputs
from edgeprune.keras_models.live.layers import leaf_layers
from edgeprune.keras_models.live.watched_calls import watched_calls

Key = tuple[TensorRef, int]


def activation_statistics(
    model: KerasModel, graph: ModelGraph, channels: ChannelGraph, batches: Iterable[Batch]
) -> dict[Key, ActivationStatistics]:
    """Mean |activation| and share of zeros along the channel axes of the tensors that layers with weights read.

    The model runs in inference mode, traced once. Raises DataError where there are no examples.
    """
    import tensorflow as tf

    keys, measure = _measurement(model, graph, channels)
    sums: dict[Key, Vector] = defaultdict(lambda: np.zeros(1))
    zeros: dict[Key, Vector] = defaultdict(lambda: np.zeros(1))
    counts: dict[Key, float] = defaultdict(float)
    examples = 0
    for inputs, _ in batches:
        found = measure(*(tf.cast(array, tensor.dtype) for array, tensor in zip(inputs, model.inputs, strict=True)))
        for key, (magnitudes, zero_counts, count) in zip(keys, found, strict=True):
            sums[key] = sums[key] + magnitudes.numpy().astype(np.float64)
            zeros[key] = zeros[key] + zero_counts.numpy().astype(np.float64)
            counts[key] += float(count)
        examples += len(inputs[0])
    if not examples:
        raise DataError("the data has no examples to measure activations on", "give data with at least one example")
    return {
        key: ActivationStatistics(mean_magnitude=sums[key] / counts[key], zero_share=zeros[key] / counts[key])
        for key in counts
    }


def _measurement(model: KerasModel, graph: ModelGraph, channels: ChannelGraph) -> tuple[list[Key], Any]:
    """A traced function from inputs to (sums of |a|, zeros, how many numbers a channel) for each key."""
    import tensorflow as tf

    axes_of: dict[TensorRef, list[TensorAxis]] = defaultdict(list)
    for axis in channels.tensor_axes:
        axes_of[axis.tensor].append(axis)
    readers = {axis.weight[0] for axis in channels.weight_axes if axis.consumes}
    calls = defaultdict(list)
    for node in graph.nodes:
        calls[node.layer].append(node)
    keys: list[Key] = []
    measured: list[Any] = []

    def saw(path: str, call: int, tensors: list[Any]) -> None:
        # A shared layer's calls may run in another order than the graph lists them; what they read are the same
        # channels, so the statistics of one may stand for the other's.
        for reference, tensor in zip(calls[path][call].inputs, tensors, strict=False):
            for axis in axes_of[reference]:
                key = (reference, axis.axis)
                fits = axis.axis < len(tensor.shape) and tensor.shape[axis.axis] == len(axis.channels)
                if fits and key not in keys:
                    keys.append(key)
                    measured.append(_along(tensor, axis.axis))

    @tf.function(input_signature=[tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype) for tensor in model.inputs])  # type: ignore[untyped-decorator]
    def measure(*inputs: Any) -> Any:
        model(model_inputs(model, inputs), training=False)
        return list(measured)

    with watched_calls({path: layer for path, layer in leaf_layers(model) if path in readers}, saw):
        traced = measure.get_concrete_function()
    return keys, traced


def _along(tensor: Any, axis: int) -> tuple[Any, Any, Any]:
    """Along one axis: sum of magnitudes, number of zeros, and how many numbers were added up for each index."""
    import tensorflow as tf

    others = [other for other in range(len(tensor.shape)) if other != axis]
    values = tf.cast(tensor, tf.float32)
    count = tf.size(values) // tf.shape(values)[axis]
    return (
        tf.reduce_sum(tf.abs(values), axis=others),
        tf.reduce_sum(tf.cast(tf.equal(values, 0), tf.float32), axis=others),
        count,
    )
