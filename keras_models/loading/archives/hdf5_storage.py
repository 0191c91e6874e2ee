"""Are the arrays of an HDF5 file really there? What they declare must be backed by bytes of the file."""

import math
import zlib
from typing import Any, BinaryIO

import h5py
import numpy as np
from h5py import h5d, h5z

from edgeprune.keras_models.loading.archives.limits import UnsoundError, array_bytes, unpacked_limit

FILTERS = {h5z.FILTER_DEFLATE: "deflate", h5z.FILTER_SHUFFLE: "shuffle", h5z.FILTER_FLETCHER32: "fletcher32"}
"""What h5py and h5repack put on arrays by name, save for packages that are no part of HDF5; Keras itself uses none."""
CHECKSUM_BYTES = 4


class StoredBytes:
    """The bytes of a file, which its objects share out between them: each is taken once."""

    def __init__(self, raw: BinaryIO, file_bytes: int) -> None:
        self._raw = raw
        self._file_bytes = file_bytes
        self._taken = 0
        self._unpacked = 0

    def take(self, what: str, size: int) -> None:
        """Count bytes that lie in the file as they are. Raises UnsoundError where it holds fewer."""
        self._taken += size
        if self._taken > self._file_bytes:
            raise UnsoundError(f"{what} takes {size:,} bytes, the whole file of {self._file_bytes:,} has no more room")

    def check(self, place: str, dataset: h5py.Dataset) -> None:
        """Raises UnsoundError for an array that is not wholly in the file, or of a form that Keras does not write."""
        what = f"array {place!r}"
        problem = numbers_problem(dataset.dtype, dataset.id.get_type())
        if problem or dataset.shape is None:
            raise UnsoundError(f"{what} is {problem or 'empty'}, expected numbers")
        properties = dataset.id.get_create_plist()
        layout = properties.get_layout()
        if layout == h5d.VIRTUAL or properties.get_external_count():
            raise UnsoundError(f"{what} lies in another file, expected it in this one")
        size = array_bytes(dataset.shape, dataset.dtype.itemsize)
        if size == 0:
            return
        if layout == h5d.CHUNKED:
            self._check_chunks(what, dataset, properties)
        else:
            self._check_plain(what, dataset, size, compact=layout == h5d.COMPACT)

    def _check_plain(self, what: str, dataset: h5py.Dataset, size: int, *, compact: bool) -> None:
        self.take(what, size)
        if compact:
            return
        offset = dataset.id.get_offset()
        if offset is None:
            raise UnsoundError(f"{what} declares {size:,} bytes, none of them was ever written")
        if dataset.id.get_storage_size() != size or offset + size > self._file_bytes:
            raise UnsoundError(f"{what} declares {size:,} bytes, the file ends before them")

    def _check_chunks(self, what: str, dataset: h5py.Dataset, properties: Any) -> None:
        filters = [properties.get_filter(index)[0] for index in range(properties.get_nfilters())]
        if unknown := [number for number in filters if number not in FILTERS]:
            raise UnsoundError(
                f"{what} is packed by filter {unknown[0]}, expected none or {', '.join(FILTERS.values())}"
            )
        lengths = properties.get_chunk()
        count = math.prod(-(-axis // length) for axis, length in zip(dataset.shape, lengths, strict=True))
        chunk_bytes = array_bytes(lengths, dataset.dtype.itemsize)
        self._unpacked += count * chunk_bytes
        if self._unpacked > unpacked_limit(self._file_bytes):
            raise UnsoundError(
                f"{what} unpacks to {count * chunk_bytes:,} bytes, too many for a file of {self._file_bytes:,}"
            )
        places: list[Any] = []

        def add(chunk: Any) -> bool | None:
            places.append(chunk)
            return len(places) > count or None  # anything but None ends it

        dataset.id.chunk_iter(add)
        if len({chunk.chunk_offset for chunk in places}) != count or len(places) != count:
            raise UnsoundError(f"{what} has {len(places):,} parts, expected {count:,}")
        for chunk in places:
            self.take(what, chunk.size)
            if chunk.filter_mask or self._unpacked_size(chunk, filters, chunk_bytes) != chunk_bytes:
                raise UnsoundError(f"{what} has a part that does not unpack to {chunk_bytes:,} bytes")

    def _unpacked_size(self, chunk: Any, filters: list[int], limit: int) -> int:
        """Bytes that a chunk unpacks to; a little more than the limit where it is more."""
        if chunk.byte_offset + chunk.size > self._file_bytes:
            return -1
        if h5z.FILTER_DEFLATE not in filters:
            return int(chunk.size) - CHECKSUM_BYTES * filters.count(h5z.FILTER_FLETCHER32)
        self._raw.seek(chunk.byte_offset)
        data = self._raw.read(chunk.size)
        for number in reversed(filters):
            if number == h5z.FILTER_FLETCHER32:
                data = data[:-CHECKSUM_BYTES]
            elif number == h5z.FILTER_DEFLATE:
                inflating = zlib.decompressobj()
                data = inflating.decompress(data, limit + CHECKSUM_BYTES + 1)
                if not inflating.eof:
                    return -1
        return len(data)


def numbers_problem(dtype: np.dtype[Any], stored: Any) -> str | None:
    """What a type is, where it is not one of the plain numbers that Keras stores; None where it is."""
    plain = dtype.kind in "iufb" and dtype.itemsize <= 8 and h5py.check_enum_dtype(dtype) is None
    # bfloat16 and float8 have no HDF5 type: h5py stores them as bytes without one
    opaque = dtype.kind == "V" and dtype.itemsize <= 2 and dtype.names is None and dtype.subdtype is None
    if not plain and not opaque:
        return f"of type {dtype}"
    # a float or integer of unusual layout looks like an ordinary one in NumPy, and would be converted in reading
    return None if h5py.h5t.py_create(dtype, logical=True).equal(stored) else f"an unusual form of {dtype}"
