"""The learning rate to start from, found on the model itself: a short training at each of a few rates.

A range test (Smith, "Cyclical Learning Rates", 2017) raises the rate within one run and looks at the training loss.
What is wanted here is which rate leaves the best model, so each rate has a run of its own, from the same weights, over
the same batches, and let down to 0 as in the real training.
"""

import math
from collections.abc import Callable, Sequence

from edgeprune.contracts.errors import TrainingError
from edgeprune.keras_models.training.options import RateChoice

STEPS = 0.1
"""Share of the steps of training that all runs together may take."""
USUAL_STEPS, LEAST_STEPS = 10, 5
"""Steps of a run: of a short training, which takes no time, as many as tell something; fewer than the least do not."""
SPREAD = (0.1, math.sqrt(0.1), 1.0, math.sqrt(10), 10.0)
"""Rates that are tried, as multiples of the standard one of the optimizer's class."""
CLOSE = 0.1
"""Share of what the best run gained that a higher rate may fall short of it."""
NEIGHBOURS = 1.5
"""Rates that differ by less than this factor are not both tried."""


def candidates(standard: float, expected: float) -> list[float]:
    """The rates to try, rising, of two digits: a decade around the standard one, the expected one for its neighbour."""
    far = (standard * factor for factor in SPREAD)
    rates = [expected, *(rate for rate in far if not 1 / NEIGHBOURS < rate / expected < NEIGHBOURS)]
    return sorted(float(f"{rate:.2g}") for rate in rates)


def steps_of_each(rates: int, steps: int) -> int:
    """Steps of the run at each of so many rates, where training takes `steps`; 0 where that is too short for a race.

    All runs together never take longer than the training.
    """
    each = max(int(STEPS * steps / rates), min(USUAL_STEPS, steps // rates))
    return each if each >= LEAST_STEPS else 0


def race(
    rates: Sequence[float], expected: float, start: float, steps: int, loss_after: Callable[[float, int], float]
) -> RateChoice:
    """The highest rate whose loss after a run of so many steps is about the lowest; one that is no number loses.

    A training many times as long as its run stands a higher rate, and validation examples that the model was once
    trained on speak for low ones. So a rate may fall short by CLOSE of what the best run gained from the loss at the
    `start`, and what lies below the `expected` rate goes half of the way there. Raises TrainingError where all lose.
    """
    tried = tuple((rate, loss_after(rate, steps)) for rate in rates)
    finite = {rate: loss for rate, loss in tried if math.isfinite(loss)}
    if not finite:
        raise TrainingError("training diverges at every learning rate that was tried", "check the data and the loss")
    lowest = min(finite.values())
    highest = max(rate for rate, loss in finite.items() if loss <= lowest + CLOSE * max(start - lowest, 0.0))
    stands = max(rate for rate in finite if rate <= max(expected, highest))
    return RateChoice(rate=float(f"{max(highest, math.sqrt(highest * stands)):.2g}"), tried=tried, steps=steps)
