"""Configs of saved models, taken out of each format and put back changed."""

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Config = dict[str, Any]
Change = Callable[[Any], Any]

METADATA = "keras_metadata.pb"


def with_config(source: Path, target: Path, change: Change) -> None:
    """Copy a saved model, its config replaced by what `change` makes of it."""
    if source.is_dir():
        shutil.copytree(source, target)
        path = target / METADATA
        path.write_bytes(_with_root_config(path.read_bytes(), change))
    elif source.suffix == ".keras":
        with_member(source, target, "config.json", lambda content: _dumps(change(json.loads(content))))
    else:
        shutil.copyfile(source, target)
        with_attribute(target, "model_config", change)


def with_attribute(path: Path, name: str, change: Change) -> None:
    """Replace a JSON attribute of an HDF5 file."""
    import h5py

    with h5py.File(path, "r+") as file:
        text = file.attrs[name]
        changed = _dumps(change(json.loads(text)))
        del file.attrs[name]
        if len(changed) < 60_000:  # the most that an attribute holds
            file.attrs[name] = changed
        else:
            file.attrs[name] = changed.decode()  # of variable length, it lies elsewhere


def with_member(source: Path, target: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Copy a zip archive with one member changed, its checksum right."""
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(target, "w") as made:
        for member in given.namelist():
            content = given.read(member)
            made.writestr(member, change(content) if member == name else content)


def members(source: Path) -> list[str]:
    """Names of a zip archive's members."""
    with zipfile.ZipFile(source) as archive:
        return archive.namelist()


def _dumps(value: Any) -> bytes:
    return json.dumps(value, skipkeys=True).encode("utf-8", errors="surrogatepass")


def _with_root_config(content: bytes, change: Change) -> bytes:
    """`keras_metadata.pb` with the config of its root, the model, changed: a message of messages (SavedMetadata)."""
    nodes = list(_fields(content))
    changed = []
    for number, node in nodes:
        parts = dict(_fields(node)) if isinstance(node, bytes) else {}
        if parts.get(3) == b"root":
            metadata = json.loads(parts[5])
            inner = {"class_name": metadata["class_name"], "config": metadata["config"]}
            whole = change(inner)
            if isinstance(whole, dict):
                metadata |= whole
                if isinstance(metadata.get("model_config"), dict):
                    metadata["model_config"] = whole
            else:
                metadata["config"] = whole
            node = b"".join(_field(key, _dumps(metadata) if key == 5 else part) for key, part in _fields(node))
        changed.append(_field(number, node))
    return b"".join(changed)


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol buffer message that holds numbers and texts."""
    position = 0
    while position < len(content):
        key, position = _varint(content, position)
        value, position = _varint(content, position)
        if key & 7 == 2:
            yield key >> 3, content[position : position + value]
            position += value
        else:
            yield key >> 3, value


def _varint(content: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = content[position]
        position += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, position


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _as_varint(number << 3) + _as_varint(value)
    return _as_varint(number << 3 | 2) + _as_varint(len(value)) + value


def _as_varint(number: int) -> bytes:
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])
