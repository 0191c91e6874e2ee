"""Writing results: whole or not at all, never over an existing file unasked."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import OutputError


def check_free(path: Path, force: bool) -> None:
    """Raise OutputError, before any work is done, if `path` could not be written in the end."""
    if path.exists() and not force:
        raise OutputError(f"{path}: exists already", "--force overwrites it")
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{path}: the folder {folder} does not exist", "make it first")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"{path}: the folder {folder} is not writable", "choose another place")


@contextmanager
def whole(path: Path, force: bool) -> Iterator[Path]:
    """A temporary name beside `path`; what is written there takes the name `path` only if all went well.

    The name keeps the suffix, by which Keras and matplotlib choose the format. Raises OutputError where the disk
    is full or the folder is not writable; then nothing is left behind.
    """
    check_free(path, force)
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        temporary = folder / path.name
        yield temporary
        if path.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}", "free some space?") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_text(path: Path, text: str, force: bool) -> None:
    """Write a text file whole or not at all."""
    with whole(path, force) as temporary:
        temporary.write_text(text, encoding="utf-8")


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size
