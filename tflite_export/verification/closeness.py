"""How close raw outputs of a file are to a model's, example by example: relative errors and answers."""

from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.tflite_export.verification.bounds import FEW_WRONG, ErrorBound
from edgeprune.tflite_export.verification.raw_outputs import RawRun, comparable

FEWEST_STEPS = 8
"""Outputs that vary by less than so many quantization steps are measured by the steps."""
ROUNDING = 1e-6
"""Of the largest value (of 1 at least, where the values come from probabilities): float32's own."""


@dataclass(frozen=True, kw_only=True)
class Closeness:
    """`errors`, one for each example: root mean square of the difference, in relation to how much the outputs vary.

    Two models that have nothing to do with each other are 1.4 apart. `margins` are those by which the largest output
    of a row leads, or (`sigmoid`) that of an output over 0, in the same relation; `agreeing` says of each whether the
    file gives the same answer. Both are empty for outputs that answer nothing.
    """

    errors: Array
    margins: Array
    agreeing: Array


def closeness(found: Array, expected: Array, activation: str | None, step: float | None) -> Closeness:
    """Compare raw outputs (of `comparable`), shape (examples, ...); `step` is the file's quantization step, if any."""
    scale = max(float(np.std(expected)), FEWEST_STEPS * (step or 0.0))
    rounding = ROUNDING * max(float(np.abs(expected).max()), 1.0 if activation else 0.0)
    difference = found - expected
    difference[np.abs(difference) <= rounding] = 0
    each = np.sqrt(np.mean(np.square(difference).reshape(len(difference), -1), axis=1))
    theirs, margins = _answers(expected, activation)
    ours, _ = _answers(found, activation)
    return Closeness(
        errors=_in_relation(each, scale),
        margins=_in_relation(margins, scale),
        agreeing=ours == theirs,
    )


def closenesses(found: RawRun, raw: tuple[Array, ...]) -> list[Closeness]:
    """A run's raw outputs, each held against others of the same shape."""
    return [
        closeness(comparable(ours, activation), comparable(theirs, activation), activation, step)
        for ours, theirs, activation, step in zip(found.raw, raw, found.activations, found.steps, strict=True)
    ]


def why_too_far(found: Closeness, bound: ErrorBound, activation: str | None) -> str | None:
    """What is beyond the bound, None where nothing is; values that are no numbers are."""
    for kind, error, allowed in (
        ("largest", float(found.errors.max()), bound.largest),
        ("mean", float(found.errors.mean()), bound.mean),
    ):
        if allowed is not None and not error <= allowed:
            where = f" before the {activation}" if activation else ""
            return f"the {kind} relative error{where} is {error:.3g}, allowed is {allowed:.3g}"
    clear = found.margins > bound.clear_margin
    wrong = int((clear & ~found.agreeing).sum())
    if wrong > 1 + FEW_WRONG * clear.sum():
        return f"of {clear.sum()} answers that are clear, {wrong} are others"
    return None


def _in_relation(values: Array, scale: float) -> Array:
    """Values divided by the scale; what is 0 stays 0 where the scale is, too."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values == 0, 0.0, values / scale)


def _answers(values: Array, activation: str | None) -> tuple[Array, Array]:
    """Answers and the margins by which they lead."""
    if activation == "sigmoid":
        return values > 0, np.abs(values)
    if values.ndim < 2 or values.shape[-1] < 2:
        return np.zeros(0), np.zeros(0)
    second, first = np.moveaxis(np.partition(values, -2, axis=-1)[..., -2:], -1, 0)
    return values.argmax(-1), first - second
