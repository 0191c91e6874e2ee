"""Labelled examples on which a model is tried before anything else is done, each of its classes alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from edgeprune.contracts.data import Array, Task
from edgeprune.dataset_io.preprocess import Preparation
from edgeprune.dataset_io.suitability.verdicts import Verdicts, constant_answers, verdicts

Predict = Callable[[tuple[Array, ...]], tuple[Array, ...]]
"""A model's answers: one array for each input and for each output, the example axis first."""
MOST_EXAMPLES = 512
FEW_EXAMPLES = 64
"""What is clear on these needs no more of them."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a model says to some examples: labels and predictions for each output, and how right they are."""

    labels: tuple[Array, ...]
    predictions: tuple[Array, ...]
    verdicts: Verdicts

    def joined(self, others: "Answers", task: Task) -> "Answers":
        """With those to other examples behind; what is known of all of them together is worked out anew."""
        labels, predictions = (
            tuple(np.concatenate(pair) for pair in zip(mine, theirs, strict=True))
            for mine, theirs in ((self.labels, others.labels), (self.predictions, others.predictions))
        )
        return Answers(labels=labels, predictions=predictions, verdicts=verdicts(task, labels, predictions))


@dataclass(frozen=True, kw_only=True)
class Trial:
    """inputs: as the data has them; labels: as the loss takes them; origin: the part of the data that they are of."""

    inputs: tuple[Array, ...]
    labels: tuple[Array, ...]
    task: Task
    predict: Predict
    origin: str

    @property
    def size(self) -> int:
        """Number of examples."""
        return len(self.inputs[0])

    def ask(self, preparation: Preparation, start: int = 0, stop: int = MOST_EXAMPLES) -> Answers:
        """The model's answers to the examples `start` to `stop`, prepared in this way."""
        labels, predictions = [], []
        for first in range(start, min(stop, self.size), FEW_EXAMPLES):
            rows = slice(first, min(first + FEW_EXAMPLES, stop))
            ready = preparation.ready_inputs(tuple(array[rows] for array in self.inputs))
            known = tuple(array[rows] for array in self.labels)
            labels.append(preparation.ready_labels(ready) if preparation.target_is_input else known)
            predictions.append(self.predict(ready))
        truth, found = (tuple(map(np.concatenate, zip(*parts, strict=True))) for parts in (labels, predictions))
        return Answers(labels=truth, predictions=found, verdicts=verdicts(self.task, truth, found))

    def relabelled(self, output: int, change: Callable[[Array], Array]) -> "Trial":
        """With other labels for one output."""
        labels = (change(array) if number == output else array for number, array in enumerate(self.labels))
        return replace(self, labels=tuple(labels))

    def knows_nothing(self, answers: Answers) -> bool:
        """Whether these are no better than what needs no look at the inputs: one class for all, the mean."""
        constant = constant_answers(self.task, answers.labels, answers.predictions)
        return not answers.verdicts.beats(verdicts(self.task, answers.labels, constant), errors=2.0)
