"""Blocks of weights that go together, as the sparse kernels of TFLite's runtime store them.

A block `RxC` is R outputs times C consecutive inputs of one kernel position: 1x4 for float32, 1x16 for int8. Keras's
kernels are (…, inputs, outputs), so that a block lies across their last two axes, the other way round.
"""

import re
from collections.abc import Sequence

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.masks import Mask
from edgeprune.pruning.masks import keep_largest, removal_count

Block = tuple[int, int]
"""(outputs, inputs)."""

SINGLE: Block = (1, 1)


def parse_block(text: str | None) -> Block:
    """`RxC` as (outputs, inputs); single weights for None. Raises UsageError for anything else."""
    if text is None:
        return SINGLE
    found = re.fullmatch(r"([1-9]\d{0,3})x([1-9]\d{0,3})", text)
    if not found:
        raise UsageError(f"--block: expected OUTPUTSxINPUTS, found {text!r}", "for example --block 1x16")
    return int(found[1]), int(found[2])


def block_means(array: Array, block: Block) -> Array:
    """Mean |w| of each block, shape (…, blocks of inputs, blocks of outputs); the last blocks may be smaller.

    Arrays of one axis (biases, scales) have no blocks: each weight is one.
    """
    if array.ndim < 2:
        return np.abs(array)
    rows, columns = block
    *positions, inputs, outputs = array.shape
    margins = [(0, 0)] * len(positions) + [(0, -inputs % columns), (0, -outputs % rows)]
    padded = np.pad(np.abs(array), margins)
    split = padded.reshape(*positions, padded.shape[-2] // columns, columns, padded.shape[-1] // rows, rows)
    means: Array = split.sum(axis=(-3, -1)) / np.outer(_lengths(inputs, columns), _lengths(outputs, rows))
    return means


def spread(blocks: Mask, array: Array, block: Block) -> Mask:
    """A mask of blocks as a mask of the array's weights."""
    if array.ndim < 2:
        return blocks
    rows, columns = block
    *_, inputs, outputs = array.shape
    return blocks.repeat(columns, axis=-2).repeat(rows, axis=-1)[..., :inputs, :outputs]


def keep_largest_blocks(arrays: Sequence[Array], sparsity: float, block: Block) -> list[Mask]:
    """Remove round(sparsity * blocks) blocks: those of smallest mean |w| over all arrays together.

    The largest block of each output always stays, as a layer of few blocks would lose whole outputs otherwise.
    """
    if block == SINGLE:
        return keep_largest(arrays, removal_count(sum(array.size for array in arrays), sparsity))
    means = [block_means(array, block) for array in arrays]
    size = sum(mean.size for mean in means)
    held = [_largest_of_outputs(mean) for mean in means]
    most = size - sum(int(np.count_nonzero(largest)) for largest in held)
    ranked = [np.where(largest, np.inf, mean) for largest, mean in zip(held, means, strict=True)]
    kept = keep_largest(ranked, min(removal_count(size, sparsity), most))
    return [spread(blocks, array, block) for blocks, array in zip(kept, arrays, strict=True)]


def _largest_of_outputs(means: Array) -> Mask:
    """Where the largest block of each block of outputs is; nowhere in arrays of one axis."""
    kept: Mask = np.zeros(means.shape, dtype=bool)
    if means.ndim > 1:
        of_outputs = means.reshape(-1, means.shape[-1])
        kept.reshape(of_outputs.shape)[of_outputs.argmax(axis=0), np.arange(means.shape[-1])] = True
    return kept


def _lengths(size: int, length: int) -> Array:
    """Lengths of the blocks along an axis; the last one may be shorter."""
    return np.diff(np.append(np.arange(0, size, length), size))
