"""Which pruning method, and how its kind is carried out."""

from collections.abc import Callable, Mapping
from types import ModuleType

from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.pipeline.planning.channel_pruning import plan_channels
from edgeprune.pipeline.planning.layer_pruning import plan_layers
from edgeprune.pipeline.planning.masked_pruning import plan_masks
from edgeprune.pipeline.planning.plan import Plan
from edgeprune.pipeline.planning.regime_pruning import plan_regime
from edgeprune.pipeline.planning.scheduled_pruning import plan_scheduled
from edgeprune.pipeline.requests.prune import load_method
from edgeprune.pipeline.session import Session

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
