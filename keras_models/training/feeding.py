"""Batches for `fit`, in an order that the seed and the number of the epoch alone decide."""

import math
from typing import Any

import numpy as np

from contracts.data import Split


def epoch_seed(seed: int, epoch: int) -> int:
    """A seed of its own for each epoch, 0 to 2**32 - 1: an epoch can be trained without those before it."""
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])


def steps_of(train: Split, batch_size: int) -> int:
    """Steps of one epoch; a stream of unknown length is counted."""
    size = train.size if train.size is not None else sum(len(inputs[0]) for inputs, _ in train.batches(batch_size))
    return math.ceil(size / batch_size)


def fit_arguments(train: Split, batch_size: int, seed: int) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What `fit` takes: arrays where the data lies in memory, else a stream."""
    if train.arrays is None:
        return (train.tf_dataset(batch_size, seed),), {}
    inputs, labels = train.arrays
    return (_single(inputs), _single(labels)), {"batch_size": batch_size, "shuffle": True}


def _single(arrays: tuple[Any, ...]) -> Any:
    """Keras takes one array bare, several as a list."""
    return arrays[0] if len(arrays) == 1 else list(arrays)
