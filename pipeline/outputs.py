"""Writing results: whole or not at all, never over an existing file unasked."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from contracts.errors import OutputError

SAVED_MODEL_FILE = "saved_model.pb"

_HDF5_ERRNO = r"errno = (\d+)"


def check_outputs(outputs: Iterable[Path], inputs: Iterable[Path], force: bool) -> None:
    """Raise, before any work is done, if `outputs` could not all be written in the end, or would destroy an input."""
    seen: set[Path] = set()
    read = {path.resolve() for path in inputs}
    for path in outputs:
        if path.resolve() in read:
            raise OutputError(f"{path}: is what this command reads", "choose another name for the output")
        if path.resolve() in seen:
            raise OutputError(f"{path}: two outputs have this name", "choose another name for one of them")
        seen.add(path.resolve())
        check_free(path, force)


def check_free(path: Path, force: bool) -> None:
    """Raise OutputError, before any work is done, if `path` could not be written in the end."""
    if path.is_dir() and not (path / SAVED_MODEL_FILE).is_file():
        raise OutputError(f"{path}: is a folder and no SavedModel; it is never overwritten", "choose another name")
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
    with all_whole([path], force) as (temporary,):
        yield temporary


@contextmanager
def all_whole(paths: Sequence[Path], force: bool) -> Iterator[list[Path]]:
    """The same for several outputs: all take their names, or none does."""
    for path in paths:
        check_free(path, force)
    with ExitStack() as stack:
        try:
            temporary = [_beside(path, stack) for path in paths]
            yield temporary
            for path, written in zip(paths, temporary, strict=True):
                if path.is_dir():
                    shutil.rmtree(path)
                written.replace(path)
        except (OSError, RuntimeError) as error:
            if not isinstance(error, OSError) and not re.search(_HDF5_ERRNO, str(error)):
                raise
            names = ", ".join(str(path) for path in paths)
            raise OutputError(f"{names}: cannot be written: {_reason(error)}", _next_step(error)) from error


def _beside(path: Path, stack: ExitStack) -> Path:
    """A free name in a folder of its own beside `path`, which goes when `stack` ends."""
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder / path.name


def _reason(error: OSError | RuntimeError) -> str:
    """What went wrong; HDF5 tells it, amid much else, in its message only."""
    number = getattr(error, "errno", None)
    if number is None:
        found = re.search(_HDF5_ERRNO, str(error))
        number = int(found[1]) if found else None
    return os.strerror(number) if number else str(error)


def _next_step(error: OSError | RuntimeError) -> str:
    if _reason(error) in (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT)):
        return "nothing was written; free some space"
    return "nothing was written; check the folder, its permissions and limits"


def write_text(path: Path, text: str, force: bool) -> None:
    """Write a text file whole or not at all."""
    with whole(path, force) as temporary:
        temporary.write_text(text, encoding="utf-8")
