"""Parts that are read anew from their source each time, so that memory does not grow with them."""

from dataclasses import dataclass, replace

from edgeprune.contracts.data import Array, Indices, Split
from edgeprune.dataset_io.facts import Facts
from edgeprune.dataset_io.preprocess import Preparation
from edgeprune.dataset_io.splits import Source, StreamSplit


@dataclass(frozen=True, kw_only=True)
class StreamPart:
    """A part as a stream. The facts are about the whole source, of which `chosen` may be a selection.

    `classes` are those of the whole source as well, for each output as `labels.class_numbers` gives them.
    """

    source: Source
    total: int
    input_facts: tuple[Facts, ...]
    label_facts: tuple[Facts, ...]
    classes: tuple[Array | None, ...]
    chosen: Indices | None = None

    @property
    def size(self) -> int:
        return self.total if self.chosen is None else len(self.chosen)

    def take(self, chosen: Indices) -> "StreamPart":
        return replace(self, chosen=chosen if self.chosen is None else self.chosen[chosen])

    def split(self, preparation: Preparation) -> Split:
        everything = slice(None) if self.chosen is None else self.chosen
        classes = tuple(None if numbers is None else numbers[everything] for numbers in self.classes)
        return StreamSplit(self.source, self.chosen, self.size, preparation, classes)
