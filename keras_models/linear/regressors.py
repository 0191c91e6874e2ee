"""What each number of a kernel is multiplied with, at some of the positions that a layer gives outputs at."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.model_inputs import model_inputs
from edgeprune.keras_models.linear.kernels import POINT, LinearKernel
from edgeprune.keras_models.linear.positions import Window, read_indices
from edgeprune.keras_models.live.layers import leaf_layers
from edgeprune.keras_models.live.variables import variables
from edgeprune.keras_models.live.watched_calls import watched_calls


class Regressors:
    """Of one kernel of a live model, in inference mode; traced once, it sees later changes of the weights.

    positions: at most how many of each example are taken; those of all calls, where a layer is called several times.
    """

    def __init__(self, model: KerasModel, kernel: LinearKernel, examples: Sequence[Array], positions: int) -> None:
        import tensorflow as tf

        path, _ = kernel.key
        layers = {name: layer for name, layer in leaf_layers(model) if name == path}
        live = variables(model)
        seen: list[Any] = []
        draws = tf.TensorSpec((positions,), tf.float32)
        signature = [
            tf.TensorSpec((None, *array.shape[1:]), tensor.dtype)
            for array, tensor in zip(examples, model.inputs, strict=True)
        ]

        @tf.function(input_signature=[draws, *signature])  # type: ignore[untyped-decorator]
        def measure(draws: Any, *inputs: Any) -> Any:
            def saw(_: str, __: int, tensors: list[Any]) -> None:
                seen.append(_regressors(kernel, live, tensors[0], draws))

            with watched_calls(layers, saw):
                model(model_inputs(model, inputs), training=False)
            return tf.concat(seen, axis=0)

        self._dtypes = [tensor.dtype for tensor in model.inputs]
        self._positions = positions
        self._measure = measure.get_concrete_function()

    def __call__(self, inputs: Sequence[Array], generator: np.random.Generator) -> Any:
        """A tensor of shape (rows, groups, inputs of a group's kernel)."""
        import tensorflow as tf

        draws = tf.constant(generator.random(self._positions, dtype=np.float32))
        return self._measure(draws, *(tf.cast(array, dtype) for array, dtype in zip(inputs, self._dtypes, strict=True)))


def _regressors(kernel: LinearKernel, live: Mapping[WeightKey, Any], tensor: Any, draws: Any) -> Any:
    """Of one call of a layer, whose first input is `tensor`: shape (rows, groups, inputs)."""
    import tensorflow as tf

    if kernel.depthwise:
        given = _after(kernel.depthwise, live, _regressors(kernel.depthwise, live, tensor, draws))
        return tf.expand_dims(given, 1)
    tensor = tf.cast(tensor, tf.float32)
    if kernel.channels_first:
        tensor = tf.experimental.numpy.moveaxis(tensor, 1, -1)
    places, channels = kernel.window.places, tensor.shape[-1] // kernel.groups
    found = tf.reshape(_read(kernel.window, tensor, draws), (-1, places, kernel.groups, channels))
    return tf.reshape(tf.transpose(found, (0, 2, 1, 3)), (-1, kernel.groups, places * channels))


def _read(window: Window, tensor: Any, draws: Any) -> Any:
    """What is read for some of the outputs: shape (examples, positions, places, channels)."""
    import tensorflow as tf

    lengths = tuple(tensor.shape[1:-1])
    flat = tf.reshape(tensor, (-1, prod(lengths), tensor.shape[-1]))
    if window == POINT:
        table = np.arange(prod(lengths))[:, None]
    else:
        table = read_indices(window, lengths)
        flat = tf.concat([flat, tf.zeros_like(flat[:, :1])], axis=1)  # what is read where there is nothing
    indices = tf.constant(table, tf.int32)
    if len(draws) < len(table):
        indices = tf.gather(indices, tf.cast(draws * len(table), tf.int32))
    return tf.gather(flat, indices, axis=1)


def _after(depthwise: LinearKernel, live: Mapping[WeightKey, Any], read: Any) -> Any:
    """What a depthwise kernel makes of its inputs: shape (rows, channels times multiplier)."""
    import tensorflow as tf

    kernel = tf.cast(tf.convert_to_tensor(live[depthwise.key]), tf.float32)
    *_, channels, multiplier = kernel.shape
    by_place = tf.reshape(kernel, (depthwise.window.places, channels, multiplier))
    return tf.reshape(tf.einsum("rcp,pcm->rcm", read, by_place), (-1, channels * multiplier))
