"""From which weights training starts where there are two: the repaired or the bare ones, by a short race.

The learning rate is that of the bare weights. From repaired ones low rates look best: they remember what the original
gives, which may know the validation examples. Pruned networks go further by high rates (Le & Hua, "Network Pruning That
Matters", ICLR 2021).
"""

from collections.abc import Mapping

from edgeprune.contracts.data import Array
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from edgeprune.keras_models.training import RateChoice
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pipeline.training.fine_tuning import FineTuner, zero_masks

Arrays = Mapping[WeightKey, Array]
CLOSE = 0.1
"""Share of the bare weights' loss by which the repaired ones must be lower: a long training evens out a better start,
and weights that repair has bent to make up for others are not those that it would choose."""


def choose_start(session: Session, tuner: FineTuner, bare: Arrays, reporter: Reporter) -> RateChoice:
    """Leave the model with its present, repaired weights, or the bare ones where those train to about as low a loss.

    The learning rate is given back. Where training is too short for a race, the repaired weights are taken.
    """
    model = session.loaded.model
    repaired = get_arrays(model, bare)
    set_arrays(model, bare)
    choice = tuner.find_rate(zero_masks(session.prunable))
    from_bare = tuner.loss_after(choice.rate)
    set_arrays(model, repaired)
    from_repaired = tuner.loss_after(choice.rate)
    if from_bare is None or from_repaired is None:
        return choice
    better = "repaired" if from_repaired < (1 - CLOSE) * from_bare else "bare"
    if better == "bare":
        set_arrays(model, bare)
    reporter.note(
        f"training starts from the {better} weights: the validation loss after a short run is "
        f"{from_repaired:.4g} from the repaired ones, {from_bare:.4g} from the bare ones"
    )
    return choice
