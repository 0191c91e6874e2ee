"""From the user's numbers to the model's: shape, scale and type of every input."""

from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.data import Array, Batch
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.model import Interface, Port, Shape
from edgeprune.dataset_io.facts import Facts
from edgeprune.dataset_io.labels import LabelRule
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.shapes import fitted_shape


@dataclass(frozen=True, kw_only=True)
class InputRule:
    """Brings a batch of one input into the model's form: reshaped to `shape`, cast to `dtype`, divided by `divisor`.

    A division, not a product: so pixels are the very numbers that the usual `x.astype("float32") / 255` gives.
    """

    shape: Shape
    dtype: np.dtype[np.generic]
    divisor: float = 1.0

    @property
    def encoded_shape(self) -> Shape:
        """Shape of one prepared example."""
        return self.shape

    def apply(self, batch: Array) -> Array:
        shape = fitted_shape(batch.shape[1:], self.shape) or batch.shape[1:]
        shaped = batch.reshape(len(batch), *shape)
        ready = shaped.astype(self.dtype, copy=False)
        if self.divisor == 1.0:
            return ready
        divisor = np.asarray(self.divisor, self.dtype)
        result: Array = np.divide(ready, divisor, out=None if ready is shaped else ready)
        return result


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """Everything that is done to a batch on its way into the model."""

    inputs: tuple[InputRule, ...]
    labels: tuple[LabelRule, ...]
    target_is_input: bool = False

    def apply(self, inputs: tuple[Array, ...], labels: tuple[Array, ...]) -> Batch:
        ready = tuple(rule.apply(array) for rule, array in zip(self.inputs, inputs, strict=True))
        targets = ready if self.target_is_input else labels
        return ready, tuple(rule.apply(array) for rule, array in zip(self.labels, targets, strict=True))


def input_rules(
    interface: Interface, facts: tuple[Facts, ...], options: DataOptions
) -> tuple[tuple[InputRule, ...], tuple[str, ...]]:
    """A rule for each input of the model, from the facts about all parts together, and notes on what was chosen.

    Raises DataError where an input's shape or type does not fit.
    """
    rules, notes = [], []
    for port, fact in zip(interface.inputs, facts, strict=True):
        shape = _shape(port, fact)
        dtype = _dtype(port, fact)
        divisor, note = _divisor(port, fact, interface.scales_itself, options)
        rules.append(InputRule(shape=shape, dtype=dtype, divisor=divisor))
        where = f"input {port.name!r}: " if len(facts) > 1 else ""
        if len(shape) != len(fact.shape):
            notes.append(f"{where}examples of shape {fact.shape} are reshaped to {shape}")
        if note:
            notes.append(where + note)
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


def _divisor(port: Port, facts: Facts, scales_itself: bool, options: DataOptions) -> tuple[float, str]:
    """What to divide by, and a note; whole-number images only, where the user said nothing else."""
    found = f"values from {facts.minimum:g} to {facts.maximum:g}"
    if options.scale == "none":
        return 1.0, f"{found} are not scaled (--scale none)"
    if options.scale != "auto":
        if not port.dtype.startswith(("float", "bfloat")):
            raise DataError(
                f"input {port.name!r} takes {port.dtype}, which --scale {options.scale} would turn into fractions",
                "leave --scale out",
            )
        return 1.0 / options.scale_factor, f"{found} are multiplied by {options.scale} (--scale)"
    full_scale = _full_scale(port, facts)
    if full_scale is None:
        return 1.0, ""
    if scales_itself:
        return 1.0, f"{found} are not scaled: the model scales them itself"
    return float(full_scale), f"{found} are divided by {full_scale} (--scale none turns this off)"


def _full_scale(port: Port, facts: Facts) -> int | None:
    """The largest value of a pixel, where this input holds whole-number images; None where it does not.

    An image has two axes or more, in the data or in the model, or is of bytes. Larger whole numbers count as
    pixels only as uint16: word numbers and counts are whole, too.
    """
    image_like = max(len(facts.shape), len(port.shape)) >= 2 or facts.dtype == np.uint8
    takes_floats = port.dtype.startswith(("float", "bfloat"))
    if not (image_like and takes_floats and facts.whole) or facts.minimum < 0 or facts.maximum <= 1:
        return None
    if facts.maximum <= 255:
        return 255
    return 65535 if facts.dtype == np.uint16 else None
