"""What `inspect` found, as tables; as csv and Markdown one row a layer (or, of a .tflite, an operator)."""

from collections.abc import Mapping, Sequence
from typing import Any

from edgeprune.cli.render import Format, print_json, to_text, write
from edgeprune.cli.text_table import text_table
from edgeprune.contracts.results import LayerDetail, Result
from edgeprune.pipeline.files.columns import count_text, size_text


def print_inspection(result: Result, form: Format) -> None:
    """Print what is in a file."""
    if form is Format.JSON:
        print_json(result)
    elif form is not Format.TABLE:
        write(to_text(_flat_rows(result), form))
    elif result.extra["format"] == "tflite":
        write("\n".join([*_tflite_facts(result), _operator_table(result)]))
    else:
        write("\n".join([*_keras_facts(result), _layer_table(result)]))


def _keras_facts(result: Result) -> list[str]:
    row, extra = result.rows[0], result.extra
    macs = "unknown" if row.macs is None else count_text(row.macs)
    facts = [
        f"{result.model}: {extra['format']}, saved by {extra['saved_by']}, {size_text(row.model_bytes or 0)}",
        f"inputs: {_ports(extra['inputs'])}; outputs: {_ports(extra['outputs'])}",
        f"loss: {_loss(extra['loss'])}",
        f"{row.parameters:,} parameters, {row.prunable_weights:,} prunable, {row.sparsity or 0:.1%} of these zero, "
        f"{macs} MACs",
    ]
    return facts + [f"code: {found['layer'] or 'compile settings'}: {found['description']}" for found in extra["code"]]


def _loss(loss: Any) -> str:
    if isinstance(loss, Mapping):
        return str(loss.get("class_name") or dict(loss))
    return str(loss or "not compiled")


def _ports(ports: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{port['name']} {_shape(port['shape'])}" for port in ports)


def _shape(shape: Sequence[int | None] | None) -> str:
    return (
        "?" if shape is None else "×".join("?" if length is None else str(length) for length in shape[1:]) or "scalar"
    )


def _layer_table(result: Result) -> str:
    headings = ["layer", "kind", "output", "params", "zeros", "MACs", "share", "prunable"]
    rows = [_layer_cells(layer) for layer in result.layers if isinstance(layer, LayerDetail)]
    return text_table(headings, rows, "", left=3)


def _layer_cells(layer: LayerDetail) -> list[str]:
    zeros = f"{layer.zeros / layer.weights:.0%}" if layer.weights else "–"
    return [
        layer.name,
        layer.kind,
        _shape(layer.output_shape),
        f"{layer.parameters:,}" if layer.parameters else "–",
        zeros,
        "?" if layer.macs is None else count_text(layer.macs) if layer.macs else "–",
        f"{layer.share:.1%}" if layer.parameters else "–",
        "" if not layer.parameters else layer.reason or "yes",
    ]


def _tflite_facts(result: Result) -> list[str]:
    row, extra = result.rows[0], result.extra
    types = ", ".join(f"{name} {count:,}" for name, count in extra["numeric_types"].items())
    runtime = f", for runtimes from {extra['min_runtime']}" if extra["min_runtime"] else ""
    sizes = f"{row.tflite_bytes:,} bytes, {row.tflite_gzip_bytes:,} gzipped"
    macs = "unknown" if row.macs is None else count_text(row.macs)
    return [
        f"{result.model}: .tflite made by {extra['saved_by'] or 'an unnamed converter'}{runtime}",
        f"{sizes}; {row.parameters:,} parameters ({types}), {row.zero_weights:,} zero, {macs} MACs",
        f"inputs: {_tensors(extra['inputs'])}; outputs: {_tensors(extra['outputs'])}",
        *(_storage(tensor) for tensor in extra["sparse_tensors"]),
    ]


def _storage(tensor: Mapping[str, Any]) -> str:
    """How a sparse tensor is stored."""
    stored = tensor["bytes"] + tensor["index_bytes"]
    return (
        f"stored sparsely: {tensor['name']} {tuple(tensor['shape'])}, {tensor['zeros'] / tensor['size']:.0%} zeros, "
        f"in blocks of 1x{tensor['block']}, {stored:,} bytes"
    )


def _tensors(tensors: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{tensor['name']} {tensor['dtype']} {tuple(tensor['shape'])}" for tensor in tensors)


def _operator_table(result: Result) -> str:
    rows = [
        [
            operator["name"],
            str(tuple(operator["output_shape"] or ())),
            f"{operator['weight_bytes']:,}" if operator["weight_bytes"] else "–",
            "?" if operator["macs"] is None else count_text(operator["macs"]) if operator["macs"] else "–",
        ]
        for operator in result.extra["operators"]
    ]
    return text_table(["operator", "output", "bytes", "MACs"], rows, "", left=2)


def _flat_rows(result: Result) -> list[Mapping[str, Any]]:
    if result.extra["format"] == "tflite":
        return [{**row, "output_shape": str(row["output_shape"])} for row in result.extra["operators"]]
    return [{**layer, "output_shape": _shape(layer["output_shape"])} for layer in result.as_json()["layers"]]
