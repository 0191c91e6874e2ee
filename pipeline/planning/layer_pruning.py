"""Pruning that removes whole layers and blocks: try each on the data, choose, rebuild, prove."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

from edgeprune.contracts.bypasses import Bypass
from edgeprune.contracts.data import Array
from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.contracts.results import LayerReport
from edgeprune.dataset_io.samples import some_examples
from edgeprune.keras_models.graphs.macs import node_macs
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.prediction import model_outputs
from edgeprune.keras_models.live.variables import variables
from edgeprune.keras_models.surgery.bypass import bypassed
from edgeprune.keras_models.surgery.proof import ProofResult, prove_bypasses, require
from edgeprune.keras_models.surgery.rewire import holding_models, remove_regions
from edgeprune.pipeline.planning.plan import Pruned
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pruning.layers.change import relative_change
from edgeprune.pruning.layers.region_choice import Candidate, LayerChoice, LayerRequest, choose_layers
from edgeprune.pruning.layers.report import layer_reports, removed_layers

PROOF_EXAMPLES = 32
MOST_EXAMPLES, FEWEST_EXAMPLES = 512, 32
MACS_PER_CANDIDATE = 10**11
"""Candidates of large models are tried on fewer examples: about this many multiply-accumulates, a second or two."""
MACS_PER_BATCH = 10**10
"""And on fewer at a time: activations of large models are large."""


@dataclass(frozen=True)
class LayerRemoval:
    """A plan for one session; nothing is changed until `apply`, which leaves the session itself as it is."""

    session: Session
    request: LayerRequest
    choice: LayerChoice
    trains = False
    repairs = False
    drawing = None

    @cached_property
    def layers(self) -> tuple[LayerReport, ...]:
        """One row for every layer."""
        weights = LiveArrays(variables(self.session.loaded.model))
        return layer_reports(self.session.graph, self.choice, self.request, weights)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Whether less went than was asked for."""
        removed, wanted = len(self.choice.removed), self.request.count or 0
        if removed >= wanted:
            return ()
        return (f"--count {wanted}: only {removed} layers and blocks can be removed",)

    @property
    def predicted(self) -> Mapping[str, Any]:
        """What the smaller model will have."""
        graph = self.session.graph
        gone = removed_layers(graph, self.choice)
        macs = [count for node, count in node_macs(graph).items() if graph.nodes[node].layer not in gone]
        stays = [layer for path, layer in graph.layers.items() if path not in gone]
        return {
            "macs": None if None in macs else sum(count or 0 for count in macs),
            "parameters": sum(spec.size for layer in stays for spec in layer.weights),
        }

    @property
    def details(self) -> Mapping[str, Any]:
        """What could have gone and what goes, as JSON values; `change` is the share of the outputs' variance."""
        return {
            "candidates": [self._as_json(candidate) for candidate in self.choice.candidates],
            "removed": [self._as_json(candidate) for candidate in self.choice.removed],
        }

    def _as_json(self, candidate: Candidate) -> dict[str, Any]:
        nodes = self.session.graph.nodes
        return {
            "layers": [nodes[index].layer for index in candidate.region.nodes],
            "after": nodes[candidate.region.entry.node].layer,
            "change": candidate.change,
        }

    def apply(self, reporter: Reporter) -> Pruned:
        """The smaller model, with the same data."""
        loaded = self.session.loaded
        keras = keras_module(loaded.keras_major)
        with keras.utils.custom_object_scope(dict(loaded.custom_objects)):
            smaller = remove_regions(loaded.model, self.session.graph, self.choice.bypasses)
        return Pruned(session=self.session.with_model(smaller), rate_share=1.0)

    def prove(self, smaller: Session) -> ProofResult:
        """Compare with the original in which the readers of each removed region are given what goes into it.

        Raises ModelError where the smaller model computes something else.
        """
        loaded = self.session.loaded
        examples = some_examples(self.session.require_data(), PROOF_EXAMPLES, "proof")
        result = prove_bypasses(loaded.model, smaller.loaded.model, self.session.graph, self.choice.bypasses, examples)
        require(result, f"{loaded.path}: the smaller model")
        return result

    def repair(self, smaller: Session, reporter: Reporter) -> bool:
        """Nothing stands in for a layer that is gone."""
        return False


def plan_layers(session: Session, method: ModuleType, recipe: PointRecipe) -> LayerRemoval:
    """Decide which layers go; see `edgeprune.pruning.layers.region_choice` for what is raised."""
    request = method.request(recipe)
    model = session.loaded.model
    models = holding_models({"class_name": type(model).__name__, "config": model.get_config()})
    choice = choose_layers(session.graph, models, request, _Trial(session))
    return LayerRemoval(session, request, choice)


class _Trial:
    """Tells how much the outputs on some examples of the training part change by bypasses."""

    def __init__(self, session: Session) -> None:
        self._session = session
        count = _affordable(session, MACS_PER_CANDIDATE, FEWEST_EXAMPLES)
        self._examples = some_examples(session.require_data(), count, "layers")
        self._batch_size = _affordable(session, MACS_PER_BATCH, 1)
        self._expected = self._outputs()

    def __call__(self, bypasses: Sequence[Bypass]) -> float | None:
        with bypassed(self._session.loaded.model, self._session.graph, bypasses) as state:
            found = self._outputs()
        return None if state.unfit else relative_change(self._expected, found)

    def _outputs(self) -> list[Array]:
        starts = range(0, len(self._examples[0]), self._batch_size)
        batches = (tuple(array[start : start + self._batch_size] for array in self._examples) for start in starts)
        made = [model_outputs(self._session.loaded.model, batch) for batch in batches]
        return [np.concatenate(arrays) for arrays in zip(*made, strict=True)]


def _affordable(session: Session, macs: int, fewest: int) -> int:
    """How many examples come to so many multiply-accumulates."""
    return min(max(macs // (session.macs or 1), fewest), MOST_EXAMPLES)
