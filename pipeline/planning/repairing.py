"""Repair of a model with new zeros: layer by layer, the weights that are left make up for those that went."""

from collections.abc import Mapping
from math import ceil, prod

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.linear_moments import LinearMoments, missing_constant
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.dataset_io.samples import some_examples
from edgeprune.keras_models.linear.constants import constants
from edgeprune.keras_models.linear.kernels import LinearKernel, linear_kernels
from edgeprune.keras_models.linear.moments import MomentPass
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pruning.blocks import Block, block_means, keep_largest_blocks
from edgeprune.pruning.repair.columns import column_parts
from edgeprune.pruning.repair.gradual import in_steps, where_free

EXAMPLES, FEWEST = 4096, 64
ROWS = 32_768
"""Positions of a layer that are looked at, over all examples: twenty and more for each input of most kernels."""
BYTES = 1 << 29
"""What the examples may take in memory."""
WORK = 5e13
"""Multiply-accumulates of all passes together, which bounds the examples of large models."""


class Repair:
    """Of one session's model, whose weights are those from before anything went when this is made.

    masks: which weights stay. chooses: which ones of a kernel go is up to the repair, and only their number is given.
    """

    def __init__(self, session: Session, masks: Mapping[WeightKey, Mask], block: Block, *, chooses: bool) -> None:
        self._session, self._masks, self._block, self._chooses = session, masks, block, chooses
        graph = session.graph
        called = dict.fromkeys(node.layer for node in graph.nodes)
        self._kernels = [
            kernel
            for path in called
            if path in graph.layers
            for kernel in linear_kernels(graph.layers[path])
            if kernel.key in masks
        ]
        self._constants = constants(graph, self._kernels)
        keys = [kernel.key for kernel in self._kernels] + [constant.key for constant in self._constants.values()]
        self._dense = get_arrays(session.loaded.model, keys)

    def run(self, reporter: Reporter) -> bool:
        """Repair the live model in place; whether Ctrl-C ended that early, and left only the first layers repaired."""
        examples = some_examples(self._session.require_data(), self._count(), "repair")
        done, interrupted = 0, False
        try:
            with reporter.progress("repair", len(self._kernels)) as advance:
                for kernel in self._kernels:
                    self._repair(kernel, examples, reporter)
                    done += 1
                    advance("/".join(kernel.key))
        except KeyboardInterrupt:
            interrupted = True
            reporter.warning(
                f"interrupted: {done} of {len(self._kernels)} kernels are repaired, the others pruned only"
            )
        for name, reason in self._left().items():
            reporter.note(f"{name} is not repaired: {reason}")
        return interrupted

    def _repair(self, kernel: LinearKernel, examples: tuple[Array, ...], reporter: Reporter) -> None:
        model, dense = self._session.loaded.model, self._dense[kernel.key]
        prior = kernel.matrices(dense)
        parts = column_parts(*prior.shape)
        positions = ceil(ROWS / len(examples[0]))
        measured = MomentPass(model, kernel, examples, positions=positions, columns=parts, seed=0)
        changed = get_arrays(model, self._dense)
        set_arrays(model, self._dense)
        wanted = measured.outputs(prior)
        set_arrays(model, changed)
        moments = measured.moments(wanted)
        del wanted
        _check(kernel, moments, reporter)
        constant = self._constants.get(self._constant_of(kernel))
        if constant is None:
            moments = [part.about_zero() for part in moments]
        matrices = self._solve(kernel, moments, prior.astype(np.float64))
        arrays = {kernel.key: kernel.kernel(matrices, dense.shape).astype(dense.dtype)}
        if kernel.key in self._constants:
            place = self._constants[kernel.key]
            arrays[place.key] = place.plus(self._dense[place.key], missing_constant(moments, matrices))
        set_arrays(model, arrays)

    def _constant_of(self, kernel: LinearKernel) -> WeightKey:
        """The kernel whose constant makes up for the means: of a separable layer's first kernel the second one."""
        path, name = kernel.key
        others = [other.key for other in self._kernels if other.depthwise and other.depthwise.key == kernel.key]
        return others[0] if others else (path, name)

    def _solve(self, kernel: LinearKernel, moments: list[LinearMoments], prior: Vector) -> Vector:
        shape, mask = self._dense[kernel.key].shape, self._masks[kernel.key]
        if not self._chooses:
            return where_free(moments, prior, kernel.matrices(mask) & (prior != 0))

        def choose(worth: Vector, sparsity: float) -> Mask:
            (stays,) = keep_largest_blocks([kernel.kernel(worth, shape)], sparsity, self._block)
            return kernel.matrices(stays)

        emptied = block_means(mask, self._block) == 0
        return in_steps(moments, prior, prior != 0, np.count_nonzero(emptied) / emptied.size, choose)

    def _count(self) -> int:
        """How many examples are looked at."""
        session = self._session
        size = sum(4 * prod(length or 1 for length in port.shape) for port in session.interface.inputs)
        work = (session.macs or 1) * len(self._kernels)
        return min(EXAMPLES, max(FEWEST, min(BYTES // size, int(WORK / work))))

    def _left(self) -> dict[str, str]:
        repaired = {kernel.key for kernel in self._kernels}
        return {
            f"{path}/{name}": f"what {self._session.graph.layers[path].kind} gives is not linear in it alone"
            for (path, name), mask in self._masks.items()
            if (path, name) not in repaired and not mask.all()
        }


def _check(kernel: LinearKernel, moments: list[LinearMoments], reporter: Reporter) -> None:
    """Raise DataError for inputs that are no numbers; warn of too few examples."""
    path = "/".join(kernel.key)
    if not all(np.isfinite(part.gram).all() and np.isfinite(part.cross).all() for part in moments):
        raise DataError(
            f"{path}: what it reads is not finite for some of the examples",
            "look for NaN and huge values in the data and in the model's weights, or give --no-repair",
        )
    inputs = moments[0].gram.shape[-1]
    if moments[0].rows < inputs:
        reporter.warning(
            f"{path} is repaired from {moments[0].rows:,} rows of {inputs:,} inputs: give at least "
            f"{2 * inputs:,} examples for weights that hold on others"
        )
