"""Training for as long as it helps: cycles of the learning rate, each twice as long as the one before.

Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017, with T_mult = 2. Every cycle ends at
a rate of 0, so the scores at their ends can be compared, and wherever training stops it has ended well.
"""

import math
from collections.abc import Sequence

LEAST_CYCLES, CYCLES = 3, 6
"""How many there are at least, as two short ones may well end alike, and at most."""
FIRST_STEPS = 100
"""Steps of the first cycle, at least: of few examples, one epoch tells little."""


def counts_from(ends: Sequence[int]) -> int:
    """The first epoch whose weights are kept once it is trained, however good those of the cycles before it were.

    They are nearer to the original, which may have been trained on the examples that now serve as validation: that
    flatters them there. ends: those of all cycles.
    """
    return ends[LEAST_CYCLES - 2] + 1 if len(ends) >= LEAST_CYCLES else 1


def cycle_ends(steps: int) -> tuple[int, ...]:
    """The epochs at which each cycle ends, where an epoch has so many steps."""
    first = math.ceil(FIRST_STEPS / steps)
    return tuple(first * (2**count - 1) for count in range(1, CYCLES + 1))
