"""What is in a .tflite file, as plain data."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from edgeprune.tflite_export.contents.sizes import gzip_bytes

PASSING_ON = ("DENSIFY", "DEQUANTIZE", "GATHER")
"""Operators that only change how weights are stored, or choose among them."""
FORMATS = {"float32": "none", "int2": "int4"}
INT8_FORMATS = {"float32": "dynamic", "int16": "int16x8"}
"""By the type of what is computed with weights in int8; else they are called by the type of the weights."""


def _format(weights: str, computed: str) -> str:
    return INT8_FORMATS.get(computed, "int8") if weights == "int8" else FORMATS.get(weights, weights)


@dataclass(frozen=True, kw_only=True)
class TensorSummary:
    """One tensor. `size` counts its elements, `bytes` is what it takes in the file (0 unless `constant`); where it
    is `sparse`, `index_bytes` tell where the elements stand, of which `block` at a time are kept or left out.

    `shape` has -1 where the length is known only at run time. `zeros` counts the elements that stand for 0 in a
    parameter; `scale` and `zero_point` are of an integer tensor quantized as a whole (`channels` 1) or of its
    first channel; `scalar` is the value of a constant 32-bit integer; a `variable`
    tensor keeps its values from one run to the next.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    size: int
    constant: bool = False
    parameter: bool = False
    sparse: bool = False
    block: int | None = None
    bytes: int = 0
    index_bytes: int = 0
    zeros: int = 0
    scale: float | None = None
    zero_point: int | None = None
    channels: int = 0
    scalar: int | None = None
    variable: bool = False

    @property
    def dense_bytes(self) -> int:
        """What all its elements take, stored or computed; 0 for handles and texts, whose length is not known."""
        bits = re.search(r"\d+$", self.dtype)
        return -(-self.size * (int(bits[0]) if bits else 8 * (self.dtype == "bool")) // 8)


@dataclass(frozen=True, kw_only=True)
class OperatorSummary:
    """One operator of one subgraph: its tensors, the bytes of its constants, and its multiply-accumulates.

    Custom operators are named `custom:NAME`. `runs` are its steps in a loop, None where their number is unknown;
    `macs` are for one run of the file (all steps together), None likewise.
    """

    name: str
    subgraph: int
    inputs: tuple[TensorSummary | None, ...]
    outputs: tuple[TensorSummary | None, ...]
    weight_bytes: int = 0
    runs: int | None = 1
    macs: int | None = 0


@dataclass(frozen=True, kw_only=True)
class TfliteSummary:
    """A whole file.

    `made_by` is what the converter wrote about itself, `min_runtime` the oldest runtime that can run the file;
    both None where the file does not say. `signatures` are the names of inputs and outputs of each signature.
    """

    operators: tuple[OperatorSummary, ...]
    tensors: tuple[TensorSummary, ...]
    inputs: tuple[TensorSummary, ...]
    outputs: tuple[TensorSummary, ...]
    signatures: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    made_by: str | None = None
    min_runtime: str | None = None
    data: bytes = field(repr=False)

    @property
    def raw_bytes(self) -> int:
        """Size of the file."""
        return len(self.data)

    @cached_property
    def gzip_bytes(self) -> int:
        """Size of the file compressed by gzip at level 9."""
        return gzip_bytes(self.data)

    @property
    def keeps_state(self) -> bool:
        """Whether a run goes on from the one before (a fused LSTM), unless the caller resets all variables."""
        return any(tensor.variable for tensor in self.tensors)

    @property
    def operator_counts(self) -> dict[str, int]:
        """How often each operator occurs, the commonest first."""
        return dict(Counter(operator.name for operator in self.operators).most_common())

    @property
    def numeric_types(self) -> dict[str, int]:
        """Number of parameters of each numeric type, the commonest first."""
        counts: Counter[str] = Counter()
        for tensor in self.parameter_tensors:
            counts[tensor.dtype] += tensor.size
        return dict(counts.most_common())

    @property
    def numeric_format(self) -> str | None:
        """The format that most weights are computed in, as --quantize calls it; None where there are no weights.

        `int8+float32` where only some layers are computed in integers.
        """
        stored = {id(tensor): tensor for tensor in self.parameter_tensors}  # subgraphs may use a name again
        weights: Counter[str] = Counter()
        for operator in self.operators:
            read = [stored.get(id(tensor)) for tensor in operator.inputs]
            kernels = [tensor for tensor in read if tensor is not None and tensor.size > max(tensor.shape, default=1)]
            result = next((tensor for tensor in operator.outputs if tensor is not None), None)
            if result is None or not kernels or operator.name == "WHILE":
                continue
            if operator.name in PASSING_ON:  # what reads its result computes with these weights
                stored[id(result)] = kernels[0]
                continue
            for kernel in kernels:
                weights[_format(kernel.dtype, result.dtype)] += kernel.size
        if {"int8", "none"} <= weights.keys():
            return "int8+float32"
        return weights.most_common(1)[0][0] if weights else next(iter(self.numeric_types), None)

    @property
    def parameter_tensors(self) -> tuple[TensorSummary, ...]:
        """Weights, biases and other learned constants."""
        return tuple(tensor for tensor in self.tensors if tensor.parameter)

    @property
    def sparse_tensors(self) -> tuple[TensorSummary, ...]:
        """Parameters that are stored without their zeros."""
        return tuple(tensor for tensor in self.tensors if tensor.sparse)

    @property
    def parameters(self) -> int:
        """Every weight and bias in the file, stored zeros and left-out zeros too."""
        return sum(tensor.size for tensor in self.parameter_tensors)

    @property
    def zeros(self) -> int:
        """How many of the parameters are exactly 0."""
        return sum(tensor.zeros for tensor in self.parameter_tensors)

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates of one run, None where a loop has an unknown number of steps."""
        total = 0
        for operator in self.operators:
            if operator.macs is None:
                return None
            total += operator.macs
        return total

    @property
    def flex_operators(self) -> tuple[str, ...]:
        """Operators that need the Flex delegate (TensorFlow's own kernels) at run time."""
        return tuple(name[7:] for name in self.operator_counts if name.startswith("custom:Flex"))
