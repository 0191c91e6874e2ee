"""Batches for `fit`, in an order that the seed and the number of the epoch alone decide."""

import math
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array, Split
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model_inputs import model_inputs


def derived_seed(seed: int, number: int) -> int:
    """A seed of its own for each epoch, or for each layer in it, 0 to 2**32 - 1."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def steps_of(train: Split, batch_size: int) -> int:
    """Steps of one epoch."""
    return math.ceil(train.size / batch_size)


class Feed:
    """The training part in batches. What lies in memory is copied to TensorFlow once and shuffled by its numbers.

    `fit` itself would copy it anew in each call, and an epoch a call is what makes training resumable.
    """

    def __init__(self, train: Split, batch_size: int, model: KerasModel) -> None:
        self.train, self._batch_size, self._model = train, batch_size, model
        self.steps = steps_of(train, batch_size)
        if train.arrays is not None:
            self._shuffle_numbers(*train.arrays)

    def epoch(self, seed: int) -> Any:
        """A batched `tf.data.Dataset` of one epoch; the next call changes the order of the same one."""
        if self.train.arrays is None:
            return self.train.tf_dataset(self._batch_size, seed).map(self._structured)
        self._order.assign(np.random.default_rng(seed).permutation(self._order.shape[0]))
        return self._dataset

    def _structured(self, inputs: Any, labels: Any) -> tuple[Any, Any]:
        """One example or more as `fit` hands them to the model; Keras takes one label bare, several as a tuple."""
        import tensorflow as tf

        labels = tuple(tf.nest.flatten(labels))
        return model_inputs(self._model, tf.nest.flatten(inputs)), labels[0] if len(labels) == 1 else labels

    def _shuffle_numbers(self, inputs: tuple[Array, ...], labels: tuple[Array, ...]) -> None:
        import tensorflow as tf

        with tf.device("CPU:0"):
            arrays = self._structured(*(tuple(tf.constant(array) for array in side) for side in (inputs, labels)))
            self._order = tf.Variable(np.arange(len(inputs[0])), trainable=False)
        self._dataset = (
            tf.data.Dataset.range(len(inputs[0]))
            .batch(self._batch_size)
            .map(lambda places: _rows(arrays, tf.gather(self._order, places)), num_parallel_calls=tf.data.AUTOTUNE)
            .prefetch(tf.data.AUTOTUNE)
        )


def _rows(arrays: Any, numbers: Any) -> Any:
    import tensorflow as tf

    return tf.nest.map_structure(lambda array: tf.gather(array, numbers), arrays)
