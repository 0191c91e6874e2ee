"""Repair of a model with new zeros: layer by layer, the weights that are left make up for those that went."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.linear_moments import LinearMoments
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.linear.kernels import LinearKernel
from edgeprune.pipeline.planning.linear_evidence import LinearEvidence
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pruning.blocks import Block, block_means, keep_largest_blocks
from edgeprune.pruning.repair.gradual import Choose, in_steps, where_free


def chooser(kernel: LinearKernel, shape: tuple[int, ...], block: Block) -> Choose:
    """What keeps the weights, or blocks, of a kernel of this shape that are worth most."""

    def choose(worth: Vector, sparsity: float) -> Mask:
        (stays,) = keep_largest_blocks([kernel.kernel(worth, shape)], sparsity, block)
        return kernel.matrices(stays)

    return choose


def repair_each(
    kernels: Sequence[LinearKernel], repair: Callable[[LinearKernel], None], before: str, reporter: Reporter
) -> bool:
    """Repair kernels one after the other; whether Ctrl-C ended that early. before: what all of them are already."""
    done = 0
    try:
        with reporter.progress("repair", len(kernels)) as advance:
            for kernel in kernels:
                repair(kernel)
                done += 1
                advance("/".join(kernel.key))
    except KeyboardInterrupt:
        reporter.warning(f"interrupted: {done} of {len(kernels)} kernels are repaired, the others {before} only")
        return True
    return False


class Repair:
    """Of one session's model. masks: which weights stay.

    chooses: which weights of a kernel go is up to the repair, and only how many is given.
    """

    def __init__(
        self,
        session: Session,
        evidence: LinearEvidence,
        masks: Mapping[WeightKey, Mask],
        block: Block,
        *,
        chooses: bool,
    ) -> None:
        self._session, self._evidence, self._masks = session, evidence, masks
        self._block, self._chooses = block, chooses

    def run(self, reporter: Reporter) -> bool:
        """Repair the live model in place; whether Ctrl-C ended that early, and left only the first layers repaired."""
        interrupted = repair_each(self._evidence.kernels, partial(self._repair, reporter), "pruned", reporter)
        for name, reason in self.left.items():
            reporter.note(f"{name} is not repaired: {reason}")
        return interrupted

    def _repair(self, reporter: Reporter, kernel: LinearKernel) -> None:
        moments = self._evidence.moments(kernel)
        _warn_of_few(kernel, moments, reporter)
        self._evidence.put(kernel, moments, self._solved(kernel, moments))

    def _solved(self, kernel: LinearKernel, moments: list[LinearMoments]) -> Vector:
        mask, prior = self._masks[kernel.key], self._evidence.prior(kernel)
        if not self._chooses:
            return where_free(moments, prior, kernel.matrices(mask) & (prior != 0))
        emptied = block_means(mask, self._block) == 0
        sparsity = np.count_nonzero(emptied) / emptied.size
        return in_steps(moments, prior, prior != 0, sparsity, chooser(kernel, mask.shape, self._block))

    @property
    def left(self) -> dict[str, str]:
        """Kernels with new zeros that are as they were pruned, with the reason."""
        repaired = {kernel.key for kernel in self._evidence.kernels}
        return {
            f"{path}/{name}": f"what {self._session.graph.layers[path].kind} gives is not linear in it alone"
            for (path, name), mask in self._masks.items()
            if (path, name) not in repaired and not mask.all()
        }


def _warn_of_few(kernel: LinearKernel, moments: list[LinearMoments], reporter: Reporter) -> None:
    rows, inputs = moments[0].rows, moments[0].gram.shape[-1]
    if rows < inputs:
        reporter.warning(
            f"{'/'.join(kernel.key)} is repaired from {rows:,} rows of {inputs:,} inputs: "
            f"give at least {2 * inputs:,} examples for weights that hold on others"
        )
