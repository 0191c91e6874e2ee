"""Writing results: whole or not at all, never over an existing file unasked."""

import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from edgeprune.contracts.errors import EdgepruneError, OutputError
from edgeprune.contracts.processes.temporary import temporary_folder
from edgeprune.pipeline.files.output_swap import Swap, mend, take_names

SAVED_MODEL_FILE = "saved_model.pb"

_HDF5_ERRNO = r"errno = (\d+)"
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)


def check_outputs(outputs: Iterable[Path], inputs: Iterable[Path], force: bool) -> None:
    """Raise, before any work is done, if `outputs` could not all be written in the end, or would destroy an input.

    What runs that were killed have left half done beside any of these is put right first.
    """
    outputs, inputs = list(outputs), list(inputs)
    mend({path.parent for path in (*outputs, *inputs)})
    seen: set[str] = set()
    read = set(map(os.path.realpath, inputs))  # Path.resolve() raises RuntimeError for a link that leads to itself
    for path in outputs:
        place = os.path.realpath(path)
        if place in read:
            raise OutputError(f"{path}: is an input of this command", "choose another name for the output")
        if place in seen:
            raise OutputError(f"{path}: two outputs have this name", "choose another name for one of them")
        seen.add(place)
        check_free(path, force)


def check_free(path: Path, force: bool) -> None:
    """Raise OutputError, before any work is done, if `path` could not be written in the end."""
    if path.is_symlink():
        raise OutputError(f"{path}: is a link, whose target is never overwritten", "name the target itself")
    if path.is_dir() and not (path / SAVED_MODEL_FILE).is_file():
        raise OutputError(f"{path}: is a folder but no SavedModel, and is never overwritten", "choose another name")
    if path.exists() and not path.is_dir() and not path.is_file():
        raise OutputError(f"{path}: is no ordinary file, and is never overwritten", "choose another name")
    if path.exists() and not force:
        raise OutputError(f"{path}: exists already", "--force overwrites it")
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{path}: the folder {folder} does not exist", "make it first")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"{path}: the folder {folder} is not writable", "choose another place")


@contextmanager
def whole(path: Path, force: bool) -> Iterator[Path]:
    """A temporary name; what is written there takes the name `path` only if all went well.

    The name keeps the suffix, by which Keras and matplotlib choose the format. Raises OutputError where the disk
    is full or the folder is not writable; then nothing is left behind.
    """
    with all_whole([path], force) as (temporary,):
        yield temporary


@contextmanager
def all_whole(paths: Sequence[Path], force: bool) -> Iterator[list[Path]]:
    """The same for several outputs: all take their names, or none does, and what was there before is there still."""
    for path in paths:
        check_free(path, force)
    with ExitStack() as stack:
        try:
            parents = dict.fromkeys(path.absolute().parent for path in paths)
            folders = {parent: stack.enter_context(temporary_folder(parent)) for parent in parents}
            swaps = [_swap(path.absolute(), folders, number) for number, path in enumerate(paths)]
            yield [swap.new for swap in swaps]
            for path, swap in zip(paths, swaps, strict=True):
                check_free(path, force)  # it may have come meanwhile
                _check_kind(swap)
            take_names(swaps, list(folders.values()))
        except EdgepruneError:
            raise
        except Exception as error:  # HDF5 and TensorFlow tell of a full disk in their own ways
            reason = _reason(error)
            if reason is None:
                raise
            names = ", ".join(str(path) for path in paths)
            raise OutputError(f"{names}: cannot be written: {reason}", _next_step(reason)) from error


def _swap(path: Path, folders: Mapping[Path, Path], number: int) -> Swap:
    """Places for an output, new and old, in the temporary folder beside it."""
    folder = folders[path.parent]
    place = folder / str(number)
    place.mkdir()
    return Swap(path=path, new=place / path.name, old=folder / f"old-{number}")


def _check_kind(swap: Swap) -> None:
    """A file never takes the place of a folder, nor a folder that of a file."""
    if swap.path.exists() and swap.path.is_dir() != swap.new.is_dir():
        kind = "a folder" if swap.path.is_dir() else "a file"
        raise OutputError(f"{swap.path}: is {kind}, and the output is not; it is never overwritten")


def _reason(error: Exception) -> str | None:
    """What went wrong with a disk; HDF5 and TensorFlow tell it in their messages. None for anything else."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    if found := re.search(_HDF5_ERRNO, str(error)):
        return os.strerror(int(found[1]))
    if isinstance(error, OSError):
        return str(error)
    return next((reason for reason in map(os.strerror, _DISK_ERRORS) if reason in str(error)), None)


def _next_step(reason: str) -> str:
    if reason in (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT)):
        return "nothing was written; free some space"
    if reason == os.strerror(errno.EEXIST):
        return "nothing was written; --force overwrites what is there"
    return "nothing was written; check the folder, its permissions and limits"
