"""Mean absolute error."""

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import QUANTITIES, Output, differences

SUMMARY = "mean absolute error"
FITS = QUANTITIES
HIGHER_IS_BETTER = False
BOUNDED = False
PERCENT = False


def score(labels: Array, predictions: Array, _: Output) -> float:
    """Mean |difference| over all numbers."""
    return float(np.mean(np.abs(differences(labels, predictions))))
