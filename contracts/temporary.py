"""Temporary folders that are gone when the run is: after an error, a signal, and the next run after `kill -9`.

Each holds a file that its process keeps locked as long as it lives, so another run can tell what is left over.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from contracts.interruption import held, last_step

PREFIX = "edgeprune-"
OWNER = ".edgeprune-owner"
"""The locked file in a temporary folder of ours."""

_owned: dict[Path, int] = {}


@contextmanager
def temporary_folder(parent: Path | None = None, prefix: str = PREFIX) -> Iterator[Path]:
    """A new folder in `parent` (by default where the system wants it), which goes when the block ends."""
    with ExitStack() as stack:
        with held():  # a signal between making it and knowing of it would leave it behind
            folder = claim_folder(parent, prefix)
            stack.callback(remove_folder, folder)
        yield folder


@contextmanager
def run_folder() -> Iterator[Path]:
    """A temporary folder in which Python, libraries and child processes put all their temporary files meanwhile."""
    remove_abandoned(Path(tempfile.gettempdir()), PREFIX)
    variable = "TMPDIR" if os.name == "posix" else "TEMP"
    before, set_before = tempfile.tempdir, os.environ.get(variable)
    with temporary_folder() as folder:
        tempfile.tempdir = os.environ[variable] = str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = before
            os.environ.pop(variable)
            if set_before is not None:
                os.environ[variable] = set_before


def claim_folder(parent: Path | None, prefix: str) -> Path:
    """Make a folder that is this process's until `remove_folder`. Raises OSError."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    unlocked = folder / f"{OWNER}-"
    _owned[folder] = os.open(unlocked, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    _lock(_owned[folder])
    unlocked.rename(folder / OWNER)  # so that nobody ever sees it unlocked
    return folder


def remove_folder(folder: Path) -> None:
    """Remove a folder of ours with all that is in it."""
    with held():
        descriptor = _owned.pop(folder, None)
        if descriptor is not None:
            os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def abandoned(parent: Path, prefix: str) -> list[Path]:
    """Folders of that name in `parent` whose process is gone."""
    try:
        with os.scandir(parent) as entries:
            found = [Path(entry.path) for entry in entries if entry.name.startswith(prefix) and _is_ours(entry)]
    except OSError:  # a folder that may be written to but not listed
        return []
    return [folder for folder in found if not _is_locked(folder / OWNER)]


def remove_abandoned(parent: Path, prefix: str) -> None:
    """Remove what runs that were killed have left in `parent`."""
    for folder in abandoned(parent, prefix):
        shutil.rmtree(folder, ignore_errors=True)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        status = entry.stat(follow_symlinks=False)
        same_user = not hasattr(os, "getuid") or status.st_uid == os.getuid()
        return same_user and entry.is_dir(follow_symlinks=False) and Path(entry.path, OWNER).is_file()
    return False


def _is_locked(file: Path) -> bool:
    if file.parent in _owned:
        return True
    try:
        descriptor = os.open(file, os.O_RDWR)
    except OSError:
        return True
    try:
        _lock(descriptor)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock(descriptor: int) -> None:
    """Lock a file until it is closed. Raises OSError where another process has it locked."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove_all() -> None:
    for folder in list(_owned):
        remove_folder(folder)


last_step(_remove_all)
