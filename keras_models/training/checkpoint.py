"""The whole state of training in one file, so that a killed run goes on after its last finished epoch."""

import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import OutputError, TrainingError
from keras_models.training.optimizers import FreshOptimizer
from keras_models.training.options import ArrayLists
from keras_models.training.progress import Progress


class Checkpoint:
    """A `.npz` file with facts in JSON and lists of arrays, written whole or not at all. Without a `folder`, nothing.

    Its name is a digest of the weights and masks that training starts from: another start never finds it. Raises
    OutputError where `folder` cannot be made.
    """

    def __init__(self, folder: Path | None, progress: Progress, optimizer: FreshOptimizer) -> None:
        self._progress, self._optimizer = progress, optimizer
        self._file: Path | None = None
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be made: {error.strerror}", "give another --store") from error
        self._file = folder / f"{_digest(progress)}.npz"

    def keep(self) -> None:
        """Replace what was kept; raises OutputError where that cannot be written."""
        if self._file is None:
            return
        facts, lists = self._progress.state()
        lists["optimizer"] = self._optimizer.state()
        arrays = {f"{name}/{place:06}": array for name, items in lists.items() for place, array in enumerate(items)}
        temporary = self._file.with_suffix(f".{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as stream:
                np.savez(stream, facts=np.array(json.dumps(facts)), **arrays)  # type: ignore[arg-type]
            temporary.replace(self._file)
        except OSError as error:
            hint = "free some space or give another --store"
            raise OutputError(f"{self._file}: cannot be written: {error.strerror or error}", hint) from error
        finally:
            temporary.unlink(missing_ok=True)

    def resume(self) -> None:
        """Put back what was kept, if anything; raises TrainingError for a damaged file."""
        if self._file is None or not self._file.exists():
            return
        try:
            facts, lists = _read(self._file)
            self._progress.restore(facts, lists)
            self._optimizer.restore(lists["optimizer"])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise TrainingError(f"{self._file}: not a checkpoint, or a damaged one: {error}", "delete it") from error


def _digest(start: Progress) -> str:
    digest = hashlib.sha256()
    for key, array in [*enumerate(start.best_weights), *sorted(start.masks.items())]:
        digest.update(f"{key} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:24]


def _read(file: Path) -> tuple[Any, ArrayLists]:
    lists: ArrayLists = {}
    # np.load would leave a damaged file open
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        for key in sorted(set(archive.files) - {"facts"}):
            lists.setdefault(key.partition("/")[0], []).append(archive[key])
        return json.loads(str(archive["facts"])), lists
