"""What each number of a kernel is multiplied with, at some of the positions that a layer gives outputs at."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model_inputs import model_inputs
from edgeprune.keras_models.linear.kernels import POINT, LinearKernel
from edgeprune.keras_models.linear.positions import read_indices
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
        """A tensor of shape (rows, groups, regressors)."""
        import tensorflow as tf

        draws = tf.constant(generator.random(self._positions, dtype=np.float32))
        return self._measure(draws, *(tf.cast(array, dtype) for array, dtype in zip(inputs, self._dtypes, strict=True)))


def _regressors(kernel: LinearKernel, live: Any, tensor: Any, draws: Any) -> Any:
    import tensorflow as tf

    if kernel.depthwise:
        read = _regressors(kernel.depthwise, live, tensor, draws)  # rows, channels, places
        matrices = tf.cast(_tensor_matrices(kernel.depthwise, live), tf.float32)
        given = tf.einsum("rcp,cpm->rcm", read, matrices)
        return tf.reshape(given, (-1, 1, given.shape[1] * given.shape[2]))
    tensor = tf.cast(tensor, tf.float32)
    if kernel.channels_first:
        tensor = tf.experimental.numpy.moveaxis(tensor, 1, -1)
    lengths, channels = tuple(tensor.shape[1:-1]), tensor.shape[-1]
    flat = tf.reshape(tensor, (-1, int(np.prod(lengths)), channels))
    if kernel.window == POINT:
        table = np.arange(flat.shape[1])[:, None]
    else:
        table = read_indices(kernel.window, lengths)
        flat = tf.concat([flat, tf.zeros_like(flat[:, :1])], axis=1)
    indices = tf.constant(table, tf.int32)
    if draws.shape[0] < len(table):
        indices = tf.gather(indices, tf.cast(draws * len(table), tf.int32))
    found = tf.gather(flat, indices, axis=1)  # examples, positions, places, channels
    places = kernel.window.places
    split = tf.reshape(found, (-1, places, kernel.groups, channels // kernel.groups))
    return tf.reshape(tf.transpose(split, (0, 2, 1, 3)), (-1, kernel.groups, places * (channels // kernel.groups)))


def _tensor_matrices(kernel: LinearKernel, live: Any) -> Any:
    import tensorflow as tf

    variable = tf.convert_to_tensor(live[kernel.key])
    *_, channels, multiplier = variable.shape
    return tf.transpose(tf.reshape(variable, (kernel.window.places, channels, multiplier)), (1, 0, 2))
