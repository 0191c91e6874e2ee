"""How many weights each layer keeps when all are random graphs of one kind.

The density of a layer is epsilon * (sum of its kernel's axes) / (product of its axes), at most 1: Mocanu et al.,
"Scalable training of artificial neural networks with adaptive sparse connectivity inspired by network science", Nature
Communications 2018, equation 1, for dense layers; for convolutions the Erdős–Rényi-Kernel of Evci et al., "Rigging the
Lottery", ICML 2020, section 3. Large layers become sparser than small ones.
"""

import math
from collections.abc import Sequence

import numpy as np

Shapes = Sequence[tuple[int, ...]]


def kept_by_epsilon(shapes: Shapes, epsilon: float) -> list[int]:
    """Weights that stay of each array, for an epsilon >= 0."""
    return [min(math.prod(shape), round(epsilon * sum(shape))) for shape in shapes]


def kept_by_total(shapes: Shapes, total: int) -> list[int]:
    """Weights that stay of each array so that they add up to `total`, by the epsilon that leads there.

    Arrays that would need more than they have stay whole, and the others take up the rest.
    """
    sizes = np.array([math.prod(shape) for shape in shapes], dtype=np.int64)
    axes = np.array([sum(shape) for shape in shapes], dtype=np.float64)
    whole = np.zeros(len(sizes), dtype=bool)
    wanted = sizes.astype(np.float64)
    while not whole.all():
        epsilon = (total - sizes[whole].sum()) / axes[~whole].sum()
        wanted = np.where(whole, sizes, epsilon * axes)
        if not (wanted > sizes).any():
            break
        whole |= wanted > sizes
    kept = np.floor(wanted).astype(np.int64)
    # What rounding down has left over goes to the largest fractions, the first ones among equals.
    order = np.argsort(kept - wanted, kind="stable")
    kept[order[: total - int(kept.sum())]] += 1
    return [int(count) for count in kept]
