"""A .tflite file with some of its weights stored sparsely."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.tflite_export.contents.packing import packed
from edgeprune.tflite_export.conversion.finish import empty_unused_buffers
from edgeprune.tflite_export.sparse.forms import Form, SparseWeight

SPARSE_VERSION = 8
"""Of FULLY_CONNECTED: the version that stands for sparse weights, which XNNPACK leaves to LiteRT's kernels."""

OLDEST_RUNTIME = (2, 3, 0)
"""The first runtime that has it, and DENSIFY."""


def with_sparse_weights(model: Any, weights: Sequence[SparseWeight]) -> bytes:
    """The file of a `ModelT`, which is changed, with these weights stored sparsely."""
    from ai_edge_litert import schema_py_generated as schema

    graph = model.subgraphs[0]
    unpacking = []
    for weight in weights:
        tensor = graph.tensors[weight.tensor]
        if weight.form is not Form.UNPACKED:
            _leave_to_litert(model, weight.tensor)
        if weight.form is not Form.KERNEL:
            unpacking.append(_unpack(model, weight.tensor))
        tensor.sparsity = _sparsity(weight)
        # Another tensor may hold the same values in the same buffer.
        tensor.buffer = len(model.buffers)
        model.buffers.append(schema.BufferT(data=np.frombuffer(weight.layout.values.tobytes(), np.uint8)))
    graph.operators = [*unpacking, *graph.operators]
    empty_unused_buffers(model)
    _raise_oldest_runtime(model)
    return packed(model)


def _sparsity(weight: SparseWeight) -> Any:
    """The schema's description of a layout: all axes dense but the last, whose blocks are a dense axis of their own."""
    from ai_edge_litert import schema_py_generated as schema

    layout, axes = weight.layout, len(weight.shape)
    described = [schema.DimensionMetadataT(denseSize=length) for length in weight.shape[:-1]]
    segments_type, segments = _vector(layout.segments)
    indices_type, indices = _vector(layout.indices)
    described.append(
        schema.DimensionMetadataT(
            format=schema.DimensionType.SPARSE_CSR,
            arraySegmentsType=segments_type,
            arraySegments=segments,
            arrayIndicesType=indices_type,
            arrayIndices=indices,
        )
    )
    if layout.block > 1:
        described.append(schema.DimensionMetadataT(denseSize=layout.block))
    return schema.SparsityParametersT(
        traversalOrder=np.arange(len(described), dtype=np.int32),
        blockMap=np.array([axes - 1] if layout.block > 1 else [], np.int32),
        dimMetadata=described,
    )


def _vector(numbers: Array) -> tuple[int, Any]:
    """Whole numbers as a member of the schema's union of vectors."""
    from ai_edge_litert import schema_py_generated as schema

    name = {"uint8": "Uint8Vector", "uint16": "Uint16Vector", "int32": "Int32Vector"}[numbers.dtype.name]
    return getattr(schema.SparseIndexVector, name), getattr(schema, f"{name}T")(values=numbers)


def _leave_to_litert(model: Any, tensor: int) -> None:
    """Give the operators that take a weight the version of sparse weights."""
    for operator in model.subgraphs[0].operators:
        if tensor in operator.inputs:
            code = model.operatorCodes[operator.opcodeIndex]
            operator.opcodeIndex = _operator_code(
                model, max(code.builtinCode, code.deprecatedBuiltinCode), SPARSE_VERSION
            )


def _operator_code(model: Any, builtin: int, version: int) -> int:
    """Index of an operator in the file's list, to which it is added if need be."""
    from ai_edge_litert import schema_py_generated as schema

    for index, code in enumerate(model.operatorCodes):
        if (max(code.builtinCode, code.deprecatedBuiltinCode), code.version) == (builtin, version):
            return index
    # Old runtimes read the byte, new ones the int.
    code = schema.OperatorCodeT(builtinCode=builtin, deprecatedBuiltinCode=min(builtin, 127), version=version)
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def _unpack(model: Any, index: int) -> Any:
    """A DENSIFY of a weight, whose readers take the unpacked tensor instead; the scales go to where they are needed."""
    from ai_edge_litert import schema_py_generated as schema

    graph = model.subgraphs[0]
    tensor = graph.tensors[index]
    dense = schema.TensorT(
        shape=tensor.shape,
        type=tensor.type,
        name=tensor.name + b"/dense",
        quantization=tensor.quantization,
        hasRank=tensor.hasRank,
    )
    tensor.quantization = None
    unpacked = len(graph.tensors)
    graph.tensors.append(dense)
    for operator in graph.operators:
        operator.inputs = np.where(operator.inputs == index, unpacked, operator.inputs).astype(np.int32)
    return schema.OperatorT(
        opcodeIndex=_operator_code(model, schema.BuiltinOperator.DENSIFY, 1),
        inputs=np.array([index], np.int32),
        outputs=np.array([unpacked], np.int32),
        builtinOptionsType=schema.BuiltinOptions.DensifyOptions,
        builtinOptions=schema.DensifyOptionsT(),
    )


def _raise_oldest_runtime(model: Any) -> None:
    """What the converter wrote about the oldest runtime that can run the file, where it is too low now."""
    for entry in model.metadata or ():
        if entry.name == b"min_runtime_version":
            buffer = model.buffers[entry.buffer]
            written = bytes(buffer.data).rstrip(b"\0").decode()
            if tuple(int(part) for part in written.split(".")) < OLDEST_RUNTIME:
                text = ".".join(map(str, OLDEST_RUNTIME)).encode().ljust(len(buffer.data), b"\0")
                buffer.data = np.frombuffer(text, np.uint8)
