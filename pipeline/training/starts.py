"""From which weights training starts where there are two: the repaired or the bare ones, by a short race."""

from collections.abc import Mapping
from math import inf

from edgeprune.contracts.data import Array
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from edgeprune.keras_models.training import RateChoice
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pipeline.training.fine_tuning import FineTuner, zero_masks

Arrays = Mapping[WeightKey, Array]


def choose_start(session: Session, tuner: FineTuner, bare: Arrays, reporter: Reporter) -> RateChoice:
    """Leave the model with those of its present, repaired weights and of the bare ones that train to the lower loss.

    The learning rate that it was reached with is given back. Where training is too short for a race, the repaired
    weights are taken, as they are better already.
    """
    repaired = get_arrays(session.loaded.model, bare)
    from_repaired = tuner.find_rate(reporter, zero_masks(session.prunable), "from the repaired weights: ")
    if not from_repaired.tried:
        return from_repaired
    set_arrays(session.loaded.model, bare)
    from_bare = tuner.find_rate(reporter, zero_masks(session.prunable), "from the bare weights: ")
    if _lowest(from_bare) < _lowest(from_repaired):
        reporter.note("training starts from the bare weights, which come to the lower loss")
        return from_bare
    set_arrays(session.loaded.model, repaired)
    reporter.note("training starts from the repaired weights, which come to the lower loss")
    return from_repaired


def _lowest(choice: RateChoice) -> float:
    """The lowest loss of all rates that were tried; a NaN is none."""
    return min((loss for _, loss in choice.tried if loss == loss), default=inf)
