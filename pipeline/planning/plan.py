"""What planners of all kinds agree on: plan first, apply later."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from edgeprune.contracts.results import LayerReport
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """What applying a plan came to: the session of the pruned model, and how training went, where the method trains.

    `training_s` is None where nothing was trained; `interrupted` says that Ctrl-C ended it early.
    `rate_share` is the share of the learning rate that fine-tuning starts from (None: by how much is zero).
    """

    session: Session
    rate_share: float | None = None
    training_s: float | None = None
    interrupted: bool = False


class Plan(Protocol):
    """What a method decided. Nothing is changed until `apply`, which gives the pruned model."""

    @property
    def layers(self) -> tuple[LayerReport, ...]:
        """One row for every layer of the original model."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should look at."""

    @property
    def predicted(self) -> Mapping[str, Any]:
        """Columns of the results table that are known before anything is changed."""

    @property
    def details(self) -> Mapping[str, Any]:
        """What else there is to tell of the plan, under JSON keys."""

    @property
    def trains(self) -> bool:
        """Whether `apply` trains for the epochs of the recipe, so that no fine-tuning follows."""

    def apply(self, reporter: Reporter) -> Pruned:
        """Carry the plan out."""
