"""Which pruning method, and how its kind is carried out: plan first, apply later."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Protocol

from contracts.recipe import PointRecipe
from contracts.results import LayerReport
from pipeline.channel_pruning import plan_channels
from pipeline.layer_pruning import plan_layers
from pipeline.masked_pruning import plan_masks
from pipeline.requests import load_method
from pipeline.session import Session


class Plan(Protocol):
    """What a method decided. Nothing is changed until `apply`, which gives the session of the pruned model."""

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

    def apply(self) -> Session:
        """Carry the plan out."""


PLANNERS: Mapping[str, Callable[[Session, ModuleType, PointRecipe], Plan]] = {
    "mask": plan_masks,
    "channels": plan_channels,
    "layers": plan_layers,
}
"""How each kind of method (its line `KIND`) is planned."""


def make_plan(session: Session, recipe: PointRecipe) -> Plan:
    """Plan a recipe's method on a session's model as it is now."""
    method = load_method(recipe)
    return PLANNERS[method.KIND](session, method, recipe)
