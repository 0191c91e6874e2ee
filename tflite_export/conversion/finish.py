"""Finish a converted file: the model's own names and order of inputs and outputs, and nothing left over."""

from typing import Any

import numpy as np

from edgeprune.contracts.model import Interface, Port
from edgeprune.tflite_export.contents.packing import packed
from edgeprune.tflite_export.conversion.tracing import INPUT_NAME, OUTPUT_NAME


def finish(data: bytes, interface: Interface) -> bytes:
    """The same file, with inputs and outputs (tensors and signature) named and ordered as in the interface.

    The converter sorts them by name, calls tensors `serving_default_input_000:0` or `StatefulPartitionedCall:0`,
    and does not keep names that TensorFlow's graphs do not allow. Buffers that no tensor uses are emptied.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(data, 0)
    signature = model.signatureDefs[0]
    main = model.subgraphs[signature.subgraphIndex]
    main.inputs = _rename(main, signature.inputs, INPUT_NAME, interface.inputs)
    main.outputs = _rename(main, signature.outputs, OUTPUT_NAME, interface.outputs)
    empty_unused_buffers(model)
    return packed(model)


def empty_unused_buffers(model: Any) -> None:
    """Drop what no tensor refers to.

    The quantizer (TensorFlow 2.21) leaves an LSTM's start state behind, with whatever was in memory there.
    """
    used = {tensor.buffer for subgraph in model.subgraphs for tensor in subgraph.tensors}
    used.update(entry.buffer for entry in model.metadata or ())
    for index, buffer in enumerate(model.buffers):
        if index not in used:
            buffer.data = None


def embed_buffers(model: Any, data: bytes) -> None:
    """Take the buffers that lie behind the flatbuffer into it, as their places are about to change."""
    for buffer in model.buffers:
        if buffer.offset > 1:
            buffer.data = np.frombuffer(data, np.uint8, buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0


def _rename(subgraph: Any, entries: list[Any], pattern: str, ports: tuple[Port, ...]) -> list[int]:
    """Rename the signature's entries and their tensors; the tensors' indices in the order of the ports."""
    by_name = {entry.name.decode(): entry for entry in entries}
    order = []
    for i, port in enumerate(ports):
        entry = by_name[pattern.format(i)]
        entry.name = port.name.encode()
        subgraph.tensors[entry.tensorIndex].name = port.name.encode()
        order.append(entry.tensorIndex)
    entries.sort(key=lambda entry: order.index(entry.tensorIndex))
    return order
