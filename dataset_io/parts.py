"""Parts of the user's data as a format read them: nothing reshaped, scaled or encoded yet."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from edgeprune.contracts.data import Array, Indices, Split
from edgeprune.contracts.errors import DataError
from edgeprune.dataset_io.facts import Facts, input_facts, label_facts
from edgeprune.dataset_io.preprocess import Preparation
from edgeprune.dataset_io.splits import MemorySplit

Named = dict[str, Array]


class Part(Protocol):
    """One part of the data; what it holds is only read as far as it is asked for."""

    @property
    def size(self) -> int:
        """Number of examples."""

    @property
    def input_facts(self) -> tuple[Facts, ...]:
        """Facts about each input."""

    @property
    def label_facts(self) -> tuple[Facts, ...]:
        """Facts about each output's labels; empty where they were not read (`--target input`)."""

    def take(self, chosen: Indices) -> "Part":
        """The examples with these numbers, in this order for arrays, in the order of the source for streams."""

    def split(self, preparation: Preparation) -> Split:
        """The part, ready for the model."""


@dataclass(frozen=True, kw_only=True)
class RawData:
    """What a format found: a training and a test part; one that is not there is None, but never both.

    Where there is only `train`, a test part is split off it. `class_names`: for each output's labels the names of its
    classes by number, where the data has names.
    """

    train: Part | None
    test: Part | None
    class_names: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ArrayPart:
    """A part in memory: an array for each input, and one for each output's labels, the example axis first."""

    inputs: tuple[Array, ...]
    labels: tuple[Array, ...]

    @property
    def size(self) -> int:
        return len(self.inputs[0])

    @cached_property
    def input_facts(self) -> tuple[Facts, ...]:
        return tuple(input_facts(array) for array in self.inputs)

    @cached_property
    def label_facts(self) -> tuple[Facts, ...]:
        return tuple(label_facts(array) for array in self.labels)

    def take(self, chosen: Indices) -> "ArrayPart":
        return ArrayPart(tuple(a[chosen] for a in self.inputs), tuple(a[chosen] for a in self.labels))

    def split(self, preparation: Preparation) -> Split:
        return MemorySplit(preparation.apply(self.inputs, self.labels))


def checked_part(source: str, inputs: Named, labels: Named) -> ArrayPart:
    """A part in memory, from arrays by the names that messages call them.

    Raises DataError for arrays that are empty, of different lengths, not numbers, or hold NaN or infinity.
    """
    arrays = inputs | labels
    part = ArrayPart(tuple(inputs.values()), tuple(labels.values()))
    for name, array in arrays.items():
        where = f"{source}: {name}"
        if array.ndim == 0 or array.size == 0:
            raise DataError(f"{where} is empty (shape {array.shape})", "give at least one example")
        if array.dtype.kind not in "biuf":
            raise DataError(f"{where} holds {array.dtype}, not numbers", "save it as an array of numbers")
        if len(array) != len(part.inputs[0]):
            raise DataError(
                f"{where} has {len(array)} examples, {next(iter(inputs))} has {part.size}",
                "give one entry of each for every example",
            )
    for name, facts in zip(arrays, (*part.input_facts, *part.label_facts), strict=True):
        check_finite(f"{source}: {name}", facts)
    return part


def check_finite(where: str, facts: Facts) -> None:
    """Raise DataError where values are NaN or infinite."""
    if facts.nonfinite:
        raise DataError(
            f"{where} holds {facts.nonfinite} values that are NaN or infinite",
            "remove these examples, or fill in their values",
        )
