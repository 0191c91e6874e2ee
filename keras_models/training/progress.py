"""How far training has come: its epochs, the best weights seen with their masks, and why it stops."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from edgeprune.contracts.keras_model import KerasModel
from edgeprune.keras_models.training.cycles import LEAST_CYCLES, counts_from
from edgeprune.keras_models.training.options import (
    ArrayLists,
    EpochLog,
    FitOptions,
    FitResult,
    Masks,
    OnEpoch,
    RateChoice,
)


class Progress:
    """The course of one run of training on one model.

    The best weights are at first those of the start. The start is no candidate: the saved model was trained on the
    examples that now serve as validation, which flatters it there. Epochs before `candidates_from` are none either,
    nor do they count for the patience.
    """

    def __init__(
        self,
        model: KerasModel,
        masks: Masks,
        options: FitOptions,
        higher_is_better: bool,
        candidates_from: int,
        on_epoch: OnEpoch,
    ) -> None:
        self._model, self._options, self._on_epoch = model, options, on_epoch
        self._sign = 1 if higher_is_better else -1
        self.candidates_from = candidates_from
        self._best_score = -math.inf
        self._note: str | None = None
        self._started, self._earlier_s = time.perf_counter(), 0.0
        self.logs: list[EpochLog] = []
        self.interrupted = False
        self.rate: RateChoice | None = None
        self.masks = masks
        self.best_epoch, self.best_masks, self.best_weights = 0, masks, model.get_weights()

    @property
    def goes_on(self) -> bool:
        """Whether there is another epoch to train."""
        return self._note is None and len(self.logs) < self._options.epochs and not self.has_converged

    @property
    def cycle(self) -> tuple[int, int]:
        """The epochs after which the present cycle of the learning rate began, and with which it ends."""
        ends = (0, *self._options.ends)
        return next((start, end) for start, end in pairwise(ends) if len(self.logs) < end)

    @property
    def descent(self) -> tuple[float, int]:
        """The epochs after which the rate of the present cycle comes down, and with which it is 0."""
        start, end = self.cycle
        return start + self._options.rate_held * (end - start), end

    @property
    def has_converged(self) -> bool:
        """Whether a cycle after the least ones has just ended, and brought no better score than those before it."""
        done, ends = len(self.logs), self._options.ends
        if done not in ends[LEAST_CYCLES - 1 :]:
            return False
        before = ends[ends.index(done) - 1]
        scores = [self._sign * log.score for log in self.logs]
        return max(scores[before:]) <= max(scores[:before])

    @property
    def next_epoch(self) -> int:
        """Its number, from 1."""
        return len(self.logs) + 1

    def stop_at_loss(self, loss: float) -> None:
        """Train no further: the loss is no number."""
        self._note = f"the loss became {loss} in epoch {self.next_epoch}: stopped, the best weights are kept"

    def add(self, log: EpochLog) -> None:
        """Enter an epoch that was trained and scored; of equal scores the later wins, as it has the lower rate."""
        self.logs.append(log)
        self._on_epoch(log)
        if log.epoch < self.candidates_from:
            return
        if log.epoch == counts_from(self._options.ends):
            self._best_score = -math.inf
        if self._sign * log.score >= self._best_score:
            self._best_score, self.best_epoch = self._sign * log.score, log.epoch
            self.best_masks, self.best_weights = self.masks, self._model.get_weights()
        elif log.epoch - max(self.best_epoch, self.candidates_from - 1) >= (self._options.patience or math.inf):
            self._note = f"stopped after epoch {log.epoch}: no better score since epoch {self.best_epoch}"

    def state(self) -> tuple[dict[str, Any], ArrayLists]:
        """All of it as JSON values and lists of arrays, with the model's present weights where they are needed."""
        facts = {
            "logs": [asdict(log) for log in self.logs],
            "rate": asdict(self.rate) if self.rate else None,
            "note": self._note,
            "seconds": self._earlier_s + time.perf_counter() - self._started,
            "best_epoch": self.best_epoch,
            "best_score": self._best_score,
            "masks": list(self.masks),
            "best_masks": list(self.best_masks),
        }
        lists = {
            "best_weights": self.best_weights,
            "masks": list(self.masks.values()),
            "best_masks": list(self.best_masks.values()),
        }
        if self.goes_on and self.best_epoch != len(self.logs):
            lists["weights"] = self._model.get_weights()
        return facts, lists

    def restore(self, facts: Mapping[str, Any], lists: ArrayLists) -> None:
        """What `state` gave, the model's weights included."""
        self.logs = [EpochLog(**log) for log in facts["logs"]]
        self._note, self.best_epoch, self._best_score = facts["note"], facts["best_epoch"], facts["best_score"]
        self._earlier_s = facts["seconds"]
        self.rate = facts["rate"] and _rate(**facts["rate"])
        for log in self.logs:
            self._on_epoch(log)
        self.masks, self.best_masks = (
            dict(zip(map(tuple, facts[name]), lists.get(name, []), strict=True)) for name in ("masks", "best_masks")
        )
        self.best_weights = lists["best_weights"]
        self._model.set_weights(lists.get("weights", self.best_weights))

    def result(self) -> FitResult:
        """What the caller is told."""
        return FitResult(
            logs=tuple(self.logs),
            best_epoch=self.best_epoch,
            masks=self.best_masks,
            rate=self.rate,
            earlier_s=self._earlier_s,
            interrupted=self.interrupted,
            notes=(self._note,) if self._note else (),
        )


def _rate(*, tried: Sequence[Sequence[float]], **facts: Any) -> RateChoice:
    """A choice from its JSON values."""
    return RateChoice(tried=tuple((rate, loss) for rate, loss in tried), **facts)
