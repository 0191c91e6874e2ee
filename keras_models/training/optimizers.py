"""Optimizers of both Kerases: which one, from which learning rate, and made afresh without retracing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.keras_models.training.options import Masks
from edgeprune.keras_models.training.rate_schedule import rate_schedule

DEFAULT_LEARNING_RATE = 1e-3
"""Where an optimizer does not say its own."""


SPENT = 0.02
"""Below this share of the standard rate of its class, a saved rate is one that has run out (decay, plateaus)."""
HIGHEST_RAISED = 0.005
"""No learning rate is raised beyond this: optimizers that start higher have their reasons."""


def rate_share(masks: Masks, weights: int) -> float:
    """Share of the learning rate to start from: 3 ** (2 * sparsity - 1), so a third without masks.

    The sparsity is that of all `weights` that could be zero, whether there is a mask on them or not.

    Weights that stay where few became zero are near their optimum; the more went, the more is to be learnt anew. At
    90 % zeros and 3 to 4 epochs on MNIST, about three times the rate ends 0.1 (single weights) to 0.7 points (blocks)
    higher than once.
    """
    zeros = sum(mask.size - int(np.count_nonzero(mask)) for mask in masks.values())
    return float(3 ** (2 * zeros / weights - 1)) if weights else 1 / 3


def expected_rate(optimizer: Any, share: float) -> tuple[float, str]:
    """The learning rate that is likely to do well, untried, and where it comes from.

    It is `share` of the saved one, or of the standard one of the optimizer's class where the saved one is spent. A
    share above 1 raises a rate to HIGHEST_RAISED at most.
    """
    saved, standard = first_rate(optimizer), standard_rate(optimizer)
    spent = saved < SPENT * standard
    rate = standard if spent else saved
    origin = f"the standard rate of {type(optimizer).__name__}, as the saved one ({saved:.2g}) has run out"
    return min(share * rate, max(rate, HIGHEST_RAISED)), origin if spent else f"the optimizer's rate ({rate:.2g})"


def standard_rate(optimizer: Any) -> float:
    """The learning rate that an optimizer's class starts from in Keras."""
    try:
        return first_rate(type(optimizer)())
    except TypeError:  # a custom class that does not start without arguments
        return DEFAULT_LEARNING_RATE


def compiled_optimizer(model: KerasModel, keras_module: Any) -> Any:
    """The optimizer that the model was compiled with (without loss scaling), or Adam."""
    optimizer = getattr(model, "optimizer", None) or keras_module.optimizers.Adam()
    return getattr(optimizer, "inner_optimizer", optimizer)


def chosen_optimizer(model: KerasModel, keras_module: Any, name: str | None, weight_decay: float | None) -> Any:
    """An optimizer by its name, else the compiled one, with another weight decay if one is given.

    Raises ModelError where the model's Keras has no such optimizer, or that has no weight decay.
    """
    optimizer = _by_name(keras_module, name) if name else compiled_optimizer(model, keras_module)
    if weight_decay is None:
        return optimizer
    config = optimizer.get_config()
    if "weight_decay" not in config:
        kind = f"{type(optimizer).__module__.split('.')[0]}'s legacy {type(optimizer).__name__}"
        raise ModelError(
            f"--weight-decay {weight_decay:g}: the model was compiled with {kind}, which takes none",
            f"choose the current one with --optimizer {type(optimizer).__name__.lower()}",
        )
    return type(optimizer).from_config({**config, "weight_decay": weight_decay})


def _by_name(keras_module: Any, name: str) -> Any:
    kinds = {found.lower(): found for found in dir(keras_module.optimizers)}
    if name not in kinds:
        raise ModelError(
            f"--optimizer {name}: {keras_module.__name__} {keras_module.__version__}, this model's Keras, has none",
            "choose another one, for example adamw",
        )
    return getattr(keras_module.optimizers, kinds[name])()


def first_rate(optimizer: Any) -> float:
    """The first value of an optimizer's learning rate, be it a number or a schedule."""
    learning_rate = optimizer.get_config().get("learning_rate")
    if isinstance(learning_rate, Mapping):
        config = learning_rate.get("config", {})
        learning_rate = config.get("initial_learning_rate") or next(iter(config.get("values", ())), None)
    return float(learning_rate) if learning_rate else DEFAULT_LEARNING_RATE


class FreshOptimizer:
    """An optimizer like a given one, with a cosine decay (Loshchilov & Hutter, 2017), afresh as often as needed.

    The model is compiled with it once. Then its variables are reset rather than made anew, and the schedule's numbers
    are variables, so that nothing is retraced.
    """

    def __init__(self, model: KerasModel, original: Any, keras_module: Any, loss: Any) -> None:
        self._schedule = rate_schedule(keras_module)
        optimizer = type(original).from_config({**original.get_config(), "learning_rate": self._schedule})
        # in nested models and wrappers too
        if any(getattr(layer, "compute_dtype", None) == "float16" for layer in model._flatten_layers()):
            optimizer = keras_module.mixed_precision.LossScaleOptimizer(optimizer)
        model.compile(optimizer=optimizer, loss=loss)
        self._optimizer = model.optimizer
        # the legacy optimizers of Keras 2 make their slots under another name
        create = getattr(self._optimizer, "build", None) or self._optimizer._create_all_weights
        create(model.trainable_variables)
        self._start = self.state()

    @property
    def variables(self) -> list[Any]:
        """The step count and all slots."""
        variables = self._optimizer.variables
        return list(variables() if callable(variables) else variables)

    @property
    def learning_rate(self) -> float:
        """That of the next step."""
        return float(self._schedule(self._optimizer.iterations))

    def reset(self) -> None:
        """All variables as they were made."""
        self.restore(self._start)

    def decay(self, rate: float, start: float, end: int, steps: int = 1) -> None:
        """Let the learning rate down from `rate` at `start` to 0 at `end`, both in epochs of so many steps."""
        self._schedule.set(rate, start * steps, end * steps)

    def state(self) -> list[Array]:
        """The values of all variables."""
        return [variable.numpy() for variable in self.variables]

    def restore(self, state: Sequence[Array]) -> None:
        """What `state` gave."""
        for variable, value in zip(self.variables, state, strict=True):
            variable.assign(value)
