"""The course of training as event files for TensorBoard."""

from pathlib import Path
from types import TracebackType

import numpy as np

from edgeprune.contracts.errors import OutputError
from edgeprune.keras_models.training.options import EpochLog


class TensorBoardLog:
    """One run in a new sub-folder `NAME-1`, `NAME-2`, … of `folder`: nothing there is overwritten.

    Keras's own callback ends its files whenever `fit` ends, and knows neither our score nor the zeros.
    """

    def __init__(self, folder: Path, name: str) -> None:
        import tensorflow as tf

        self._write = tf.summary.write
        # what `tf.summary.scalar` adds, which needs TensorBoard itself to be installed
        plugin = tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
        self._metadata = tf.compat.v1.SummaryMetadata(plugin_data=plugin)
        self._writer = tf.summary.create_file_writer(str(_new_folder(folder, name)))

    def write(self, log: EpochLog) -> None:
        """Enter an epoch."""
        values = {
            "loss": log.loss,
            "validation score": log.score,
            "learning rate": log.learning_rate,
            "sparsity": log.sparsity,
        }
        with self._writer.as_default(step=log.epoch):
            for name, value in values.items():
                self._write(name, np.float32(value), metadata=self._metadata)
        self._writer.flush()

    def __enter__(self) -> "TensorBoardLog":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._writer.close()


def _new_folder(folder: Path, name: str) -> Path:
    number = 1
    while (folder / f"{name}-{number}").exists():
        number += 1
    try:
        (folder / f"{name}-{number}").mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}", "give another --tensorboard") from error
    return folder / f"{name}-{number}"
