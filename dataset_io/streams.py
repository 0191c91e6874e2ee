"""Parts that are read anew from their source each time, so that memory does not grow with them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from contracts.data import Split
from dataset_io.facts import Facts
from dataset_io.parts import Indices
from dataset_io.preprocess import Preparation
from dataset_io.splits import StreamSplit

Source = Callable[[Indices | None, int | None], Any]
"""`source(chosen, shuffle_seed)`: a `tf.data.Dataset` of single examples `(inputs, labels)`, tuples of raw arrays.

`chosen` are the numbers of the wanted examples in rising order (None: all); a seed shuffles anew in each epoch.
"""


@dataclass(frozen=True, kw_only=True)
class StreamPart:
    """A part as a stream. The facts are about the whole source, of which `chosen` may be a selection."""

    source: Source
    total: int
    input_facts: tuple[Facts, ...]
    label_facts: tuple[Facts, ...]
    chosen: Indices | None = None

    @property
    def size(self) -> int:
        return self.total if self.chosen is None else len(self.chosen)

    def take(self, chosen: Indices) -> "StreamPart":
        return replace(self, chosen=chosen if self.chosen is None else self.chosen[chosen])

    def split(self, preparation: Preparation) -> Split:
        return StreamSplit(partial(self.source, self.chosen), self.size, preparation)
