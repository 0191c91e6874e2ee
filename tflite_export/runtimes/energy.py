"""Energy of one inference, estimated from a table of what operations and memory accesses cost. Never a measurement.

Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014, figure 1.1.9: picojoules in a 45 nm
process at 0.9 V. Newer chips need less; what is worth something is the proportion between two files.

The model: every multiply-accumulate costs one multiplication and one addition; weights are read once, inputs and
everything computed are written once and read once. Weights lie in the smallest memory of the table that holds them
all (8 KiB, 32 KiB or 1 MiB of SRAM, else DRAM), and so do the inputs and everything computed together.
Weights count as operators read them: LiteRT unpacks float16 to float32 when it loads a file, and sparse tensors too
where the operator has no kernel for them, as for zeros at random. These zeros cost as much as other weights; an
operator that reads a sparse tensor itself (zeros in blocks) skips what is not stored.
Left out: control, instructions, leakage, and all arithmetic that is no multiply-accumulate.
"""

from math import inf

from edgeprune.tflite_export.contents.summary import OperatorSummary, TensorSummary, TfliteSummary

FLOAT32_MAC_PJ = 3.7 + 0.9
INT8_MAC_PJ = 0.2 + 0.03
INT16_BY_INT8_MAC_PJ = 2 * 0.2 + 0.05
"""The table has no such product; multipliers cost by the product of their widths (32 bits: 3.1, 16 times 8 bits)."""

MEMORIES = ((8 << 10, 10.0), (32 << 10, 20.0), (1 << 20, 100.0), (inf, 1300.0))
"""Bytes that a memory holds, and picojoules for each access to 64 bits of it; of DRAM the lower end (1.3 to 2.6 nJ)."""
ACCESS_BYTES = 8

ALIASES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
"""Operators whose output is their input under another shape: nothing is moved."""


def estimate_uj(mac_picojoules: float, weight_bytes: int, activation_bytes: int) -> float:
    """Microjoules of one inference. `activation_bytes` are those of inputs and everything computed, each once."""
    weights = weight_bytes * _picojoules_a_byte(weight_bytes)
    activations = 2 * activation_bytes * _picojoules_a_byte(activation_bytes)
    return (mac_picojoules + weights + activations) / 1e6


def _picojoules_a_byte(size: int) -> float:
    return next(picojoules for holds, picojoules in MEMORIES if size <= holds) / ACCESS_BYTES


def file_energy_uj(summary: TfliteSummary) -> float | None:
    """Microjoules of one run of a .tflite file, estimated; None where a loop has an unknown number of steps."""
    if any(operator.runs is None for operator in summary.operators):
        return None
    operators, weights = _split(summary)
    macs = sum(operator.macs * _mac_picojoules(operator) for operator in operators if operator.macs)
    read = {tensor for operator in operators for tensor in operator.inputs if tensor in weights}
    computed = sum(
        tensor.dense_bytes * (operator.runs or 0)
        for operator in operators
        if operator.name not in ALIASES
        for tensor in operator.outputs
        if tensor is not None
    )
    activations = computed + sum(tensor.dense_bytes for tensor in summary.inputs)
    return estimate_uj(macs, sum(weights[tensor] for tensor in read), activations)


def _split(summary: TfliteSummary) -> tuple[list[OperatorSummary], dict[TensorSummary, int]]:
    """The operators of each run, and the bytes of all that is constant to them.

    Operators that compute with constants alone unpack weights, once, when the file is loaded.
    """
    constant = {tensor: tensor.bytes + tensor.index_bytes for tensor in summary.tensors if tensor.constant}
    operators = []
    for operator in summary.operators:
        if operator.inputs and all(tensor is None or tensor in constant for tensor in operator.inputs):
            constant |= {tensor: tensor.dense_bytes for tensor in operator.outputs if tensor is not None}
        else:
            operators.append(operator)
    return operators, constant


def _mac_picojoules(operator: OperatorSummary) -> float:
    """Of one multiply-accumulate, by the types of the operator's weights (or second factor) and output."""
    weights = next(tensor for tensor in operator.inputs[1:] if tensor is not None)
    output = operator.outputs[0]
    if weights.dtype.startswith("float"):
        picojoules = FLOAT32_MAC_PJ
    else:
        picojoules = INT16_BY_INT8_MAC_PJ if output is not None and output.dtype == "int16" else INT8_MAC_PJ
    return picojoules * weights.bytes / weights.dense_bytes if weights.sparse else picojoules
