"""Mean squared error."""

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import QUANTITIES, Output, differences

SUMMARY = "mean squared error"
FITS = QUANTITIES
HIGHER_IS_BETTER = False
BOUNDED = False
PERCENT = False


def score(labels: Array, predictions: Array, _: Output) -> float:
    """Mean squared difference over all numbers."""
    return float(np.mean(np.square(differences(labels, predictions))))
