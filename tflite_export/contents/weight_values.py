"""What is left in a file of the zeros and the shared values of a model's weights."""

from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ExportError
from edgeprune.tflite_export.contents.reader import parse
from edgeprune.tflite_export.contents.summary import TensorSummary
from edgeprune.tflite_export.contents.tensors import Buffers, elements, read_tensor


def check_weights(data: bytes, zeros: int, clusters: int | None = None, unclustered: int = 0) -> None:
    """Raise ExportError where the weights of a file have fewer zeros, or more different values, than the model's.

    zeros: of the model's kernels. clusters: most different values of a clustered kernel; in a file each output channel
    has a scale of its own, so that this holds for each. unclustered: kernels of the model for which it need not hold.
    """
    kernels = _kernels(data)
    found = sum(summary.zeros for summary, _ in kernels)
    if found < zeros:
        raise ExportError(f"the file's weights have {found:,} zeros, the model's {zeros:,}", "use another --quantize")
    if clusters is None:
        return
    # What is stored sparsely has no channels to look at; its dense form was compared with it.
    counts = [max(len(np.unique(channel)) for channel in rows) for _, rows in kernels if rows is not None]
    if sum(count > clusters for count in counts) > unclustered:
        raise ExportError(
            f"expected at most {clusters} different weights a channel in the file, found {max(counts)}",
            "export with --quantize none or int8",
        )


def _kernels(data: bytes) -> list[tuple[TensorSummary, Array | None]]:
    """The weights of two axes and more: a matrix with a row for each output channel, None where stored sparsely."""
    model = parse(data, "the .tflite file")
    buffers = Buffers(model, data)
    found: list[tuple[TensorSummary, Array | None]] = []
    for tensor in (tensor for graph in model.subgraphs for tensor in graph.tensors):
        summary = read_tensor(tensor, buffers)
        if summary.parameter and len(summary.shape) > 1:
            raw = buffers.bytes_of(tensor.buffer)
            rows = None if summary.sparse else _matrix(tensor, elements(raw, summary.dtype, summary.size))
            found.append((summary, rows))
    return found


def _matrix(tensor: Any, stored: Array) -> Array:
    """Elements with the axis of the scales first; where there is one scale, the first axis is that of the outputs."""
    quantized = tensor.quantization
    per_channel = quantized is not None and quantized.scale is not None and len(quantized.scale) > 1
    axis = quantized.quantizedDimension if per_channel else 0
    array = np.moveaxis(stored.reshape(tensor.shape), axis, 0)
    return array.reshape(len(array), -1)
