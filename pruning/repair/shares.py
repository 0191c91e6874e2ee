"""How much of each kernel goes, so that the model's outputs change least: the best choice among measured curves.

Layer-wise changes are told from the model's own outputs, as in Wu et al., "Layer-adaptive pruning by output
distortion", 2308.10438; the choice is a knapsack of one share for each kernel, solved exactly.
"""

from collections.abc import Sequence

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.pruning.repair.gradual import STEP

POINTS = 12
DENSITIES = STEP ** np.arange(POINTS)
"""Shares of a kernel's weights that are left where its curve is measured, from all of them to less than one percent."""
CHOICES = 10
"""Shares to choose from between two that are measured."""
GAP = 1e-3
"""How far from the best the choice may be, as a share of the change."""


def choose_sparsities(sizes: Sequence[int], changes: Sequence[Vector], sparsity: float) -> list[float]:
    """The sparsity of each kernel, 0 to 1, so that of all weights together the share `sparsity` goes.

    sizes: weights of each kernel. changes: what the outputs change by, squared, with DENSITIES of it left, shape
    (POINTS,). Small changes of several layers add up as vectors do at worst: by their lengths, the roots.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    grid = STEP ** np.linspace(0, POINTS - 1, (POINTS - 1) * CHOICES + 1)
    cost = np.concatenate([_lengths(change, grid) for change in changes])
    kept = np.outer(sizes, grid)
    one_each = np.repeat(np.eye(len(sizes)), len(grid), axis=1)
    total = (1 - sparsity) * sum(sizes)
    if total < kept[:, -1].sum():
        return [sparsity] * len(sizes)
    found = milp(
        cost / max(cost.max(), np.finfo(float).tiny),
        integrality=np.ones(cost.size),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(one_each, 1, 1), LinearConstraint(kept.ravel() / total, 0, 1)],
        options={"mip_rel_gap": GAP},
    )
    chosen = kept[np.arange(len(sizes)), found.x.reshape(kept.shape).argmax(axis=1)]
    return list(1 - _filled(chosen, np.asarray(sizes, dtype=float), total) / sizes)


def _lengths(change: Vector, grid: Vector) -> Vector:
    """The root of a kernel's change at each share of the grid; it never falls as more goes."""
    rising = np.sqrt(np.maximum.accumulate(change))
    lengths: Vector = np.interp(-np.log(grid), -np.log(DENSITIES), rising)
    return lengths


def _filled(kept: Vector, sizes: Vector, total: float) -> Vector:
    """The weights kept, with what is left of the total spread over all that can take more."""
    room = sizes - kept
    left = total - kept.sum()
    filled: Vector = kept + room * min(1.0, left / max(room.sum(), 1.0))
    return filled
