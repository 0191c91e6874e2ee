"""Share of a class that is found."""

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import CLASSES, Output, true_and_predicted

SUMMARY = "share of a class that is found; of several classes the mean"
FITS = CLASSES
HIGHER_IS_BETTER = True
BOUNDED = True
PERCENT = True


def score(labels: Array, predictions: Array, output: Output) -> float:
    """As scikit-learn has it; of several classes the mean over all of them, 0 for one that is never answered."""
    from sklearn.metrics import recall_score

    known, predicted = true_and_predicted(labels, predictions, output)
    return float(recall_score(known, predicted, average=output.average, zero_division=0.0))
