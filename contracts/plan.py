"""What a pruning method decided, before anything is changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from contracts.model import WeightKey

Mask = npt.NDArray[np.bool_]
"""True where a weight is kept; the weight's own shape."""


@dataclass(frozen=True, kw_only=True)
class LayerReport:
    """One row of the per-layer report; every layer of the model has one.

    `status` is `pruned` or `skipped`, with the `reason`. `units_before` and `units_after` count neurons or
    channels, and are None where the layer has none.
    """

    name: str
    kind: str
    weights: int
    zeros: int
    units_before: int | None = None
    units_after: int | None = None
    status: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class MaskPlan:
    """Which weights stay: a mask for each pruned weight array, and why the other layers have none."""

    masks: Mapping[WeightKey, Mask]
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Layer path to the reason why nothing in it is pruned."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Point:
    """How much to prune, for one run or one point of a sweep; what a method does not use is None."""

    threshold: float | None = None
    sparsity: float | None = None
    ratio: float | None = None

    def as_row(self) -> dict[str, Any]:
        """The point under the names of the results table."""
        return {"threshold": self.threshold, "sparsity_target": self.sparsity, "ratio": self.ratio}
