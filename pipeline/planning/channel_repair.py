"""Repair of a cut model: layer by layer, kernels are solved anew toward what they gave in the original."""

from typing import Any

import numpy as np

from edgeprune.contracts.channels import ChannelPlan
from edgeprune.contracts.data import Indices
from edgeprune.keras_models.linear.kernels import LinearKernel
from edgeprune.keras_models.surgery.surgery import kept_weights
from edgeprune.pipeline.planning.linear_evidence import LinearEvidence
from edgeprune.pipeline.planning.repairing import repair_each
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pruning.repair.gradual import where_free

LONGEST = 4608
"""Inputs of a kernel that is repaired: moments of more (a flattened image) would take more memory than the model."""


class ChannelRepair:
    """Of one cut model, against its original."""

    def __init__(self, original: Session, smaller: Session, plan: ChannelPlan) -> None:
        self._original = LinearEvidence(original, original.prunable)
        self._whole = {kernel.key: kernel for kernel in self._original.kernels}
        self._smaller = LinearEvidence(
            smaller, smaller.prunable, wanted=self._wanted, examples=self._original.examples, in_parts=False
        )
        self._plan = plan

    def run(self, reporter: Reporter) -> bool:
        """Repair the cut model in place; whether Ctrl-C ended that early, and left only the first layers repaired."""
        return repair_each(self._smaller.kernels, self._repair, "cut", reporter)

    def _repair(self, kernel: LinearKernel) -> None:
        """Weights that are zero stay so."""
        prior = self._smaller.prior(kernel)
        if prior.shape[1] > LONGEST:
            return
        moments = self._smaller.moments(kernel)
        self._smaller.put(kernel, moments, where_free(moments, prior, prior != 0))

    def _wanted(self, kernel: LinearKernel) -> list[list[Any]]:
        """What the kernel gave in the original, of the outputs that are left; shape (groups, rows, outputs) each."""
        import tensorflow as tf

        whole, left = self._whole[kernel.key], self._outputs_left(kernel)
        array = self._original.dense[kernel.key]
        batches = self._original.measured(whole).outputs(whole.matrices(array))
        found = []
        for batch in batches:
            rows = tf.transpose(tf.add_n(batch), (1, 0, 2))  # parts of the inputs together
            flat = tf.reshape(rows, (len(rows), -1))
            found.append([tf.transpose(tf.gather(flat, left, axis=1), (1, 0, 2))])
        return found

    def _outputs_left(self, kernel: LinearKernel) -> Indices:
        """The number that each output of the cut kernel has in the original: shape (groups, outputs)."""
        whole = self._whole[kernel.key]
        array = self._original.dense[kernel.key]
        groups, inputs, outputs = whole.matrices(array).shape
        numbers = np.arange(groups * outputs).reshape(groups, 1, outputs).repeat(inputs, axis=1)
        cut = kept_weights({kernel.key: whole.kernel(numbers, array.shape)}, self._plan)
        return kernel.matrices(cut[kernel.key])[:, 0]
