"""How many weights a live model has, and how many of its kernel weights are zero."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_models.array_transfer import read
from keras_models.variables import variables, weight_specs


@dataclass(frozen=True, kw_only=True)
class WeightCounts:
    """Counts of single numbers; every shared layer once."""

    parameters: int
    prunable_weights: int
    zero_weights: int
    """Kernel weights that are exactly 0."""

    @property
    def sparsity(self) -> float | None:
        """Share of zeros among the kernel weights, 0..1; None without kernels."""
        return self.zero_weights / self.prunable_weights if self.prunable_weights else None


def count_weights(model: Any) -> WeightCounts:
    """Count a model's weights, one array at a time."""
    specs = {(path, spec.name): spec for path, layer in weight_specs(model).items() for spec in layer}
    kernels = {key: spec for key, spec in specs.items() if spec.is_kernel}
    live = variables(model)
    return WeightCounts(
        parameters=sum(spec.size for spec in specs.values()),
        prunable_weights=sum(spec.size for spec in kernels.values()),
        zero_weights=sum(spec.size - int(np.count_nonzero(read(live[key]))) for key, spec in kernels.items()),
    )
