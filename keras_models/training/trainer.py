"""Training with the zeros held: masks in the compiled step, the best weights kept, Ctrl-C respected."""

import math
from collections.abc import Callable, Mapping, Sequence
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
from edgeprune.keras_models.training.rate_race import candidates, race, steps_of_each

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
        """The learning rate that `fit` would start from, tried out even if it is given; the model is left as it is."""
        weights = self._model.get_weights()
        self._fitted.assign_masks(masks)
        try:
            return self._choose_rate(*self._prepare(train), masks, sample_loss, tries_given=True)
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
        self,
        feed: Feed,
        optimizer: FreshOptimizer,
        masks: Masks,
        sample_loss: Callable[[], float] | None,
        *,
        tries_given: bool = False,
    ) -> RateChoice:
        """The learning rate that is given, else the one that does best in a race; model and optimizer are as before."""
        given = self._options.learning_rate
        if given is not None and not tries_given:
            return RateChoice(rate=given)
        expected, reason = self._expected_rate(masks)
        rates = candidates(standard_rate(self._original_optimizer), expected) if given is None else [given]
        steps = steps_of_each(len(rates), feed.steps * self._options.ends[:LEAST_CYCLES][-1])
        if sample_loss is None or not steps:
            return RateChoice(rate=expected, reason=reason)
        start, seed = self._model.get_weights(), derived_seed(self._options.seed, 0)
        batches = _some_inputs(feed, seed)

        def loss_after(rate: float, steps: int) -> float:
            self._model.set_weights(start)
            optimizer.reset()
            optimizer.decay(rate, 0, steps)
            self._keras.utils.set_random_seed(seed)
            self._fitted.fit(feed.epoch(seed).repeat().take(steps), seed, class_weight=self._class_weight)
            renew_statistics(self._model, batches)
            return sample_loss()

        renew_statistics(self._model, batches)
        choice = race(rates, expected, sample_loss(), steps, loss_after)
        self._model.set_weights(start)
        optimizer.reset()
        return choice

    def _expected_rate(self, masks: Masks) -> tuple[float, str]:
        """The rate that is given or expected to do well, and why it is taken if there is no race."""
        if self._options.learning_rate is not None:
            return self._options.learning_rate, ""
        share = self._options.rate_share
        if share is None:
            share = rate_share(masks, self._options.prunable_weights)
        expected, origin = expected_rate(self._original_optimizer, share)
        return expected, f"{share:.2g} times {origin}; training is too short to try others"

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
