"""Full integer: weights and activations are int8, with ranges of activations measured on examples."""

from collections.abc import Collection
from typing import Any

from edgeprune.tflite_export.conversion.calibration import Calibration
from edgeprune.tflite_export.verification.bounds import ErrorBound

SUMMARY = "weights and activations as int8, calibrated on data: a quarter of the size, fastest"
NEEDS_CALIBRATION = True
IO = ("float32", "int8")
# As for `dynamic`; activations are rounded to a range for all examples, and cut off outside: seen up to 0.17.
BOUND = ErrorBound(mean=0.5)


def configure(converter: Any, calibration: Calibration, io: str) -> None:
    """Ask for integer operators only, calibrated; `io` is the type of inputs and outputs, `float32` or `int8`."""
    import tensorflow as tf

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = calibration.representative_dataset
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    if io == "int8":
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8


def configure_trained(converter: Any, io: str) -> None:
    """Take the ranges that a model trained with rounding has found itself."""
    import tensorflow as tf

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if io == "int8":
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8


def keep(data: bytes, tensors: set[str], io: str) -> bytes:
    """Quantize a calibrated file, and leave the operators that compute these tensors in float."""
    return quantize(data, io, but=tensors)


def quantize(data: bytes, io: str, *, but: Collection[str] = (), clustered: bool = False) -> bytes:
    """Quantize a calibrated file as the converter does, all but the operators that compute the tensors `but`.

    clustered: one scale for all outputs of a dense layer, so that few different weights stay few.
    """
    import tensorflow as tf
    from tensorflow.lite.python.convert import mlir_quantize  # as tf.lite.experimental.QuantizationDebugger does

    kind = tf.as_dtype(io)
    quantized: bytes = mlir_quantize(
        data,
        input_data_type=kind,
        output_data_type=kind,
        denylisted_nodes=set(but),
        disable_per_channel_for_dense_layers=clustered,
    )
    return quantized
