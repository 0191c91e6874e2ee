"""Proof that a file computes what the Keras model computes: both run on the same examples, outputs compared."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edgeprune.contracts import plugins
from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ExportError
from edgeprune.tflite_export.conversion.convert import NUMERICS
from edgeprune.tflite_export.verification.bounds import ErrorBound
from edgeprune.tflite_export.verification.closeness import Closeness, closenesses, why_too_far
from edgeprune.tflite_export.verification.raw_outputs import RawRun, activated, raw_of_outputs, run_raw

FEWEST_EXAMPLES = 32


LAST_OPERATOR_BOUND = 0.1
"""Of a softmax or sigmoid: in float they are exact, in int8 off by one step of 1/256, in int16 with 1,000 classes by
up to 0.06."""


@dataclass(frozen=True, kw_only=True)
class Verification:
    """How far a file is from the model.

    `max_abs_error` is the largest difference over all examples, in the output's own unit, and `output_range` the
    difference between that output's largest and smallest value: of the output that is furthest off in relation to it.
    `relative_error` is the mean one before a last softmax or sigmoid (see `closeness.py`), and
    `same_answers` the share (0 to 1) of equal answers: of the output where they are worst.
    """

    max_abs_error: float
    output_range: float
    relative_error: float
    same_answers: float
    examples: int


def verify(
    data: bytes,
    reference: Callable[[tuple[Array, ...]], tuple[Array, ...]],
    examples: tuple[Array, ...],
    quantize: str,
) -> Verification:
    """Compare a file with the model on `examples` (one array for each input, at least 32 examples).

    `reference` gives the Keras model's outputs for a batch. The bound is that of the numeric format `quantize`.
    Raises ExportError if LiteRT refuses the file, if an output has another shape or is not finite where the
    model's is, or if it is further off than allowed.
    """
    count = len(examples[0])
    if count < FEWEST_EXAMPLES:
        raise ValueError(f"at least {FEWEST_EXAMPLES} examples are needed, found {count}")
    bound: ErrorBound = plugins.load(NUMERICS, quantize).BOUND
    found, expected = run_raw(data, examples), reference(examples)
    if len(found.outputs) != len(expected):
        raise ExportError(f"the file has {len(found.outputs)} outputs, the model {len(expected)}")
    for name, ours, theirs in zip(found.names, found.outputs, expected, strict=True):
        check_values(name, ours, theirs)
    raw = tuple(
        raw_of_outputs(outputs.reshape(ours.shape), activation)
        for outputs, ours, activation in zip(expected, found.raw, found.activations, strict=True)
    )
    for name, values in zip(found.names, found.raw, strict=True):
        _check_finite(name, values)
    compared = compare_raw(found, raw, bound)
    _check_last_operators(found)
    errors = [np.abs(ours - theirs) for ours, theirs in zip(_floats(found.outputs), _floats(expected), strict=True)]
    ranges = [float(np.ptp(theirs)) for theirs in expected]
    worst = max(range(len(errors)), key=lambda index: errors[index].max() / (ranges[index] or 1.0))
    return Verification(
        max_abs_error=float(errors[worst].max()),
        output_range=ranges[worst],
        relative_error=max(float(one.errors.mean()) for one in compared),
        same_answers=float(min((one.agreeing.mean() for one in compared if one.agreeing.size), default=1.0)),
        examples=count,
    )


def compare_raw(found: RawRun, raw: tuple[Array, ...], bound: ErrorBound) -> list[Closeness]:
    """Hold a file's raw outputs against others of the same shapes. Raises ExportError where they are too far off."""
    compared = closenesses(found, raw)
    for name, one, activation in zip(found.names, compared, found.activations, strict=True):
        why = why_too_far(one, bound, activation)
        if why:
            raise ExportError(
                f"output {name!r}: the file computes other values than the model: {why}",
                "export with another --quantize, or calibrate on data like the device's",
            )
    return compared


def check_values(name: str, found: Array, expected: Array) -> None:
    """Raise ExportError unless a file's output has the shape of the model's and both are finite."""
    if found.shape != expected.shape:
        raise ExportError(f"output {name!r}: expected shape {expected.shape[1:]}, found {found.shape[1:]}")
    if not np.isfinite(expected).all():
        raise ExportError(
            f"output {name!r}: the Keras model itself gives values that are not finite",
            "look for NaN or infinite weights with `edgeprune inspect`",
        )
    _check_finite(name, found)


def _check_finite(name: str, found: Array) -> None:
    if not np.isfinite(found).all():
        raise ExportError(f"output {name!r}: the file gives values that are not finite where the model's are")


def _check_last_operators(found: RawRun) -> None:
    """Raise ExportError where a softmax or sigmoid itself computes something else."""
    for name, outputs, raw, activation in zip(found.names, found.outputs, found.raw, found.activations, strict=True):
        error = float(np.abs(activated(raw, activation) - outputs.reshape(raw.shape)).max()) if activation else 0.0
        if error > LAST_OPERATOR_BOUND:
            raise ExportError(
                f"output {name!r}: LiteRT's {activation} is off by {error:.3g}, allowed is {LAST_OPERATOR_BOUND:g}",
                "export with another --quantize",
            )


def _floats(arrays: tuple[Array, ...]) -> list[Array]:
    return [array.astype(np.float64) for array in arrays]
