"""Which pruning method, and how its kind is carried out."""

from collections.abc import Callable, Mapping
from types import ModuleType

from contracts.recipe import PointRecipe
from pipeline.channel_pruning import plan_channels
from pipeline.layer_pruning import plan_layers
from pipeline.masked_pruning import plan_masks
from pipeline.plan import Plan
from pipeline.regime_pruning import plan_regime
from pipeline.requests import load_method
from pipeline.scheduled_pruning import plan_scheduled
from pipeline.session import Session

PLANNERS: Mapping[str, Callable[[Session, ModuleType, PointRecipe], Plan]] = {
    "mask": plan_masks,
    "channels": plan_channels,
    "layers": plan_layers,
    "regime": plan_regime,
    "scheduled": plan_scheduled,
}
"""How each kind of method (its line `KIND`) is planned."""


def make_plan(session: Session, recipe: PointRecipe) -> Plan:
    """Plan a recipe's method on a session's model as it is now."""
    method = load_method(recipe)
    return PLANNERS[method.KIND](session, method, recipe)
