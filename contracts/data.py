"""The user's data, as it crosses from `dataset_io` to training, scoring and calibration."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Batch = tuple[tuple[Array, ...], tuple[Array, ...]]
"""(inputs, labels): one array for each input and for each output of the model, the batch axis first."""


class Split(Protocol):
    """One part of a data set (train, validation or test), already shaped and scaled for the model."""

    @property
    def size(self) -> int | None:
        """Number of examples; None where a stream does not know it."""

    @property
    def arrays(self) -> Batch | None:
        """The whole part, where it lies in memory; None for a stream."""

    def batches(self, batch_size: int) -> Iterator[Batch]:
        """All examples in order, in batches of NumPy arrays; the last batch may be smaller."""

    def tf_dataset(self, batch_size: int, shuffle_seed: int | None = None) -> Any:
        """A batched `tf.data.Dataset` of (inputs, labels) for `fit`, shuffled anew each epoch if seeded."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A score: `compute(labels, predictions)` over the whole part, and which direction is better."""

    name: str
    higher_is_better: bool
    compute: Callable[[Array, Array], float]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the model is scored and trained for, one entry for each output.

    `kinds` are `binary`, `multiclass`, `multilabel`, `regression` or `reconstruction`; `losses` are Keras loss
    names, and `from_logits` says which of them take the output before its sigmoid or softmax. `saved_loss` says
    that these are the losses compiled into the file, whose other settings (label smoothing, …) are then to be kept.
    `metric` has the score's name and direction; `output_metrics` holds it for each output, None where it does not
    fit one (the score is the mean over the others).
    """

    kinds: tuple[str, ...]
    losses: tuple[str, ...]
    metric: Metric
    output_metrics: tuple[Metric | None, ...]
    from_logits: tuple[bool, ...]
    saved_loss: bool = False


@dataclass(frozen=True, kw_only=True)
class Data:
    """The user's data, split. `validation` is held out of the training part; `test` is only ever scored."""

    train: Split
    validation: Split
    test: Split
    task: Task
    notes: tuple[str, ...] = field(default_factory=tuple)
    """What was chosen for the user (scaling, split, shape), to be printed."""


def first_examples(split: Split, count: int) -> tuple[Array, ...]:
    """The inputs of the first `count` examples, one array for each input of the model."""
    taken: list[tuple[Array, ...]] = []
    found = 0
    for inputs, _ in split.batches(min(count, 256)):
        taken.append(inputs)
        found += len(inputs[0])
        if found >= count:
            break
    return tuple(np.concatenate(arrays)[:count] for arrays in zip(*taken, strict=True))
