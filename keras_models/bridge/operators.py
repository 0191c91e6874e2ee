"""Arithmetic between tensors (`a + b`, `2.0 * x`), in the forms of Keras 2 that TFMOT knows."""

from typing import Any

_MERGING = ("Add", "Subtract", "Multiply", "Maximum", "Minimum")
_FUNCTIONS = {"Add": "add", "Subtract": "subtract", "Multiply": "multiply", "Divide": "divide", "TrueDivide": "divide"}


def native_operator(operation: Any, args: tuple[Any, ...]) -> Any | None:
    """What computes an arithmetic operation of Keras 3 on Keras 2 tensors; None for what is none.

    Two tensors alike are merged by a layer, which TFMOT quantizes; a tensor and a number by TensorFlow's function.
    """
    import keras
    import tensorflow as tf
    import tf_keras
    from tf_keras.src.layers.core.tf_op_layer import TFOpLambda

    kind = type(operation).__name__
    if (
        isinstance(operation, keras.Layer)
        or not type(operation).__module__.startswith("keras.src.ops.")
        or len(args) != 2
    ):
        return None
    tensors = [value for value in args if hasattr(value, "_keras_history")]
    alike = len({(tensor.dtype, len(tensor.shape)) for tensor in tensors}) == 1
    if len(tensors) == 2 and alike and kind in _MERGING:
        layer = getattr(tf_keras.layers, kind)(name=operation.name)
        return lambda first, second: layer([first, second])
    # TensorFlow's functions take the type of their first operand for the number.
    if len(tensors) == 1 and isinstance(args[1], int | float) and tensors[0].dtype.is_floating and kind in _FUNCTIONS:
        return TFOpLambda(getattr(tf.math, _FUNCTIONS[kind]), name=operation.name)
    return None
