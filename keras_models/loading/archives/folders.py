"""The files of a SavedModel folder: real ones, never followed out of it, read within limits."""

import os
import stat
from pathlib import Path

from edgeprune.contracts.errors import ModelFileError

MAX_FILES = 10_000
MAX_PART_BYTES = 1 << 24
"""Descriptions of layers and of variables: those of the largest models of keras.applications take about 5 MB."""


def require_plain_files(folder: Path) -> None:
    """Raises ModelFileError where anything below a folder is a link or a special file, or there are too many files."""
    waiting, count = [os.fspath(folder)], 0
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                count += 1
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    waiting.append(entry.path)
                elif not stat.S_ISREG(mode) or count > MAX_FILES:
                    raise _refused(folder, entry.path, mode)


def read_part(file: Path) -> bytes:
    """A small file of the folder. Raises ValueError where it is not small, OSError where it cannot be read."""
    size = file.stat().st_size
    if size > MAX_PART_BYTES:
        raise ValueError(f"{file.name} has {size:,} bytes, expected at most {MAX_PART_BYTES:,}")
    return file.read_bytes()


def _refused(folder: Path, path: str, mode: int) -> ModelFileError:
    name = os.path.relpath(path, folder)
    if stat.S_ISREG(mode):
        return ModelFileError(f"{folder}: more than {MAX_FILES:,} files in it, expected a SavedModel", "check the path")
    if stat.S_ISLNK(mode):
        return ModelFileError(
            f"{folder}: {name!r} in it is a link, which is never followed; expected a file",
            "if you trust it, copy the folder with `cp -rL` and pass the copy",
        )
    return ModelFileError(
        f"{folder}: {name!r} in it is a device, a pipe or a socket, expected a file", "save the model again with Keras"
    )
