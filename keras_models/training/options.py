"""What training is asked for, and what it came to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeprune.contracts.data import Array
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey

Masks = Mapping[WeightKey, Mask]
UpdateMasks = Callable[[int], Masks]
"""Given the number of the epoch that ended (from 1), the masks from then on."""

ArrayLists = dict[str, list[Array]]
"""Arrays under names, several under each."""


@dataclass(frozen=True, kw_only=True)
class EpochLog:
    """What one epoch came to.

    loss: of training; score: of validation; learning_rate: at its end; sparsity: share of zeros among the kernels.
    """

    epoch: int
    epochs: int
    loss: float
    score: float
    learning_rate: float
    sparsity: float


OnEpoch = Callable[[EpochLog], None]
"""Told of each epoch when it was scored, those of a checkpoint included."""


@dataclass(frozen=True, kw_only=True)
class CheckpointPlace:
    """Where the state of training is kept; it must belong to this model, its data and what it is trained for.

    make_folder: makes `folder`; raises OSError. required: what cannot be written ends the training, else it is noted.
    note: told what the user should know.
    """

    folder: Path
    make_folder: Callable[[], None]
    required: bool
    note: Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """How to train.

    ends: the epochs at which the learning rate has come down to 0; it starts anew after each but the last. Training
    ends with the first of these cycles (`cycles.LEAST_CYCLES` at least) that brings no better score than those before.
    Its best weights are those of the last of the least cycles, or of one after it (`cycles.counts_from`).
    learning_rate: its start; None: the one that does best in a race (`rate_race`).
    rate_held: share of each cycle, 0 to below 1, for which the rate stays at its start before it comes down.
    rate_share: of the optimizer's own rate that is expected to do well; None: by how much is masked
    (`optimizers.rate_share`). Training from scratch wants 1.
    prunable_weights: how many weights of the model could be zero, masked or not.
    optimizer: the name of its class in Keras, in lower case; None: the compiled one, else Adam.
    weight_decay: the optimizer's own, at least 0; None: as it is.
    class_weight: what an example of each class (from 0, none missing) counts; None: all the same.
    checkpoints: where the state after each epoch is kept; None: nowhere.
    """

    ends: tuple[int, ...]
    learning_rate: float | None
    batch_size: int
    patience: int | None
    seed: int
    prunable_weights: int
    rate_held: float = 0.0
    rate_share: float | None = None
    optimizer: str | None = None
    weight_decay: float | None = None
    class_weight: Mapping[int, float] | None = None
    checkpoints: CheckpointPlace | None = None

    @property
    def epochs(self) -> int:
        """Number of epochs, at most."""
        return self.ends[-1]


@dataclass(frozen=True, kw_only=True)
class RateChoice:
    """The learning rate that a training starts from.

    tried: each rate that was raced, rising, with the validation loss that a run at it ended with (NaN: it diverged);
    steps: of each such run; reason: why none was raced, "" where the user gave the rate.
    """

    rate: float
    tried: tuple[tuple[float, float], ...] = ()
    steps: int = 0
    reason: str = ""


OnRate = Callable[[RateChoice], None]
"""Told of the learning rate before the first epoch, and again where training goes on from a checkpoint."""


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """How training went; `best_epoch` 0 means that no epoch ended that could be kept.

    rate: None where training was interrupted before one was found. masks: those of the best epoch. earlier_s: seconds
    that the epochs of a checkpoint took, 0 where there was none.
    """

    logs: tuple[EpochLog, ...]
    best_epoch: int
    masks: Masks
    rate: RateChoice | None = None
    earlier_s: float = 0.0
    interrupted: bool = False
    notes: tuple[str, ...] = ()
