"""Temporary folders that are gone when the run is: after an error, a signal, and the next run after `kill -9`.

Each holds a file that its process keeps locked as long as it lives, so another run can tell what is left over.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from edgeprune.contracts.processes.interruption import held, last_step

PREFIX = ".edgeprune-"
OWNER = "owner"
"""The locked file in a temporary folder of ours."""

_NAME = re.compile(re.escape(PREFIX) + "[a-z0-9_]{8}")
"""As `tempfile` makes names."""

_owned: dict[Path, int] = {}


class _NoLocksError(OSError):
    """The file system knows no locks: nobody will take what is left there for abandoned."""


@contextmanager
def temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """A new folder in `parent` (by default where the system wants it), which goes when the block ends."""
    with ExitStack() as stack:
        with held():  # a signal between making it and knowing of it would leave it behind
            folder = _claim(parent)
            stack.callback(remove_folder, folder)
        yield folder


@contextmanager
def run_folder() -> Iterator[None]:
    """Have Python, libraries and child processes put all their temporary files into one folder meanwhile.

    Where none can be made, those that need one will say so: `--help` does not.
    """
    variable = "TMPDIR" if os.name == "posix" else "TEMP"
    before, set_before = tempfile.tempdir, os.environ.get(variable)
    with ExitStack() as stack:
        with suppress(OSError):
            with held():  # Python tries the folder with a file
                place = Path(tempfile.gettempdir())
            remove_abandoned(place)
            tempfile.tempdir = os.environ[variable] = str(stack.enter_context(temporary_folder()))
        try:
            yield
        finally:
            tempfile.tempdir = before
            os.environ.pop(variable, None)
            if set_before is not None:
                os.environ[variable] = set_before


def _claim(parent: Path | None) -> Path:
    """Make a folder that is this process's until `remove_folder`. Raises OSError."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        try:
            _owned[folder] = os.open(folder / OWNER, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            with suppress(_NoLocksError):
                _lock(_owned[folder])
            (folder / OWNER).stat()
        except (FileNotFoundError, BlockingIOError):  # another run took it for abandoned before it was locked
            disown_folder(folder)
        except OSError:
            remove_folder(folder)
            with suppress(OSError):
                folder.rmdir()
            raise
        else:
            return folder


def remove_folder(folder: Path) -> None:
    """Remove a folder of ours with all that is in it; the owner's file goes last, by which others know what is left."""
    if folder not in _owned:
        return
    with held(), suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != OWNER:
                path.unlink()
        disown_folder(folder)
        (folder / OWNER).unlink()
        folder.rmdir()


def disown_folder(folder: Path) -> None:
    """Leave a folder of ours where it is."""
    descriptor = _owned.pop(folder, None)
    if descriptor is not None:
        os.close(descriptor)


def adopt_abandoned(parent: Path) -> list[Path]:
    """Temporary folders in `parent` whose process is gone; they are this process's now."""
    try:
        with os.scandir(parent) as entries:
            found = [Path(entry.path) for entry in entries if _NAME.fullmatch(entry.name) and _is_own_folder(entry)]
    except OSError:  # a folder that may be written to but not listed
        return []
    for folder in found:
        with suppress(OSError):  # it is not empty
            folder.rmdir()
    return [folder for folder in found if adopt(folder)]


def remove_abandoned(parent: Path) -> None:
    """Remove what runs that were killed have left in `parent`."""
    for folder in adopt_abandoned(parent):
        remove_folder(folder)


def _is_own_folder(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        same_user = not hasattr(os, "getuid") or entry.stat(follow_symlinks=False).st_uid == os.getuid()
        return same_user and entry.is_dir(follow_symlinks=False)
    return False


def adopt(folder: Path) -> bool:
    """Lock a temporary folder whose process is gone; False where there is none, or its process lives."""
    if folder in _owned:
        return False
    with held():
        try:
            descriptor = os.open(folder / OWNER, os.O_RDWR)
        except OSError:
            return False
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        _owned[folder] = descriptor
    return True


def _lock(descriptor: int) -> None:
    """Lock a file until it is closed. Raises OSError where another process has it locked, or none can have it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError as error:
            raise _NoLocksError(error.errno, error.strerror) from error


def _remove_all() -> None:
    for folder in list(_owned):
        remove_folder(folder)


last_step(_remove_all)
