"""TensorFlow's checkpoint format: variables by the Python objects that hold them, and where each lies in a data file.

tensorflow/core/protobuf: `tensor_bundle.proto`, `trackable_object_graph.proto`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.keras_models.loading.archives.folders import MAX_PART_BYTES, read_part
from edgeprune.keras_models.loading.archives.limits import unpacked_limit
from edgeprune.keras_models.loading.archives.wire_format import Field, fields, read_varint, table_entries, text

# tensorflow/core/framework/types.proto
DTYPES = {
    1: "<f4",
    2: "<f8",
    3: "<i4",
    4: "<u1",
    5: "<i2",
    6: "<i1",
    9: "<i8",
    10: "?",
    17: "<u2",
    19: "<f2",
    22: "<u4",
    23: "<u8",
}
BFLOAT16 = 14
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
STRING = 7
LARGEST = 1 << 62
"""Bytes or numbers; what is larger is a mistake."""


@dataclass(frozen=True)
class _Entry:
    """Where a tensor lies in a data file."""

    file: Path
    shape: tuple[int, ...]
    kind: int
    offset: int
    size: int


@dataclass(frozen=True)
class _StoredArray:
    """One array in a data file."""

    file: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int

    def __getitem__(self, index: tuple[()]) -> Array:
        array = np.fromfile(self.file, self.dtype, math.prod(self.shape), offset=self.offset)
        return array.reshape(self.shape)


class Checkpoint:
    """The variables below a folder; objects are numbered, 0 is the model.

    All methods raise ValueError, KeyError, IndexError or OSError where the files are damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries = dict(table_entries(read_part(folder / "variables.index")))
        self._shards = _number(dict(fields(self._entries[""])), 1, default=1)
        self._sizes = {file: file.stat().st_size for file in folder.glob("variables.data-*")}
        self._taken = 0
        self._objects: dict[int, tuple[dict[str, int], str | None]] = {}

    def children(self, node: int) -> Mapping[str, int]:
        """Numbers of the objects that an object holds, by attribute."""
        return self._object(node)[0]

    def variable(self, node: int, attribute: str) -> _StoredArray | None:
        """The array of a variable of an object; None where it has none."""
        place = self.children(node).get(attribute)
        key = None if place is None else self._object(place)[1]
        if key is None:
            return None
        entry = self._entry(key)
        array = _StoredArray(entry.file, entry.shape, _dtype(entry.kind), entry.offset)
        if math.prod(entry.shape) * array.dtype.itemsize != entry.size:
            raise ValueError(f"{key} has {entry.size} bytes, expected {entry.shape} of {array.dtype}")
        self._taken += entry.size
        if self._taken > unpacked_limit(sum(self._sizes.values())):
            raise ValueError(f"its variables take {self._taken:,} bytes, more than its files hold")
        return array

    def _entry(self, key: str) -> _Entry:
        values = dict(fields(self._entries[key]))
        kind, shard, offset, size = (_number(values, number) for number in (1, 3, 4, 5))
        shape = tuple(
            _number(dict(fields(dimension)), 1)
            for number, dimension in fields(_message(values.get(2, b"")))
            if number == 2 and isinstance(dimension, bytes)
        )
        file = self._folder / f"variables.data-{shard:05d}-of-{self._shards:05d}"
        if 7 in values or self._sizes.get(file, 0) < offset + size:
            raise ValueError(f"{file.name} ends before {key}")
        return _Entry(file, shape, kind, offset, size)

    @cached_property
    def _nodes(self) -> list[bytes]:
        """The objects as they are stored; a model has thousands, of which few are asked for."""
        entry = self._entry(OBJECT_GRAPH)
        if entry.kind != STRING or entry.size > MAX_PART_BYTES:
            raise ValueError(f"a description of objects of {entry.size:,} bytes")
        with entry.file.open("rb") as file:
            file.seek(entry.offset)
            data = file.read(entry.size)
        length, position = read_varint(data, 0)
        position += 4  # checksum of the length
        message = data[position : position + length]
        return [_message(node) for number, node in fields(message) if number == 1]

    def _object(self, node: int) -> tuple[dict[str, int], str | None]:
        """Children by attribute, and the key of a variable's value."""
        if node not in self._objects:
            self._objects[node] = _parsed(self._nodes[node])
        return self._objects[node]


def _parsed(node: bytes) -> tuple[dict[str, int], str | None]:
    children: dict[str, int] = {}
    key = None
    for number, value in fields(node):
        if number == 1:
            child = dict(fields(_message(value)))
            children[text(child[2])] = _number(child, 1)
        elif number == 2:
            attribute = dict(fields(_message(value)))
            key = text(attribute[3]) if attribute.get(1) == b"VARIABLE_VALUE" else key
    return children, key


def _dtype(kind: int) -> np.dtype[Any]:
    if kind == BFLOAT16:
        import ml_dtypes  # gives NumPy the type by its name

        bfloat16: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return bfloat16
    if kind not in DTYPES:
        raise ValueError(f"a variable of TensorFlow's type {kind}, expected numbers")
    return np.dtype(DTYPES[kind])


def _number(values: Mapping[int, Field], number: int, default: int = 0) -> int:
    value = values.get(number, default)
    if not isinstance(value, int) or value > LARGEST:
        raise ValueError(f"{value!r:.30} where a number belongs")
    return value


def _message(value: Field) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError(f"{value} where a message belongs")
    return value
