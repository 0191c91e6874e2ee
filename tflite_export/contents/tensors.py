"""Tensors of a .tflite file and the bytes behind them."""

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from edgeprune.contracts.data import Array
from edgeprune.tflite_export.contents.summary import TensorSummary

Bytes = npt.NDArray[np.uint8]

# Types that weights are stored in; other constants are shapes, axes and counters, except biases, which are
# integers with a scale.
PARAMETER_TYPES = {"float32", "float16", "bfloat16", "float64", "int16", "int8", "uint8", "int4", "uint4", "int2"}
PACKED_BITS = {"int4": 4, "uint4": 4, "int2": 2}
INDEX_BYTES = {"Uint8VectorT": 1, "Uint16VectorT": 2, "Int32VectorT": 4}
NUMPY_TYPES = {"bfloat16": "uint16", "bool": "bool"}


class Buffers:
    """The byte arrays of a file, by index; those of files over 2 GB lie behind the flatbuffer."""

    def __init__(self, model: Any, data: bytes) -> None:
        self._buffers = model.buffers or []
        self._data = data

    def bytes_of(self, index: int) -> Bytes:
        """The bytes of one buffer, empty for a tensor that is computed."""
        buffer = self._buffers[index]
        if buffer.offset > 1:
            if buffer.offset + buffer.size > len(self._data):
                raise IndexError("buffer outside of the file")
            return np.frombuffer(self._data, np.uint8, buffer.size, buffer.offset)
        return np.zeros(0, np.uint8) if buffer.data is None else np.asarray(buffer.data, np.uint8)


def read_tensor(tensor: Any, buffers: Buffers) -> TensorSummary:
    """One tensor as plain data, its zeros counted if it is a parameter."""
    dtype = type_names()[tensor.type]
    shape = tuple(int(length) for length in _list(tensor.shape))
    if any(length < 0 for length in shape):
        raise ValueError("length below 0")  # lengths that are left open are -1 in the shape signature alone
    raw = buffers.bytes_of(tensor.buffer)
    scales, zero_points = _quantization(tensor)
    constant = len(raw) > 0
    parameter = constant and (dtype in PARAMETER_TYPES or bool(scales))
    sparse = tensor.sparsity is not None
    size = prod(shape)
    stored = elements(raw, dtype, size) if parameter else np.zeros(0)
    return TensorSummary(
        name=tensor.name.decode("utf-8", errors="replace") if tensor.name else "",
        shape=_with_unknown(shape, tensor),
        dtype=dtype,
        size=size,
        constant=constant,
        parameter=parameter,
        sparse=sparse,
        block=_block(tensor.sparsity) if sparse else None,
        bytes=len(raw),
        index_bytes=sum(_index_bytes(dimension) for dimension in tensor.sparsity.dimMetadata) if sparse else 0,
        zeros=size - _nonzero(stored, zero_points) if parameter else 0,
        scale=scales[0] if scales else None,
        zero_point=zero_points[0] if zero_points else None,
        channels=len(scales),
        scalar=int(raw.view("<i4")[0]) if dtype == "int32" and len(raw) == 4 else None,
        variable=bool(tensor.isVariable),
    )


def _index_bytes(dimension: Any) -> int:
    """What the numbers take that tell where the stored elements of one dimension stand; 0 for a dense one."""
    return sum(
        len(_list(numbers.values)) * INDEX_BYTES[type(numbers).__name__]
        for numbers in (dimension.arraySegments, dimension.arrayIndices)
        if numbers is not None
    )


def _block(sparsity: Any) -> int:
    """How many elements are kept or left out together; a block has dense axes after those of the tensor."""
    blocked = len(_list(sparsity.blockMap))
    return prod(dimension.denseSize for dimension in sparsity.dimMetadata[len(sparsity.dimMetadata) - blocked :])


def _list(values: Any) -> list[Any]:
    return [] if values is None else list(values)


def _with_unknown(shape: tuple[int, ...], tensor: Any) -> tuple[int, ...]:
    """The shape with -1 where the file's shape signature leaves a length open."""
    signature = _list(tensor.shapeSignature)
    return tuple(int(length) for length in signature) if len(signature) == len(shape) else shape


def _quantization(tensor: Any) -> tuple[list[float], list[int]]:
    found = tensor.quantization
    if found is None:
        return [], []
    return [float(s) for s in _list(found.scale)], [int(z) for z in _list(found.zeroPoint)]


def elements(raw: Bytes, dtype: str, size: int) -> Array:
    """The stored elements; several of them share a byte in types of less than 8 bits, the lowest bits first."""
    bits = PACKED_BITS.get(dtype)
    if bits is None:
        return raw.view(np.dtype(NUMPY_TYPES.get(dtype, dtype)).newbyteorder("<"))
    mask, shifts = (1 << bits) - 1, range(0, 8, bits)
    unpacked: Array = np.stack([(raw >> shift) & mask for shift in shifts], axis=-1).reshape(-1)
    return unpacked[:size]


def _nonzero(stored: Array, zero_points: list[int]) -> int:
    """How many stored elements do not stand for 0; weights with a zero point for each channel have it at 0."""
    zero = zero_points[0] if len(set(zero_points)) == 1 else 0
    return int(np.count_nonzero(stored != zero))


def type_names() -> dict[int, str]:
    """Names of the schema's tensor types, as NumPy has them."""
    from ai_edge_litert import schema_py_generated as schema

    return {number: name.lower() for name, number in vars(schema.TensorType).items() if isinstance(number, int)}
