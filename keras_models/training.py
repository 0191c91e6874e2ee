"""Fine-tuning with the zeros held: masks in the compiled step, the best weights kept, Ctrl-C respected."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from contracts.data import Split
from contracts.errors import TrainingError
from contracts.masks import Mask
from contracts.model import WeightKey
from keras_models.distillation import Distillation
from keras_models.masking import WeightMasks

DEFAULT_LEARNING_RATE = 1e-3


@dataclass(frozen=True, kw_only=True)
class EpochLog:
    """What one epoch came to: training loss and validation score."""

    epoch: int
    epochs: int
    loss: float
    score: float


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """How to train. `learning_rate` None: by the compiled optimizer and how much is masked (`rate_share`)."""

    epochs: int
    learning_rate: float | None
    batch_size: int
    patience: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """How training went; `best_epoch` 0 means that no epoch ended."""

    logs: tuple[EpochLog, ...]
    best_epoch: int
    interrupted: bool = False
    notes: tuple[str, ...] = ()


class Trainer:
    """Trains one model any number of times from given weights, tracing its step once.

    `keras_module` is the Keras that made the model; `loss` what to train for, in any form that `compile` takes.
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
        import tensorflow as tf

        self._model = model
        self._keras = keras_module
        self._options = options
        self._loss = loss
        self._compiled_optimizer = _compiled_optimizer(model, keras_module)
        self._compile_config = model.get_compile_config() if getattr(model, "optimizer", None) else None
        self._first_rate = tf.Variable(0.0, trainable=False)
        self._masks = WeightMasks(variables)
        self._masks.install(model)
        if distillation:
            distillation.install(model)
        self._fresh_optimizer: list[Any] | None = None
        self._seed_states = [(found, found.numpy()) for found in model.variables if "seed_generator" in found.name]

    def fit(
        self,
        train: Split,
        masks: Mapping[WeightKey, Mask],
        score: Callable[[], float],
        higher_is_better: bool,
        on_epoch: Callable[[EpochLog], None] = lambda log: None,
    ) -> FitResult:
        """Train the present weights under `masks`, and leave the model with the best weights seen.

        `score` values the model as it is; it is called before the first and after every epoch. The start is only kept
        where no epoch ends: the saved model was trained on the examples that now serve as validation, which flatters
        it there. Raises TrainingError if the start's score is NaN.
        """
        options = self._options
        self._keras.utils.set_random_seed(options.seed)
        for variable, state in self._seed_states:
            variable.assign(state)
        self._masks.assign(masks)
        own_rate = rate_share(masks) * _first_rate(self._compiled_optimizer.get_config().get("learning_rate"))
        self._first_rate.assign(options.learning_rate or own_rate)
        self._reset_optimizer(_steps(train, options.batch_size) * options.epochs)
        keeper = _BestWeights(self._model, score, 1 if higher_is_better else -1, options, on_epoch)
        interrupted = False
        try:
            data, settings = _fit_arguments(train, options)
            self._model.fit(
                *data, epochs=options.epochs, verbose=0, callbacks=[keeper.callback(self._keras)], **settings
            )
        except KeyboardInterrupt:
            interrupted = True
        self._model.set_weights(keeper.weights)
        self._masks.apply()
        return keeper.result(interrupted)

    def close(self) -> None:
        """Give the model back the compile settings and the training step that it came with."""
        for patched in ("train_step", "compute_loss"):
            vars(self._model).pop(patched, None)
        if self._compile_config is not None:
            self._model.compile_from_config(self._compile_config)

    def _reset_optimizer(self, steps: int) -> None:
        """A fresh optimizer in effect; its variables are reset rather than made anew, so that nothing is retraced."""
        if self._fresh_optimizer is None:
            self._model.compile(optimizer=self._new_optimizer(steps), loss=self._loss)
            _make_variables(self._model.optimizer, self._model.trainable_variables)
            self._fresh_optimizer = [variable.numpy() for variable in _variables(self._model.optimizer)]
        for variable, value in zip(_variables(self._model.optimizer), self._fresh_optimizer, strict=True):
            variable.assign(value)

    def _new_optimizer(self, steps: int) -> Any:
        """The compiled optimizer anew, with a cosine decay (Loshchilov & Hutter, 2017) from `self._first_rate`.

        That is a variable, so that each run can start from another rate without retracing.
        """
        decay = self._keras.optimizers.schedules.CosineDecay(self._first_rate, decay_steps=max(steps, 1))
        config = {**self._compiled_optimizer.get_config(), "learning_rate": decay}
        return type(self._compiled_optimizer).from_config(config)


