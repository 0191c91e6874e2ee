"""Sparsities of layers by what the model's outputs change when one alone is pruned and repaired."""

from collections.abc import Iterator

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.data import Array
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.linear.kernels import LinearKernel
from edgeprune.keras_models.live.variables import set_arrays
from edgeprune.pipeline.planning.linear_evidence import LinearEvidence
from edgeprune.pipeline.planning.repairing import chooser
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pruning.blocks import Block, keep_largest_blocks
from edgeprune.pruning.layers.change import relative_change
from edgeprune.pruning.repair.gradual import masks, where_free
from edgeprune.pruning.repair.shares import DENSITIES

EXAMPLES, FEWEST = 1024, 64
BATCH_SIZE = 64
WORK = 1e13
"""Multiply-accumulates of all evaluations together."""


def affordable_examples(session: Session, evidence: LinearEvidence) -> int:
    """On how many examples the curves are measured; 0 where they would be too few."""
    work = (session.macs or 1) * len(evidence.keys) * len(DENSITIES)
    present = len(evidence.examples[0])
    count = min(EXAMPLES, int(WORK / work), present)
    return count if count >= min(FEWEST, present) else 0


def measure_curves(
    session: Session, evidence: LinearEvidence, block: Block, examples: int, reporter: Reporter
) -> dict[WeightKey, Vector]:
    """For each kernel what the outputs change by, squared, with DENSITIES of it left: shape (POINTS,), 0 first.

    What is left of a kernel that can be repaired is solved anew. The model is left as it is, which is whole.
    """
    curves = _Curves(session, evidence, block, examples)
    with reporter.progress("sensitivity", len(evidence.keys)) as advance:
        changes = {}
        for key in evidence.keys:
            changes[key] = curves.of(key)
            advance("/".join(key))
    return changes


class _Curves:
    """Change of the outputs with DENSITIES of one kernel left and all others whole."""

    def __init__(self, session: Session, evidence: LinearEvidence, block: Block, examples: int) -> None:
        self._session, self._evidence, self._block = session, evidence, block
        self._examples = tuple(array[:examples] for array in evidence.examples)
        self._linear = {kernel.key: kernel for kernel in evidence.kernels}
        self._expected = self._outputs()

    def of(self, key: WeightKey) -> Vector:
        """Those of one kernel."""
        states = self._repaired(self._linear[key]) if key in self._linear else self._bare(key)
        changes = [0.0, *(relative_change(self._expected, self._outputs()) for _ in states)]
        set_arrays(self._session.loaded.model, self._evidence.dense)
        return np.array(changes)

    def _repaired(self, kernel: LinearKernel) -> Iterator[None]:
        """Puts the kernel into the model, with ever more zeros."""
        moments, prior = self._evidence.moments(kernel), self._evidence.prior(kernel)
        choose = chooser(kernel, self._evidence.dense[kernel.key].shape, self._block)
        for stays in masks(moments, prior, prior != 0, 1 - DENSITIES[1:], choose):
            self._evidence.put(kernel, moments, where_free(moments, prior, stays))
            yield

    def _bare(self, key: WeightKey) -> Iterator[None]:
        array = self._evidence.dense[key]
        for sparsity in 1 - DENSITIES[1:]:
            (stays,) = keep_largest_blocks([array], sparsity, self._block)
            set_arrays(self._session.loaded.model, {key: np.where(stays, array, 0)})
            yield

    def _outputs(self) -> tuple[Array, ...]:
        predict, starts = self._session.predictor, range(0, len(self._examples[0]), BATCH_SIZE)
        made = [predict(tuple(array[start : start + BATCH_SIZE] for array in self._examples)) for start in starts]
        return tuple(np.concatenate(arrays) for arrays in zip(*made, strict=True))
