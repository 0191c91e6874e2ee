"""What a pass over the user's data finds out about channels."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from edgeprune.contracts.model import TensorRef, WeightKey

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ActivationStatistics:
    """Along one axis of one tensor, over all examples and all other axes."""

    mean_magnitude: Vector
    """Mean |activation|."""
    zero_share: Vector
    """Share of activations that are exactly 0, 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class ChannelStatistics:
    """`activations` are keyed by tensor and axis (the batch axis is 0), of tensors that layers with weights read.

    `sensitivities` are keyed by weight and axis, of axes that read channels: shape (batches, length), the sum of
    gradient times weight over all other axes: the derivative of the batch's loss by a factor before the channel.

    `moments` are keyed by the path of a layer: the mean of (x, 1)(x, 1)^T over its inputs x, shape (n + 1, n + 1).
    """

    activations: Mapping[tuple[TensorRef, int], ActivationStatistics] = field(default_factory=dict)
    moments: Mapping[str, Vector] = field(default_factory=dict)
    sensitivities: Mapping[tuple[WeightKey, int], Vector] = field(default_factory=dict)