def rate_share(masks: Mapping[WeightKey, Mask]) -> float:
    """Share of the learning rate to start from: (1 + 2 * sparsity) / 3, and 1 without masks.

    Weights that stay where few became zero are near their optimum; the more went, the more is to be learnt anew,
    and all of it after a cut, which leaves no masks.
    """
    size = sum(mask.size for mask in masks.values())
    kept = sum(int(np.count_nonzero(mask)) for mask in masks.values())
    return 1 - 2 / 3 * kept / size if size else 1.0


class _BestWeights:
    """Scores the model after each epoch, keeps the best weights, stops early."""

    def __init__(
        self,
        model: Any,
        score: Callable[[], float],
        sign: int,
        options: FitOptions,
        on_epoch: Callable[[EpochLog], None],
    ) -> None:
        self._model, self._score, self._sign = model, score, sign
        self._options, self._on_epoch = options, on_epoch
        if math.isnan(score()):
            raise TrainingError("the score before training is NaN", "check the data and the model's weights")
        self._best, self._best_epoch = -math.inf, 0
        self._logs: list[EpochLog] = []
        self._notes: list[str] = []
        self.weights = model.get_weights()

    def callback(self, keras_module: Any) -> Any:
        """This object as a callback of the given Keras."""
        return keras_module.callbacks.LambdaCallback(on_epoch_end=self._end_of_epoch)

    def _end_of_epoch(self, epoch: int, logs: Mapping[str, Any]) -> None:
        loss = float(logs["loss"])
        if not math.isfinite(loss):
            self._notes.append(f"the loss became {loss} in epoch {epoch + 1}: stopped, the best weights are kept")
            self._model.stop_training = True
            return
        log = EpochLog(epoch=epoch + 1, epochs=self._options.epochs, loss=loss, score=self._score())
        self._logs.append(log)
        self._on_epoch(log)
        if self._sign * log.score >= self._best:
            # Of equal scores the later wins: it has the lower learning rate behind it.
            self._best, self._best_epoch, self.weights = self._sign * log.score, log.epoch, self._model.get_weights()
        elif log.epoch - self._best_epoch >= self._options.patience:
            self._notes.append(f"stopped after epoch {log.epoch}: no better score since epoch {self._best_epoch}")
            self._model.stop_training = True

    def result(self, interrupted: bool) -> FitResult:
        return FitResult(
            logs=tuple(self._logs), best_epoch=self._best_epoch, interrupted=interrupted, notes=tuple(self._notes)
        )


def _compiled_optimizer(model: Any, keras_module: Any) -> Any:
    """The optimizer that the model was compiled with (without loss scaling), or Adam."""
    optimizer = getattr(model, "optimizer", None) or keras_module.optimizers.Adam(DEFAULT_LEARNING_RATE)
    return getattr(optimizer, "inner_optimizer", optimizer)


def _first_rate(learning_rate: Any) -> float:
    """The first value of a learning rate, be it a number or a serialized schedule."""
    if isinstance(learning_rate, Mapping):
        config = learning_rate.get("config", {})
        learning_rate = config.get("initial_learning_rate") or next(iter(config.get("values", ())), None)
    return float(learning_rate) if learning_rate else DEFAULT_LEARNING_RATE


def _make_variables(optimizer: Any, trainable: Any) -> None:
    """Create an optimizer's slots; the legacy optimizers of Keras 2 make theirs under another name."""
    create = getattr(optimizer, "build", None) or optimizer._create_all_weights
    create(trainable)


def _variables(optimizer: Any) -> list[Any]:
    variables = optimizer.variables
    return list(variables() if callable(variables) else variables)


def _steps(train: Split, batch_size: int) -> int:
    """Steps of one epoch; a stream of unknown length is counted."""
    size = train.size if train.size is not None else sum(len(inputs[0]) for inputs, _ in train.batches(batch_size))
    return math.ceil(size / batch_size)


def _fit_arguments(train: Split, options: FitOptions) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What `fit` takes: arrays where the data lies in memory, else a stream."""
    if train.arrays is None:
        return (train.tf_dataset(options.batch_size, options.seed),), {}
    inputs, labels = train.arrays
    return (_single(inputs), _single(labels)), {"batch_size": options.batch_size, "shuffle": True}


def _single(arrays: tuple[Any, ...]) -> Any:
    """Keras takes one array bare, several as a list."""
    return arrays[0] if len(arrays) == 1 else list(arrays)
