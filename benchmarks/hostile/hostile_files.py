"""Files that lead a reader elsewhere, or that declare more than they hold. Each function makes one into a folder."""

import os
import random
import shutil
import stat
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.hostile import hostile_hdf5
from benchmarks.hostile.cases import Folder
from benchmarks.hostile.model_files import with_config

Maker = Callable[[Folder, random.Random], Path]

_BOMB_BYTES = 3 << 29  # 1.5 GB, from 1.5 MB


def hostile_file(rng: random.Random, folder: Folder) -> tuple[Path, str]:
    """A model that leads elsewhere or declares too much, and what it is; each must be refused."""
    maker = rng.choice(MAKERS)
    return maker(folder, rng), maker.__name__.strip("_").replace("_", " ")


def _bomb(folder: Folder, rng: random.Random) -> Path:
    """A member that grows a thousand times when it is unpacked."""
    target, member = folder.work / "model.keras", rng.choice(("config.json", "metadata.json", "model.weights.h5"))
    source = folder.base("operators3.keras")
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name in given.namelist():
            with made.open(name, "w", force_zip64=True) as file:
                file.write(given.read(name))
                for _ in range(_BOMB_BYTES >> 24 if name == member else 0):
                    file.write(b" " * (1 << 24))
    return target


def _zip_with(folder: Folder, name: str, link: Path | None = None, content: bytes = b"x") -> Path:
    target = folder.work / "model.keras"
    shutil.copyfile(folder.base("operators3.keras"), target)
    with zipfile.ZipFile(target, "a") as archive:
        info = zipfile.ZipInfo(name)
        if link is not None:
            info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            content = str(link).encode()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # two members of a name are what is wanted
            archive.writestr(info, content)
    return target


def _link_in_zip(folder: Folder, rng: random.Random) -> Path:
    source = folder.base("operators3.keras")
    target, member = folder.work / "model.keras", rng.choice(("config.json", "metadata.json", "model.weights.h5"))
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(target, "w") as made:
        for name in given.namelist():
            info = zipfile.ZipInfo(name)
            if name == member:
                info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            made.writestr(info, str(folder.secret).encode() if name == member else given.read(name))
    return target


def _two_members_of_a_name(folder: Folder, rng: random.Random) -> Path:
    return _zip_with(folder, rng.choice(("config.json", "model.weights.h5", "metadata.json")))


def _member_outside(folder: Folder, rng: random.Random) -> Path:
    return _zip_with(folder, rng.choice((str(folder.canary), "../../outside/canary", "assets/../../../outside/canary")))


def _declared_lengths(folder: Folder, rng: random.Random) -> Path:
    """Sizes in the config that its weights do not have."""
    name = rng.choice(("operators2.h5", "operators3.keras", "operators2_saved", "recurrent3.keras", "convolution2.h5"))
    size = rng.choice((5000, 10**6, 10**9, 2**40))

    def change(config: Any) -> Any:
        for layer in config["config"]["layers"]:
            for key in ("units", "filters"):
                if key in layer["config"]:
                    layer["config"][key] = size
            inner = layer["config"].get("layer", {}).get("config", {})
            if "units" in inner:
                inner["units"] = size
        return config

    source = folder.base(name)
    target = folder.work / f"model{source.suffix}"
    with_config(source, target, change)
    return target


def _circle(folder: Folder, rng: random.Random) -> Path:
    """A graph in which a layer waits for itself, or for a call that is not there."""
    name = rng.choice(("operators2.h5", "operators2.keras", "operators2_saved", "nested2.h5", "operators3.keras"))
    node = rng.choice((0, 1, 7, -1))

    def change(config: Any) -> Any:
        layers = config["config"]["layers"]
        layer = next(item for item in layers if item["name"] in ("left", "shared"))
        first = layer["inbound_nodes"][0]
        if isinstance(first, list):
            first[0][:3] = ["out", node, 0]
        else:
            first["args"][0]["config"]["keras_history"] = ["out", node, 0]
        return config

    source = folder.base(name)
    target = folder.work / f"model{source.suffix}"
    with_config(source, target, change)
    return target


def _deep_config(folder: Folder, rng: random.Random) -> Path:
    depth = rng.choice((200, 900, 3000))

    def change(config: Any) -> Any:
        inner = config["config"]["layers"][1]
        for number in range(depth):
            layers = [config["config"]["layers"][0], inner]
            inner = {"class_name": "Sequential", "config": {"name": f"s{number}", "layers": layers}}
        return inner

    target = folder.work / "model.h5"
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        with_config(folder.base("convolution2.h5"), target, change)
    finally:
        sys.setrecursionlimit(limit)
    return target


def _fifo(folder: Folder, rng: random.Random) -> Path:
    target = folder.work / rng.choice(("model.h5", "model.keras", "model.tflite"))
    os.mkfifo(target)
    return target


def _device(folder: Folder, rng: random.Random) -> Path:
    target = folder.work / rng.choice(("model.h5", "model.keras", "model.tflite"))
    target.symlink_to(rng.choice(("/dev/zero", "/dev/stdin", "/dev/full", "/proc/self/mem", "/dev/tty")))
    return target


def _link_to_itself(folder: Folder, rng: random.Random) -> Path:
    target = folder.work / rng.choice(("model.h5", "model.keras", "model", "model.tflite"))
    target.symlink_to(target.name)
    return target


def _folder_of_a_file_name(folder: Folder, rng: random.Random) -> Path:
    target = folder.work / rng.choice(("model.h5", "model.keras", "model.tflite", "model"))
    target.mkdir()
    return target


def _special_in_saved_model(folder: Folder, rng: random.Random) -> Path:
    target = hostile_hdf5.copied(folder, "operators2_saved")
    names = (
        "saved_model.pb",
        "keras_metadata.pb",
        "variables/variables.index",
        "variables/variables.data-00000-of-00001",
    )
    path = target / rng.choice(names)
    path.unlink()
    if rng.random() < 0.4:
        os.mkfifo(path)
    else:
        path.symlink_to(rng.choice(("/dev/zero", str(folder.secret), "/dev/stdin", path.name)))
    return target


MAKERS: tuple[Maker, ...] = (
    hostile_hdf5.external_link,
    hostile_hdf5.external_link_to_a_group,
    hostile_hdf5.external_storage,
    hostile_hdf5.virtual_data_set,
    hostile_hdf5.soft_link_circle,
    hostile_hdf5.declared_array,
    hostile_hdf5.compressed_array,
    _bomb,
    _link_in_zip,
    _two_members_of_a_name,
    _member_outside,
    _declared_lengths,
    _declared_lengths,
    _circle,
    _circle,
    _deep_config,
    _fifo,
    _device,
    _link_to_itself,
    _folder_of_a_file_name,
    _special_in_saved_model,
    _special_in_saved_model,
)
