"""Training with the zeros held: masks in the compiled step, the best weights kept, Ctrl-C respected."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from contracts.data import Split
from contracts.errors import TrainingError
from contracts.model import WeightKey
from keras_models.distillation import Distillation
from keras_models.masking import WeightMasks
from keras_models.training.feeding import epoch_seed, fit_arguments, steps_of
from keras_models.training.optimizers import FreshOptimizer, compiled_optimizer, first_rate, rate_share
from keras_models.training.options import EpochLog, FitOptions, FitResult, Masks, UpdateMasks
from keras_models.training.progress import Progress


class Trainer:
    """Trains one model any number of times from given weights, tracing its step once.

    `keras_module` is the Keras that made the model; `variables` what masks may be put on (none: an empty mapping);
    `loss` what to train for, in any form that `compile` takes.
    """

    def __init__(
        self,
        model: Any,
        keras_module: Any,
        variables: Mapping[WeightKey, Any],
        loss: Any,
        options: FitOptions,
        distillation: Distillation | None = None,
    ) -> None:
        self._model = model
        self._keras = keras_module
        self._options = options
        self._loss = loss
        self._compile_config = model.get_compile_config() if getattr(model, "optimizer", None) else None
        self._original_optimizer = compiled_optimizer(model, keras_module)
        self._optimizer: FreshOptimizer | None = None
        self._masks = WeightMasks(variables)
        self._masks.install(model)
        if distillation:
            distillation.install(model)
        self._seed_states = [(found, found.numpy()) for found in model.variables if "seed_generator" in found.name]

    def fit(
        self,
        train: Split,
        masks: Masks,
        score: Callable[[], float],
        higher_is_better: bool,
        on_epoch: Callable[[EpochLog], None] = lambda log: None,
        *,
        update_masks: UpdateMasks | None = None,
        callbacks: Sequence[Any] = (),
        candidates_from: int = 1,
    ) -> FitResult:
        """Train the present weights under `masks`, and leave the model with the best weights seen and their masks.

        score: values the model as it is; called before the first and after every epoch.
        update_masks: called after each epoch but the last, when it was scored; its masks are in force from then on.
            It may write into the live weights, for what grows anew; what it does must follow from them and the number.
        callbacks: of the model's Keras; `on_train_begin` and `on_train_end` come with each epoch.
        candidates_from: the first epoch whose weights may be kept, for schedules that reach their target late.

        Raises TrainingError if the start's score is NaN.
        """
        self._masks.assign(masks)
        self._reset_optimizer(masks, steps_of(train, self._options.batch_size) * self._options.epochs)
        if math.isnan(score()):
            raise TrainingError("the score before training is NaN", "check the data and the model's weights")
        progress = Progress(
            self._model, masks, self._options, higher_is_better=higher_is_better, candidates_from=candidates_from
        )
        interrupted = False
        try:
            while progress.goes_on:
                if progress.logs and update_masks:
                    progress.masks = update_masks(len(progress.logs))
                    self._masks.assign(progress.masks)
                loss = self._train_epoch(train, progress.next_epoch, callbacks)
                if math.isfinite(loss):
                    on_epoch(progress.add(loss, score()))
                else:
                    where = f"the loss became {loss} in epoch {progress.next_epoch}"
                    progress.stop(f"{where}: stopped, the best weights are kept")
        except KeyboardInterrupt:
            interrupted = True
        self._model.set_weights(progress.best_weights)
        self._masks.assign(progress.best_masks)
        return progress.result(interrupted)

    def close(self) -> None:
        """Give the model back the compile settings and the training step that it came with."""
        for patched in ("train_step", "compute_loss"):
            vars(self._model).pop(patched, None)
        if self._compile_config is not None:
            self._model.compile_from_config(self._compile_config)

    def _reset_optimizer(self, masks: Masks, steps: int) -> None:
        """A fresh optimizer in effect, and the model's own random numbers from their start."""
        for variable, state in self._seed_states:
            variable.assign(state)
        if self._optimizer is None:
            self._optimizer = FreshOptimizer(self._model, self._original_optimizer, self._keras, self._loss, steps)
        share = self._options.rate_share
        own_rate = (rate_share(masks) if share is None else share) * first_rate(self._original_optimizer)
        self._optimizer.reset(self._options.learning_rate or own_rate)

    def _train_epoch(self, train: Split, epoch: int, callbacks: Sequence[Any]) -> float:
        """Train one epoch (numbered from 1) in an order that depends on its number, not on what came before."""
        self._keras.utils.set_random_seed(epoch_seed(self._options.seed, epoch))
        data, settings = fit_arguments(train, self._options.batch_size, epoch_seed(self._options.seed, epoch))
        history = self._model.fit(
            *data, initial_epoch=epoch - 1, epochs=epoch, verbose=0, callbacks=list(callbacks), **settings
        )
        return float(history.history["loss"][-1])
