"""Class weights for imbalanced data."""

import numpy as np

from edgeprune.contracts.data import Array, Split
from edgeprune.contracts.errors import DataError

BATCH = 4096


def balanced_class_weights(train: Split, kinds: tuple[str, ...]) -> dict[int, float]:
    """n / (classes * count) for each class, from 0 (King & Zeng, 2001): all classes count the same in the loss.

    Classes that no example has get 1. `kinds` as in contracts.data.Task; labels may be 0 and 1, class numbers or
    one-hot. Raises DataError for other tasks and for several outputs.
    """
    if kinds not in (("binary",), ("multiclass",)):
        raise DataError(
            f"--class-weight balanced: expected one output with classes, found {', '.join(kinds)}",
            "leave --class-weight out",
        )
    counts = np.zeros(0, dtype=np.int64)
    for _, (labels,) in train.batches(BATCH):
        found = np.bincount(_classes(labels), minlength=len(counts))
        found[: len(counts)] += counts
        counts = found
    present = np.count_nonzero(counts)
    return {number: counts.sum() / (present * count) if count else 1.0 for number, count in enumerate(counts.tolist())}


def _classes(labels: Array) -> Array:
    """Class numbers (N,) of labels (N,), (N, 1) or one-hot (N, classes)."""
    rows = labels.reshape(len(labels), -1)
    return rows.argmax(axis=1) if rows.shape[1] > 1 else rows[:, 0].astype(np.int64)
