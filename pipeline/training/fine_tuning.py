"""Training a session's model with its zeros held, scored on the validation part."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import isfinite, prod
from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts.data import Indices, Split
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.parts import Fit
from edgeprune.contracts.recipes.training import TrainingRecipe
from edgeprune.dataset_io.scoring import score
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.interface import interface
from edgeprune.keras_models.live.prediction import Predictor
from edgeprune.keras_models.loading.files import load_model
from edgeprune.keras_models.training import (
    EpochLog,
    FitOptions,
    FitResult,
    Masks,
    OnEpoch,
    RateChoice,
    Trainer,
    UpdateMasks,
    steps_of,
)
from edgeprune.keras_models.training.class_weights import balanced_class_weights
from edgeprune.keras_models.training.cycles import cycle_ends
from edgeprune.keras_models.training.devices import ONE_DEVICE, choose_devices
from edgeprune.keras_models.training.distillation import Distillation, teacher_gives_logits
from edgeprune.keras_models.training.options import CheckpointPlace
from edgeprune.keras_models.training.tensorboard import TensorBoardLog
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session

LOSS_EXAMPLES = 2000
"""Examples of validation that learning rates are judged on."""


def zero_masks(live: Mapping[WeightKey, Any]) -> dict[WeightKey, Mask]:
    """A mask for each array that has zeros: True where it is not zero."""
    arrays = LiveArrays(live)
    masks = {key: np.asarray(arrays[key] != 0) for key in live}
    return {key: mask for key, mask in masks.items() if not mask.all()}


def _distillation(session: Session, fit: Fit) -> Distillation | None:
    """The teacher that is asked for; the unpruned model is loaded anew, since pruning changes weights in place."""
    training, opening = fit.training, fit.opening
    if not training.distill:
        return None
    loaded, task = session.loaded, session.require_data().task
    path = Path(training.teacher) if training.teacher else loaded.path
    custom = Path(opening.custom_objects) if opening.custom_objects else None
    teacher = load_model(path, custom_objects=custom, trust_model=opening.trust_model)
    return Distillation(
        teacher=teacher.model,
        temperature=training.temperature,
        alpha=training.alpha,
        kinds=task.kinds,
        from_logits=task.from_logits,
        teacher_from_logits=teacher_gives_logits(session.interface, interface(teacher.model), task.from_logits),
    )


@dataclass(frozen=True, kw_only=True)
class Trainee:
    """A model that is trained in place of the session's own: its twin in another Keras, a wrapped copy.

    loss: in any form that the `compile` of `keras_module` takes. predictor: answers as the model is. kept_as: names
    what its training differs in from the session's own, for its checkpoints.
    """

    model: KerasModel
    keras_module: Any
    loss: Any
    predictor: Predictor
    kept_as: str = ""


class FineTuner:
    """Trains a session's model any number of times; its step is traced once.

    `earlier_s` are the seconds of epochs that were taken from checkpoints.
    live: the weights whose zeros may be held. rate_share: of the optimizer's learning rate that is expected to do well
    (None: by how much is zero); training from scratch wants 1. rate_held: share of the training before the rate comes
    down. trainee: what is trained, where it is not the session's model.
    """

    def __init__(
        self,
        session: Session,
        live: Mapping[WeightKey, Any],
        fit: Fit,
        *,
        rate_share: float | None = None,
        rate_held: float = 0.0,
        trainee: Trainee | None = None,
    ) -> None:
        self._data = session.require_data()
        self._live = live
        self._tensorboard, self._name = fit.training.tensorboard, f"{session.loaded.path.stem}-{fit.name}"
        trained = trainee or _session_trainee(session)
        place = session.store.place(trained.kept_as) if session.store else None
        self._options = replace(_fit_options(session, fit, rate_share, place), rate_held=rate_held)
        self.earlier_s = 0.0
        self._predictor, self._loss, self._trainings = trained.predictor, session.loss, session.trainings
        devices = ONE_DEVICE if trainee else choose_devices(fit.training.strategy)  # a trainee's wrappers know no copy
        self._devices_note = devices.note
        self._custom_objects = partial(
            trained.keras_module.utils.custom_object_scope, dict(session.loaded.custom_objects)
        )
        self._trainer = Trainer(
            trained.model,
            trained.keras_module,
            live,
            trained.loss,
            self._options,
            _distillation(session, fit),
            devices,
        )

    def __enter__(self) -> "FineTuner":
        return self

    def __exit__(self, *_: object) -> None:
        with self._custom_objects():  # among the compile settings that the model gets back
            self._trainer.close()

    def run(
        self,
        reporter: Reporter,
        *,
        masks: Masks | None = None,
        rate: RateChoice | None = None,
        update_masks: UpdateMasks | None = None,
        callbacks: Sequence[Any] = (),
        candidates_from: int = 1,
    ) -> FitResult:
        """Train the model as it is now; it is left with the best weights by the validation score.

        masks: those of the first epoch; None: all zeros that the weights have are held. The others are as in
        `Trainer.fit`.
        """
        if self._devices_note:
            reporter.note(self._devices_note)
            self._devices_note = None
        with self._journal(reporter) as on_epoch:
            result = self._trainer.fit(
                self._data.train,
                zero_masks(self._live) if masks is None else masks,
                score=self._score,
                sample_loss=self._sample_loss,
                rate=rate,
                on_rate=lambda choice: reporter.note(told_rate(choice)),
                higher_is_better=self._data.task.metric.higher_is_better,
                on_epoch=on_epoch,
                update_masks=update_masks,
                callbacks=callbacks,
                candidates_from=candidates_from,
            )
        self._trainings.append(_plain(result))
        self.earlier_s += result.earlier_s
        self._tell(result, reporter)
        return result

    def _tell(self, result: FitResult, reporter: Reporter) -> None:
        """How training ended."""
        if len(self._options.ends) > 1 and not (result.notes or result.interrupted):
            reporter.note(_told_end(result, self._options.ends[-1]))
        for note in result.notes:
            reporter.warning(note)
        if result.interrupted:
            reporter.warning(f"interrupted: the best weights so far (epoch {result.best_epoch}) are kept")

    def find_rate(self, masks: Masks) -> RateChoice:
        """The learning rate to train with from the model as it is, under these masks; the model is left as it is."""
        return self._trainer.find_rate(self._data.train, masks, self._sample_loss)

    def loss_after(self, rate: float) -> float | None:
        """The validation loss after a short run at this rate, all zeros held; the model is left as it is.

        None where training is too short for such runs.
        """
        return self._trainer.loss_after(self._data.train, zero_masks(self._live), self._sample_loss, rate)

    def _score(self) -> float:
        """That of the model as it is, on the validation part."""
        return score(self._data.task, *self._predictor.split(self._data.validation))

    def _sample_loss(self) -> float:
        """The loss of the model as it is, on some of the validation part."""
        return self._loss.value(*self._predictor.split(self._data.validation, self._sample))

    @cached_property
    def _sample(self) -> Indices:
        part = self._data.validation
        return np.sort(np.random.default_rng(self._options.seed).permutation(part.size)[:LOSS_EXAMPLES])

    @contextmanager
    def _journal(self, reporter: Reporter) -> Iterator[OnEpoch]:
        """Shows each epoch, and enters it for TensorBoard where that is asked for."""
        metric, board = self._data.task.metric.name, self._tensorboard
        with (
            reporter.progress("fine-tuning", self._options.epochs) as advance,
            TensorBoardLog(Path(board), self._name) if board else nullcontext() as journal,
        ):

            def on_epoch(log: EpochLog) -> None:
                if journal:
                    journal.write(log)
                scored = f"validation {metric} {log.score:.4f}"
                advance(f"epoch {log.epoch}/{log.epochs}: loss {log.loss:.4f}, {scored}")

            yield on_epoch


def _fit_options(
    session: Session, fit: Fit, rate_share: float | None, checkpoints: CheckpointPlace | None
) -> FitOptions:
    data, training = session.require_data(), fit.training
    weights = balanced_class_weights(data.train, data.task.kinds) if training.class_weight else None
    return FitOptions(
        ends=_ends(data.train, training),
        learning_rate=None if isinstance(training.learning_rate, str) else training.learning_rate,
        batch_size=training.batch_size,
        patience=training.patience,
        seed=fit.seed,
        rate_share=rate_share,
        prunable_weights=sum(prod(variable.shape) for variable in session.prunable.values()),
        optimizer=training.optimizer,
        weight_decay=training.weight_decay,
        class_weight=weights,
        checkpoints=checkpoints,
    )


def _ends(train: Split, training: TrainingRecipe) -> tuple[int, ...]:
    """The epochs at which the learning rate comes to 0."""
    if isinstance(training.epochs, str):
        return cycle_ends(steps_of(train, training.batch_size))
    return (training.epochs,)


def _session_trainee(session: Session) -> Trainee:
    return Trainee(
        model=session.loaded.model,
        keras_module=keras_module(session.loaded.keras_major),
        loss=session.loss.keras_loss,
        predictor=session.predictor,
    )


def _told_end(result: FitResult, most: int) -> str:
    """How long a training took that went on for as long as it helped."""
    best = f"the best score was that of epoch {result.best_epoch}"
    if len(result.logs) == most and result.best_epoch > most // 2:
        return f"training took {most} epochs, the most that --epochs auto takes; {best}: a larger --epochs may help"
    return f"training took {len(result.logs)} epochs; {best}"


def _plain(result: FitResult) -> dict[str, Any]:
    """What a training came to, as JSON values."""
    tried = result.rate.tried if result.rate else ()
    return {
        "learning_rate": result.rate.rate if result.rate else None,
        "tried": [{"learning_rate": rate, "loss": loss if isfinite(loss) else None} for rate, loss in tried],
        "epochs": len(result.logs),
        "best_epoch": result.best_epoch,
    }


def told_rate(choice: RateChoice) -> str:
    """A learning rate, and what it was found by."""
    if not choice.tried:
        return f"learning rate {choice.rate:.2g}{choice.reason and ': '}{choice.reason}"
    losses = ", ".join(f"{rate:.2g}: {loss:.4g}" for rate, loss in choice.tried)
    return f"learning rate {choice.rate:.2g}, by the validation loss after {choice.steps} steps at each ({losses})"
