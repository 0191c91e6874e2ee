"""Fine-tuning a session's model with its zeros held, scored on the validation part."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import ModelError
from contracts.masks import Mask
from contracts.model import WeightKey
from contracts.recipe import PointRecipe
from keras_models.distillation import Distillation
from keras_models.files import load_model
from keras_models.kerases import keras_module
from keras_models.live_arrays import LiveArrays
from keras_models.training import EpochLog, FitOptions, FitResult, Trainer
from keras_models.variables import variables, weight_specs
from pipeline.reporting import Reporter
from pipeline.session import Session


def kernels(session: Session) -> dict[WeightKey, Any]:
    """The live kernels of a session's model."""
    live = variables(session.loaded.model)
    specs = weight_specs(session.loaded.model)
    return {(path, spec.name): live[path, spec.name] for path in specs for spec in specs[path] if spec.is_kernel}


def zero_masks(live: Mapping[WeightKey, Any]) -> dict[WeightKey, Mask]:
    """A mask for each array that has zeros: True where it is not zero."""
    arrays = LiveArrays(live)
    masks = {key: np.asarray(arrays[key] != 0) for key in live}
    return {key: mask for key, mask in masks.items() if not mask.all()}


def _distillation(session: Session, recipe: PointRecipe) -> Distillation | None:
    """The teacher that a recipe asks for; the unpruned model is loaded anew, since pruning changes weights in place."""
    if not recipe.distill:
        return None
    loaded, task = session.loaded, session.require_data().task
    path = Path(recipe.teacher) if recipe.teacher else loaded.path
    custom = Path(recipe.custom_objects) if recipe.custom_objects else None
    teacher = load_model(path, custom_objects=custom, trust_model=recipe.trust_model)
    if teacher.keras_major != loaded.keras_major:
        raise ModelError(
            f"{path}: the teacher was saved by Keras {teacher.keras_major}, the model by Keras {loaded.keras_major}",
            "save both with the same Keras",
        )
    return Distillation(
        teacher=teacher.model,
        temperature=recipe.temperature,
        alpha=recipe.alpha,
        kinds=task.kinds,
        from_logits=task.from_logits,
    )


class FineTuner:
    """Trains a session's model any number of times; its step is traced once.

    `live` are the weights whose zeros are held: all zeros that they have when a run starts.
    """

    def __init__(self, session: Session, live: Mapping[WeightKey, Any], recipe: PointRecipe) -> None:
        self._session = session
        self._live = live
        self._options = FitOptions(
            epochs=recipe.epochs,
            learning_rate=recipe.learning_rate,
            batch_size=recipe.batch_size,
            patience=recipe.patience,
            seed=recipe.seed,
        )
        keras = keras_module(session.loaded.keras_major)
        loss, teacher = session.loss.keras_loss, _distillation(session, recipe)
        self._trainer = Trainer(session.loaded.model, keras, live, loss, self._options, teacher)

    def __enter__(self) -> "FineTuner":
        return self

    def __exit__(self, *_: object) -> None:
        self._trainer.close()

    def run(self, reporter: Reporter) -> FitResult:
        """Fine-tune the model as it is now; it is left with the best weights by the validation score."""
        session, data = self._session, self._session.require_data()
        metric = data.task.metric
        with reporter.progress("fine-tuning", self._options.epochs) as advance:

            def show(log: EpochLog) -> None:
                scored = f"validation {metric.name} {log.score:.4f}"
                advance(f"epoch {log.epoch}/{log.epochs}: loss {log.loss:.4f}, {scored}")

            result = self._trainer.fit(
                data.train,
                zero_masks(self._live),
                score=lambda: session.score(data.validation).score,
                higher_is_better=metric.higher_is_better,
                on_epoch=show,
            )
        for note in result.notes:
            reporter.warning(note)
        if result.interrupted:
            reporter.warning(f"interrupted: the best weights so far (epoch {result.best_epoch}) are kept")
        return result
