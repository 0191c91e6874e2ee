"""Share of right answers."""

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import CLASSES, Output, true_and_predicted
from edgeprune.dataset_io.facts import Facts

SUMMARY = "share of right answers; of several labels an example, of all of them"
FITS = CLASSES
HIGHER_IS_BETTER = True
BOUNDED = True
PERCENT = True

IMBALANCE = 0.8
"""Share of the largest class beyond which accuracy says little."""


def score(labels: Array, predictions: Array, output: Output) -> float:
    """Share of examples (of several labels or positions an example, of all of these) that are answered rightly."""
    known, predicted = true_and_predicted(labels, predictions, output)
    return float(np.mean(known == predicted))


def remark(kind: str, facts: Facts) -> str:
    """That one class has most of the labels, where it has."""
    if kind == "multilabel":
        return ""
    counts = facts.column_counts if facts.one_hot else facts.value_counts
    share = max(counts.values(), default=0) / max(1, sum(counts.values()))
    if share <= IMBALANCE:
        return ""
    majority = max(counts, key=lambda value: counts[value])
    return (
        f"{share:.1%} of the labels are class {majority}, so always answering {majority} reaches that accuracy; "
        "--metric auc or balanced-accuracy tells more"
    )
