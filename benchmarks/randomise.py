"""Random normalisation statistics, scales and biases: an untrained model's zeros and ones there hide errors."""

from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.model_inputs import model_inputs
from edgeprune.keras_models.live.layers import leaf_layers
from edgeprune.keras_models.live.variables import get_arrays, set_arrays, weight_specs
from edgeprune.keras_models.live.watched_calls import watched_calls


def randomise(model: Any, examples: tuple[Array, ...], seed: int) -> None:
    """Make scales, biases and normalisation statistics of a model of either Keras random, and its signals strong.

    Scales lie around 1, biases around 0; the statistics around what the examples give at that place, so that no signal
    fades or overflows on its way through a deep model. `examples` has one array for each input, the batch axis first.
    """
    import tensorflow as tf

    random = np.random.default_rng(seed)
    specs = weight_specs(model)
    vectors = [(path, w.name) for path, ws in specs.items() for w in ws if len(w.shape) == 1 and w.trainable]
    set_arrays(
        model,
        {
            key: random.normal(1.0 if key[1].endswith("gamma") else 0.0, 0.2, array.shape).astype(array.dtype)
            for key, array in get_arrays(model, vectors).items()
        },
    )
    normalisations = {path: layer for path, layer in leaf_layers(model) if hasattr(layer, "moving_variance")}

    def saw(path: str, _: int, tensors: list[Any]) -> None:
        axis = int(np.ravel(normalisations[path].axis)[0])
        values = np.moveaxis(np.asarray(tensors[0], np.float64), axis, -1)
        _set_statistics(normalisations[path], values.reshape(-1, values.shape[-1]), random)

    inputs = [tf.cast(array, tensor.dtype) for array, tensor in zip(examples, model.inputs, strict=True)]
    with watched_calls(normalisations, saw):
        model(model_inputs(model, inputs), training=False)


def _set_statistics(layer: Any, values: Array, random: np.random.Generator) -> None:
    """Statistics near those of the values, shape (count, channels), and never a variance near 0."""
    variance = values.var(axis=0)
    spread = variance.mean() + 1e-3
    layer.moving_mean.assign(values.mean(axis=0) + random.normal(0, 0.3 * np.sqrt(spread), variance.shape))
    layer.moving_variance.assign(variance * random.uniform(0.5, 1.5, variance.shape) + 0.3 * spread)
