"""Which layers of an integer file kept their weights in float, and how many bytes that is."""

from collections import defaultdict
from collections.abc import Collection

from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.contents.summary import OperatorSummary

FLOATS = {"float32", "float16", "bfloat16"}


def float_weights(data: bytes, layers: Collection[str]) -> dict[str, int]:
    """Bytes of the float weights by layer, the largest first; operators of no known layer go by their own name.

    `layers` are the names of the model's layers: the converter writes them into the names of what they compute.
    """
    found: dict[str, int] = defaultdict(int)
    seen: set[tuple[int, str]] = set()
    for operator in read_tflite(data, "the .tflite file").operators:
        for tensor in operator.inputs:
            if tensor is None or not tensor.parameter or tensor.dtype not in FLOATS:
                continue
            if (operator.subgraph, tensor.name) not in seen:
                seen.add((operator.subgraph, tensor.name))
                found[_layer(operator, layers)] += tensor.bytes
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _layer(operator: OperatorSummary, layers: Collection[str]) -> str:
    """The layer whose name stands in the paths that the operator's outputs are named after."""
    names = [tensor.name for tensor in operator.outputs if tensor is not None]
    parts = [part for name in names for path in name.split(";") for part in path.split("/")]
    return next((part for part in parts if part in layers), operator.name)
