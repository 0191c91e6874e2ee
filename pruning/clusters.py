"""Weight clustering: the weights of an array share few values, which compress well.

Han, Mao & Dally, "Deep Compression", ICLR 2016, section 3: k-means over the weights of one layer, from centroids that
lie evenly between its smallest and its largest weight (section 3.2: those keep the few large weights best).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgeprune.contracts.data import Array

MOST_ROUNDS = 300


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """The shared values of one array, shape (clusters,), and which of them each weight has, in the array's shape.

    Where the array has zeros, the first value is 0 and holds exactly these.
    """

    values: Array
    members: npt.NDArray[np.int32]

    @property
    def array(self) -> Array:
        """The array with its weights replaced by the values that they share."""
        shared: Array = self.values[self.members]
        return shared


def cluster(array: Array, count: int) -> Clusters:
    """Group an array's weights so that at most `count` (2 and more) different values are left; zeros stay zeros."""
    zero = array == 0
    held = bool(zero.any())
    ordered = np.sort(array[~zero], axis=None).astype(np.float64)
    centroids = _k_means(ordered, count - held)
    nearest = np.searchsorted(_borders(centroids), array.ravel()).reshape(array.shape)
    members = np.where(zero, 0, nearest + held).astype(np.int32)
    values = np.concatenate(([0.0], centroids)) if held else centroids
    return Clusters(values=values.astype(array.dtype), members=members)


def _k_means(ordered: Array, count: int) -> Array:
    """Centroids of ascending values by Lloyd's rounds; clusters that lose all members vanish."""
    distinct = np.unique(ordered)
    if len(distinct) <= count:
        return distinct
    sums = np.concatenate(([0.0], np.cumsum(ordered)))
    centroids = np.linspace(ordered[0], ordered[-1], count)
    for _ in range(MOST_ROUNDS):
        ends = np.concatenate(([0], np.searchsorted(ordered, _borders(centroids)), [len(ordered)]))
        sizes = np.diff(ends)
        means = (np.diff(sums[ends]) / np.maximum(sizes, 1))[sizes > 0]
        if np.array_equal(means, centroids):
            break
        centroids = means
    return centroids


def _borders(centroids: Array) -> Array:
    """Halfway between neighbours."""
    return (centroids[1:] + centroids[:-1]) / 2
