"""Which pruning method, and how its kind is carried out."""

from collections.abc import Callable, Mapping
from types import ModuleType

from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.pipeline.planning.channel_pruning import ChannelPlanner
from edgeprune.pipeline.planning.layer_pruning import plan_layers
from edgeprune.pipeline.planning.mask_planner import MaskPlanner
from edgeprune.pipeline.planning.plan import Plan
from edgeprune.pipeline.planning.regime_pruning import plan_regime
from edgeprune.pipeline.planning.scheduled_pruning import plan_scheduled
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.requests.chosen_method import load_method
from edgeprune.pipeline.session import Session


class Planner:
    """Plans the pruning of one session's model, by any method and as often as needed, on its weights at that time.

    writes_int8: whether an int8 .tflite is made of the result, whose kernels want channels in eights.
    """

    def __init__(self, session: Session, *, writes_int8: bool = False) -> None:
        channels = ChannelPlanner(session, writes_int8=writes_int8)
        self._by_kind: Mapping[str, Callable[[ModuleType, PointRecipe, Reporter], Plan]] = {
            "mask": MaskPlanner(session).plan,
            "channels": lambda method, recipe, _: channels.plan(method, recipe),
            "layers": lambda method, recipe, _: plan_layers(session, method, recipe),
            "regime": lambda method, recipe, _: plan_regime(session, method, recipe),
            "scheduled": lambda method, recipe, _: plan_scheduled(session, method, recipe),
        }

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of methods that there are; each method's file names its own in the line `KIND`."""
        return frozenset(self._by_kind)

    def plan(self, recipe: PointRecipe, reporter: Reporter) -> Plan:
        """Plan a recipe's method, and tell what the user should look at."""
        method = load_method(recipe)
        plan = self._by_kind[method.KIND](method, recipe, reporter)
        for warning in plan.warnings:
            reporter.warning(warning)
        return plan
