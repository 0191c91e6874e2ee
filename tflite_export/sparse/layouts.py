"""A weight without its zero blocks: compressed sparse rows along the last axis, as TFLite's schema has them."""

from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.data import Array

BLOCKS = (1, 2, 4, 8, 16)
"""Block lengths that are tried where the reader takes any."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Row r (all axes but the last, flattened) holds the blocks `segments[r]` to `segments[r + 1]`.

    `values` (blocks, block) are the kept blocks one after the other, `indices` (blocks,) their places in the row,
    counted in blocks of `block` elements; `zeros` is the share of blocks (0..1) that are left out.
    """

    block: int
    values: Array
    indices: Array
    segments: Array
    zeros: float

    @property
    def bytes(self) -> int:
        """Size of the three arrays in the file."""
        return self.values.nbytes + self.indices.nbytes + self.segments.nbytes


def compress(weight: Array, block: int) -> Layout | None:
    """The weight (any shape) without the blocks of `block` elements along its last axis that are all zero.

    None where the last axis is no multiple of the block.
    """
    if weight.shape[-1] % block:
        return None
    rows = weight.reshape(-1, weight.shape[-1] // block, block)
    kept = rows.any(axis=-1)
    segments = np.concatenate([[0], np.cumsum(kept.sum(axis=-1))])
    indices = np.nonzero(kept)[1]
    return Layout(
        block=block,
        values=rows[kept],
        indices=_narrowest(indices),
        segments=_narrowest(segments),
        zeros=1 - float(kept.mean()),
    )


def smallest(weight: Array) -> Layout:
    """The layout of the fewest bytes among all of `BLOCKS`."""
    found = (compress(weight, block) for block in BLOCKS)
    return min((layout for layout in found if layout is not None), key=lambda layout: layout.bytes)


def _narrowest(numbers: Array) -> Array:
    """The numbers in the smallest integer type that the schema has for them."""
    largest = int(numbers.max(initial=0))
    return numbers.astype(np.uint8 if largest < 2**8 else np.uint16 if largest < 2**16 else np.int32)
