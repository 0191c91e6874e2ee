"""What has to be known about an array of inputs or labels before it can be prepared, gathered chunk by chunk.

Chunks keep the memory constant: for streams by necessity, for arrays because every test would else make a copy.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.model import Shape

_CHUNK_BYTES = 1 << 24
_MOST_CLASSES = 100_000
"""Beyond as many distinct values, labels are quantities, not classes; counting them stops."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Facts about `count` examples, each of `shape`.

    `minimum` and `maximum` are over the finite values; `nonfinite` counts NaN and infinities. `whole`: every value
    is a whole number. `one_hot`: the last axis holds a single 1 among zeros; `distribution`: it adds up to 1.
    `value_counts` counts each whole number, `column_counts` the place of the 1 in one-hot rows (labels only).
    """

    count: int
    shape: Shape
    dtype: np.dtype[Any]
    minimum: float
    maximum: float
    whole: bool
    nonfinite: int
    one_hot: bool = False
    distribution: bool = False
    value_counts: Mapping[int, int] = field(default_factory=dict)
    column_counts: Mapping[int, int] = field(default_factory=dict)


def input_facts(array: Array) -> Facts:
    """Facts of inputs: range, wholeness, what is not finite."""
    return reduce(_merge, (_range_facts(chunk) for chunk in _chunks(array)))


def label_facts(array: Array) -> Facts:
    """Facts of labels: as of inputs, and how often each class occurs."""
    return reduce(_merge, (_class_facts(chunk) for chunk in _chunks(array)))


def merged(facts: Iterable[Facts]) -> Facts:
    """Facts of several parts, or of several chunks of one, taken together."""
    return reduce(_merge, facts)


def _chunks(array: Array) -> Iterator[Array]:
    examples = max(1, _CHUNK_BYTES // max(1, array[:1].nbytes))
    for start in range(0, len(array), examples):
        yield array[start : start + examples]


def _range_facts(chunk: Array) -> Facts:
    nonfinite, whole = 0, True
    minimum, maximum = (float(chunk.min()), float(chunk.max())) if chunk.size else (0.0, 0.0)
    if chunk.dtype.kind == "f":
        finite = np.isfinite(chunk)
        nonfinite = int(chunk.size - np.count_nonzero(finite))
        if nonfinite:
            numbers = chunk[finite]
            minimum, maximum = (float(numbers.min()), float(numbers.max())) if numbers.size else (0.0, 0.0)
        whole = not nonfinite and bool(np.array_equal(chunk, np.floor(chunk)))
    return Facts(
        count=len(chunk),
        shape=chunk.shape[1:],
        dtype=chunk.dtype,
        minimum=minimum,
        maximum=maximum,
        whole=whole,
        nonfinite=nonfinite,
    )


def _class_facts(chunk: Array) -> Facts:
    facts = _range_facts(chunk)
    row_like = chunk.ndim > 1 and chunk.shape[-1] > 1
    distribution = row_like and bool(np.allclose(chunk.sum(axis=-1, dtype=np.float64), 1.0, atol=1e-4))
    distribution = distribution and facts.minimum >= 0
    one_hot = distribution and facts.whole
    return Facts(
        count=facts.count,
        shape=facts.shape,
        dtype=facts.dtype,
        minimum=facts.minimum,
        maximum=facts.maximum,
        whole=facts.whole,
        nonfinite=facts.nonfinite,
        one_hot=one_hot,
        distribution=distribution,
        value_counts=_counts(chunk) if facts.whole else {},
        column_counts=_counts(chunk.argmax(axis=-1)) if one_hot else {},
    )


def _counts(values: Array) -> dict[int, int]:
    found, counts = np.unique(values, return_counts=True)
    if len(found) > _MOST_CLASSES:
        return {}
    return {int(value): int(count) for value, count in zip(found, counts, strict=True)}


def _merge(a: Facts, b: Facts) -> Facts:
    return Facts(
        count=a.count + b.count,
        shape=_common_shape(a.shape, b.shape),
        dtype=np.promote_types(a.dtype, b.dtype),
        minimum=min(a.minimum, b.minimum),
        maximum=max(a.maximum, b.maximum),
        whole=a.whole and b.whole,
        nonfinite=a.nonfinite + b.nonfinite,
        one_hot=a.one_hot and b.one_hot,
        distribution=a.distribution and b.distribution,
        value_counts=_sum(a.value_counts, b.value_counts),
        column_counts=_sum(a.column_counts, b.column_counts),
    )


def _common_shape(a: Shape, b: Shape) -> Shape:
    """Axes whose lengths differ become None; different ranks are told apart by whoever compares the parts."""
    if len(a) != len(b):
        return a
    return tuple(x if x == y else None for x, y in zip(a, b, strict=True))


def _sum(a: Mapping[int, int], b: Mapping[int, int]) -> dict[int, int]:
    return {value: a.get(value, 0) + b.get(value, 0) for value in sorted(a.keys() | b.keys())}
