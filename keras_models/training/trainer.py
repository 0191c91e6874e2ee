"""Training with the zeros held: masks in the compiled step, the best weights kept, Ctrl-C respected."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from edgeprune.contracts.data import Split
from edgeprune.contracts.errors import TrainingError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.kerases import safe_mode
from edgeprune.keras_models.training.checkpoint import Checkpoint
from edgeprune.keras_models.training.cycles import LEAST_CYCLES
from edgeprune.keras_models.training.devices import ONE_DEVICE, Devices
from edgeprune.keras_models.training.distillation import Distillation
from edgeprune.keras_models.training.feeding import Feed, derived_seed
from edgeprune.keras_models.training.fitted import FittedModel
from edgeprune.keras_models.training.moving_statistics import follows_slowly, renew_statistics
from edgeprune.keras_models.training.optimizers import (
    FreshOptimizer,
    chosen_optimizer,
    expected_rate,
    rate_share,
    standard_rate,
)
from edgeprune.keras_models.training.options import (
    EpochLog,
    FitOptions,
    FitResult,
    Masks,
    OnEpoch,
    OnRate,
    RateChoice,
    UpdateMasks,
)
from edgeprune.keras_models.training.progress import Progress
from edgeprune.keras_models.training.rate_race import SPREAD, candidates, race, steps_of_each

STATISTICS_BATCHES = 4
"""Batches whose statistics normalisations get where training was too short for their moving averages to follow."""


class Trainer:
    """Trains one model any number of times from given weights, tracing its step once.

    `keras_module` is the Keras that made the model; `variables` what masks may be put on (none: an empty mapping);
    `loss` what to train for, in any form that `compile` takes; `devices` where (several: callbacks see a copy of it).
    """

    def __init__(
        self,
        model: KerasModel,
        keras_module: Any,
        variables: Mapping[WeightKey, Any],
        loss: Any,
        options: FitOptions,
        distillation: Distillation | None = None,
        devices: Devices = ONE_DEVICE,
    ) -> None:
        self._model = model
        self._keras = keras_module
        self._keras_major = 3 if keras_module.__name__ == "keras" else 2
        self._options = options
        self._loss = loss
        self._class_weight = dict(options.class_weight) if options.class_weight else None
        self._compile_config = model.get_compile_config() if getattr(model, "optimizer", None) else None
        self._original_optimizer = chosen_optimizer(model, keras_module, options.optimizer, options.weight_decay)
        self._optimizer: FreshOptimizer | None = None
        self._feed: Feed | None = None
        self._fitted = FittedModel(model, self._keras_major, variables, devices)
        if distillation:
            distillation.install(self._fitted.model)

    def fit(
        self,
        train: Split,
        masks: Masks,
        score: Callable[[], float],
        higher_is_better: bool,
        on_epoch: OnEpoch = lambda log: None,
        *,
        sample_loss: Callable[[], float] | None = None,
        rate: RateChoice | None = None,
        on_rate: OnRate = lambda rate: None,
        update_masks: UpdateMasks | None = None,
        callbacks: Sequence[Any] = (),
        candidates_from: int = 1,
    ) -> FitResult:
        """Train the present weights under `masks`, and leave the model with the best weights seen and their masks.

        `score` values the model as it is, before the first and after every epoch, `sample_loss` its loss on some of the
        validation part, for the race of learning rates (None: no race) unless `rate` is known. `update_masks` gives new
        masks after each epoch but the last, from the live weights (it may change them) and the epoch's number alone.
        `callbacks` see each epoch as a `fit`. Kept may be the weights of epochs from `candidates_from` on. Raises
        TrainingError if the start's score is NaN.
        """
        self._begin(masks, score)
        progress = Progress(self._model, masks, self._options, higher_is_better, candidates_from, on_epoch)
        feed, optimizer = self._prepare(train)
        (checkpoint := Checkpoint(self._options, progress, optimizer)).resume()
        try:
            progress.rate = progress.rate or rate or self._choose_rate(feed, optimizer, masks, sample_loss)
            on_rate(progress.rate)
            while progress.goes_on:
                if progress.logs and update_masks:
                    progress.masks = update_masks(len(progress.logs))
                optimizer.decay(progress.rate.rate, *progress.descent, feed.steps)
                self._enter(progress, optimizer, self._train(feed, progress, callbacks), score)
                checkpoint.keep()
        except KeyboardInterrupt:
            progress.interrupted = True
        return self._end(progress)

    def find_rate(self, train: Split, masks: Masks, sample_loss: Callable[[], float]) -> RateChoice:
        """The learning rate that `fit` would start from; the model is left as it is."""
        weights = self._model.get_weights()
        self._fitted.assign_masks(masks)
        try:
            return self._choose_rate(*self._prepare(train), masks, sample_loss)
        finally:
            self._model.set_weights(weights)

    def loss_after(self, train: Split, masks: Masks, sample_loss: Callable[[], float], rate: float) -> float | None:
        """The loss that as short a run as those of the race ends with; the model is left as it is.

        None where training is too short for such runs.
        """
        feed, optimizer = self._prepare(train)
        steps, weights = self._steps_of_run(feed, len(SPREAD)), self._model.get_weights()
        self._fitted.assign_masks(masks)
        seed = derived_seed(self._options.seed, 0)
        trial = _Trial(self._model.get_weights(), seed, _some_inputs(feed, seed), sample_loss)
        try:
            return self._loss_of_run(feed, optimizer, trial, rate, steps) if steps else None
        finally:
            self._model.set_weights(weights)

    def close(self) -> None:
        """Give the model back the compile settings and the training step that it came with."""
        self._fitted.close()
        if self._compile_config is not None:
            with safe_mode(self._keras_major, trust_model=True):  # a lambda among the settings was the live model's own
                self._model.compile_from_config(self._compile_config)

    def _begin(self, masks: Masks, score: Callable[[], float]) -> None:
        self._fitted.assign_masks(masks)
        if math.isnan(score()):
            raise TrainingError("the score before training is NaN", "check the data and the model's weights")

    def _end(self, progress: Progress) -> FitResult:
        self._model.set_weights(progress.best_weights)
        self._fitted.assign_masks(progress.best_masks)
        return progress.result()

    def _prepare(self, train: Split) -> tuple[Feed, FreshOptimizer]:
        """The data at hand, and a fresh optimizer; both are made once."""
        if self._feed is None or self._feed.train is not train:
            self._feed = Feed(train, self._options.batch_size, self._model)
        if self._optimizer is None:
            with self._fitted.scope():
                self._optimizer = FreshOptimizer(self._fitted.model, self._original_optimizer, self._keras, self._loss)
        self._optimizer.reset()
        return self._feed, self._optimizer

    def _choose_rate(
        self, feed: Feed, optimizer: FreshOptimizer, masks: Masks, sample_loss: Callable[[], float] | None
    ) -> RateChoice:
        """The learning rate that is given, else the one that does best in a race; model and optimizer are as before."""
        if self._options.learning_rate is not None:
            return RateChoice(rate=self._options.learning_rate)
        share = self._options.rate_share
        if share is None:
            share = rate_share(masks, self._options.prunable_weights)
        expected, origin = expected_rate(self._original_optimizer, share)
        rates = candidates(standard_rate(self._original_optimizer), expected)
        steps = self._steps_of_run(feed, len(rates))
        if sample_loss is None or not steps:
            return RateChoice(rate=expected, reason=f"{share:.2g} times {origin}; training is too short to try others")
        seed = derived_seed(self._options.seed, 0)
        trial = _Trial(self._model.get_weights(), seed, _some_inputs(feed, seed), sample_loss)
        renew_statistics(self._model, trial.batches)
        run = partial(self._loss_of_run, feed, optimizer, trial)
        choice = race(rates, expected, sample_loss(), steps, run)
        self._model.set_weights(trial.start)
        optimizer.reset()
        return choice

    def _steps_of_run(self, feed: Feed, rates: int) -> int:
        return steps_of_each(rates, feed.steps * self._options.ends[:LEAST_CYCLES][-1])

    def _loss_of_run(self, feed: Feed, optimizer: FreshOptimizer, trial: "_Trial", rate: float, steps: int) -> float:
        self._model.set_weights(trial.start)
        optimizer.reset()
        optimizer.decay(rate, 0, steps)
        self._keras.utils.set_random_seed(trial.seed)
        self._fitted.fit(feed.epoch(trial.seed).repeat().take(steps), trial.seed, class_weight=self._class_weight)
        renew_statistics(self._model, trial.batches)
        return trial.sample_loss()

    def _train(self, feed: Feed, progress: Progress, callbacks: Sequence[Any]) -> float:
        """Train the next epoch; its loss. Its random numbers follow from its number, not from what came before."""
        epoch = progress.next_epoch
        seed = derived_seed(self._options.seed, epoch)
        self._fitted.assign_masks(progress.masks)
        self._keras.utils.set_random_seed(seed)
        loss = self._fitted.fit(
            feed.epoch(seed),
            seed,
            initial_epoch=epoch - 1,
            epochs=epoch,
            class_weight=self._class_weight,
            callbacks=list(callbacks),
        )
        if follows_slowly(self._model, feed.steps):
            renew_statistics(self._model, _some_inputs(feed, seed))
        return loss

    def _enter(self, progress: Progress, optimizer: FreshOptimizer, loss: float, score: Callable[[], float]) -> None:
        """Score an epoch and enter it; a loss that is no number ends training."""
        if not math.isfinite(loss):
            progress.stop_at_loss(loss)
            return
        log = EpochLog(
            epoch=progress.next_epoch,
            epochs=progress.cycle[1],
            loss=loss,
            score=score(),
            learning_rate=optimizer.learning_rate,
            sparsity=_sparsity(self._model),
        )
        progress.add(log)


@dataclass(frozen=True)
class _Trial:
    """What runs of a race have in common; `batches` of inputs are what normalisations are renewed on."""

    start: list[Any]
    seed: int
    batches: list[Any]
    sample_loss: Callable[[], float]


def _some_inputs(feed: Feed, seed: int) -> list[Any]:
    """Batches of inputs that normalisations take their statistics from."""
    return [inputs for inputs, *_ in feed.epoch(seed).take(STATISTICS_BATCHES)]


def _sparsity(model: KerasModel) -> float:
    """Share of zeros among the trainable weights of more than one axis."""
    import tensorflow as tf

    kernels = [weight for weight in model.trainable_variables if len(weight.shape) > 1]
    nonzero = sum(int(tf.math.count_nonzero(tf.convert_to_tensor(kernel))) for kernel in kernels)
    size = sum(math.prod(kernel.shape) for kernel in kernels)
    return 1 - nonzero / size if size else 0.0
