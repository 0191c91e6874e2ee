"""A normalisation that no layer before it can take in, as a depthwise convolution of 1x1: one operator of int8.

In inference gamma * (x - mean) / sqrt(variance + epsilon) + beta is scale * x + shift for each channel. TFMOT folds it
into a linear layer before it, and knows no other normalisation: one that follows an activation, an Add or a Concatenate
it leaves in float, and with it every layer that reads it. Statistics stay as they are while the model gets used to the
rounding (Krishnamoorthi, "Quantizing deep convolutional networks for efficient inference", 2018, section 3.2.3).
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from edgeprune.contracts.keras_model import KerasModel

FOLDABLE = ("Conv2D", "DepthwiseConv2D", "Conv2DTranspose", "Dense")
"""Layers that a following BatchNormalization is folded into."""
RANKS = (2, 3, 4)
"""Of tensors that a depthwise convolution can scale, the batch axis with it."""

Neighbours = Mapping[str, list[Any]]
"""By a layer's name: the layers before it, or after it, once for each call."""


def with_channel_scales(model: KerasModel) -> KerasModel:
    """A live Keras 2 model whose normalisations can all be rounded; its other layers are those of `model`."""
    import tf_keras

    before, _ = neighbours(model)
    made: dict[str, tuple[Any, Any]] = {}

    def stand_in(layer: Any) -> Any:
        if not _is_replaced(layer, before[layer.name]):
            return layer
        made[layer.name] = layer, channel_scale_class()(name=layer.name)
        return made[layer.name][1]

    copy: KerasModel = tf_keras.models.clone_model(model, clone_function=stand_in)
    for normalisation, scaling in made.values():
        scaling.set_weights(_scale_and_shift(normalisation))
    return copy


def neighbours(model: Any) -> tuple[Neighbours, Neighbours]:
    """Which layers come before and after each layer, in this model alone: layers may be shared with others."""
    before: dict[str, list[Any]] = defaultdict(list)
    after: dict[str, list[Any]] = defaultdict(list)
    for node in (node for nodes in model._nodes_by_depth.values() for node in nodes):
        for parent in node.parent_nodes:
            before[node.layer.name].append(parent.layer)
            after[parent.layer.name].append(node.layer)
    return before, after


def is_foldable(feeders: list[Any]) -> bool:
    """Whether a normalisation with these layers before it reads a linear output that it can be folded into."""
    import tf_keras

    return (
        len(feeders) == 1
        and type(feeders[0]).__name__ in FOLDABLE
        and feeders[0].activation is tf_keras.activations.linear
    )


def _is_replaced(layer: Any, feeders: list[Any]) -> bool:
    if type(layer).__name__ != "BatchNormalization" or is_foldable(feeders) or len(feeders) != 1:
        return False
    rank = layer.input_spec.ndim
    return rank in RANKS and list(layer.axis) == [rank - 1]


def _scale_and_shift(normalisation: Any) -> list[Any]:
    """Shapes (channels,) and (channels,)."""
    mean, variance = (np.asarray(array, np.float64) for array in normalisation.get_weights()[-2:])
    scale = 1 / np.sqrt(variance + normalisation.epsilon)
    if normalisation.scale:
        scale *= normalisation.gamma.numpy()
    shift = -mean * scale
    if normalisation.center:
        shift += normalisation.beta.numpy()
    return [scale, shift]


@cache
def channel_scale_class() -> Any:
    """The layer's class; it has two weights, `scale` and `shift`, of shape (channels,)."""
    import tensorflow as tf
    import tf_keras

    @tf_keras.saving.register_keras_serializable("edgeprune")
    class ChannelScale(tf_keras.layers.Layer):  # type: ignore[misc]
        """scale * x + shift for each channel. The converter gives each channel a scale of its own, so that the factors
        are exact in int8.
        """

        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight("scale", (input_shape[-1],))
            self.shift = self.add_weight("shift", (input_shape[-1],))
            super().build(input_shape)

        def call(self, inputs: Any) -> Any:
            added = list(range(1, 5 - inputs.shape.rank))
            image = inputs
            for axis in added:
                image = tf.expand_dims(image, axis)
            kernel = self.scale[tf.newaxis, tf.newaxis, :, tf.newaxis]
            scaled = tf.nn.depthwise_conv2d(image, kernel, [1, 1, 1, 1], "VALID")
            shifted = tf.nn.bias_add(scaled, self.shift)
            return tf.squeeze(shifted, added) if added else shifted

        def compute_output_shape(self, input_shape: Any) -> Any:
            return input_shape

    return ChannelScale
