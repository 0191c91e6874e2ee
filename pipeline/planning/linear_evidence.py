"""What the data tells of a model's kernels, whatever state the model is in, and how kernels are put into it."""

from collections.abc import Callable, Iterable
from functools import cached_property
from math import ceil, prod
from typing import Any

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.linear_moments import LinearMoments, missing_constant
from edgeprune.contracts.model import WeightKey
from edgeprune.dataset_io.samples import some_examples
from edgeprune.keras_models.linear.constants import constants
from edgeprune.keras_models.linear.kernels import LinearKernel, linear_kernels
from edgeprune.keras_models.linear.moments import MomentPass
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from edgeprune.pipeline.session import Session
from edgeprune.pruning.repair.columns import column_parts

EXAMPLES, FEWEST = 4096, 64
ROWS = 32_768
"""Positions of a layer that are looked at, over all examples: twenty and more for each input of most kernels."""
BYTES = 1 << 29
"""What the examples may take in memory."""
WORK = 5e13
"""Multiply-accumulates of all passes together, which bounds the examples of large models."""

Wanted = Callable[[LinearKernel], list[list[Any]]]
"""What a kernel is to give, as `MomentPass.outputs` has it."""


class LinearEvidence:
    """Of those kernels among `keys` that outputs are linear in. `dense` are the weights when this is made.

    wanted: what they are to give; by default what they gave with those weights. examples: what they are looked at on;
    by default some of the training part. in_parts: whether very many inputs of a kernel are looked at in parts.
    """

    def __init__(
        self,
        session: Session,
        keys: Iterable[WeightKey],
        *,
        wanted: Wanted | None = None,
        examples: tuple[Array, ...] | None = None,
        in_parts: bool = True,
    ) -> None:
        self._session, chosen = session, set(keys)
        self._wanted, self._given_examples, self._in_parts = wanted or self._dense_outputs, examples, in_parts
        graph = session.graph
        called = dict.fromkeys(node.layer for node in graph.nodes)
        layers = [graph.layers[path] for path in called if path in graph.layers]
        self.kernels = [kernel for layer in layers for kernel in linear_kernels(layer) if kernel.key in chosen]
        """In the order in which the model computes."""
        # What is chosen itself has zeros to keep.
        self._constants = {
            key: found for key, found in constants(graph, self.kernels).items() if found.key not in chosen
        }
        more = [constant.key for constant in self._constants.values()]
        self.keys = [key for key in session.prunable if key in chosen]
        """All of them, in the order of the file."""
        self.dense = get_arrays(session.loaded.model, [*chosen, *more])
        self._passes: dict[WeightKey, MomentPass] = {}

    @cached_property
    def examples(self) -> tuple[Array, ...]:
        """Inputs of the training part, as many as are affordable."""
        if self._given_examples is not None:
            return self._given_examples
        session = self._session
        size = sum(4 * prod(length or 1 for length in port.shape) for port in session.interface.inputs)
        work = (session.macs or 1) * max(1, len(self.kernels))
        count = min(EXAMPLES, max(FEWEST, min(BYTES // size, int(WORK / work))))
        return some_examples(session.require_data(), count, "repair")

    def prior(self, kernel: LinearKernel) -> Vector:
        """The dense kernel as matrices."""
        return kernel.matrices(self.dense[kernel.key]).astype(np.float64)

    def moments(self, kernel: LinearKernel) -> list[LinearMoments]:
        """Of what the kernel reads in the model as it is, with what it is to give.

        Raises DataError for what is not finite.
        """
        moments = self.measured(kernel).moments(self._wanted(kernel))
        if not all(np.isfinite(part.gram).all() and np.isfinite(part.cross).all() for part in moments):
            raise DataError(
                f"{'/'.join(kernel.key)}: what it reads is not finite for some of the examples",
                "look for NaN and huge values in the data and the weights, or give --no-repair and --scope layer",
            )
        return moments if self._has_constant(kernel) else [part.about_zero() for part in moments]

    def put(self, kernel: LinearKernel, moments: list[LinearMoments], matrices: Vector) -> None:
        """Write a kernel into the model, and what its outputs lack in the mean to the constant that goes with it."""
        dense = self.dense[kernel.key]
        arrays = {kernel.key: kernel.kernel(matrices, dense.shape).astype(dense.dtype)}
        constant = self._constants.get(kernel.key)
        if constant:
            arrays[constant.key] = constant.plus(self.dense[constant.key], missing_constant(moments, matrices))
        set_arrays(self._session.loaded.model, arrays)

    def _has_constant(self, kernel: LinearKernel) -> bool:
        """Whether means are made up for: those of a separable layer's first kernel by the second one's constant."""
        keys = [other.key for other in self.kernels if other.depthwise and other.depthwise.key == kernel.key]
        return any(key in self._constants for key in (kernel.key, *keys))

    def _dense_outputs(self, kernel: LinearKernel) -> list[list[Any]]:
        """What a kernel gave in the dense model."""
        model = self._session.loaded.model
        present = get_arrays(model, self.dense)
        set_arrays(model, self.dense)
        try:
            return self.measured(kernel).outputs(kernel.matrices(self.dense[kernel.key]))
        finally:
            set_arrays(model, present)

    def measured(self, kernel: LinearKernel) -> MomentPass:
        """Passes over the examples; the same positions are drawn for kernels of the same place in other models."""
        if kernel.key not in self._passes:
            matrices = kernel.matrices(self.dense[kernel.key])
            self._passes[kernel.key] = MomentPass(
                self._session.loaded.model,
                kernel,
                self.examples,
                positions=ceil(ROWS / len(self.examples[0])),
                columns=column_parts(*matrices.shape) if self._in_parts else [slice(0, matrices.shape[1])],
                seed=0,
            )
        return self._passes[kernel.key]
