"""What is in a model file, without TensorFlow: Keras models layer by layer, .tflite files by operator."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts.model import LayerSpec, ModelGraph, WeightKey
from edgeprune.contracts.results import LayerDetail, Measurement, Result
from edgeprune.keras_models.graphs.macs import node_macs
from edgeprune.keras_models.loading.archive_graph import read_graph
from edgeprune.keras_models.loading.archives import ModelArchive, open_archive, require_layers
from edgeprune.keras_models.loading.code_scan import scan
from edgeprune.pipeline.files.model_paths import is_tflite, size_of
from edgeprune.pruning.selection import select


def inspect(path: Path) -> Result:
    """What is in a `.keras`, `.h5` or `.tflite` file or a SavedModel folder.

    Raises ModelFileError where the file is damaged or no model, ModelError for a model without a graph of layers.
    """
    if is_tflite(path):
        from edgeprune.pipeline.commands.inspect_tflite import inspect_tflite

        return inspect_tflite(path)
    with open_archive(path) as archive:
        require_layers(archive)
        return _inspect(archive)


def _inspect(archive: ModelArchive) -> Result:
    graph = read_graph(archive)
    arrays = _arrays(archive)
    layers = _layers(graph, arrays)
    kernels = sum(layer.weights for layer in layers)
    zeros = sum(layer.zeros for layer in layers)
    macs = [layer.macs for layer in layers]
    row = Measurement(
        parameters=sum(layer.parameters for layer in layers),
        prunable_weights=kernels,
        zero_weights=zeros,
        sparsity=zeros / kernels if kernels else None,
        macs=None if None in macs else sum(count or 0 for count in macs),
        model_bytes=size_of(archive.path),
    )
    return Result(
        command="inspect",
        model=str(archive.path),
        rows=(row,),
        layers=layers,
        extra={**_about(archive, graph), "arrays": list(arrays.values())},
    )


def _arrays(archive: ModelArchive) -> dict[WeightKey, dict[str, Any]]:
    """One row for each weight array, read one at a time."""
    rows = {}
    for layer, weights in archive.weights.items():
        for weight in weights:
            array = archive.array(layer, weight.name)
            rows[layer, weight.name] = {
                "layer": layer,
                "name": weight.name,
                "shape": list(weight.shape),
                "dtype": weight.dtype,
                "bytes": array.nbytes,
                "zeros": weight.size - int(np.count_nonzero(array)),
                "not_finite": int(array.size - np.isfinite(array).sum()),
                "trainable": weight.trainable,
            }
    return rows


def _layers(graph: ModelGraph, arrays: Mapping[WeightKey, Mapping[str, Any]]) -> tuple[LayerDetail, ...]:
    skipped = select(graph.layers).skipped
    macs = _macs_by_layer(graph)
    shapes = {node.layer: node.output_shapes[0] for node in reversed(graph.nodes)}
    total_bytes = sum(array["bytes"] for array in arrays.values())

    def detail(path: str, layer: LayerSpec) -> LayerDetail:
        kernels = [weight for weight in layer.weights if weight.is_kernel]
        size_bytes = sum(arrays[path, weight.name]["bytes"] for weight in layer.weights)
        return LayerDetail(
            name=path,
            kind=layer.kind,
            weights=sum(weight.size for weight in kernels),
            zeros=sum(arrays[path, weight.name]["zeros"] for weight in kernels),
            status="skipped" if path in skipped else "prunable",
            reason=skipped.get(path),
            parameters=sum(weight.size for weight in layer.weights),
            share=size_bytes / total_bytes if total_bytes else 0.0,
            macs=macs[path],
            output_shape=shapes.get(path),
        )

    return tuple(detail(path, layer) for path, layer in graph.layers.items())


def _macs_by_layer(graph: ModelGraph) -> dict[str, int | None]:
    """MACs of all calls of each layer; None where one of them cannot be counted."""
    by_node = node_macs(graph)
    counts: dict[str, list[int | None]] = defaultdict(list)
    for node in graph.nodes:
        counts[node.layer].append(by_node[node.index])
    return {path: None if None in counts[path] else sum(count or 0 for count in counts[path]) for path in graph.layers}


def _about(archive: ModelArchive, graph: ModelGraph) -> dict[str, Any]:
    compiled = archive.compile_config or {}
    return {
        "format": archive.format,
        "saved_by": f"Keras {archive.keras_version}",
        "model_class": archive.config["class_name"],
        "inputs": [_port(graph, reference.node, reference.output) for reference in graph.inputs],
        "outputs": [_port(graph, reference.node, reference.output) for reference in graph.outputs],
        "compiled": archive.compile_config is not None,
        "loss": compiled.get("loss"),
        "code": [
            {"layer": finding.layer, "kind": finding.kind, "description": finding.description}
            for finding in scan(archive)
        ],
    }


def _port(graph: ModelGraph, node: int, output: int) -> dict[str, Any]:
    shape = graph.nodes[node].output_shapes[output]
    return {"name": graph.nodes[node].layer, "shape": None if shape is None else list(shape)}
