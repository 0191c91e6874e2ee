"""Whole layers and blocks of a model that can be taken out."""

from dataclasses import dataclass

from edgeprune.contracts.model import TensorRef


@dataclass(frozen=True, kw_only=True)
class Bypass:
    """A region of the graph that is taken out: whatever reads the tensor `exit` reads `entry` instead.

    `nodes` are the indices of the calls between the two, ascending, the last of which makes `exit`: nothing reads
    them any more. Both tensors have the same shape. Several bypasses are made one after the other: `nodes` are those
    that the earlier ones have left.
    """

    entry: TensorRef
    exit: TensorRef
    nodes: tuple[int, ...]
