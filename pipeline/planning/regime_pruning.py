"""Pruning by training: masks from the method's regime, set at the start of each round and moved between its epochs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.parts import fit_of
from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.variables import get_arrays, set_arrays, variables
from edgeprune.keras_models.training import FitResult, Masks, UpdateMasks
from edgeprune.pipeline.planning.masked_pruning import TrainingPlan, mask_plan, prunable, require_more_zeros
from edgeprune.pipeline.planning.plan import Pruned
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pipeline.training.fine_tuning import FineTuner, zero_masks
from edgeprune.pruning.regimes.regime import Regime, Rewire


@dataclass(frozen=True, kw_only=True)
class RegimePlan(TrainingPlan):
    """How the session's model is to be trained, and the zeros that it leads to: their number, not yet their places."""

    regime: Regime

    @property
    def warnings(self) -> tuple[str, ...]:
        """Layers of which nothing will be left."""
        return self.target.warnings

    def apply(self, reporter: Reporter) -> Pruned:
        """Train the model for the epochs of the recipe, in each round."""
        session, started = self.target.session, time.perf_counter()
        live = variables(session.loaded.model)
        chosen = {key: live[key] for key in self.target.masks}
        held = {key: mask for key, mask in zero_masks(session.prunable).items() if key not in chosen}
        rate_share = 1.0 if self.recipe.from_scratch else None
        with FineTuner(
            session, {key: live[key] for key in (*chosen, *held)}, fit_of(self.recipe), rate_share=rate_share
        ) as tuner:
            result = self._train(tuner, chosen, held, reporter)
        return Pruned(
            session=session,
            training_s=tuner.earlier_s + time.perf_counter() - started,
            interrupted=result.interrupted,
        )

    def _train(self, tuner: FineTuner, chosen: Mapping[WeightKey, Any], held: Masks, reporter: Reporter) -> FitResult:
        """All rounds; `held` are the masks of weights that are zero and not up for choice."""
        model = self.target.session.loaded.model
        initial = get_arrays(model) if self.regime.rewinds else {}
        if self.regime.trains_first and self.recipe.from_scratch and tuner.run(reporter, masks=held).interrupted:
            raise KeyboardInterrupt  # nothing is pruned yet
        for number, start in enumerate(self.regime.starts, 1):
            masks = start(LiveArrays(chosen), self._generator(number, 0))
            set_arrays(model, initial)
            rewire = self.regime.rewire
            update = self._rewiring(rewire, chosen, held, number) if rewire else None
            result = tuner.run(reporter, masks={**held, **masks}, update_masks=update)
            if result.interrupted:
                break
        if number < len(self.regime.starts):
            reporter.warning(f"the model is that of round {number} of {len(self.regime.starts)}")
        return result

    def _rewiring(self, rewire: Rewire, chosen: Mapping[WeightKey, Any], held: Masks, number: int) -> UpdateMasks:
        def update(epoch: int) -> Masks:
            over = epoch / self.recipe.counted_epochs
            weights = rewire(LiveArrays(chosen), over, self._generator(number, epoch))
            set_arrays(self.target.session.loaded.model, weights)
            return {**held, **{key: array != 0 for key, array in weights.items()}}

        return update

    def _generator(self, number: int, epoch: int) -> np.random.Generator:
        """Random numbers of one epoch, whatever was drawn before."""
        return np.random.default_rng([self.recipe.seed, number, epoch])


def plan_regime(session: Session, method: ModuleType, recipe: PointRecipe) -> RegimePlan:
    """Decide how to train, and how many weights of each layer will be zero.

    Raises ModelError where there is nothing to prune, or where more is zero already than is asked for.
    """
    selection = prunable(session, recipe)
    regime: Regime = method.regime(recipe)
    live = variables(session.loaded.model)
    weights = LiveArrays({key: live[key] for key in selection.keys})
    masks = regime.starts[-1](weights, np.random.default_rng(recipe.seed))
    require_more_zeros(weights, masks)
    return RegimePlan(target=mask_plan(session, masks, selection), regime=regime, recipe=recipe)
