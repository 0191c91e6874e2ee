"""Zeros of one kernel put in step by step; after each step the weights that are left are solved anew.

In each step a share of what is left goes: what is worth least then, as the others have already made up for what went
before. That is Frantar & Alistarh's order (2022, algorithm 1) with many weights at a time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.linear_moments import LinearMoments
from edgeprune.contracts.masks import Mask
from edgeprune.pruning.repair.least_squares import refit

STEP = 0.6
"""Share of the weights left that a step leaves. Finer steps change little and take longer."""

Choose = Callable[[Vector, float], Mask]
"""What each weight is worth, and the sparsity that is due, to those that stay; both of the shape of the kernel's
matrices. Where all of a block is worth nothing it must go first."""


def in_steps(moments: Sequence[LinearMoments], prior: Vector, stays: Mask, sparsity: float, choose: Choose) -> Vector:
    """The kernel with its final zeros, shape (groups, inputs, outputs).

    prior: its weights before anything went. stays: those that are not 0 already, which stay so. sparsity: the final
    one, 0 to 1, of all weights (or blocks), as `choose` counts them.
    """
    for left in masks(moments, prior, stays, _sparsities(1 - np.count_nonzero(stays) / stays.size, sparsity), choose):
        stays = left
    return where_free(moments, prior, stays)


def masks(
    moments: Sequence[LinearMoments], prior: Vector, stays: Mask, sparsities: Iterable[float], choose: Choose
) -> Iterator[Mask]:
    """What stays at each of some rising sparsities, by what was worth most at the one before; else as `in_steps`."""
    for sparsity in sparsities:
        _, worth = _refit(moments, prior, stays, saliencies=True)
        stays = stays & choose(np.where(stays, worth + np.finfo(np.float64).tiny, 0.0), sparsity)
        yield stays


def where_free(moments: Sequence[LinearMoments], prior: Vector, stays: Mask) -> Vector:
    """The kernel with its zeros where they are, and all other weights solved anew."""
    return _refit(moments, prior, stays, saliencies=False)[0]


def _refit(moments: Sequence[LinearMoments], prior: Vector, stays: Mask, *, saliencies: bool) -> tuple[Vector, Vector]:
    parts = [refit(part, prior[:, part.columns], stays[:, part.columns], saliencies=saliencies) for part in moments]
    weights, worth = (np.concatenate(arrays, axis=1) for arrays in zip(*parts, strict=True))
    return weights, worth


def _sparsities(present: float, final: float) -> Iterator[float]:
    """Rising sparsities up to the final one; none where there are as many zeros already."""
    left = 1 - present
    while left * STEP > 1 - final:
        left *= STEP
        yield 1 - left
    if present < final:
        yield final
