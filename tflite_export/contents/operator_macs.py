"""Multiply-accumulates of single operators, from the shapes of their tensors."""

from collections.abc import Callable, Sequence
from math import prod

from edgeprune.tflite_export.contents.summary import TensorSummary

Tensors = Sequence[TensorSummary | None]


def operator_macs(name: str, inputs: Tensors, outputs: Tensors) -> int:
    """Multiply-accumulates of one call; 0 for operators that multiply no matrices."""
    count = COUNTS.get(name)
    return count(inputs, outputs) if count else 0


def _shape(tensor: TensorSummary | None) -> tuple[int, ...]:
    return tensor.shape if tensor is not None else ()


def _elements(tensor: TensorSummary | None) -> int:
    return tensor.size if tensor is not None else 0


def _fully_connected(inputs: Tensors, outputs: Tensors) -> int:
    """Weights are (outputs, inputs)."""
    return _elements(outputs[0]) * prod(_shape(inputs[1])[1:])


def _depthwise(inputs: Tensors, outputs: Tensors) -> int:
    """Weights are (1, height, width, channels)."""
    return _elements(outputs[0]) * prod(_shape(inputs[1])[1:3])


def _conv_3d(inputs: Tensors, outputs: Tensors) -> int:
    """Weights are (depth, height, width, input channels, filters)."""
    return _elements(outputs[0]) * prod(_shape(inputs[1])[:4])


def _transposed(inputs: Tensors, outputs: Tensors) -> int:
    """Inputs are (output shape, weights, values); weights are (filters, height, width, input channels)."""
    return _elements(inputs[2]) * prod(_shape(inputs[1])[:3])


def _batch_matmul(inputs: Tensors, outputs: Tensors) -> int:
    """(…, n, k) times (…, k, m) is (…, n, m), the left side possibly transposed."""
    rows = _shape(outputs[0])[-2]
    shared = prod(_shape(inputs[0])[-2:]) // rows if rows else 0
    return _elements(outputs[0]) * shared


def _lstm(inputs: Tensors, outputs: Tensors) -> int:
    """Inputs 1 to 8 are the weights of the four gates, 16 of the projection; the values are (batch, steps, …)."""
    weights = [tensor for tensor in (*inputs[1:9], *inputs[16:17]) if tensor is not None]
    batch_and_steps = prod(_shape(outputs[0])[:2])
    return batch_and_steps * sum(tensor.size for tensor in weights)


COUNTS: dict[str, Callable[[Tensors, Tensors], int]] = {
    "CONV_2D": _fully_connected,
    "CONV_3D": _conv_3d,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "TRANSPOSE_CONV": _transposed,
    "BATCH_MATMUL": _batch_matmul,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm,
}
