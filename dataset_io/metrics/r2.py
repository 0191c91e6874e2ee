"""Coefficient of determination."""

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import Output

SUMMARY = "coefficient of determination (1: exact, 0: no better than the mean), the mean over the columns"
FITS = ("regression",)
HIGHER_IS_BETTER = True
BOUNDED = True
PERCENT = False


def score(labels: Array, predictions: Array, _: Output) -> float:
    """1 - (squared error) / (variance): the mean of those of the columns (the last axis), as scikit-learn has it."""
    from sklearn.metrics import r2_score

    columns = predictions.shape[-1] if predictions.ndim > 1 else 1
    return float(r2_score(labels.reshape(-1, columns), predictions.reshape(-1, columns)))
