"""Pruning on TFMOT's schedules: a Keras 2 model stands in for the user's, and its weights are carried back."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ModelError, TrainingError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.parts import Fit, fit_of
from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.contracts.recipes.training import AUTO
from edgeprune.keras_models.bridge import TWIN_EXAMPLES, Twin, keras2_optimizer, prove_twin, training_twin
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.prediction import Predictor
from edgeprune.keras_models.live.variables import variables
from edgeprune.keras_models.tfmot import ExactEnd, LayerPruning, supported, update_step, wrap
from edgeprune.keras_models.training import steps_of
from edgeprune.keras_models.training.masking import apply_masks
from edgeprune.pipeline.planning.masked_pruning import TrainingPlan, mask_plan, prunable, require_more_zeros
from edgeprune.pipeline.planning.plan import Pruned
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pipeline.training.fine_tuning import FineTuner, Trainee, told_rate
from edgeprune.pruning.blocks import parse_block
from edgeprune.pruning.patterns import parse_pattern
from edgeprune.pruning.schedules import Schedule, schedule
from edgeprune.pruning.selection import Selection

TOLERANCE = 0.001
"""Largest difference between a layer's sparsity and what was asked for."""
MOST_HELD = 0.75
"""Share of the training for which the learning rate may stay up. It does so until the last zeros are there, as what is
left has far to move after each; then it comes down."""


@dataclass(frozen=True, kw_only=True)
class ScheduledPlan(TrainingPlan):
    """What TFMOT is to prune in the twin, and the zeros that this leads to: their number, not yet their places."""

    twin: Twin
    method: ModuleType
    sparsities: Mapping[WeightKey, float]
    warnings: tuple[str, ...]

    def apply(self, reporter: Reporter) -> Pruned:
        """Train the twin for the epochs of the recipe, and carry its weights into the session's model.

        Raises TrainingError where training ended before the target was reached, KeyboardInterrupt where the user
        ended it so early.
        """
        session, recipe, started = self.target.session, self.recipe, time.perf_counter()
        steps = steps_of(session.require_data().train, recipe.batch_size)
        plan = schedule(recipe.begin, recipe.end, steps * recipe.counted_epochs)
        live = self.twin.variables()
        chosen = {key: live[key] for key in self.target.masks}
        wrapped = wrap(self.twin.model, self._prunings(plan), chosen)
        exact = ExactEnd(wrapped, chosen, self._exact)
        # More than fine-tuning starts from: a schedule prunes what still moves, and has time to recover.
        share = 1.0 if recipe.from_scratch else 1 + 2 * self.predicted["sparsity"]
        fit = self._with_rate(fit_of(recipe), share, reporter)
        held = {key: live[key] for key in session.prunable if key not in chosen}
        rate_held = 0.0 if recipe.pattern else min(recipe.end, MOST_HELD)
        with FineTuner(session, held, fit, rate_held=rate_held, trainee=self._trainee(wrapped)) as tuner:
            result = tuner.run(
                reporter,
                callbacks=[exact.callback(), update_step()],
                candidates_from=1 if recipe.pattern else plan.first_full_epoch(steps),
            )
        if not result.best_epoch:
            if result.interrupted:
                raise KeyboardInterrupt  # nothing is pruned yet
            raise TrainingError("training ended before any epoch reached the target", "lower --learning-rate")
        self.twin.carry_back()
        self._check_reached(reporter, exact.mended)
        return Pruned(
            session=session,
            training_s=tuner.earlier_s + time.perf_counter() - started,
            interrupted=result.interrupted,
        )

    def _with_rate(self, fit: Fit, share: float, reporter: Reporter) -> Fit:
        """The training with a learning rate: found on the model with all the zeros that the schedule leads to."""
        if fit.training.learning_rate != AUTO:
            return fit
        session, masks = self.target.session, self.target.masks
        with FineTuner(session, _chosen(session, masks), fit, rate_share=share) as tuner:
            choice = tuner.find_rate(masks)
        reporter.note(told_rate(choice))
        return replace(fit, training=replace(fit.training, learning_rate=choice.rate))

    def _prunings(self, plan: Schedule) -> dict[str, LayerPruning]:
        """How each layer is pruned. Zeros that it has already stay: its schedule starts from them."""
        session, recipe = self.target.session, self.recipe
        calls = Counter(node.layer for node in session.graph.nodes)
        prunings: dict[str, LayerPruning] = {}
        for key, array in LiveArrays(_chosen(session, self.target.masks)).items():
            path, final = key[0], self.sparsities[key]
            present = float(np.mean(array == 0))
            start = final / 2 if recipe.initial_sparsity is None else recipe.initial_sparsity
            before = prunings[path].initial if path in prunings else start
            prunings[path] = LayerPruning(
                schedule=recipe.schedule,
                initial=min(max(before, present), final),
                final=final,
                begin=plan.begin,
                end=plan.end,
                frequency=plan.frequency,
                block=parse_block(recipe.block),
                pattern=parse_pattern(recipe.pattern) if recipe.pattern else None,
                calls=calls[path],
            )
        return prunings

    def _exact(self, key: WeightKey, array: Array) -> Mask:
        """The mask that the plan asks for, of the array's own weights."""
        mask: Mask = self.method.keep(array, self.sparsities[key], self.recipe)
        return mask

    def _trainee(self, wrapped: KerasModel) -> Trainee:
        session = self.target.session
        loss = session.loss.keras_loss
        compiled = getattr(session.loaded.model, "optimizer", None)
        if compiled and not self.recipe.optimizer:
            wrapped.compile(optimizer=keras2_optimizer(compiled))
        if isinstance(loss, Mapping):  # by names of outputs, which wrappers change
            loss = [loss[port.name] for port in session.interface.outputs]
        return Trainee(
            model=wrapped,
            keras_module=keras_module(2),
            loss=loss,
            predictor=Predictor(self.twin.model, session.interface),
        )

    def _check_reached(self, reporter: Reporter, mended: list[WeightKey]) -> None:
        """Compare the number of zeros that training ended with to what was asked for."""
        session = self.target.session
        live = _chosen(session, self.target.masks)
        masks = {key: array != 0 for key, array in LiveArrays(live).items()}
        apply_masks(live, masks)  # TFMOT multiplies: half of its zeros are -0.0, which compress badly
        if mended:
            reporter.note(f"TFMOT's number of zeros was inexact, and was corrected, in {_names(mended)}")
        off = [
            key
            for key, mask in masks.items()
            if abs(np.count_nonzero(mask) - np.count_nonzero(self.target.masks[key])) > TOLERANCE * mask.size
        ]
        if off:
            reporter.warning(f"sparsity differs by more than {TOLERANCE} from the one asked for in {_names(off)}")


