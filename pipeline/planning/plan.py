"""What planners of all kinds agree on: plan first, apply later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from edgeprune.contracts.results import LayerReport
from edgeprune.keras_models.surgery.proof import TOLERANCE, ProofResult
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """What applying a plan came to: the session of the pruned model, and how training went, where the method trains.

    `training_s` is None where nothing was trained; `interrupted` says that Ctrl-C ended it early.
    `rate_share` is the share of the learning rate that fine-tuning starts from (None: by how much is zero).
    `proof` is None where none was asked for, or nothing was cut off.
    """

    session: Session
    rate_share: float | None = None
    training_s: float | None = None
    interrupted: bool = False
    proof: ProofResult | None = None


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

    @property
    def drawing(self) -> Callable[[Path], None] | None:
        """What draws the plan into a file; it outlives the plan. None where there is nothing to draw."""

    def apply(self, reporter: Reporter) -> Pruned:
        """Carry the plan out."""

    def prove(self, smaller: Session) -> ProofResult | None:
        """Hold the bare cut model against the original; None where nothing was cut off.

        Raises ModelError where the cut model computes something else than it should.
        """

    @property
    def repairs(self) -> bool:
        """Whether `repair` is due after `apply`."""

    def repair(self, smaller: Session, reporter: Reporter) -> bool:
        """Let what stays make up for what went; whether Ctrl-C ended it early."""


class ZeroingPlan:
    """What plans have in common that zero weights: nothing is cut off, so nothing proven or drawn."""

    drawing = None

    @property
    def repairs(self) -> bool:
        """Only masks that are put on at once leave something to repair."""
        return False

    def prove(self, smaller: Session) -> None:
        """Nothing was cut off."""

    def repair(self, smaller: Session, reporter: Reporter) -> bool:
        """What training leaves needs none."""
        return False


def carry_out(plan: Plan, reporter: Reporter, *, proven: bool = False) -> Pruned:
    """Apply a plan, and prove the cut where that is asked for."""
    pruned = plan.apply(reporter)
    proof = plan.prove(pruned.session) if proven else None
    if proof:
        reporter.note(_told(proof))
    return replace(pruned, proof=proof)


def _told(proof: ProofResult) -> str:
    """How far a cut is proven."""
    error = f"largest error {proof.relative_error:.2g} of the output's range"
    if proof.inexact:
        return (
            f"check: a layer normalises over channels of {', '.join(proof.inexact)}, so there equality cannot hold "
            f"({error}); the rest of the cut is exact"
        )
    if proof.relative_error > TOLERANCE:
        return f"check: the cut is exact as far as float32 shows: {error}, rounding alone {proof.rounding:.2g}"
    return f"check: the cut is exact: {error}"
