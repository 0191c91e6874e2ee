"""NumPy archives: the layout of Keras's own `mnist.npz`, or one part to split.

Never unpickled: an archive with object arrays could run code on loading.
"""

import zipfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.model import Interface, Port
from edgeprune.dataset_io.examples import HOLDINGS, Examples, raw_data
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.parts import Named, RawData

SUMMARY = (
    "FILE.npz: x_train, y_train, x_test, y_test, or x, y to split, or x alone (x_train_NAME, … for several inputs)"
)
HOLDS = HOLDINGS


def matches(source: str) -> bool:
    """Whether this is an .npz file."""
    return source.lower().endswith(".npz") and Path(source).is_file()


def lacks_labels(source: str) -> bool:
    """Whether there are inputs alone."""
    try:
        with zipfile.ZipFile(source) as members:
            return all(name.lower().startswith("x") for name in members.namelist())
    except (OSError, zipfile.BadZipFile):
        return False  # `read` says why


def read(source: str, interface: Interface, options: DataOptions) -> RawData:
    """The archive's training and test part; only the arrays that are needed are read.

    Raises DataError for a damaged archive, pickled objects, or arrays that are missing.
    """
    outputs = interface.outputs if options.reads_labels else ()
    if not zipfile.is_zipfile(source):
        raise _unreadable(source, "it is not a zip file")
    try:
        with np.load(source, allow_pickle=False) as archive, zipfile.ZipFile(source) as members:
            sides = {
                part: Examples(inputs=inputs, labels=_arrays(archive, members, f"y{suffix}", outputs))
                for part, suffix in (("train", ""), ("train", "_train"), ("test", "_test"))
                if (inputs := _arrays(archive, members, f"x{suffix}", interface.inputs))
            }
            found = archive.files
    except Exception as error:  # a damaged member makes zipfile and NumPy raise nearly anything, TypeError included
        raise _unreadable(source, str(error).partition("\n")[0] or type(error).__name__) from error
    if not sides or any(len(side.labels) != len(outputs) for side in sides.values()):
        raise DataError(
            f"{source} holds {', '.join(found) or 'nothing'}, expected {_expected(interface, bool(outputs))}",
            "save the arrays under these names (np.savez)" + (", or give --label none" if outputs else ""),
        )
    return raw_data(source, sides)


def write(folder: Path, parts: Mapping[str, Examples]) -> str:
    """Write an archive, its arrays called by part and, where there are several, by input or output."""
    arrays: dict[str, Any] = {}
    for part, examples in parts.items():
        suffix = f"_{part}" if len(parts) > 1 else ""
        for stem, side in (("x", examples.inputs), ("y", examples.labels)):
            arrays |= {f"{stem}{suffix}_{name}" if len(side) > 1 else stem + suffix: side[name] for name in side}
    file = folder / "data.npz"
    np.savez(file, **arrays)
    return str(file)


def _arrays(archive: "np.lib.npyio.NpzFile", members: zipfile.ZipFile, stem: str, ports: tuple[Port, ...]) -> Named:
    """The arrays of all ports by key; {} where one is missing. A single port needs no name."""
    found: dict[str, Array] = {}
    for port in ports:
        keys = [f"{stem}_{port.name}", stem] if len(ports) == 1 else [f"{stem}_{port.name}"]
        key = next((k for name in keys for k in (name, name[0].upper() + name[1:]) if k in archive.files), None)
        if key is None:
            return {}
        _check_size(members, key)
        found[key] = archive[key]
    return found


def _check_size(archive: zipfile.ZipFile, key: str) -> None:
    """Raise ValueError for a member that is no array, or that declares more than it holds: NumPy takes that memory."""
    name = key if key in archive.namelist() else f"{key}.npy"
    with archive.open(name) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    declared, held = prod(shape) * dtype.itemsize, archive.getinfo(name).file_size
    if not dtype.hasobject and (declared > held or min(shape, default=0) < 0):
        raise ValueError(f"{key} declares an array of shape {shape}, {declared} bytes, and holds {held}")


def _expected(interface: Interface, with_labels: bool) -> str:
    inputs = [f"_{port.name}" for port in interface.inputs] if len(interface.inputs) > 1 else [""]
    outputs = [f"_{port.name}" for port in interface.outputs] if len(interface.outputs) > 1 else [""]

    def keys(suffix: str) -> str:
        labels = [f"y{suffix}{name}" for name in outputs] if with_labels else []
        return ", ".join([f"x{suffix}{name}" for name in inputs] + labels)

    return f"{keys('_train')}, {keys('_test')}, or {keys('')}"


def _unreadable(source: str, reason: str) -> DataError:
    if "pickle" in reason:
        return DataError(
            f"{source} holds pickled objects, which are never unpickled: they can run code",
            "save plain arrays of numbers, without dtype=object",
        )
    return DataError(f"{source} is no readable .npz archive ({reason})", "make the file again with np.savez")
