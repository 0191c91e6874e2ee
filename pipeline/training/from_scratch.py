"""Training from scratch: a session's model gets initial weights, and all of them are trained."""

import time

from edgeprune.contracts.recipes.parts import Fit
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.training.initial_weights import reinitialise
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pipeline.training.fine_tuning import FineTuner


def train_dense(session: Session, fit: Fit, reporter: Reporter) -> float:
    """Give the model initial weights, by the seed, and train it for so many epochs (0: none). Seconds of training.

    Raises KeyboardInterrupt where the user ends it.
    """
    loaded = session.loaded
    reinitialise(loaded.model, keras_module(loaded.keras_major), fit.seed)
    if not fit.training.epochs:
        return 0.0
    started = time.perf_counter()
    with FineTuner(session, {}, fit, rate_share=1.0) as tuner:
        result = tuner.run(reporter)
    if result.interrupted:
        raise KeyboardInterrupt
    return tuner.earlier_s + time.perf_counter() - started
