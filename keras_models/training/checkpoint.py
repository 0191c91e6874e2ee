"""The whole state of training in one file, so that a killed run goes on after its last finished epoch."""

import hashlib
import json
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from contracts.data import Array
from contracts.errors import OutputError, TrainingError
from keras_models.training.optimizers import FreshOptimizer
from keras_models.training.options import ArrayLists, Masks
from keras_models.training.progress import Progress


class Checkpoint:
    """A `.npz` file with facts in JSON and lists of arrays, written whole or not at all.

    Its name is a digest of the weights and masks that training starts from: another start never finds it. Raises
    OutputError where `folder` cannot be made.
    """

    def __init__(self, folder: Path, weights: Sequence[Array], masks: Masks) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be made: {error.strerror}", "give another --store") from error
        digest = hashlib.sha256()
        for key, array in [*enumerate(weights), *sorted(masks.items())]:
            digest.update(f"{key} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        self.file = folder / f"{digest.hexdigest()[:24]}.npz"

    def keep(self, progress: Progress, optimizer: FreshOptimizer) -> None:
        """Replace what was kept; raises OutputError where that cannot be written."""
        facts, lists = progress.state()
        lists["optimizer"] = optimizer.state()
        arrays = {f"{name}/{place:06}": array for name, items in lists.items() for place, array in enumerate(items)}
        temporary = self.file.with_suffix(f".{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as stream:
                np.savez(stream, facts=np.array(json.dumps(facts)), **arrays)  # type: ignore[arg-type]
            temporary.replace(self.file)
        except OSError as error:
            reason = error.strerror or error
            raise OutputError(
                f"{self.file}: cannot be written: {reason}", "free some space or give another --store"
            ) from error
        finally:
            temporary.unlink(missing_ok=True)

    def resume(self, progress: Progress, optimizer: FreshOptimizer) -> None:
        """Put back what was kept, if anything; raises TrainingError for a damaged file."""
        if not self.file.exists():
            return
        try:
            facts, lists = self._read()
            progress.restore(facts, lists)
            optimizer.restore(lists["optimizer"])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise TrainingError(f"{self.file}: not a checkpoint, or a damaged one: {error}", "delete it") from error

    def _read(self) -> tuple[Any, ArrayLists]:
        lists: ArrayLists = {}
        with np.load(self.file, allow_pickle=False) as archive:
            for key in sorted(set(archive.files) - {"facts"}):
                lists.setdefault(key.partition("/")[0], []).append(archive[key])
            return json.loads(str(archive["facts"])), lists
