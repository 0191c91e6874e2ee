"""Plain 32-bit floating point: nothing is quantized."""

from typing import Any

from edgeprune.tflite_export.conversion.calibration import Calibration
from edgeprune.tflite_export.verification.bounds import ErrorBound

SUMMARY = "32-bit floating point, as trained"
NEEDS_CALIBRATION = False
IO = ("float32",)
# The order of sums differs, no more: seen up to 1e-5.
BOUND = ErrorBound(largest=1e-3, mean=1e-4)


def configure(converter: Any, calibration: Calibration, io: str) -> None:
    """Leave the converter as it is: float32 is its default."""
