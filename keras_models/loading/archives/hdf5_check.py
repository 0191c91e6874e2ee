"""Is an HDF5 file what Keras writes? Everything that a reader may meet in it is visited.

HDF5 (1.14) hangs or crashes on some damaged files, so this runs in a process of its own (`vetting`): what comes through
here can be read outside.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

import h5py
import numpy as np

from edgeprune.keras_models.loading.archives.hdf5_storage import StoredBytes, numbers_problem
from edgeprune.keras_models.loading.archives.limits import UnsoundError, array_bytes

MAX_DEPTH = 100


def check_hdf5(file: h5py.File, raw: BinaryIO, file_bytes: int) -> None:
    """Visit every object of an open file; `raw` are its bytes. Raises UnsoundError, or what h5py raises for damage."""
    if file.userblock_size:
        raise UnsoundError("it begins with a user block, which Keras does not write")
    stored = StoredBytes(raw, file_bytes)
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", file)]
    while waiting:
        place, item = waiting.pop()
        address = h5py.h5o.get_info(item.id).addr
        if address in seen:
            raise UnsoundError(f"{place!r} is a second name of an object, which Keras does not write")
        seen.add(address)
        _check_attributes(place, item, stored)
        if isinstance(item, h5py.Dataset):
            stored.check(place, item)
        elif isinstance(item, h5py.Group):
            waiting += _members(place, item)
        else:
            raise UnsoundError(f"{place!r} is a {type(item).__name__}, expected a group or an array")


def _members(place: str, group: h5py.Group) -> Iterator[tuple[str, Any]]:
    """What a group holds: no link is followed but to an object of this file."""
    if place.count("/") > MAX_DEPTH:
        raise UnsoundError(f"groups of more than {MAX_DEPTH} levels")
    for name in group:
        inner = f"{place}/{name}".lstrip("/")
        name.encode()  # raises where it is no Unicode
        if name in ("", ".") or "/" in name:
            raise UnsoundError(f"{inner!r} has a name that Keras cannot write")
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            kind = "an external link" if isinstance(link, h5py.ExternalLink) else "a soft link"
            raise UnsoundError(f"{inner!r} is {kind}, expected an object of this file")
        yield inner, group[name]


def _check_attributes(place: str, item: Any, stored: StoredBytes) -> None:
    """Read every attribute."""
    for name in item.attrs:
        what = f"attribute {name!r} of {place or '/'!r}"
        identifier = item.attrs.get_id(name)
        dtype, shape = identifier.dtype, identifier.shape
        text = h5py.check_string_dtype(dtype) is not None
        problem = None if text else numbers_problem(dtype, identifier.get_type())
        if problem or shape is None:
            raise UnsoundError(f"{what} is {problem or 'empty'}, expected text or numbers")
        stored.take(what, array_bytes(shape, dtype.itemsize))
        value = item.attrs[name]
        if text and dtype.kind == "O":  # these texts lie elsewhere in the file, and several may share one
            stored.take(what, sum(len(word) for word in np.ravel(np.asarray(value, dtype=object))))
