"""Whether the right class is among the five that the model finds likeliest."""

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import Output, true_and_predicted

SUMMARY = "share of examples whose class is among the five likeliest"
FITS = ("multiclass",)
HIGHER_IS_BETTER = True
BOUNDED = True
PERCENT = True


def score(labels: Array, predictions: Array, output: Output) -> float:
    """Share of examples whose class is among the five largest predictions; of equal ones the first count."""
    known, _ = true_and_predicted(labels, predictions, output)
    flat = predictions.reshape(-1, predictions.shape[-1])
    best = np.argsort(-flat, axis=1, kind="stable")[:, :5]
    return float(np.mean((best == known[:, np.newaxis]).any(axis=1)))
