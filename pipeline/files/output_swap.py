"""New outputs take the names of old ones: all of them or none, also where the process is killed in between.

Old files are moved into the temporary folder, new ones out of it, and a journal there says which. The journal's end is
the moment at which the new ones count: a run that finds one left by a killed run puts back what was there before.
"""

import errno
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from edgeprune.contracts.errors import OutputError
from edgeprune.contracts.processes.interruption import held
from edgeprune.contracts.processes.temporary import adopt, adopt_abandoned, disown_folder, remove_folder

_JOURNAL = "swap.json"
_PRIMARY = "primary"
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


@dataclass(frozen=True)
class Swap:
    """One output: its name, where the new one waits, and where the old one goes; all on one file system."""

    path: Path
    new: Path
    old: Path


@dataclass(frozen=True)
class _Step:
    """A swap as the journal has it; `identity` tells the new one from anything else of that name."""

    path: str
    new: str
    old: str
    identity: list[int]


def take_names(swaps: Sequence[Swap], folders: Sequence[Path]) -> None:
    """Give all new outputs their names, or raise OSError or OutputError with everything as it was before.

    `folders` are the temporary ones, the first of which holds the journal. The old outputs are left in them.
    """
    if not swaps:
        return
    for swap in swaps:
        _sync(swap.new)
    with held():
        if len(swaps) == 1 and not os.path.lexists(swaps[0].path):
            _place(swaps[0].new, swaps[0].path)
        elif len(swaps) == 1 and swaps[0].path.is_file() and swaps[0].new.is_file():
            swaps[0].new.replace(swaps[0].path)
        else:
            _take_all(swaps, folders)
        for parent in {swap.path.parent for swap in swaps}:
            _sync_folder(parent)


def mend(parents: Iterable[Path]) -> None:
    """Undo what runs that were killed have left half done in these folders, and remove their temporary folders.

    Raises OutputError where a file was put in the place of one that would have to come back.
    """
    for parent in parents:
        for folder in adopt_abandoned(parent):
            primary = _primary(folder)
            if adopt(primary):
                _mend(primary)
            if primary == folder:
                _mend(folder)
            elif primary.exists():  # another run is mending it
                disown_folder(folder)
            remove_folder(folder)


def _take_all(swaps: Sequence[Swap], folders: Sequence[Path]) -> None:
    steps = [_Step(str(swap.path), str(swap.new), str(swap.old), _identity(swap.new)) for swap in swaps]
    journal = folders[0] / _JOURNAL
    for folder in folders[1:]:
        _write(folder / _PRIMARY, str(folders[0].resolve()))
    _write(journal, json.dumps([asdict(step) for step in steps]))
    try:
        for swap in swaps:
            if os.path.lexists(swap.path):
                swap.path.rename(swap.old)
        for swap in swaps:
            _place(swap.new, swap.path)
        journal.unlink()
    except BaseException:
        _undo(steps, folders)
        journal.unlink(missing_ok=True)
        raise


def _place(new: Path, path: Path) -> None:
    """Move `new` to the free name `path`; raises FileExistsError where that is taken meanwhile."""
    if os.name == "nt":
        new.rename(path)  # never replaces
    elif new.is_dir():
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "exists already", str(path))
        new.rename(path)  # replaces nothing but an empty folder
    else:
        try:
            path.hardlink_to(new)
            new.unlink()
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            os.close(os.open(path, os.O_CREAT | os.O_EXCL))
            new.replace(path)


def _undo(steps: Sequence[_Step], folders: Sequence[Path]) -> None:
    """Everything back to where it was, as far as it was moved; where that cannot be, OutputError says where it is."""
    try:
        for step in reversed(steps):
            path, new, old = Path(step.path), Path(step.new), Path(step.old)
            if _exists_as(path, step.identity):
                if new.exists():  # linked, and not yet taken from here
                    path.unlink()
                else:
                    path.rename(new)
            if os.path.lexists(old):
                if os.path.lexists(path):
                    raise FileExistsError(errno.EEXIST, "was written by another program meanwhile", str(path))
                old.rename(path)
    except OSError as error:
        for folder in folders:
            disown_folder(folder)
        raise OutputError(
            f"{path}: cannot be put back: {error.strerror}; what it was is {old}",
            f"move that where it belongs, then remove {old.parent}",
        ) from error


def _mend(primary: Path) -> None:
    journal = primary / _JOURNAL
    if journal.is_file():
        _undo([_Step(**step) for step in json.loads(journal.read_text(encoding="utf-8"))], [primary])
        journal.unlink()
    remove_folder(primary)


def _primary(folder: Path) -> Path:
    """The temporary folder with the journal of the run whose this one is."""
    with suppress(OSError):
        return Path((folder / _PRIMARY).read_text(encoding="utf-8"))
    return folder


def _identity(path: Path) -> list[int]:
    status = path.lstat()
    return [status.st_ino, status.st_size, status.st_mtime_ns]


def _exists_as(path: Path, identity: list[int]) -> bool:
    return os.path.lexists(path) and _identity(path) == identity


def _write(file: Path, text: str) -> None:
    """A small file that is whole or not there, and on the disk before anything is moved."""
    unfinished = file.with_suffix(".part")
    unfinished.write_text(text, encoding="utf-8")
    _sync(unfinished)
    unfinished.rename(file)
    _sync_folder(file.parent)
    _sync_folder(file.parent.parent)


def _sync(path: Path) -> None:
    """Have a file, or all files of a folder, on the disk."""
    for file in _files(path):
        with file.open("r+b") as stream:
            os.fsync(stream.fileno())


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in path.rglob("*") if file.is_file())
        for folder in (path, *(inner for inner in path.rglob("*") if inner.is_dir())):
            _sync_folder(folder)
    else:
        yield path


def _sync_folder(folder: Path) -> None:
    """Have a folder's names on the disk, where the system can do that."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        with suppress(OSError):  # not every file system can
            os.fsync(descriptor)
        os.close(descriptor)
