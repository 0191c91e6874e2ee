"""Pruning that sets weights to zero: plan the masks, put them on, report every layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import LayerSpec, WeightKey
from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.contracts.results import LayerReport
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.variables import variables
from edgeprune.keras_models.training.masking import apply_masks
from edgeprune.pipeline.planning.plan import Pruned, ZeroingPlan
from edgeprune.pipeline.planning.repairing import Repair
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pruning.selection import Selection, select


@dataclass(frozen=True, kw_only=True)
class MaskPlan(ZeroingPlan):
    """Which weights stay; nothing is changed until `apply`."""

    session: Session
    masks: Mapping[WeightKey, Mask]
    selection: Selection
    layers: tuple[LayerReport, ...]
    warnings: tuple[str, ...]
    repairer: Repair | None = None
    trains = False

    @property
    def repairs(self) -> bool:
        """Whether the weights that are left are to make up for those that go."""
        return self.repairer is not None

    @property
    def predicted(self) -> Mapping[str, Any]:
        """What the pruned model will have."""
        zeros = sum(layer.zeros for layer in self.layers)
        weights = sum(layer.weights for layer in self.layers)
        return {"zero_weights": zeros, "sparsity": zeros / weights}

    @property
    def details(self) -> Mapping[str, Any]:
        """Which kernels stay as they were pruned though others are repaired, and why."""
        return {"not_repaired": self.repairer.left} if self.repairer else {}

    def apply(self, reporter: Reporter) -> Pruned:
        """Zero the masked weights of the live model."""
        apply_masks(variables(self.session.loaded.model), self.masks)
        return Pruned(session=self.session)

    def repair(self, smaller: Session, reporter: Reporter) -> bool:
        """Solve the weights that are left anew, layer by layer."""
        return self.repairer is not None and self.repairer.run(reporter)


@dataclass(frozen=True, kw_only=True)
class TrainingPlan(ZeroingPlan):
    """What methods that train have in common: the zeros they lead to, their number and not yet their places."""

    target: MaskPlan
    recipe: PointRecipe
    trains = True

    @property
    def layers(self) -> tuple[LayerReport, ...]:
        """One row for every layer, with the zeros that it is to have."""
        return self.target.layers

    @property
    def predicted(self) -> Mapping[str, Any]:
        """What the pruned model will have."""
        return self.target.predicted

    @property
    def details(self) -> Mapping[str, Any]:
        """Nothing that the layers' rows do not tell."""
        return {}


def prunable(session: Session, recipe: PointRecipe) -> Selection:
    """The weights that a recipe chooses. Raises ModelError where there are none."""
    selection = select(session.graph.layers, recipe.include, recipe.exclude)
    if not selection.keys:
        raise ModelError(f"{session.loaded.path}: no layer has a kernel to prune", "`edgeprune inspect` says why")
    return selection


def require_more_zeros(weights: Mapping[WeightKey, Array], masks: Mapping[WeightKey, Mask]) -> None:
    """Raise ModelError for an array that has more zeros already than its mask makes."""
    for (path, name), array in weights.items():
        present, wanted = (array.size - int(np.count_nonzero(stays)) for stays in (array, masks[path, name]))
        if present > wanted:
            raise ModelError(
                f"{path}/{name}: {present:,} of {array.size:,} weights are zero already, and {wanted:,} are asked for",
                f"ask for a sparsity of at least {present / array.size:.4g}, or give --from-scratch",
            )


def mask_plan(session: Session, masks: Mapping[WeightKey, Mask], selection: Selection) -> MaskPlan:
    """The plan that zeroes what the masks do not keep of the selected weights."""
    return MaskPlan(
        session=session,
        masks=masks,
        selection=selection,
        layers=_report_layers(session, masks, selection),
        warnings=_emptied(masks),
    )


def _emptied(masks: Mapping[WeightKey, Mask]) -> tuple[str, ...]:
    emptied = [f"{path}/{name}" for (path, name), mask in masks.items() if mask.size and not mask.any()]
    return (f"every weight becomes zero in {', '.join(emptied)}",) if emptied else ()


def _report_layers(session: Session, masks: Mapping[WeightKey, Mask], selection: Selection) -> tuple[LayerReport, ...]:
    """One row for every layer of the model, counting the zeros that the masks lead to."""
    arrays = LiveArrays(session.prunable)
    return tuple(
        LayerReport(
            name=path,
            kind=layer.kind,
            weights=sum(spec.size for spec in layer.weights if (path, spec.name) in arrays),
            zeros=_zeros(layer, masks, arrays),
            status="skipped" if path in selection.skipped else "pruned",
            reason=selection.skipped.get(path),
        )
        for path, layer in session.graph.layers.items()
    )


def _zeros(layer: LayerSpec, masks: Mapping[WeightKey, Mask], arrays: LiveArrays) -> int:
    zeros = 0
    for spec in layer.weights:
        key = (layer.path, spec.name)
        if key in arrays:
            stays = arrays[key] != 0
            if key in masks:
                stays &= masks[key]
            zeros += spec.size - int(np.count_nonzero(stays))
    return zeros
