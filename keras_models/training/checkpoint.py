"""The whole state of training in one file, so that a killed run goes on after its last finished epoch.

The file: a digest of all that follows, a line end, one line of JSON (what made it), and a `.npz` archive.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from edgeprune.contracts.errors import OutputError, TrainingError
from edgeprune.contracts.origin import differences, origin
from edgeprune.keras_models.training.optimizers import FreshOptimizer
from edgeprune.keras_models.training.options import ArrayLists, CheckpointPlace, FitOptions
from edgeprune.keras_models.training.progress import Progress

FORMAT = "edgeprune checkpoint 3"
SUFFIX = ".checkpoint"
_DIGEST_LENGTH = hashlib.sha256().digest_size * 2
_LONGEST_LINE = 10_000


class Checkpoint:
    """The state of one training after its last epoch, written whole or not at all. Without a place, nothing.

    Its name is a digest of the options, and of the weights and masks that training starts from: another start never
    finds it.
    """

    def __init__(self, options: FitOptions, progress: Progress, optimizer: FreshOptimizer) -> None:
        self._progress, self._optimizer = progress, optimizer
        self._place = options.checkpoints
        self._file = self._place.folder / f"{_digest(progress, options)}{SUFFIX}" if self._place else None

    def keep(self) -> None:
        """Replace what was kept; raises OutputError where that cannot be written and the user asked for it."""
        if self._place is None or self._file is None:
            return
        facts, lists = self._progress.state()
        if self._progress.goes_on:
            lists["optimizer"] = self._optimizer.state()
        temporary = self._file.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._place.make_folder()
            with temporary.open("w+b") as stream:
                _write(stream, facts, lists)
            temporary.replace(self._file)
        except OSError as error:
            self._give_up(self._place, error)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def resume(self) -> None:
        """Put back what was kept, if anything. What is damaged, or was made elsewhere, is left aside with a note."""
        if self._place is None or self._file is None:
            return
        try:
            for left in self._place.folder.glob(f"{self._file.stem}.*.tmp"):  # of a run that was killed
                left.unlink(missing_ok=True)
            if not self._file.exists():
                return
            if not self._file.is_file():
                raise _UnfitError("it is not a file")
            facts, lists = _read(self._file)
        except (OSError, _UnfitError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            self._place.note(
                f"training starts from the beginning: the checkpoint {self._file} cannot be used: {reason}"
            )
            if self._file.is_dir():  # never removed, as nobody knows whose it is
                self._file = None
            return
        try:
            self._place.note(f"training continues after epoch {len(facts['logs'])}, from {self._file}")
            self._progress.restore(facts, lists)
            if self._progress.goes_on:
                self._optimizer.restore(lists["optimizer"])
        except (ValueError, KeyError, TypeError) as error:
            raise TrainingError(f"{self._file}: a checkpoint of another edgeprune: {error}", "delete it") from error

    def _give_up(self, place: CheckpointPlace, error: OSError) -> None:
        reason = f"{self._file}: cannot be written: {error.strerror or error}"
        if place.required:
            raise OutputError(reason, "free some space, or give another --store") from error
        self._file = None
        place.note(f"should this run fail, its training is lost: {reason}")


class _UnfitError(Exception):
    """A file that cannot be taken up, with the reason."""


def _digest(start: Progress, options: FitOptions) -> str:
    wanted = {**asdict(replace(options, checkpoints=None)), "candidates_from": start.candidates_from}
    digest = hashlib.sha256(json.dumps([FORMAT, wanted], sort_keys=True, default=dict).encode())
    for key, array in [*enumerate(start.best_weights), *sorted(start.masks.items())]:
        digest.update(f"{key} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:24]


def _write(stream: IO[bytes], facts: Mapping[str, Any], lists: ArrayLists) -> None:
    stream.write(b"0" * _DIGEST_LENGTH + b"\n")
    stream.write(json.dumps(dict(origin())).encode() + b"\n")
    arrays = {f"{name}/{place:06}": array for name, items in lists.items() for place, array in enumerate(items)}
    np.savez(stream, facts=np.array(json.dumps(facts)), **arrays)  # type: ignore[arg-type]
    stream.seek(0)
    stream.write(_digest_of_rest(stream).encode())


def _read(file: Path) -> tuple[Any, ArrayLists]:
    """The facts and the arrays; raises _UnfitError for a file that is damaged, or was made elsewhere."""
    with file.open("rb") as stream:
        claimed = stream.read(_DIGEST_LENGTH)
        if claimed != _digest_of_rest(stream).encode():
            raise _UnfitError("it is damaged")
        stream.seek(_DIGEST_LENGTH + 1)
        try:
            if different := differences(json.loads(stream.readline(_LONGEST_LINE))):
                raise _UnfitError(f"it was {different}")
            return _unpacked(stream)
        except (ValueError, KeyError, zipfile.BadZipFile) as error:
            raise _UnfitError(f"it is no checkpoint: {error}") from error


def _unpacked(stream: IO[bytes]) -> tuple[Any, ArrayLists]:
    lists: ArrayLists = {}
    with np.load(stream, allow_pickle=False) as archive:
        for key in sorted(set(archive.files) - {"facts"}):
            lists.setdefault(key.partition("/")[0], []).append(archive[key])
        return json.loads(str(archive["facts"])), lists


def _digest_of_rest(stream: IO[bytes]) -> str:
    """Of all behind the digest's own line, from the start of the file; leaves the stream there again."""
    stream.seek(_DIGEST_LENGTH + 1)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    stream.seek(0)
    return digest
