"""How many weights a live model has, and how many of those that are up for pruning are zero."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.live.array_transfer import read
from edgeprune.keras_models.live.variables import weight_specs


@dataclass(frozen=True, kw_only=True)
class WeightCounts:
    """Counts of single numbers; every shared layer once."""

    parameters: int
    prunable_weights: int
    zero_weights: int
    """Prunable weights that are exactly 0."""

    @property
    def sparsity(self) -> float | None:
        """Share of zeros among the prunable weights, 0..1; None where there are none."""
        return self.zero_weights / self.prunable_weights if self.prunable_weights else None


def count_weights(model: KerasModel, prunable: Mapping[WeightKey, Any]) -> WeightCounts:
    """Count a model's weights, one array at a time; `prunable` are those of its variables whose zeros count."""
    size = nonzero = 0
    for variable in prunable.values():
        array = read(variable)
        size += array.size
        nonzero += int(np.count_nonzero(array))
    return WeightCounts(
        parameters=sum(spec.size for layer in weight_specs(model).values() for spec in layer),
        prunable_weights=size,
        zero_weights=size - nonzero,
    )
