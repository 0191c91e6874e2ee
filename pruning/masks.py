"""Which weights stay: exact counts, ties included, always the same ones."""

from collections.abc import Sequence

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.masks import Mask


def at_least(weights: Array, threshold: float) -> Mask:
    """Keep every weight with |w| >= threshold; the comparison is made in the weights' own precision.

    Written without |w|, so that a large kernel costs no second copy.
    """
    kept: Mask = weights >= threshold
    kept |= weights <= -threshold
    return kept


def removal_count(size: int, sparsity: float) -> int:
    """How many of `size` weights a sparsity (0..1) removes: rounded to the nearest whole number."""
    return round(size * sparsity)


def keep_largest(arrays: Sequence[Array], removed: int) -> list[Mask]:
    """Remove exactly `removed` weights: the smallest by |w| over all arrays together.

    Among equal magnitudes the first ones (array by array, in index order) go, so that the count is exact
    and the choice stable, which a comparison with a threshold is not.
    """
    magnitudes = np.concatenate([np.abs(array).ravel() for array in arrays])
    kept: Mask = np.ones(magnitudes.size, dtype=bool)
    if removed:
        cut = np.partition(magnitudes, removed - 1)[removed - 1]
        kept = magnitudes > cut
        ties = np.flatnonzero(magnitudes == cut)
        surplus = removed - int(np.count_nonzero(magnitudes < cut))
        kept[ties[surplus:]] = True
    ends = np.cumsum([array.size for array in arrays])[:-1]
    parts = np.split(kept, ends)
    return [part.reshape(array.shape) for part, array in zip(parts, arrays, strict=True)]
