"""Accuracy in which every class counts the same."""

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import Output, true_and_predicted

SUMMARY = "mean over the classes of the share that is found"
FITS = ("binary", "multiclass")
HIGHER_IS_BETTER = True
BOUNDED = True
PERCENT = True


def score(labels: Array, predictions: Array, output: Output) -> float:
    """Mean of the recalls of the classes that occur."""
    known, predicted = true_and_predicted(labels, predictions, output)
    return float(np.mean([np.mean(predicted[known == value] == value) for value in np.unique(known)]))
