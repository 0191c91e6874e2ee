"""Area under the curve of true against false positives, over all thresholds."""

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import DataError
from edgeprune.dataset_io.answers import CLASSES, Output, true_and_predicted

SUMMARY = "area under the ROC curve; of several classes the mean of each against the rest"
FITS = CLASSES
HIGHER_IS_BETTER = True
BOUNDED = True
PERCENT = True


def score(labels: Array, predictions: Array, output: Output) -> float:
    """Area under the ROC curve; of several classes the mean of one against the rest, over those that occur."""
    from sklearn.metrics import roc_auc_score

    columns = _columns(labels, predictions, output)
    areas = [roc_auc_score(truth, values) for truth, values in columns if truth.any() and not truth.all()]
    if not areas:
        raise DataError("auc needs examples of two classes, found one", "use --metric accuracy, or more data")
    return float(np.mean(areas))


def _columns(labels: Array, predictions: Array, output: Output) -> list[tuple[Array, Array]]:
    """For each class, or label: whether it is true of an example, and how much the model says so."""
    if output.kind == "binary":
        return [(labels.reshape(-1) > 0.5, predictions.reshape(-1))]
    flat = predictions.reshape(-1, predictions.shape[-1]).astype(np.float64)
    if output.kind == "multiclass" and output.from_logits:
        flat = np.exp(flat - flat.max(axis=1, keepdims=True))
        flat /= flat.sum(axis=1, keepdims=True)
    if output.kind == "multiclass":
        known, _ = true_and_predicted(labels, predictions, output)
        truth = known[:, np.newaxis] == np.arange(flat.shape[1])
    else:
        truth = labels.reshape(flat.shape) > 0.5
    return [(truth[:, column], flat[:, column]) for column in range(flat.shape[1])]
