"""When zeros come during training: at which steps, and until when, told as shares of the training.

Zhu & Gupta, "To prune, or not to prune: exploring the efficacy of pruning for model compression", 2017, section 3.
"""

import math
from dataclasses import dataclass

UPDATES = 16
"""How often at least the zeros are chosen anew on the way to the target, where there are as many steps."""
LONGEST_PAUSE = 100
"""Most steps between two choices: choosing sorts all weights."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Zeros are chosen at the steps begin, begin + frequency, …, end; the first step of the training is number 1."""

    begin: int
    end: int
    frequency: int

    def first_full_epoch(self, steps: int) -> int:
        """The first epoch, from 1, that ends with the zeros of the target; `steps` are those of one epoch."""
        return math.ceil(self.end / steps)


def schedule(begin: float, end: float, total: int) -> Schedule:
    """The schedule for a training of `total` steps that begins and ends at these shares of it, 0 <= begin < end <= 1.

    The last choice falls on the end itself, and there is always one: a single step is enough.
    """
    last = max(1, round(end * total))
    span = max(1, last - int(begin * total))
    frequency = min(LONGEST_PAUSE, max(1, span // UPDATES))
    return Schedule(begin=last - span // frequency * frequency, end=last, frequency=frequency)
