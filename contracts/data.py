"""The user's data, as it crosses from `dataset_io` to training, scoring and calibration."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from edgeprune.contracts.scale import Scale

Array = npt.NDArray[Any]
Batch = tuple[tuple[Array, ...], tuple[Array, ...]]
"""(inputs, labels): one array for each input and for each output of the model, the batch axis first."""
Indices = npt.NDArray[np.int64]
"""Numbers of examples, from 0."""


class Split(Protocol):
    """One part of a data set (train, validation or test), already shaped and scaled for the model."""

    @property
    def size(self) -> int:
        """Number of examples."""

    @property
    def arrays(self) -> Batch | None:
        """The whole part, where it lies in memory; None for a stream."""

    @property
    def classes(self) -> tuple[Array | None, ...]:
        """For each output the class of every example, as its labels name it: whole numbers of shape (size,), or a row
        of 0 and 1 for each example; None where labels are no such numbers. Nothing of the inputs is read for it.
        """

    def batches(
        self, batch_size: int, chosen: Indices | None = None, shuffle_seed: int | None = None
    ) -> Iterator[Batch]:
        """Examples in batches of NumPy arrays, the last of which may be smaller.

        All of them in order, or those with the rising numbers `chosen`; mixed where there is a seed.
        """

    def tf_dataset(self, batch_size: int, shuffle_seed: int | None = None) -> Any:
        """A batched `tf.data.Dataset` of (inputs, labels) for `fit`, shuffled anew each epoch if seeded."""

    def with_labels(self, labels: tuple[Array, ...]) -> "Split":
        """The same examples with other labels: one array for each output, in the order of the examples."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A score: `compute(labels, predictions)` over the whole part, which direction is better, whether 1 is the most."""

    name: str
    higher_is_better: bool
    bounded: bool
    compute: Callable[[Array, Array], float]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the model is scored and trained for, one entry for each output.

    `kinds` are `binary`, `multiclass`, `multilabel`, `regression` or `reconstruction`; `losses` are Keras loss
    names, and `from_logits` says which of them take the output before its sigmoid or softmax. `saved_loss` says
    that these are the losses compiled into the file, whose other settings (label smoothing, …) are then to be kept.
    `metric` has the score's name and direction; `output_metrics` holds it for each output, None where it does not
    fit one (the score is the mean over the others). `labelled` False: the data has no labels, and what the original
    model answers stands in their place, which nothing is trained for.
    """

    kinds: tuple[str, ...]
    losses: tuple[str, ...]
    metric: Metric
    output_metrics: tuple[Metric | None, ...]
    from_logits: tuple[bool, ...]
    saved_loss: bool = False
    labelled: bool = True


@dataclass(frozen=True, kw_only=True)
class Data:
    """The user's data, split. `validation` is held out of the training part; `test` is only ever scored.

    `seed` is that of examples that are drawn from it.
    """

    train: Split
    validation: Split
    test: Split
    task: Task
    seed: int = 0
    class_names: tuple[tuple[str, ...], ...] = ()
    """For each output the names of its classes; empty where an example has no single class."""
    scale: Scale | None = None
    """None: there was nothing to choose, or each of several inputs has its own."""
    notes: tuple[str, ...] = field(default_factory=tuple)
    """What was chosen for the user (scaling, split, shape), to be printed."""
    warnings: tuple[str, ...] = ()
    """What the user should look at."""
