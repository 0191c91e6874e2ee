"""How much a model's outputs change when a part of it is taken out."""

from collections.abc import Sequence

import numpy as np

from edgeprune.contracts.data import Array


def relative_change(before: Sequence[Array], after: Sequence[Array]) -> float:
    """Mean squared change of the outputs, relative to their variance over the examples; the mean over several outputs.

    One array for each output, the examples along its first axis. 0 is no change; 1 is what one would get by giving
    the mean output whatever the input: the share of the variance that is not explained (1 - R squared). Outputs that
    are not finite give infinity.
    """
    return float(np.mean([_change(old, new) for old, new in zip(before, after, strict=True)]))


def _change(before: Array, after: Array) -> float:
    old, new = before.astype(np.float64), after.astype(np.float64)
    squared = float(np.square(new - old).mean())
    if not np.isfinite(squared):
        return float("inf")
    variance = float(old.var(axis=0).mean())
    return squared / variance if variance else squared
