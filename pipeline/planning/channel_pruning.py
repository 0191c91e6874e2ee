"""Pruning that removes channels: plan on the graph, cut, prove."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from edgeprune.contracts.channels import ChannelPlan
from edgeprune.contracts.data import Array
from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.contracts.results import LayerReport
from edgeprune.dataset_io.samples import some_examples
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.variables import variables
from edgeprune.keras_models.surgery.proof import ProofResult, prove, prove_exact_part, require
from edgeprune.keras_models.surgery.surgery import cut
from edgeprune.pipeline.planning.channel_evidence import ChannelEvidence
from edgeprune.pipeline.planning.channel_repair import ChannelRepair
from edgeprune.pipeline.planning.plan import Pruned
from edgeprune.pipeline.plots.plan_plot import plot_plan
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pruning.cuts.macs import MacCount
from edgeprune.pruning.cuts.structured_cut import INT8_CHANNELS, CutRequest, needs, plan_cut

PROOF_EXAMPLES = 32
RATE_SHARE = 4.0
"""Of the learning rate: so much is learnt anew after a cut. A small ResNet with a quarter of its MACs ends 0.4 points
higher than with once the rate, after 3 epochs on MNIST.
"""


@dataclass(frozen=True)
class ChannelRemoval:
    """A plan for one session; nothing is changed until `apply`, which leaves the session itself as it is."""

    session: Session
    plan: ChannelPlan
    evidence: ChannelEvidence
    wants_repair: bool = True
    trains = False

    @property
    def layers(self) -> tuple[LayerReport, ...]:
        """One row for every layer."""
        return self.plan.layers

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should look at."""
        return self.plan.notes

    @cached_property
    def predicted(self) -> Mapping[str, Any]:
        """What the cut model will have."""
        session = self.session
        count = MacCount(session.graph, self.plan.graph, self.evidence.mac_terms)
        return {"macs": count(self.plan.kept), "parameters": self._parameters()}

    def _parameters(self) -> int:
        lengths = {
            (layer.path, spec.name): list(spec.shape)
            for layer in self.session.graph.layers.values()
            for spec in layer.weights
        }
        for axis in self.plan.graph.weight_axes:
            lengths[axis.weight][axis.axis] = int(np.count_nonzero(self.plan.kept_channels(axis.channels)))
        return sum(int(np.prod(shape, dtype=np.int64)) for shape in lengths.values())

    @property
    def details(self) -> Mapping[str, Any]:
        """The groups of channels, as JSON values."""
        graph, kept = self.plan.graph, self.plan.kept
        after = np.bincount(graph.group_of[kept], minlength=len(graph.groups))
        return {
            "groups": [
                {
                    "name": group.name,
                    "producers": list(group.producers),
                    "consumers": list(group.consumers),
                    "units_before": group.units,
                    "units_after": int(units),
                    "frozen": group.frozen,
                    "exact": group.exact,
                }
                for group, units in zip(graph.groups, after, strict=True)
            ]
        }

    @property
    def drawing(self) -> Callable[[Path], None]:
        """Draws units before and after, and scores."""
        return partial(plot_plan, self.plan)

    def apply(self, reporter: Reporter) -> Pruned:
        """The cut model, with the same data."""
        loaded = self.session.loaded
        keras = keras_module(loaded.keras_major)
        with keras.utils.custom_object_scope(dict(loaded.custom_objects)):
            smaller = cut(loaded.model, self.session.graph, self.plan)
        return Pruned(session=self.session.with_model(smaller), rate_share=RATE_SHARE)

    @property
    def repairs(self) -> bool:
        """Whether there is data to repair with, and something to make up for."""
        return self.wants_repair and self.session.data is not None and not self.plan.kept.all()

    def repair(self, smaller: Session, reporter: Reporter) -> bool:
        """Let what stays stand in for what was removed, as far as the data tells how."""
        return ChannelRepair(self.session, smaller, self.plan).run(reporter)

    def prove(self, smaller: Session) -> ProofResult:
        """Prove the cut (of inexact groups, the cut without them).

        Raises ModelError where the cut model computes something else than it should.
        """
        original, examples = self.session.loaded.model, self._examples()
        found = prove(original, smaller.loaded.model, self.plan, examples)
        proven = found if found.exact else self._prove_exact_part(examples)
        require(proven, f"{self.session.loaded.path}: the cut model")
        return found

    def _prove_exact_part(self, examples: tuple[Array, ...]) -> ProofResult:
        loaded = self.session.loaded
        with keras_module(loaded.keras_major).utils.custom_object_scope(dict(loaded.custom_objects)):
            return prove_exact_part(loaded.model, self.session.graph, self.plan, examples)

    def _examples(self) -> tuple[Array, ...]:
        if self.session.data:
            return some_examples(self.session.data, PROOF_EXAMPLES, "proof")
        return self.session.random_examples(PROOF_EXAMPLES, 0)


class ChannelPlanner:
    """Plans cuts of one session's model; what is known of its channels is found out once, at the first that asks."""

    def __init__(self, session: Session, *, writes_int8: bool) -> None:
        self._session = session
        self._writes_int8 = writes_int8

    def plan(self, method: ModuleType, recipe: PointRecipe) -> ChannelRemoval:
        """Decide which channels go; see `edgeprune.pruning.cuts.structured_cut.plan_cut` for what is raised."""
        request: CutRequest = method.request(recipe, recipe.seed)
        notes: tuple[str, ...] = ()
        if recipe.scope is None and recipe.macs is not None and not recipe.epochs:
            # Ranked over all layers, a cut loses less at once; once trained, layers that all shrank alike do as well
            # or better (benchmarks/channel_scopes.py).
            request = replace(request, scope="global")
        if recipe.align is None and recipe.macs is not None and self._writes_int8:
            request = replace(request, align=INT8_CHANNELS)
            notes = (
                f"channel counts are multiples of {INT8_CHANNELS}, as int8 kernels read eights (--align 1 allows any)",
            )
        plan = plan_cut(
            self._session.graph,
            self._evidence.graph,
            self._evidence.mac_terms,
            LiveArrays(variables(self._session.loaded.model)),
            request,
            self._evidence.statistics(needs(request.criterion)),
        )
        plan = replace(plan, notes=(*notes, *plan.notes))
        return ChannelRemoval(self._session, plan, self._evidence, wants_repair=recipe.repair is not False)

    @cached_property
    def _evidence(self) -> ChannelEvidence:
        session = self._session
        loss = session.loss if session.data else None
        return ChannelEvidence(session.loaded.model, session.graph, session.data, loss)
