"""What training is asked for, and what it came to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contracts.masks import Mask
from contracts.model import WeightKey

Masks = Mapping[WeightKey, Mask]
UpdateMasks = Callable[[int], Masks]
"""Given the number of the epoch that ended (from 1), the masks from then on."""


@dataclass(frozen=True, kw_only=True)
class EpochLog:
    """What one epoch came to: training loss and validation score."""

    epoch: int
    epochs: int
    loss: float
    score: float


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """How to train.

    learning_rate: its start; None: `rate_share` of the optimizer's own.
    rate_share: 0 to 1; None: by how much is masked (`optimizers.rate_share`). Training from scratch wants 1.
    """

    epochs: int
    learning_rate: float | None
    batch_size: int
    patience: int
    seed: int
    rate_share: float | None = None


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """How training went; `best_epoch` 0 means that no epoch ended that could be kept. `masks` are those of the end."""

    logs: tuple[EpochLog, ...]
    best_epoch: int
    masks: Masks
    interrupted: bool = False
    notes: tuple[str, ...] = ()
