"""Reading protocol buffers and LevelDB tables without their libraries, as far as a SavedModel needs them."""

import struct
from collections.abc import Iterator

Field = int | bytes

MAX_VARINT_BITS = 64
MAX_TABLE_BYTES = 1 << 26
"""Keys and values of a table together: keys share their beginnings, so that a small table can hold many long ones."""


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """A base-128 number and the position after it. Raises IndexError past the end, ValueError beyond 64 bits."""
    value = shift = 0
    while shift < MAX_VARINT_BITS:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("a number of more than 64 bits")


def fields(message: bytes) -> Iterator[tuple[int, Field]]:
    """(field number, value) of a protobuf message: numbers as int, everything with a length as bytes.

    Raises ValueError or IndexError where the bytes are no message.
    """
    position = 0
    while position < len(message):
        key, position = read_varint(message, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, position = read_varint(message, position)
            yield number, value
            continue
        if wire_type == 2:
            length, position = read_varint(message, position)
        elif wire_type in (1, 5):
            length = 8 if wire_type == 1 else 4
        else:
            raise ValueError(f"wire type {wire_type}")
        if position + length > len(message):
            raise IndexError("a field reaches past the end of its message")
        yield number, message[position : position + length]
        position += length


def text(value: Field) -> str:
    """A string field. Raises ValueError where it is a number or no UTF-8."""
    if not isinstance(value, bytes):
        raise ValueError("a number where text belongs")
    return value.decode()


def table_entries(table: bytes) -> Iterator[tuple[str, bytes]]:
    """(key, value) of every entry of a LevelDB table file, in order (google/leveldb, doc/table_format.md).

    Raises ValueError or IndexError where the bytes are no table.
    """
    footer = table[-48:]
    if len(footer) < 48 or struct.unpack("<Q", footer[40:])[0] != 0xDB4775248B80FB57:
        raise ValueError("no table footer")
    position = 0
    for _ in range(2):  # the handle of the meta index, which is passed over
        _, position = read_varint(footer, position)
    taken = 0
    for _, handle in _block_entries(table, *_handle(footer[position:])):
        for key, value in _block_entries(table, *_handle(handle)):
            taken += len(key) + len(value)
            if taken > MAX_TABLE_BYTES:
                raise ValueError("a table of too many or too long entries")
            yield key.decode(), value


def _handle(data: bytes) -> tuple[int, int]:
    offset, position = read_varint(data, 0)
    size, _ = read_varint(data, position)
    return offset, size


def _block_entries(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Entries of one block, whose keys share prefixes with the key before."""
    if table[offset + size] != 0:
        raise ValueError("a compressed block")
    if size < 4:
        raise ValueError("a block without an end")
    block = table[offset : offset + size]
    restarts = struct.unpack("<I", block[-4:])[0]
    end = size - 4 - 4 * restarts
    position, key = 0, b""
    while position < end:
        shared, position = read_varint(block, position)
        unshared, position = read_varint(block, position)
        length, position = read_varint(block, position)
        key = key[:shared] + block[position : position + unshared]
        position += unshared
        yield key, block[position : position + length]
        position += length
