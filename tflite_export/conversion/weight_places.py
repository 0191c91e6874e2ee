"""Where a model's weights lie in its float32 file: with other values there, it is the file of a new conversion."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.tflite_export.contents.reader import read_tflite

MOST_AXES = 4


@dataclass(frozen=True)
class Place:
    """The first byte and the one behind the last, and the order of the axes there."""

    start: int
    end: int
    order: tuple[int, ...]


@dataclass(frozen=True)
class WeightPlaces:
    """A file, and where each variable of its model lies in it."""

    data: bytes
    variables: Sequence[Any]
    places: Sequence[Place]

    def filled(self) -> bytes:
        """The file with the values that the variables have now.

        What has become all zeros, or equal, keeps its place, while the converter might drop it or store it once.
        """
        file = bytearray(self.data)
        for variable, place in zip(self.variables, self.places, strict=True):
            file[place.start : place.end] = variable.numpy().transpose(place.order).tobytes()
        return bytes(file)


def weight_places(data: bytes, variables: Sequence[Any]) -> WeightPlaces | None:
    """The places, by the values that the variables have; None unless each has one of its own, and nothing else has.

    What the converter computes from weights (a normalisation that it takes into a kernel) is not found, equal weights
    share a place, and of a kernel that is its own transpose it cannot be told which of the two lies there.
    """
    arrays = [variable.numpy() for variable in variables]
    if any(array.dtype != np.float32 or array.ndim > MOST_AXES for array in arrays):
        return None
    if read_tflite(data, "the converted file").parameters != sum(array.size for array in arrays):
        return None
    found = [_place(data, array) for array in arrays]
    places = [place for place in found if place]
    in_order = sorted(places, key=lambda place: place.start)
    if len(places) < len(found) or any(one.end > next_one.start for one, next_one in pairwise(in_order)):
        return None
    return WeightPlaces(data, variables, places)


def _place(data: bytes, array: Array) -> Place | None:
    places = (
        Place(start, start + array.nbytes, order)
        for order in _orders(array.shape)
        for start in _starts(data, array.transpose(order).tobytes())
    )
    first, second = next(places, None), next(places, None)
    return None if second else first


def _orders(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The orders of axes that differ in the order of the values."""
    numbers, seen = np.arange(np.prod(shape, dtype=int)).reshape(shape), set()
    for order in permutations(range(len(shape))):
        values = numbers.transpose(order).tobytes()
        if values not in seen:
            seen.add(values)
            yield order


def _starts(data: bytes, values: bytes) -> Iterator[int]:
    """Where a sequence of bytes begins."""
    start = data.find(values)
    while start >= 0:
        yield start
        start = data.find(values, start + 1)
