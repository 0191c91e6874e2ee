"""Read what is in a .tflite file, without TensorFlow and without running it."""

import struct
from collections.abc import Iterator
from typing import Any

from edgeprune.contracts.errors import ModelFileError
from edgeprune.tflite_export.contents.operator_macs import operator_macs
from edgeprune.tflite_export.contents.summary import OperatorSummary, TensorSummary, TfliteSummary
from edgeprune.tflite_export.contents.tensors import Buffers, read_tensor

IDENTIFIER = b"TFL3"
# What the flatbuffers library, NumPy and our own reading raise on offsets and numbers that make no sense.
DAMAGE = (
    struct.error,
    IndexError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
    MemoryError,
)


def parse(data: bytes, name: str) -> Any:
    """The file's `ModelT`, the tree of plain objects of LiteRT's schema.

    Raises ModelFileError for bytes that are no .tflite file, or a damaged one.
    """
    from ai_edge_litert import schema_py_generated as schema

    if data[4:8] != IDENTIFIER:
        found = "an empty file" if not data else f"{data[4:8]!r}"
        raise ModelFileError(
            f"{name}: expected a .tflite file ({IDENTIFIER.decode()!r} at byte 4), found {found}",
            "check the path, or copy the file again",
        )
    try:
        return schema.ModelT.InitFromPackedBuf(data, 0)
    except DAMAGE as error:
        raise _damaged(name, error) from error


def read_tflite(data: bytes, name: str) -> TfliteSummary:
    """What is in the file; `name` is for messages.

    Raises ModelFileError for bytes that are no .tflite file, or a damaged one.
    """
    model = parse(data, name)
    try:
        return _summary(model, data)
    except DAMAGE as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> ModelFileError:
    return ModelFileError(
        f"{name}: expected a whole .tflite file, found a damaged or cut-off one ({type(error).__name__} in reading)",
        "copy or export the file again",
    )


def _summary(model: Any, data: bytes) -> TfliteSummary:
    buffers = Buffers(model, data)
    tensors = [[read_tensor(tensor, buffers) for tensor in graph.tensors] for graph in model.subgraphs]
    main = model.subgraphs[0]
    return TfliteSummary(
        operators=tuple(_operators(model, tensors)),
        tensors=tuple(tensor for graph in tensors for tensor in graph),
        inputs=tuple(tensors[0][i] for i in main.inputs),
        outputs=tuple(tensors[0][i] for i in main.outputs),
        signatures={
            _text(signature.signatureKey): (
                tuple(_text(entry.name) for entry in signature.inputs or ()),
                tuple(_text(entry.name) for entry in signature.outputs or ()),
            )
            for signature in model.signatureDefs or ()
        },
        made_by=_made_by(model, buffers),
        min_runtime=_min_runtime(model, buffers),
        data=data,
    )


def _operators(model: Any, tensors: list[list[TensorSummary]]) -> Iterator[OperatorSummary]:
    names = [_operator_name(code) for code in model.operatorCodes]
    steps = _loop_steps(model, names, tensors)
    for graph_index, graph in enumerate(model.subgraphs):
        for operator in graph.operators or ():
            inputs = _pick(tensors[graph_index], operator.inputs)
            outputs = _pick(tensors[graph_index], operator.outputs)
            name, repeats = names[operator.opcodeIndex], steps.get(graph_index, 1)
            once = operator_macs(name, inputs, outputs)
            yield OperatorSummary(
                name=name,
                subgraph=graph_index,
                inputs=inputs,
                outputs=outputs,
                weight_bytes=sum(tensor.bytes for tensor in inputs if tensor is not None),
                runs=repeats,
                macs=0 if once == 0 else (None if repeats is None else once * repeats),
            )


def _pick(tensors: list[TensorSummary], indices: Any) -> tuple[TensorSummary | None, ...]:
    """Tensors by index; -1 stands for an optional input that is left out."""
    if indices is None:
        return ()
    if any(index >= len(tensors) for index in indices):
        raise IndexError("tensor index")
    return tuple(tensors[index] if index >= 0 else None for index in indices)


def _loop_steps(model: Any, names: list[str], tensors: list[list[TensorSummary]]) -> dict[int, int | None]:
    """How often the body of each WHILE runs: the smallest bound that its condition compares a counter with.

    Keras's recurrent layers count to the length of their input, a constant in a file with fixed shapes.
    """
    steps: dict[int, int | None] = {}
    for graph in model.subgraphs:
        for operator in graph.operators or ():
            if names[operator.opcodeIndex] == "WHILE":
                options = operator.builtinOptions
                steps[options.bodySubgraphIndex] = _bound(tensors[options.condSubgraphIndex])
    return steps


def _bound(condition: list[TensorSummary]) -> int | None:
    bounds = [tensor.scalar for tensor in condition if tensor.scalar is not None]
    return max(0, min(bounds)) if bounds else None


def _operator_name(code: Any) -> str:
    if code.customCode is not None:
        return f"custom:{_text(code.customCode)}"
    # Old files keep the code in a byte, new ones in an int; each leaves the other at 0.
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    return _operator_names()[number]


def _operator_names() -> dict[int, str]:
    from ai_edge_litert import schema_py_generated as schema

    return {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}


def _metadata(model: Any, buffers: Buffers, name: str) -> bytes | None:
    for entry in model.metadata or ():
        if _text(entry.name) == name:
            return bytes(buffers.bytes_of(entry.buffer))
    return None


def _min_runtime(model: Any, buffers: Buffers) -> str | None:
    found = _metadata(model, buffers, "min_runtime_version")
    return found.rstrip(b"\0").decode("utf-8", errors="replace") if found else None


def _made_by(model: Any, buffers: Buffers) -> str | None:
    """The file's own description, and the converter's version from its `CONVERSION_METADATA`."""
    description = _text(model.description) if model.description else ""
    found = _metadata(model, buffers, "CONVERSION_METADATA")
    version = _converter_version(found) if found else None
    words = [description, f"(TensorFlow {version})" if version else ""]
    return " ".join(word for word in words if word) or None


def _converter_version(metadata: bytes) -> str | None:
    """`environment.tensorflow_version` of TensorFlow's conversion_metadata.fbs: first field of the first field."""
    import flatbuffers

    root = int(flatbuffers.encode.Get(flatbuffers.packer.uoffset, metadata, 0))
    table = flatbuffers.table.Table(metadata, root)
    environment = table.Offset(4)
    if not environment:
        return None
    inner = flatbuffers.table.Table(metadata, table.Indirect(environment + table.Pos))
    version = inner.Offset(4)
    return _text(inner.String(version + inner.Pos)) if version else None


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value


def output_scales(data: bytes) -> tuple[float | None, ...]:
    """For each output of a file: the quantization step it is computed with, None where it is computed in floats.

    A file with float outputs may compute in integers and end in a DEQUANTIZE: the step is then that of its input.
    """
    summary = read_tflite(data, "the exported file")
    before = {
        operator.outputs[0].name: operator.inputs[0]
        for operator in summary.operators
        if operator.name == "DEQUANTIZE" and operator.outputs[0] is not None
    }
    return tuple(
        (source.scale if (source := before.get(tensor.name)) is not None else tensor.scale)
        for tensor in summary.outputs
    )
