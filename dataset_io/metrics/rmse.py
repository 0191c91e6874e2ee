"""Root of the mean squared error."""

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import QUANTITIES, Output, differences

SUMMARY = "root of the mean squared error, in the unit of the target"
FITS = QUANTITIES
HIGHER_IS_BETTER = False
BOUNDED = False
PERCENT = False


def score(labels: Array, predictions: Array, _: Output) -> float:
    """Root of the mean squared difference over all numbers."""
    return float(np.sqrt(np.mean(np.square(differences(labels, predictions)))))
