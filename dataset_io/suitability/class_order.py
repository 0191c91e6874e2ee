"""Classes that the model knows in another order than the labels, as where folders were sorted otherwise in training."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import Output, true_and_predicted
from edgeprune.dataset_io.suitability.trial import Answers, Trial
from edgeprune.dataset_io.suitability.verdicts import BEYOND_NOISE, standard_errors

_EXPLAINS = 0.5
"""Of the way from guessing to right answers only, that another order must lead on examples that it was not found on."""
_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class ClassOrder:
    """For each label of the output with this number (from 0) the class that the model answers in its place."""

    output: int
    model_class: Mapping[int, int]

    def warning(self) -> str:
        """What the user should do about it."""
        moved = [f"label {label} is its class {own}" for label, own in self.model_class.items() if label != own]
        shown = ", ".join(moved[:_SHOWN]) + (f", … ({len(moved)} in all)" if len(moved) > _SHOWN else "")
        return (
            f"the model knows the classes in another order: {shown}. Number the labels as in its training; "
            "folders of images are numbered in the order of their names"
        )

    def relabelled(self, labels: Array) -> Array:
        """Labels, class numbers or one-hot rows, as the model numbers them."""
        if labels.ndim > 1 and labels.shape[-1] > 1:
            rows: Array = np.zeros_like(labels)
            for label, own in self.model_class.items():
                rows[..., own] = labels[..., label]
            return rows
        renamed = labels.copy()
        for label, own in self.model_class.items():
            renamed[labels == label] = own
        return renamed


def other_order(trial: Trial, answers: Answers) -> ClassOrder | None:
    """The order of the classes under which the answers are right, None where their own does as well.

    It is the assignment with the most right answers (Kuhn 1955) on one half of the examples, and must hold on the rest.
    """
    parts = zip(trial.task.kinds, trial.task.from_logits, answers.labels, answers.predictions, strict=True)
    for number, (kind, logits, labels, predictions) in enumerate(parts):
        if kind in ("binary", "multiclass"):
            known, found = true_and_predicted(labels, predictions, Output(kind=kind, from_logits=logits))
            order = _assignment(known, found)
            if order:
                return ClassOrder(output=number, model_class=order)
    return None


def _assignment(known: Array, found: Array) -> dict[int, int]:
    from scipy.optimize import linear_sum_assignment

    classes, half = int(max(known.max(), found.max())) + 1, len(known) // 2
    confusion = 0.5 * np.eye(classes)  # where no example decides, a class stays itself
    np.add.at(confusion, (known[:half], found[:half]), 1)
    order = linear_sum_assignment(confusion, maximize=True)[1]
    right, before = order[known[half:]] == found[half:], known[half:] == found[half:]
    guessing = 1 / len(np.unique(known))
    explains = half and right.mean() - guessing >= _EXPLAINS * (1 - guessing)
    if not explains or standard_errors(right.astype(float) - before) < BEYOND_NOISE:
        return {}
    return {int(label): int(order[label]) for label in np.unique(known)}
