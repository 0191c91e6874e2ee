"""Which weights of a file can be stored sparsely, and in which form LiteRT computes the right numbers with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from edgeprune.contracts.data import Array
from edgeprune.tflite_export.contents.tensors import Buffers, read_tensor, type_names
from edgeprune.tflite_export.sparse.layouts import Layout, compress, smallest

FEWEST_ZEROS = 0.3
"""Share of zeros from which a weight can be smaller without them."""

OVERHEAD_BYTES = 400
"""What the description of a sparse tensor and its DENSIFY take in the file, about."""

KERNEL_ZEROS = 0.8
"""Share of zero blocks from which the sparse kernels pay: below, dense float32 is faster."""

WEIGHT_INPUT = 1
CONVOLUTIONS = {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"}
KERNEL_BLOCKS = {"float32": 4, "int8": 16}


class Form(Enum):
    """How a sparse weight is read."""

    KERNEL = auto()
    """By a sparse kernel of FULLY_CONNECTED."""
    UNPACKED = auto()
    """Unpacked by DENSIFY; as fast as a dense weight."""
    UNPACKED_SLOW = auto()
    """Unpacked by DENSIFY for a FULLY_CONNECTED that XNNPACK cannot take then: several times slower."""


@dataclass(frozen=True, kw_only=True)
class Weight:
    """A weight with many zeros; `reader` says who takes it. LiteRT reads it only dense, unless it is a SparseWeight."""

    tensor: int
    shape: tuple[int, ...]
    reader: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class SparseWeight(Weight):
    """A weight that LiteRT reads without its zeros too: in which form, and how they are left out."""

    form: Form
    layout: Layout


def weights_with_zeros(model: Any, data: bytes) -> Iterator[Weight]:
    """The weights of the main graph of a `ModelT` that could be smaller without their zeros."""
    graph, buffers = model.subgraphs[0], Buffers(model, data)
    readers = _readers(model)
    for index, tensor in enumerate(graph.tensors):
        if tensor.sparsity is not None or index not in readers:
            continue
        found = read_tensor(tensor, buffers)
        if not found.parameter or len(found.shape) < 2 or found.bytes <= OVERHEAD_BYTES:
            continue
        if found.zeros < FEWEST_ZEROS * found.size:
            continue
        names, inputs = _uses(graph, readers, index)
        reader = f"{' and '.join(sorted(names))} with {found.dtype} weights and {'/'.join(sorted(inputs))} activations"
        plain = Weight(tensor=index, shape=found.shape, reader=reader, size_bytes=found.bytes)
        if found.dtype not in ("float32", "float16", "int8"):
            yield plain
            continue
        array = buffers.bytes_of(tensor.buffer).view(found.dtype).reshape(found.shape)
        yield _with_form(plain, array, names, inputs)


def _with_form(weight: Weight, array: Array, names: set[str], inputs: set[str]) -> Weight:
    """The weight with the form that suits its readers best."""
    dtype, dense_layer = array.dtype.name, names == {"FULLY_CONNECTED"}
    form = None
    if dtype in ("float32", "float16"):
        form = Form.UNPACKED if names <= CONVOLUTIONS | {"FULLY_CONNECTED"} else None
    elif names <= CONVOLUTIONS or (dense_layer and inputs == {"int16"}):
        form = Form.UNPACKED if "float32" not in inputs else None
    elif dense_layer:
        form = Form.UNPACKED_SLOW
    if form is None:
        return weight
    if dense_layer and len(inputs) == 1 and "int16" not in inputs and dtype in KERNEL_BLOCKS:
        layout = compress(array, KERNEL_BLOCKS[dtype])
        if layout is not None and layout.zeros >= KERNEL_ZEROS:
            return SparseWeight(**vars(weight), form=Form.KERNEL, layout=layout)
    return SparseWeight(**vars(weight), form=form, layout=smallest(array))


Readers = dict[int, list[tuple[str, int, Any]]]
"""Tensor to the operators that take it: name, position among the inputs, operator."""


def _readers(model: Any) -> Readers:
    """Who takes which tensor of the main graph."""
    names = {number: name for name, number in vars(_schema().BuiltinOperator).items() if isinstance(number, int)}
    readers: Readers = {}
    for operator in model.subgraphs[0].operators or ():
        code = model.operatorCodes[operator.opcodeIndex]
        name = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
        for position, tensor in enumerate(operator.inputs):
            readers.setdefault(int(tensor), []).append((name, position, operator))
    return readers


def _uses(graph: Any, readers: Readers, index: int) -> tuple[set[str], set[str]]:
    """Names of the operators that compute with a weight, and the types of their activations.

    A DEQUANTIZE passes a float16 weight on. An operator that takes the tensor as anything but its weights counts as
    `another operator`.
    """
    names: set[str] = set()
    inputs: set[str] = set()
    for name, position, operator in readers[index]:
        if name == "DEQUANTIZE" and int(operator.outputs[0]) in readers:
            inner = _uses(graph, readers, int(operator.outputs[0]))
            names |= inner[0]
            inputs |= inner[1]
            continue
        names.add(name if position == WEIGHT_INPUT else f"another operator ({name})")
        activation = operator.inputs[2 if name == "TRANSPOSE_CONV" else 0]
        inputs.add(type_names()[graph.tensors[activation].type])
    return names, inputs


def _schema() -> Any:
    from ai_edge_litert import schema_py_generated

    return schema_py_generated
