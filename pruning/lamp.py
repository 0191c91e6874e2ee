"""How what is ranked in its own layer compares with other layers, and what shares of the layers follow from that.

LAMP: Lee, Park, Mo, Ahn & Shin, "Layer-adaptive Sparsity for the Magnitude-based Pruning", ICLR 2021, equation 4.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edgeprune.contracts.data import Array
from edgeprune.pruning.masks import keep_largest, removal_count


def standing(scores: Array) -> npt.NDArray[np.float64]:
    """What each of one layer's rising scores counts over all layers; rising too, shape (scores,).

    Its square as a share of those of all that are still there when it goes (LAMP), so that scores of layers need not be
    comparable, times the root of their number: of scores that are all alike, LAMP alone leaves a layer of 512 no more
    than one of 16. Where all that is left is 0, each is one of as many as are left.
    """
    squares = np.square(np.maximum(scores, 0.0), dtype=np.float64)
    rest = np.cumsum(squares[::-1])[::-1]
    shares = np.divide(squares, rest, out=1.0 / np.arange(len(scores), 0, -1), where=rest > 0)
    counts: npt.NDArray[np.float64] = shares * len(scores) ** 0.5
    return counts


def layer_sparsities(scores: Sequence[Array], sparsity: float) -> list[float]:
    """The share of each layer that goes, 0 to below 1, where `sparsity` (0 to below 1) of all goes.

    scores: of each layer, those of its weights or blocks, rising, shape (weights,). The highest of each stays.
    """
    ranked = [standing(layer) for layer in scores]
    for layer in ranked:
        layer[-1] = np.inf
    size = sum(map(len, ranked))
    kept = keep_largest(ranked, min(removal_count(size, sparsity), size - len(ranked)))
    return [float(np.mean(~mask)) for mask in kept]
