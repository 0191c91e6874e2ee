"""From the user's numbers to the model's: shape, scale and type of every input."""

from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.data import Array, Batch
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.model import Interface, Port, Shape
from edgeprune.dataset_io.facts import Facts
from edgeprune.dataset_io.labels import LabelRule
from edgeprune.dataset_io.scaling import AS_STORED, Scaling, channel_form
from edgeprune.dataset_io.shapes import fitted_shape


@dataclass(frozen=True, kw_only=True)
class InputRule:
    """Brings a batch of one input into the model's form: reshaped to `shape`, cast to `dtype`, scaled."""

    shape: Shape
    dtype: np.dtype[np.generic]
    scaling: Scaling = AS_STORED

    @property
    def encoded_shape(self) -> Shape:
        """Shape of one prepared example."""
        return self.shape

    def apply(self, batch: Array) -> Array:
        shape = fitted_shape(batch.shape[1:], self.shape) or batch.shape[1:]
        shaped = batch.reshape(len(batch), *channel_form(batch.shape[1:], shape))
        ready = shaped.astype(self.dtype, copy=False)
        return self.scaling.apply(ready, may_change=ready is not shaped).reshape(len(batch), *shape)


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """Everything that is done to a batch on its way into the model."""

    inputs: tuple[InputRule, ...]
    labels: tuple[LabelRule, ...]
    target_is_input: bool = False

    def apply(self, inputs: tuple[Array, ...], labels: tuple[Array, ...]) -> Batch:
        ready = self.ready_inputs(inputs)
        return ready, self.ready_labels(ready if self.target_is_input else labels)

    def ready_inputs(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """As the model takes them."""
        return tuple(rule.apply(array) for rule, array in zip(self.inputs, inputs, strict=True))

    def ready_labels(self, labels: tuple[Array, ...]) -> tuple[Array, ...]:
        """As the loss takes them; with `target_is_input`, of inputs that are ready."""
        return tuple(rule.apply(array) for rule, array in zip(self.labels, labels, strict=True))


def input_rules(interface: Interface, facts: tuple[Facts, ...]) -> tuple[tuple[InputRule, ...], tuple[str, ...]]:
    """A rule without scaling for each input of the model, from the facts about all parts together, and notes.

    Raises DataError where an input's shape or type does not fit.
    """
    rules, notes = [], []
    for port, fact in zip(interface.inputs, facts, strict=True):
        rule = InputRule(shape=_shape(port, fact), dtype=_dtype(port, fact))
        rules.append(rule)
        if len(rule.shape) != len(fact.shape):
            where = f"input {port.name!r}: " if len(facts) > 1 else ""
            notes.append(f"{where}examples of shape {fact.shape} are reshaped to {rule.shape}")
    return tuple(rules), tuple(notes)


def _shape(port: Port, facts: Facts) -> Shape:
    shape = fitted_shape(facts.shape, port.shape)
    if shape is None:
        raise DataError(
            f"input {port.name!r} takes examples of shape {port.shape}, the data has {facts.shape}",
            "reshape the data, or choose the data that belongs to this model",
        )
    return shape


def _dtype(port: Port, facts: Facts) -> np.dtype[np.generic]:
    """The port's type; Keras casts float32 to the half precisions by itself, NumPy lacks one of them."""
    if port.dtype == "string":
        raise DataError(
            f"input {port.name!r} takes text, and edgeprune reads numbers",
            "cut the text layers off the model and give the numbers that they make",
        )
    if not port.dtype.startswith(("int", "uint", "bool")):
        floats = np.dtype(np.float64 if port.dtype == "float64" else np.float32)
        if max(-facts.minimum, facts.maximum) > float(np.finfo(floats.type).max):
            raise DataError(
                f"input {port.name!r} takes {floats}, the data runs from {facts.minimum:g} to {facts.maximum:g}",
                "remove or clip the values that are too large",
            )
        return floats
    dtype = np.dtype(port.dtype)
    limits = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if not facts.whole or facts.minimum < limits[0] or facts.maximum > limits[1]:
        raise DataError(
            f"input {port.name!r} takes {port.dtype}, the data has {facts.dtype} "
            f"from {facts.minimum:g} to {facts.maximum:g}",
            f"give whole numbers from {limits[0]} to {limits[1]}",
        )
    return dtype
