"""Start states that operators of a converted file share by mistake are given to each of them.

The converter (TensorFlow 2.21) merges equal constants before it makes variables of those that are the state of a
fused LSTM. The zeros that another LSTM or a loop (a GRU, a SimpleRNN) of the same width starts from become the
same variable then: LiteRT overwrites it while the first LSTM runs, and the other starts from that one's last state.
"""

from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np

from edgeprune.contracts.errors import ExportError
from edgeprune.tflite_export.contents.packing import packed
from edgeprune.tflite_export.contents.reader import parse

STATE_INPUTS = (18, 19)
"""Of UNIDIRECTIONAL_SEQUENCE_LSTM: its output state and its cell state, the only variables that the converter makes."""


def with_own_start_states(data: bytes) -> bytes:
    """The same file with a variable for each state, and constant zeros for whatever else reads one."""
    model = parse(data, "the converted file")
    shared = [use for graph in model.subgraphs for use in _later_uses(model, graph)]
    if not shared:
        return data
    for graph, operator, position in shared:
        tensor = copy(graph.tensors[operator.inputs[position]])
        tensor.name += f"_{len(graph.tensors)}".encode()  # litert-quantizer wants names to differ
        if not _is_state(model, operator, position):
            _make_constant(model, tensor)
        operator.inputs = [len(graph.tensors) if i == position else index for i, index in enumerate(operator.inputs)]
        graph.tensors.append(tensor)
    return packed(model)


def _later_uses(model: Any, graph: Any) -> Iterator[tuple[Any, Any, int]]:
    """Graph, operator and place among its inputs: all uses of variables but the first one as a state."""
    owned: set[int] = set()
    for operator in graph.operators or ():
        for position, index in enumerate(operator.inputs if operator.inputs is not None else ()):
            if index < 0 or not graph.tensors[index].isVariable:
                continue
            if index not in owned and _is_state(model, operator, position):
                owned.add(index)
            else:
                yield graph, operator, position


def _is_state(model: Any, operator: Any, position: int) -> bool:
    from ai_edge_litert import schema_py_generated as schema

    kind = model.operatorCodes[operator.opcodeIndex].builtinCode
    return position in STATE_INPUTS and kind == schema.BuiltinOperator.UNIDIRECTIONAL_SEQUENCE_LSTM


def _make_constant(model: Any, tensor: Any) -> None:
    """Float zeros in place of a variable; the converter makes the loops of a file only in float."""
    from ai_edge_litert import schema_py_generated as schema

    if tensor.type != schema.TensorType.FLOAT32:
        raise ExportError(
            "an LSTM and a loop beside it start from the same integers, and cannot be told apart in the file",
            "export with --quantize none, float16 or dynamic",
        )
    buffer = schema.BufferT()
    buffer.data = np.zeros(tensor.shape, "<f4").view(np.uint8).reshape(-1)
    tensor.buffer, tensor.isVariable = len(model.buffers), False
    model.buffers.append(buffer)
