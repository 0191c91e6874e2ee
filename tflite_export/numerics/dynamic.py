"""Weights stored as int8, activations quantized while running ("dynamic range")."""

from typing import Any

from edgeprune.tflite_export.conversion.calibration import Calibration
from edgeprune.tflite_export.verification.bounds import ErrorBound

SUMMARY = "weights as int8, activations quantized while running: a quarter of the size, no calibration"
NEEDS_CALIBRATION = False
IO = ("float32",)
# An int8 weight or activation is off by up to 1/254 of its tensor's largest value, and errors add up over layers: seen
# on average up to 0.12.
BOUND = ErrorBound(mean=0.3)


def configure(converter: Any, calibration: Calibration, io: str) -> None:
    """Ask for the default optimization without a representative data set."""
    import tensorflow as tf

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
