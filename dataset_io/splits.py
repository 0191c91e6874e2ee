"""Parts that are ready for the model: in memory, or read anew from their source as a stream."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array, Batch, Indices
from edgeprune.contracts.errors import DataError
from edgeprune.dataset_io.labels import LabelRule, class_numbers
from edgeprune.dataset_io.preprocess import Preparation

Source = Callable[[Indices | None, int | None], Any]
"""`source(chosen, shuffle_seed)`: a `tf.data.Dataset` of single examples `(inputs, labels)`, tuples of raw arrays.

`chosen` are the numbers of the wanted examples in rising order (None: all); a seed shuffles anew in each epoch.
"""
_SHUFFLED = 256
"""Examples among which those with other labels are mixed; they are in memory at once."""


@dataclass(frozen=True)
class MemorySplit:
    """A part in memory. The arrays are final (scaled float32, not raw bytes), since `fit` takes them as they are."""

    arrays: Batch

    @property
    def size(self) -> int:
        return len(self.arrays[0][0])

    @cached_property
    def classes(self) -> tuple[Array | None, ...]:
        return tuple(class_numbers(labels) for labels in self.arrays[1])

    def batches(
        self, batch_size: int, chosen: Indices | None = None, shuffle_seed: int | None = None
    ) -> Iterator[Batch]:
        inputs, labels = self.arrays
        order = chosen
        if shuffle_seed is not None:
            order = np.random.default_rng(shuffle_seed).permutation(self.size if chosen is None else chosen)
        for start in range(0, self.size if order is None else len(order), batch_size):
            places = slice(start, start + batch_size)
            rows = places if order is None else order[places]
            yield tuple(array[rows] for array in inputs), tuple(array[rows] for array in labels)

    def tf_dataset(self, batch_size: int, shuffle_seed: int | None = None) -> Any:
        """Batched `(inputs, labels)`; a tuple of arrays on either side only where the model has several.

        Shuffles numbers, not examples, and gathers whole batches: one step for a batch instead of one for each example.
        """
        import tensorflow as tf

        arrays = tf.nest.map_structure(tf.constant, _fit_structure(self.arrays))
        order = tf.data.Dataset.range(self.size)
        if shuffle_seed is not None:
            order = order.shuffle(max(1, self.size), seed=shuffle_seed)
        return order.batch(batch_size).map(
            lambda chosen: tf.nest.map_structure(lambda array: tf.gather(array, chosen), arrays)
        )

    def with_labels(self, labels: tuple[Array, ...]) -> "MemorySplit":
        return MemorySplit((self.arrays[0], labels))


@dataclass(frozen=True)
class StreamSplit:
    """A part that is read from its source each time; only a few batches are ever in memory.

    `chosen` are its examples' numbers in the source, None for all.
    """

    source: Source
    chosen: Indices | None
    size: int
    preparation: Preparation
    classes: tuple[Array | None, ...]

    @property
    def arrays(self) -> Batch | None:
        return None

    def batches(
        self, batch_size: int, chosen: Indices | None = None, shuffle_seed: int | None = None
    ) -> Iterator[Batch]:
        import tensorflow as tf

        if shuffle_seed is not None:
            # The order follows from the seed of the process too, which training sets.
            tf.random.set_seed(shuffle_seed)
        numbers = self.chosen if chosen is None else chosen if self.chosen is None else self.chosen[chosen]
        elements = self.source(numbers, shuffle_seed)
        try:
            for inputs, labels in elements.batch(batch_size).prefetch(1).as_numpy_iterator():
                yield self.preparation.apply(inputs, labels)
        except tf.errors.OpError as error:
            raise DataError(
                f"the data cannot be read: {plain_reason(error)}", "check that its files are whole"
            ) from error

    def tf_dataset(self, batch_size: int, shuffle_seed: int | None = None) -> Any:
        """Batched `(inputs, labels)`; a tuple of arrays on either side only where the model has several."""
        import tensorflow as tf

        rules = self.preparation.inputs, self.preparation.labels
        types = [rule.dtype for side in rules for rule in side]

        def prepared(*arrays: Array) -> list[Array]:
            count = len(self.preparation.inputs)
            inputs, labels = self.preparation.apply(arrays[:count], arrays[count:])
            return [*inputs, *labels]

        def prepare(inputs: Any, labels: Any) -> Any:
            tensors = iter(tf.numpy_function(prepared, [*inputs, *labels], types, stateful=False))
            shaped = tuple(tuple(_with_shape(next(tensors), rule.encoded_shape) for rule in side) for side in rules)
            return _fit_structure(shaped)

        return self.source(self.chosen, shuffle_seed).batch(batch_size).map(prepare).prefetch(2)

    def with_labels(self, labels: tuple[Array, ...]) -> "StreamSplit":
        rules = tuple(
            LabelRule(encoding="class" if array.dtype.kind in "iu" else "number", shape=array.shape[1:])
            for array in labels
        )
        return replace(
            self,
            source=partial(_labelled, self.source, self.chosen, labels),
            preparation=replace(self.preparation, labels=rules),
            classes=tuple(map(class_numbers, labels)),
        )


def _labelled(
    source: Source, own: Indices | None, labels: tuple[Array, ...], chosen: Indices | None, shuffle_seed: int | None
) -> Any:
    """A source's examples with other labels, which are in the order of its examples `own` (None: all)."""
    import tensorflow as tf

    places = slice(None) if chosen is None else chosen if own is None else np.searchsorted(own, chosen)
    known = tf.data.Dataset.from_tensor_slices(tuple(array[places] for array in labels))

    def relabelled(example: Any, other: Any) -> Any:
        return example[0], other

    examples = tf.data.Dataset.zip((source(chosen, None), known)).map(relabelled)
    return examples if shuffle_seed is None else examples.shuffle(_SHUFFLED, seed=shuffle_seed)


def plain_reason(error: Exception) -> str:
    """What went wrong in TensorFlow, without the names of its nodes and operations."""
    return re.sub(r"\{\{.*?\}\} ?| ?\[Op:.*", "", str(error)).partition("\n")[0] or type(error).__name__


def _with_shape(tensor: Any, shape: tuple[int | None, ...]) -> Any:
    """A function of NumPy's loses the static shape, which Keras needs to build its layers."""
    tensor.set_shape((None, *shape))
    return tensor


def _fit_structure(batch: Any) -> Any:
    """Keras wants a single input as an array, several as a tuple; the same for labels."""
    inputs, labels = batch
    return inputs[0] if len(inputs) == 1 else inputs, labels[0] if len(labels) == 1 else labels