def plan_scheduled(session: Session, method: ModuleType, recipe: PointRecipe) -> ScheduledPlan:
    """Find out what TFMOT can prune, and how many weights of each layer will be zero.

    Raises ModelError where there is nothing to prune, where more is zero already than is asked for, and for a model
    that cannot be carried to Keras 2.
    """
    wanted = prunable(session, recipe)
    twin = training_twin(session.loaded.model, session.loaded.keras_major)
    prove_twin(session.loaded.model, twin, session.random_examples(TWIN_EXAMPLES, 0))
    shapes = {key: tuple(variable.shape) for key, variable in _chosen(session, wanted.keys).items()}
    unfit = {key: reason for key, shape in shapes.items() if (reason := method.unfit(shape, recipe))}
    live = twin.variables()
    fit = {key: live[key] for key in wanted.keys if key not in unfit}
    support = supported(twin.model, fit, xnnpack=recipe.policy is not None)
    refused = {**unfit, **support.refused}
    if not support.keys:
        raise ModelError(f"{session.loaded.path}: TFMOT can prune no layer: {_reasons(refused)}", "")
    paths = {path for path, _ in support.keys}
    skipped = {path: reason for (path, _), reason in refused.items() if path not in paths}
    selection = Selection(keys=support.keys, skipped={**wanted.skipped, **skipped})
    weights = LiveArrays(_chosen(session, support.keys))
    sparsities = method.sparsities(weights, recipe)
    masks = {key: method.keep(array, sparsities[key], recipe) for key, array in weights.items()}
    require_more_zeros(weights, masks)
    target = mask_plan(session, masks, selection)
    left = [f"{path}/{name} is left alone: {why}" for (path, name), why in refused.items() if path in paths]
    return ScheduledPlan(
        target=target,
        twin=twin,
        method=method,
        sparsities=sparsities,
        recipe=recipe,
        warnings=(*target.warnings, *left),
    )


def _chosen(session: Session, keys: Iterable[WeightKey]) -> dict[WeightKey, Any]:
    """The session's live variables of some weights."""
    live = variables(session.loaded.model)
    return {key: live[key] for key in keys}


def _names(keys: Iterable[WeightKey]) -> str:
    return ", ".join("/".join(key) for key in keys)


def _reasons(refused: Mapping[WeightKey, str]) -> str:
    return "; ".join(dict.fromkeys(refused.values()))
