"""Moments of a kernel's inputs in the model as it is, and of outputs that it gave in another state of the model."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.data import Array
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.linear_moments import LinearMoments
from edgeprune.keras_models.linear.kernels import LinearKernel
from edgeprune.keras_models.linear.regressors import Regressors

BATCH_SIZE = 64


class MomentPass:
    """Passes over the same examples, at the same positions; one position in a few, where an example has many.

    columns: parts of the kernel's inputs, each of which is to give what it gave.
    """

    def __init__(
        self,
        model: KerasModel,
        kernel: LinearKernel,
        examples: tuple[Array, ...],
        *,
        positions: int,
        columns: Sequence[slice],
        seed: int,
    ) -> None:
        self._regressors = Regressors(model, kernel, examples, positions)
        self._examples, self._columns, self._seed = examples, columns, seed

    def outputs(self, matrices: Array) -> list[list[Any]]:
        """For each batch and part of the inputs what the kernel gives now, shape (groups, rows, outputs)."""
        import tensorflow as tf

        parts = [tf.constant(matrices[:, some], tf.float32) for some in self._columns]
        return [
            [tf.matmul(rows[:, :, some], part) for some, part in zip(self._columns, parts, strict=True)]
            for rows in self._rows()
        ]

    def moments(self, wanted: Sequence[Sequence[Any]]) -> list[LinearMoments]:
        """Of the inputs as they are now, with the outputs of an earlier pass; for each part of the inputs."""
        sums = [_Sums(some) for some in self._columns]
        for rows, outputs in zip(self._rows(), wanted, strict=True):
            for part, given in zip(sums, outputs, strict=True):
                part.add(rows[:, :, part.columns], given)
        return [part.moments() for part in sums]

    def _rows(self) -> Iterator[Any]:
        """Batch by batch, shape (groups, rows, inputs)."""
        import tensorflow as tf

        generator = np.random.default_rng(self._seed)
        for start in range(0, len(self._examples[0]), BATCH_SIZE):
            some = tuple(array[start : start + BATCH_SIZE] for array in self._examples)
            yield tf.transpose(self._regressors(some, generator), (1, 0, 2))


class _Sums:
    """Sums over batches, in float64, of products about the first batch's means: they lose no digits to large means."""

    def __init__(self, columns: slice) -> None:
        self.columns = columns
        self._about: list[Any] = []
        self._sums: list[Vector] = []
        self._rows = 0

    def add(self, inputs: Any, outputs: Any) -> None:
        import tensorflow as tf

        if not self._about:
            self._about = [tf.reduce_mean(values, axis=1, keepdims=True) for values in (inputs, outputs)]
        x, y = (values - about for values, about in zip((inputs, outputs), self._about, strict=True))
        found = (
            tf.matmul(x, x, transpose_a=True),
            tf.matmul(x, y, transpose_a=True),
            tf.reduce_sum(x, axis=1),
            tf.reduce_sum(y, axis=1),
        )
        arrays = [value.numpy().astype(np.float64) for value in found]
        self._sums = [total + array for total, array in zip(self._sums, arrays, strict=True)] if self._sums else arrays
        self._rows += int(x.shape[1])

    def moments(self) -> LinearMoments:
        gram, cross, inputs, outputs = (total / self._rows for total in self._sums)
        about = [values.numpy()[:, 0].astype(np.float64) for values in self._about]
        return LinearMoments(
            columns=self.columns,
            gram=gram - inputs[:, :, None] * inputs[:, None, :],
            cross=cross - inputs[:, :, None] * outputs[:, None, :],
            input_mean=inputs + about[0],
            output_mean=outputs + about[1],
            rows=self._rows,
        )
