"""What a .tflite file takes and gives, as far as data can be fitted to it without its Keras model."""

from edgeprune.contracts.model import Interface, Port
from edgeprune.tflite_export.contents.summary import TensorSummary, TfliteSummary

ACTIVATIONS = {"SOFTMAX": "softmax", "LOGISTIC": "sigmoid", "TANH": "tanh"}
PASSING = ("DEQUANTIZE", "QUANTIZE", "RESHAPE")


def file_interface(summary: TfliteSummary) -> Interface:
    """Ports of a file, without the batch axis; quantized tensors count as the floats that they stand for."""
    return Interface(
        inputs=tuple(_port(tensor) for tensor in summary.inputs),
        outputs=tuple(_port(tensor, _activation(summary, tensor.name)) for tensor in summary.outputs),
    )


def _port(tensor: TensorSummary, activation: str | None = None) -> Port:
    shape = tuple(None if length < 0 else length for length in tensor.shape[1:])
    dtype = "float32" if tensor.scale else tensor.dtype
    return Port(name=tensor.name, shape=shape, dtype=dtype, activation=activation)


def _activation(summary: TfliteSummary, tensor: str) -> str | None:
    """The activation that makes a tensor, looked for through operators that keep values."""
    for operator in reversed(summary.operators):
        if any(output is not None and output.name == tensor for output in operator.outputs):
            if operator.name in PASSING and operator.inputs[0] is not None:
                return _activation(summary, operator.inputs[0].name)
            return ACTIVATIONS.get(operator.name)
    return None
