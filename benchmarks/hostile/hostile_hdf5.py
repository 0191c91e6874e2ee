"""HDF5 files that lead a reader elsewhere, or declare more than they hold. Each function makes one into a folder."""

import random
import shutil
import zlib
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

from benchmarks.hostile.cases import Folder
from benchmarks.hostile.model_files import with_member


def copied(folder: Folder, name: str) -> Path:
    """A whole model, copied into the case's folder."""
    source = folder.base(name)
    target = folder.work / f"model{source.suffix}"
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
    return target


def _weight(file: Any, rng: random.Random) -> tuple[str, tuple[int, ...]]:
    import h5py

    found: list[tuple[str, tuple[int, ...]]] = []
    file.visititems(
        lambda name, item: (
            found.append((name, item.shape))
            if isinstance(item, h5py.Dataset) and item.size > 1 and "optimizer" not in name
            else None
        )
    )
    return rng.choice(found)


def _in_h5(folder: Folder, rng: random.Random, change: Callable[[Any, str, tuple[int, ...]], None]) -> Path:
    """Change one weight of an `.h5`, or of the weights inside of a `.keras`."""
    import h5py

    name = rng.choice(("operators2.h5", "convolution3.h5", "operators2.keras", "nested3.keras"))

    def changed(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            weight, shape = _weight(file, rng)
            del file[weight]
            change(file, weight, shape)

    if name.endswith(".h5"):
        target = copied(folder, name)
        changed(target)
        return target
    inner = folder.root / "inner.h5"

    def rewritten(content: bytes) -> bytes:
        inner.write_bytes(content)
        changed(inner)
        return inner.read_bytes()

    target = folder.work / "model.keras"
    with_member(folder.base(name), target, "model.weights.h5", rewritten)
    return target


def _secret_h5(folder: Folder) -> Path:
    """Another HDF5 file, outside, with an array of any shape."""
    import h5py

    path = folder.outside / "given"
    with h5py.File(path, "w") as file:
        file["array"] = [1.0, 2.0, 3.0, 4.0]
    return path


def external_link(folder: Folder, rng: random.Random) -> Path:
    """A weight that lies in another file."""
    import h5py

    other = _secret_h5(folder)
    return _in_h5(folder, rng, lambda file, name, shape: file.__setitem__(name, h5py.ExternalLink(str(other), "array")))


def external_link_to_a_group(folder: Folder, rng: random.Random) -> Path:
    """A layer that lies in another file."""
    import h5py

    other = _secret_h5(folder)
    target = copied(folder, "operators2.h5")
    with h5py.File(target, "r+") as file:
        del file["model_weights/left"]
        file["model_weights/left"] = h5py.ExternalLink(str(other), "/")
    return target


def external_storage(folder: Folder, rng: random.Random) -> Path:
    """A weight whose bytes are those of a file that is no HDF5 file."""

    def change(file: Any, name: str, shape: tuple[int, ...]) -> None:
        place = [(str(folder.secret), 0, 4 * prod(shape))]
        file.create_dataset(name, shape=shape, dtype="f4", external=place)

    return _in_h5(folder, rng, change)


def virtual_data_set(folder: Folder, rng: random.Random) -> Path:
    """A weight put together from another file's."""
    import h5py

    other = _secret_h5(folder)

    def change(file: Any, name: str, shape: tuple[int, ...]) -> None:
        layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
        layout[:] = h5py.VirtualSource(str(other), "array", shape=(4,))
        file.create_virtual_dataset(name, layout)

    return _in_h5(folder, rng, change)


def soft_link_circle(folder: Folder, rng: random.Random) -> Path:
    """A weight that is a link to itself."""
    import h5py

    return _in_h5(folder, rng, lambda file, name, shape: file.__setitem__(name, h5py.SoftLink(f"/{name}")))


def declared_array(folder: Folder, rng: random.Random) -> Path:
    """A weight that declares a length and holds nothing."""
    size = rng.choice((10**9, 10**12))

    def change(file: Any, name: str, shape: tuple[int, ...]) -> None:
        file.create_dataset(name, shape=(size, *shape[1:]), dtype="f4", chunks=(1024, *shape[1:]))

    return _in_h5(folder, rng, change)


def compressed_array(folder: Folder, rng: random.Random) -> Path:
    """600 million zeros in half a megabyte."""

    def change(file: Any, name: str, shape: tuple[int, ...]) -> None:
        made = file.create_dataset(name, shape=(600 << 20,), dtype="f4", chunks=(4 << 20,), compression="gzip")
        chunk = zlib.compress(bytes(16 << 20), 1)
        for start in range(0, made.shape[0], 4 << 20):
            made.id.write_direct_chunk((start,), chunk)

    return _in_h5(folder, rng, change)
