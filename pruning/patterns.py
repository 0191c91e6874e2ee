"""Patterns of zeros that repeat along the inputs of a kernel: `2:4` is 2 zeros among any 4 consecutive inputs.

Mishra et al., "Accelerating Sparse Deep Neural Networks", 2021, section 3. As TFMOT has it, a last group that is
shorter is filled up with zeros, which count.
"""

import re

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.masks import Mask

Pattern = tuple[int, int]
"""(zeros, consecutive inputs)."""


def parse_pattern(text: str) -> Pattern:
    """`M:N` as (zeros, inputs), 0 < M < N. Raises UsageError for anything else."""
    found = re.fullmatch(r"([1-9]\d{0,3}):([1-9]\d{0,3})", text)
    if not found or int(found[1]) >= int(found[2]):
        raise UsageError(
            f"--pattern: expected ZEROS:INPUTS, fewer zeros than inputs, found {text!r}", "for example --pattern 2:4"
        )
    return int(found[1]), int(found[2])


def keep_pattern(array: Array, pattern: Pattern) -> Mask:
    """Keep the largest |w| of each group of inputs; shape as the kernel's, (…, inputs, outputs)."""
    zeros, length = pattern
    by_output = np.abs(np.moveaxis(array, -2, -1))
    inputs = by_output.shape[-1]
    filled = np.pad(by_output, [(0, 0)] * (array.ndim - 1) + [(0, -inputs % length)])
    groups = filled.reshape(*filled.shape[:-1], -1, length)
    # a stable order: of equal magnitudes the first stay, and so do weights before what was filled up
    order = np.argsort(-groups, axis=-1, kind="stable")
    kept = np.zeros(groups.shape, dtype=bool)
    np.put_along_axis(kept, order[..., : length - zeros], True, axis=-1)
    return np.moveaxis(kept.reshape(filled.shape)[..., :inputs], -1, -2)
