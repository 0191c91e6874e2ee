"""What is in a .tflite file."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgeprune.contracts.results import Measurement, Result
from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.contents.summary import OperatorSummary, TensorSummary, TfliteSummary


def inspect_tflite(path: Path) -> Result:
    """Operators, tensors and sizes of a .tflite file. Raises ModelFileError where it is none or damaged."""
    summary = read_tflite(path.read_bytes(), str(path))
    row = Measurement(
        parameters=summary.parameters,
        zero_weights=summary.zeros,
        macs=summary.macs,
        tflite_bytes=summary.raw_bytes,
        tflite_gzip_bytes=summary.gzip_bytes,
    )
    return Result(command="inspect", model=str(path), rows=(row,), extra=_about(summary))


def _about(summary: TfliteSummary) -> dict[str, Any]:
    return {
        "format": "tflite",
        "saved_by": summary.made_by,
        "min_runtime": summary.min_runtime,
        "inputs": _tensors(summary.inputs),
        "outputs": _tensors(summary.outputs),
        "signatures": {name: {"inputs": i, "outputs": o} for name, (i, o) in summary.signatures.items()},
        "operator_counts": summary.operator_counts,
        "flex_operators": list(summary.flex_operators),
        "numeric_types": summary.numeric_types,
        "sparse_tensors": _tensors(summary.sparse_tensors),
        "operators": [_operator(operator) for operator in summary.operators],
        "arrays": _tensors(summary.parameter_tensors),
    }


def _tensors(tensors: Sequence[TensorSummary]) -> list[dict[str, Any]]:
    return [asdict(tensor) for tensor in tensors]


def _operator(operator: OperatorSummary) -> dict[str, Any]:
    return {
        "name": operator.name,
        "subgraph": operator.subgraph,
        "output": operator.outputs[0].name if operator.outputs and operator.outputs[0] else None,
        "output_shape": list(operator.outputs[0].shape) if operator.outputs and operator.outputs[0] else None,
        "weight_bytes": operator.weight_bytes,
        "macs": operator.macs,
    }
