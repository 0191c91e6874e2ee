"""What a pass over data tells of a kernel: how its inputs vary together, and with the outputs that it is to give."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.channel_statistics import Vector


@dataclass(frozen=True, kw_only=True)
class LinearMoments:
    """Moments of some of the inputs x of a kernel's numbers, and of their part y of the outputs wanted.

    For each group of channels; the means are taken off first. `columns` says which of the inputs these are.
    gram: mean of x x^T, shape (groups, inputs, inputs); cross: mean of x y^T, shape (groups, inputs, outputs).
    input_mean, output_mean: shapes (groups, inputs) and (groups, outputs). rows: how many x they are of.
    """

    columns: slice
    gram: Vector
    cross: Vector
    input_mean: Vector
    output_mean: Vector
    rows: int

    def about_zero(self) -> "LinearMoments":
        """The same with the means left in, for a kernel to which nothing constant is added."""
        return LinearMoments(
            columns=self.columns,
            gram=self.gram + self.input_mean[:, :, None] * self.input_mean[:, None, :],
            cross=self.cross + self.input_mean[:, :, None] * self.output_mean[:, None, :],
            input_mean=np.zeros_like(self.input_mean),
            output_mean=np.zeros_like(self.output_mean),
            rows=self.rows,
        )


def missing_constant(moments: Sequence[LinearMoments], matrices: Vector) -> Vector:
    """What to add to each output so that its mean is what it is to be, shape (groups * outputs,).

    matrices: the kernel, shape (groups, inputs, outputs).
    """
    found = [part.output_mean - np.einsum("gi,gio->go", part.input_mean, matrices[:, part.columns]) for part in moments]
    constant: Vector = np.sum(found, axis=0).ravel()
    return constant
