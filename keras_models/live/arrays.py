"""The weights of a live model as a mapping of NumPy arrays, read one at a time."""

from collections.abc import Iterator, Mapping
from typing import Any

from edgeprune.contracts.data import Array
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.live.array_transfer import read


class LiveArrays(Mapping[WeightKey, Array]):
    """Each look-up copies one array out of the model, so that a large model is never held twice."""

    def __init__(self, variables: Mapping[WeightKey, Any]) -> None:
        self._variables = variables

    def __getitem__(self, key: WeightKey) -> Array:
        return read(self._variables[key])

    def __iter__(self) -> Iterator[WeightKey]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)
