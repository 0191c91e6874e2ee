"""Files that hold HDF5 are looked through in a process of its own before this one opens them, Keras's loader included.

Damaged ones can hang in HDF5 for ever (seen with 1.14 in reading an attribute), crash it, or take all memory.
"""

import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from edgeprune.contracts.errors import ModelFileError
from edgeprune.contracts.processes.child import Child, ChildError, Limits, module_started
from edgeprune.keras_models.loading.archives.limits import DAMAGED, UnsoundError, first_line
from edgeprune.keras_models.loading.archives.zip_check import check_zip
from edgeprune.keras_models.loading.archives.zip_member import WEIGHTS, open_weights

SECONDS = 5
"""Of a processor's time; a sound small file takes a quarter of one, most of it to import NumPy and h5py."""
BYTES_A_SECOND = 20_000_000
MEMORY_BYTES = 1 << 30
"""Python, NumPy and h5py take a tenth of it, compressed weights of a small file up to a quarter (`limits`)."""

# What zipfile, zlib and h5py raise for damaged files; NotImplementedError is zipfile's for a version that it lacks.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    SystemError,
)

_sound: set[tuple[str, int, int, int, int]] = set()


@contextmanager
def vetting(path: Path, kind: str) -> Iterator[Callable[[], None]]:
    """Look through an `h5` or `keras` file while this process does something else.

    Calling what is given waits for the verdict, which raises ModelFileError for a file that cannot be read
    safely or is not what Keras writes.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror})", "check the path") from error
    version = (str(path.absolute()), status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    if version in _sound:
        yield lambda: None
        return
    seconds = SECONDS + status.st_size / BYTES_A_SECOND
    limits = Limits(seconds=10 * seconds, cpu_seconds=seconds, memory_bytes=MEMORY_BYTES + 3 * status.st_size)
    with module_started(__name__, os.fspath(path), kind, limits=limits) as child:
        yield lambda: _await(child, path, seconds, version)


def _await(child: Child, path: Path, seconds: float, version: tuple[str, int, int, int, int]) -> None:
    try:
        problem = child.answer()
    except ChildError as error:
        if error.status is None:
            raise ModelFileError(
                f"{path}: HDF5 does not finish reading it in {seconds:.0f} s of processor time", DAMAGED
            ) from error
        if error.status > 0:  # no crash: Python could not start, for want of memory, or a mistake of ours
            reason = "".join(error.written.strip().splitlines()[-1:])
            raise (MemoryError if "Memory" in reason else RuntimeError)(reason) from error
        raise ModelFileError(f"{path}: HDF5 crashes on it (status {error.status})", DAMAGED) from error
    if problem is not None:
        raise ModelFileError(f"{path}: {problem[0]}", problem[1])
    _sound.add(version)


def main(file: str, kind: str) -> tuple[str, str] | None:
    """Look through an `h5` or `keras` file, in this process: message and hint where it is refused."""
    import edgeprune.keras_models.loading.archives.hdf5_check  # noqa: F401  where this finds no memory, the file is not to blame

    name = "an HDF5 file" if kind == "h5" else "a .keras archive"
    try:
        (_check_h5 if kind == "h5" else _check_keras)(Path(file))
    except UnsoundError as error:
        return str(error), error.hint
    except MemoryError:
        return f"{name} that takes more memory than its size allows", DAMAGED
    except DAMAGE as error:
        return f"{name} that is cut off or damaged ({first_line(error)})", DAMAGED
    return None


def _check_h5(path: Path) -> None:
    with path.open("rb") as raw:
        _check_hdf5(raw, os.fstat(raw.fileno()).st_size, path)


def _check_keras(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        check_zip(archive, path.stat().st_size)
        with open_weights(path, archive) as raw:
            _check_hdf5(raw, archive.getinfo(WEIGHTS).file_size, raw)


def _check_hdf5(raw: BinaryIO, size: int, opened: Path | BinaryIO) -> None:
    import h5py

    from edgeprune.keras_models.loading.archives.hdf5_check import check_hdf5

    with h5py.File(opened, "r") as file:
        check_hdf5(file, raw, size)
