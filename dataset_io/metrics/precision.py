"""Share of what is said to be of a class that is."""

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import CLASSES, Output, true_and_predicted

SUMMARY = "share of right answers among those that name a class; of several classes the mean"
FITS = CLASSES
HIGHER_IS_BETTER = True
BOUNDED = True
PERCENT = True


def score(labels: Array, predictions: Array, output: Output) -> float:
    """As scikit-learn has it; of several classes the mean over all of them, 0 for one that is never answered."""
    from sklearn.metrics import precision_score

    known, predicted = true_and_predicted(labels, predictions, output)
    return float(precision_score(known, predicted, average=output.average, zero_division=0.0))
