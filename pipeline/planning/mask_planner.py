"""Planning of zeros: which weights go, by the weights alone or by what the data tells, and what repairs the rest."""

from dataclasses import replace
from types import ModuleType

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.variables import variables
from edgeprune.pipeline.planning.linear_evidence import LinearEvidence
from edgeprune.pipeline.planning.masked_pruning import MaskPlan, mask_plan, prunable
from edgeprune.pipeline.planning.repairing import Repair
from edgeprune.pipeline.planning.sensitivity import affordable_examples, measure_curves
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pruning.blocks import Block, keep_largest_blocks, parse_block
from edgeprune.pruning.repair.shares import choose_sparsities

SENSITIVITY = "sensitivity"


class MaskPlanner:
    """Plans the zeros of one session's model; what the data tells of its kernels is found out once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._curves: dict[Block, dict[WeightKey, Vector]] = {}
        self._evidence: LinearEvidence | None = None

    def plan(self, method: ModuleType, recipe: PointRecipe, reporter: Reporter) -> MaskPlan:
        """Decide which weights go. Raises ModelError where there is nothing to prune."""
        session = self._session
        selection = prunable(session, recipe)
        repairs = recipe.repair if recipe.repair is not None else session.data is not None and not method.EXACT
        if recipe.scope is None and session.data is not None and not method.EXACT:
            recipe = replace(recipe, scope=_scope_of(recipe))
        block, sensitivity = parse_block(recipe.block), recipe.scope == SENSITIVITY
        evidence = self._evidence_of(selection.keys, recipe) if repairs or sensitivity else None
        sparsities = self._sparsities(evidence, recipe, block, reporter) if evidence and sensitivity else None
        weights = {key: variables(session.loaded.model)[key] for key in selection.keys}
        if sparsities:
            arrays = LiveArrays(weights)
            masks = {key: keep_largest_blocks([arrays[key]], share, block)[0] for key, share in sparsities.items()}
        else:
            masks = method.masks(LiveArrays(weights), recipe)
        plan = mask_plan(session, masks, selection)
        if not repairs or evidence is None:
            return plan
        return replace(plan, repairer=Repair(session, evidence, masks, block, chooses=not method.EXACT))

    def _evidence_of(self, keys: tuple[WeightKey, ...], recipe: PointRecipe) -> LinearEvidence:
        if self._evidence is None or recipe.from_scratch:  # then the weights are others each time
            self._evidence, self._curves = LinearEvidence(self._session, keys), {}
        return self._evidence

    def _sparsities(
        self, evidence: LinearEvidence, recipe: PointRecipe, block: Block, reporter: Reporter
    ) -> dict[WeightKey, float] | None:
        """Of each kernel, by the curves; None where all layers are ranked together, as curves would take too long."""
        count = affordable_examples(self._session, evidence)
        if not count:
            reporter.note("layers are ranked together (--scope global): their sensitivities would take too long")
            return None
        if block not in self._curves:
            self._curves[block] = measure_curves(self._session, evidence, block, count, reporter)
        curves = self._curves[block]
        sizes = [evidence.dense[key].size for key in curves]
        shares = choose_sparsities(sizes, list(curves.values()), recipe.sparsity or 0.0)
        return dict(zip(curves, shares, strict=True))


def _scope_of(recipe: PointRecipe) -> str | None:
    """The scope where there is data: by sensitivity, unless convolutions or other layers have a share of their own."""
    split = (recipe.conv_sparsity, recipe.dense_sparsity) != (None, None)
    return None if split else SENSITIVITY
