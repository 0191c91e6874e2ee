"""Labels and predictions as metrics look at them: true and predicted classes, or differences."""

from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.data import Array

CLASSES = ("binary", "multiclass", "multilabel")
"""Kinds of task that tell classes apart."""
QUANTITIES = ("regression", "reconstruction")
"""Kinds of task that predict numbers."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """The output that is scored: `from_logits` says that its predictions are taken before a sigmoid or softmax."""

    kind: str
    from_logits: bool

    @property
    def average(self) -> str:
        """What scikit-learn calls the mean over the classes; of two classes the second one's score counts alone."""
        return "binary" if self.kind == "binary" else "macro"


def answered_labels(predictions: Array, output: Output) -> Array:
    """What a model's answers are as labels: class numbers, 0 and 1 for each, or the numbers themselves."""
    if output.kind in QUANTITIES:
        return predictions
    if output.kind == "multiclass":
        classes: Array = predictions.argmax(axis=-1).astype(np.int32)
        return classes
    return (predictions > (0.0 if output.from_logits else 0.5)).astype(np.int32)


def true_and_predicted(labels: Array, predictions: Array, output: Output) -> tuple[Array, Array]:
    """True and predicted classes, one row an example or a position; for multilabel one column a label."""
    predicted = answered_labels(predictions, output)
    if output.kind == "multiclass":
        one_hot = labels.ndim == predictions.ndim and labels.shape == predictions.shape
        known = labels.argmax(axis=-1) if one_hot else labels
        return known.reshape(-1).astype(np.int64), predicted.reshape(-1)
    shape = (-1, predictions.shape[-1]) if output.kind == "multilabel" else (-1,)
    return labels.reshape(shape).astype(np.int64), predicted.reshape(shape)


def differences(labels: Array, predictions: Array) -> Array:
    """What each number is off by, in double precision."""
    found: Array = predictions.astype(np.float64) - labels.reshape(predictions.shape)
    return found
