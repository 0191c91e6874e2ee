"""Training for as long as it helps: cycles of the learning rate, each twice as long as the one before.

Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017, with T_mult = 2. Every cycle ends at
a rate of 0, so the scores at their ends can be compared, and wherever training stops it has ended well.
"""

import math

LEAST_CYCLES, CYCLES = 3, 6
"""How many there are at least, as two short ones may well end alike, and at most."""
FIRST_STEPS = 100
"""Steps of the first cycle, at least: of few examples, one epoch tells little."""


def cycle_ends(steps: int) -> tuple[int, ...]:
    """The epochs at which each cycle ends, where an epoch has so many steps."""
    first = math.ceil(FIRST_STEPS / steps)
    return tuple(first * (2**count - 1) for count in range(1, CYCLES + 1))
