"""Proof that a file computes what the Keras model computes: both run on the same examples, outputs compared."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from contracts import plugins
from contracts.data import Array
from contracts.errors import ExportError
from tflite_export.bounds import ErrorBound
from tflite_export.convert import NUMERICS
from tflite_export.reader import output_scales
from tflite_export.runtime import Runner

FEWEST_EXAMPLES = 32


@dataclass(frozen=True, kw_only=True)
class Verification:
    """How far a file is from the model: of the output that is furthest in relation to what it may be.

    `max_abs_error` is the largest difference over all examples, in the output's own unit; `output_range` is the
    difference between the output's largest and smallest value; `tolerance` is the largest error allowed, infinite
    where the numeric format bounds only the mean.
    """

    max_abs_error: float
    mean_abs_error: float
    output_range: float
    tolerance: float
    examples: int


def verify(
    data: bytes,
    reference: Callable[[tuple[Array, ...]], tuple[Array, ...]],
    examples: tuple[Array, ...],
    quantize: str,
) -> Verification:
    """Compare a file with the model on `examples` (one array for each input, at least 32 examples).

    `reference` gives the Keras model's outputs for a batch. The bound is that of the numeric format `quantize`,
    times the range of each output.
    Raises ExportError if LiteRT refuses the file, if an output has another shape or is not finite where the
    model's is, or if it is further off than allowed.
    """
    count = len(examples[0])
    if count < FEWEST_EXAMPLES:
        raise ValueError(f"at least {FEWEST_EXAMPLES} examples are needed, found {count}")
    bound: ErrorBound = plugins.load(NUMERICS, quantize).BOUND
    runner = Runner(data)
    found, expected = runner.run(examples), reference(examples)
    if len(found) != len(expected):
        raise ExportError(f"the file has {len(found)} outputs, the model {len(expected)}")
    checked = [
        compare(name, ours, theirs, bound, scale)
        for name, ours, theirs, scale in zip(runner.output_names, found, expected, output_scales(data), strict=True)
    ]
    return max(checked, key=lambda one: one.max_abs_error / (one.output_range or 1.0))


def compare(name: str, found: Array, expected: Array, bound: ErrorBound, scale: float | None) -> Verification:
    """Compare one output; `scale` is its quantization step where it is computed in integers, else None.

    An integer output can be no finer than its step, so its range counts as at least 256 steps: a softmax has the
    range 0..1 then, even if the model's answers all lie close together.
    Raises ExportError.
    """
    if found.shape != expected.shape:
        raise ExportError(f"output {name!r}: expected shape {expected.shape[1:]}, found {found.shape[1:]}")
    ours, theirs = found.astype(np.float64), expected.astype(np.float64)
    if not np.isfinite(theirs).all():
        raise ExportError(
            f"output {name!r}: the Keras model itself gives values that are not finite",
            "look for NaN or infinite weights with `edgeprune inspect`",
        )
    if not np.isfinite(ours).all():
        raise ExportError(f"output {name!r}: the file gives values that are not finite where the model's are")
    error = np.abs(ours - theirs)
    spread = max(float(np.ptp(theirs)), 256 * (scale or 0.0))
    # Where all outputs are nearly the same, float32's own rounding (a few units of 2**-23) is the measure.
    rounding = 1e-6 * float(np.abs(theirs).max())
    _check_bound(name, "largest", float(error.max()), bound.largest, spread, rounding)
    _check_bound(name, "mean", float(error.mean()), bound.mean, spread, rounding)
    tolerance = max(bound.largest * spread, rounding) if bound.largest is not None else float("inf")
    return Verification(
        max_abs_error=float(error.max()),
        mean_abs_error=float(error.mean()),
        output_range=spread,
        tolerance=tolerance,
        examples=len(found),
    )


def _check_bound(name: str, kind: str, error: float, fraction: float | None, spread: float, rounding: float) -> None:
    if fraction is not None and error > max(fraction * spread, rounding):
        raise ExportError(
            f"output {name!r}: the file computes something else than the model: the {kind} error is {error:.3g}, "
            f"allowed is {fraction:g} of the output's range {spread:.3g}",
            "export with another --quantize, or calibrate on data like the device's",
        )
