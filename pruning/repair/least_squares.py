"""The weights of a kernel's outputs solved anew where they may be other than zero, and what each of them is worth.

Of one output with inputs x and wanted values y, `|y - w x|^2 + ridge |w - prior|^2` is least for
`w = (G + ridge)^-1 (C + ridge prior)`, all of the weights that stay alone. Setting weight i to zero, and the others
anew, then adds `w_i^2 / [(G + ridge)^-1]_ii` to it: the saliency of Optimal Brain Surgeon (Hassibi & Stork, 1993,
equation 5), of Frantar & Alistarh, "Optimal Brain Compression", NeurIPS 2022, equation 1.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.linear_moments import LinearMoments
from edgeprune.contracts.masks import Mask

RIDGE = 1e-3
"""As a share of the mean square of the inputs: weights stay near what they were where no example tells otherwise."""


def refit(moments: LinearMoments, prior: Vector, stays: Mask, *, saliencies: bool) -> tuple[Vector, Vector]:
    """(weights, saliencies), both of shape (groups, inputs, outputs); the latter 0 where they are not asked for.

    prior: the weights that it leans to. stays: which weights may be other than 0.
    """
    weights, worth = np.zeros(prior.shape), np.zeros(prior.shape)
    # Each small system on one core, ten times as fast as each on all of them.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as threads:
        for group, gram in enumerate(moments.gram):
            ridge = RIDGE * np.trace(gram) / len(gram) or 1.0  # of inputs that are all 0, weights stay as they were
            gram = gram + ridge * np.eye(len(gram))
            wanted = moments.cross[group] + ridge * prior[group]
            if stays[group].all() and not saliencies:
                weights[group] = _solved(gram, wanted)
                continue
            solve = _solver(gram, wanted, stays[group], weights[group], worth[group], saliencies=saliencies)
            list(threads.map(solve, range(wanted.shape[1])))
    return weights, worth


def _solver(
    gram: Vector, wanted: Vector, stays: Mask, weights: Vector, worth: Vector, *, saliencies: bool
) -> Callable[[int], None]:
    """What solves for one output, and writes into `weights` and `worth`."""
    whole = _inverse(gram) if saliencies and stays.all() else None  # one for all outputs

    def solve(output: int) -> None:
        free = np.flatnonzero(stays[:, output])
        if not free.size:
            return
        if not saliencies:
            weights[free, output] = _solved(gram[np.ix_(free, free)], wanted[free, output])
            return
        inverse = _inverse(gram[np.ix_(free, free)]) if whole is None else whole
        solved = inverse @ wanted[free, output]
        weights[free, output], worth[free, output] = solved, solved**2 / np.diag(inverse)

    return solve


def _solved(gram: Vector, wanted: Vector) -> Vector:
    """Of a positive definite matrix."""
    from scipy.linalg import cho_factor, cho_solve

    solution: Vector = cho_solve(cho_factor(gram, lower=True, check_finite=False), wanted, check_finite=False)
    return solution


def _inverse(gram: Vector) -> Vector:
    """Of a positive definite matrix."""
    from scipy.linalg import lapack

    factor, _ = lapack.dpotrf(gram, lower=1)
    lower, _ = lapack.dpotri(factor, lower=1)
    inverse: Vector = np.tril(lower) + np.tril(lower, -1).T
    return inverse
