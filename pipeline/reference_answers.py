"""Of several files that are compared, the answers of the first: what the others are scored against without labels."""

from dataclasses import replace

import numpy as np

from edgeprune.contracts.data import Array, Data
from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.scale import Scale

_READ = 256


class ReferenceAnswers:
    """Those of the first file whose data is asked about."""

    def __init__(self) -> None:
        self._name = ""
        self._kinds: tuple[str, ...] = ()
        self._labels: tuple[Array, ...] = ()
        self.scale: Scale | None = None
        """How the first file's inputs are scaled, where that was told."""

    def applied(self, data: Data, name: str) -> Data:
        """A file's data with these answers as labels of the test part; as it is where it has labels of its own.

        Raises ModelError for a file whose answers cannot agree with them, as they are of another kind or shape.
        """
        if data.task.labelled:
            return data
        if not self._labels:
            batches = [labels for _, labels in data.test.batches(_READ)]
            self._labels = tuple(np.concatenate(arrays) for arrays in zip(*batches, strict=True))
            self._name, self._kinds, self.scale = name, data.task.kinds, data.scale
            return data
        (_, own) = next(data.test.batches(1))
        ours, theirs = ([array.shape[1:] for array in labels] for labels in (own, self._labels))
        if (data.task.kinds, ours) != (self._kinds, theirs):
            raise ModelError(
                f"{name} answers {_words(data.task.kinds, ours)}, {self._name} {_words(self._kinds, theirs)}: "
                "without labels, files are compared by whether they agree",
                "compare files of one task, or give data with labels",
            )
        return replace(data, test=data.test.with_labels(self._labels))


def _words(kinds: tuple[str, ...], shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(f"{kind} {shape}" for kind, shape in zip(kinds, shapes, strict=True))
