"""Labels in the form that the loss wants: class numbers, one-hot rows, or quantities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.model import Shape
from edgeprune.dataset_io.shapes import fitted_shape

_LARGEST_CLASS = 2**31

Encoding = Literal["number", "class", "one-hot to class", "class to one-hot"]


@dataclass(frozen=True, kw_only=True)
class LabelRule:
    """Brings a batch of labels into the form that the loss of one output takes.

    `number` casts to float32, `class` to int32; the other two turn one-hot rows into class numbers and back.
    `shape` is one example's, without the class axis where the encoding adds or removes it; `classes` its length.
    """

    encoding: Encoding
    shape: Shape
    classes: int = 0

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of the encoded labels."""
        return np.dtype(np.int32 if self.encoding in ("class", "one-hot to class") else np.float32)

    @property
    def encoded_shape(self) -> Shape:
        """Shape of one example's encoded labels."""
        return (*self.shape, self.classes) if self.encoding == "class to one-hot" else self.shape

    def apply(self, batch: Array) -> Array:
        if self.encoding == "one-hot to class":
            batch = batch.argmax(axis=-1)
        shape = fitted_shape(batch.shape[1:], self.shape) or self.shape
        shaped = batch.reshape(len(batch), *shape)
        if self.encoding == "class to one-hot":
            numbers = shaped.astype(np.int32, copy=False)
            rows: Array = (numbers[..., np.newaxis] == np.arange(self.classes)).astype(np.float32)
            return rows
        return shaped.astype(self.dtype, copy=False)


def class_numbers(labels: Array) -> Array | None:
    """The class of each example, shape (examples,), of labels that are whole numbers or one-hot rows.

    Other rows of 0 and 1 come back as they are, shape (examples, labels); None for labels of any other form.
    """
    rows = labels.reshape(len(labels), -1) if labels.ndim == 1 or labels.shape[1:] == (1,) else labels
    if rows.ndim != 2 or rows.dtype.kind not in "biuf":
        return None
    if rows.shape[1] == 1:
        values = rows[:, 0]
        whole = np.array_equal(values, np.floor(values)) and (np.abs(values) < _LARGEST_CLASS).all()
        return values.astype(np.int64) if whole else None
    ones: Array = rows == 1
    if not (ones | (rows == 0)).all():
        return None
    classes: Array = ones.argmax(axis=1)
    return classes if (np.count_nonzero(ones, axis=1) == 1).all() else ones


def joined_classes(chunks: Sequence[Array | None]) -> Array | None:
    """What `class_numbers` gave for the chunks of one array, as for the whole: where some are rows, all are."""
    known = [chunk for chunk in chunks if chunk is not None]
    widths = {chunk.shape[1] for chunk in known if chunk.ndim == 2}
    if len(known) < len(chunks) or len(widths) > 1:
        return None
    columns = np.arange(*widths) if widths else None
    return np.concatenate(
        [chunk if columns is None or chunk.ndim == 2 else chunk[:, np.newaxis] == columns for chunk in known]
    )


def number_text_classes(parts: list[Array]) -> tuple[list[Array], tuple[str, ...]]:
    """Number the classes of labels given as text, in sorted order, the same for all parts.

    Returns the numbers (int32), and the classes' names by number; arrays that are not text come back as they are.
    """
    if not all(part.dtype.kind in "US" and part.ndim for part in parts):
        return parts, ()
    names = np.unique(np.concatenate(parts))
    return [np.searchsorted(names, part).astype(np.int32) for part in parts], tuple(str(name) for name in names)
