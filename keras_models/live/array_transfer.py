"""Arrays out of and into live variables without needless copies: large ones in parts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.masks import Mask

PART_BYTES = 1 << 24


def read(variable: Any) -> Array:
    """A copy of a variable of either Keras; TensorFlow makes two more on the way unless it is read by rows."""
    array = np.empty(tuple(variable.shape), dtype_name(variable))
    if array.nbytes <= PART_BYTES:
        return np.array(variable.numpy())
    import tensorflow as tf

    for rows in _row_parts(array):
        array[rows] = tf.raw_ops.ResourceGather(
            resource=_handle(variable), indices=np.arange(rows.start, rows.stop), dtype=array.dtype
        ).numpy()
    return array


@contextmanager
def saved_by_rows() -> Iterator[None]:
    """Meanwhile Keras 3 saves variables as `read` reads them; its own way (Keras 3.15) makes three copies of each."""
    from keras.src import backend

    plain = backend.convert_to_numpy

    def convert(value: Any) -> Any:
        return read(value) if isinstance(value, backend.Variable) else plain(value)

    backend.convert_to_numpy = convert
    try:
        yield
    finally:
        backend.convert_to_numpy = plain


def assign(variable: Any, array: Array, mask: Mask | None = None) -> None:
    """Write an array into a variable of either Keras; with a mask, zeros where it is False.

    TensorFlow makes two copies of what it assigns, so what is larger than PART_BYTES goes in by rows, in place.
    Raises ValueError for a wrong shape.
    """
    if array.nbytes <= PART_BYTES or tuple(variable.shape) != array.shape:
        variable.assign(array if mask is None else np.where(mask, array, 0))
        return
    import tensorflow as tf

    for rows in _row_parts(array):
        part = array[rows].astype(dtype_name(variable), copy=False)
        if mask is not None:
            part = np.where(mask[rows], part, np.zeros((), part.dtype))
        # `variable[start:stop].assign` would read, and so copy, the whole variable each time
        tf.raw_ops.ResourceStridedSliceAssign(
            ref=_handle(variable), begin=[rows.start], end=[rows.stop], strides=[1], value=part
        )


def dtype_name(variable: Any) -> str:
    """The numeric type of a variable of either Keras."""
    dtype = variable.dtype
    return str(getattr(dtype, "name", dtype))


def _handle(variable: Any) -> Any:
    """The TensorFlow resource behind a variable; Keras 3 wraps a tf.Variable."""
    return getattr(variable, "_value", variable).handle


def _row_parts(array: Array) -> Iterator[slice]:
    """Slices of the first axis, each of about PART_BYTES."""
    rows = max(1, PART_BYTES * len(array) // array.nbytes)
    for start in range(0, len(array), rows):
        yield slice(start, min(start + rows, len(array)))
