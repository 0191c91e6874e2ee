"""Harmonic mean of precision and recall."""

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import CLASSES, Output, true_and_predicted

SUMMARY = "harmonic mean of precision and recall; of several classes the mean of theirs"
FITS = CLASSES
HIGHER_IS_BETTER = True
BOUNDED = True
PERCENT = True


def score(labels: Array, predictions: Array, output: Output) -> float:
    """As scikit-learn has it; of several classes the mean over all of them, 0 for one that is never answered."""
    from sklearn.metrics import f1_score

    known, predicted = true_and_predicted(labels, predictions, output)
    return float(f1_score(known, predicted, average=output.average, zero_division=0.0))
