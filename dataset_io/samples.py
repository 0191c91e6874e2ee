"""Some examples of the data: drawn at random from the whole training part, all classes among them."""

from collections.abc import Iterator

import numpy as np

from edgeprune.contracts.data import Array, Batch, Data, Indices, Split

_READ = 64
"""Examples that are read at once."""
_CLASSES = ("binary", "multiclass", "multilabel")


def some_examples(data: Data, count: int, purpose: str) -> tuple[Array, ...]:
    """The inputs of `count` examples (all, where there are fewer), one array for each input of the model.

    Seeded by the data's seed; each purpose (one word) has a draw of its own.
    """
    batches = [inputs for inputs, _ in some_batches(data, count, purpose, _READ)]
    return tuple(np.concatenate(arrays) for arrays in zip(*batches, strict=True))


def some_batches(data: Data, count: int, purpose: str, batch_size: int) -> Iterator[Batch]:
    """The same in batches, with labels; of a stream no more than a few batches are in memory, and none else is read."""
    part = data.train if data.train.size else data.test
    generator = np.random.default_rng([data.seed, *purpose.encode()])
    chosen = drawn(part, data.task.kinds, count, generator, of_each=1)
    return part.batches(batch_size, chosen, int(generator.integers(2**31)))


def drawn(part: Split, kinds: tuple[str, ...], count: int, generator: np.random.Generator, *, of_each: int) -> Indices:
    """Numbers of `count` examples (all, where there are fewer), rising: up to `of_each` of every class first, then any.

    Where `count` does not suffice for that, every class has as many as any other, if there are so many of it.
    """
    order = generator.permutation(part.size)
    rank = np.full(part.size, of_each)
    for classes in _class_columns(part, kinds):
        rank = np.minimum(rank, _place_in_class(classes[order]))
    return np.sort(order[np.argsort(rank, kind="stable")][:count])


def _place_in_class(classes: Array) -> Indices:
    """How many examples of the same class stand before each."""
    by_class = np.argsort(classes, kind="stable")
    _, first, counts = np.unique(classes[by_class], return_index=True, return_counts=True)
    place = np.empty(len(classes), dtype=np.int64)
    place[by_class] = np.arange(len(classes)) - np.repeat(first, counts)
    return place


def _class_columns(part: Split, kinds: tuple[str, ...]) -> Iterator[Array]:
    """Arrays of which every value is to be among the examples: the classes of each output, or each of its labels."""
    if any(kind in _CLASSES for kind in kinds):
        for kind, classes in zip(kinds, part.classes, strict=False):  # data without labels has none
            if kind in _CLASSES and classes is not None:
                yield from classes.T if classes.ndim == 2 else (classes,)
