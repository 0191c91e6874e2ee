"""Training with zeros held, for both Kerases: the one place that every method trains in."""

from edgeprune.keras_models.training.feeding import steps_of
from edgeprune.keras_models.training.options import (
    EpochLog,
    FitOptions,
    FitResult,
    Masks,
    OnEpoch,
    RateChoice,
    UpdateMasks,
)
from edgeprune.keras_models.training.trainer import Trainer

__all__ = [
    "EpochLog",
    "FitOptions",
    "FitResult",
    "Masks",
    "OnEpoch",
    "RateChoice",
    "Trainer",
    "UpdateMasks",
    "steps_of",
]
