"""Weights stored as 16-bit floating point, computed as 32-bit: half the size, almost the same numbers."""

from typing import Any

from edgeprune.tflite_export.conversion.calibration import Calibration
from edgeprune.tflite_export.verification.bounds import ErrorBound

SUMMARY = "weights as 16-bit floating point: half the size"
NEEDS_CALIBRATION = False
IO = ("float32",)
# Rounding a weight to 11 significant bits changes it by up to 2**-11 = 0.05 %: seen on average up to 0.0039.
BOUND = ErrorBound(largest=0.05, mean=0.02)


def configure(converter: Any, calibration: Calibration, io: str) -> None:
    """Ask for float16 weights."""
    import tensorflow as tf

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
