"""Arrays in an HDF5 file as weights: numbers, bfloat16 among them, which HDF5 does not know."""

from typing import Any

import h5py
import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.keras_models.loading.archives.archive import StoredArray


class _Bfloat16Array:
    """bfloat16 as h5py stores it: pairs of bytes without a type."""

    def __init__(self, stored: h5py.Dataset) -> None:
        from ml_dtypes import bfloat16

        self._stored = stored
        self.shape: tuple[int, ...] = stored.shape
        self.dtype: np.dtype[Any] = np.dtype(bfloat16)

    def __getitem__(self, index: tuple[()]) -> Array:
        return np.asarray(self._stored[index]).view(self.dtype)


def stored_array(group: h5py.Group, name: str) -> StoredArray:
    """An array of a group. Raises KeyError where there is none, TypeError for a group or a type that is no weight's."""
    item = group[name]
    if not isinstance(item, h5py.Dataset):
        raise TypeError(f"{item.name!r} is a group, expected an array")
    if item.dtype.kind != "V":
        stored: StoredArray = item
        return stored
    if item.dtype.itemsize != 2:
        raise TypeError(f"{item.name!r} is of type {item.dtype}, expected numbers")
    return _Bfloat16Array(item)
