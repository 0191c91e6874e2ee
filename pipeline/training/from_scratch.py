"""Training from scratch: a session's model gets initial weights, and is trained where the method wants it so."""

import time
from dataclasses import replace

from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.training.initial_weights import reinitialise
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.requests.prune import TRAINING_KINDS, load_method
from edgeprune.pipeline.session import Session
from edgeprune.pipeline.training.fine_tuning import FineTuner


def start_from_scratch(session: Session, recipe: PointRecipe, reporter: Reporter) -> float:
    """Give the model initial weights, by the seed; what prunes a trained model finds it trained. Seconds of training.

    All methods so have the same budget: those that do not train themselves get the dense model after half of the
    epochs, rounded up, and fine-tune for the rest (`epochs_left`). Raises KeyboardInterrupt where the user ends it.
    """
    return train_dense(session, replace(recipe, epochs=recipe.epochs - epochs_left(recipe)), reporter)


def train_dense(session: Session, recipe: PointRecipe, reporter: Reporter) -> float:
    """Give the model initial weights and train all of them for the epochs of the recipe (0: none). Seconds of it.

    Raises KeyboardInterrupt where the user ends it.
    """
    loaded = session.loaded
    reinitialise(loaded.model, keras_module(loaded.keras_major), recipe.seed)
    if not recipe.epochs:
        return 0.0
    started = time.perf_counter()
    with FineTuner(session, {}, recipe, rate_share=1.0) as tuner:
        result = tuner.run(reporter)
    if result.interrupted:
        raise KeyboardInterrupt
    return tuner.earlier_s + time.perf_counter() - started


def epochs_left(recipe: PointRecipe) -> int:
    """Epochs that pruning itself, or fine-tuning after it, may use."""
    if not recipe.from_scratch or load_method(recipe).KIND in TRAINING_KINDS:
        return recipe.epochs
    return recipe.epochs // 2
