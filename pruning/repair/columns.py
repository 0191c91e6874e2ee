"""Into which parts the inputs of a kernel fall, each repaired by itself: very many at once would take too long."""

from itertools import pairwise
from math import ceil, sqrt

WORK = 3e12
"""Multiplications that one kernel may take: a minute or so of two cores."""
FEWEST, MOST = 256, 2048
"""Inputs of a part. More than these would take gigabytes for their moments."""


def column_parts(groups: int, inputs: int, outputs: int) -> list[slice]:
    """Parts of a kernel of the shape (groups, inputs, outputs), of about the same length.

    Each output is a system of its own, of as many unknowns as inputs: of n inputs in parts of m, n m^2 for each.
    """
    bearable = sqrt(WORK / (groups * inputs * outputs))
    length = min(max(bearable, FEWEST), MOST, inputs)
    parts = ceil(inputs / length)
    ends = [round(inputs * part / parts) for part in range(parts + 1)]
    return [slice(start, end) for start, end in pairwise(ends)]
