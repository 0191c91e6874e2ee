"""Agreement with another model's answers, which stand in the place of labels."""

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import CLASSES, QUANTITIES, Output, differences, true_and_predicted

SUMMARY = "without labels: share of answers that are the original's; of numbers 1 / (1 + squared error / variance)"
FITS = (*CLASSES, *QUANTITIES)
HIGHER_IS_BETTER = True
BOUNDED = True
PERCENT = True


def score(labels: Array, predictions: Array, output: Output) -> float:
    """Share of the same classes; of numbers V / (V + E), 0 to 1, by the squared error E and the labels' variance V.

    1 is the very same; 0.5 is what always giving their mean comes to.
    """
    if output.kind in CLASSES:
        known, predicted = true_and_predicted(labels, predictions, output)
        return float(np.mean(known == predicted))
    error = float(np.mean(np.square(differences(labels, predictions))))
    variance = float(np.mean(np.var(labels, axis=0, dtype=np.float64)))
    return variance / (variance + error) if error else 1.0
