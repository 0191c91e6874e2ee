"""SavedModel folders of Keras 2: layer configs in `keras_metadata.pb`, weights in TensorFlow's checkpoint format."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from contracts.errors import ModelFileError
from keras_models.archives.archive import ModelArchive, StoredWeight, specs
from keras_models.archives.wire_format import Field, fields, read_varint, table_entries, text
from keras_models.layer_tree import Step, layer_entries
from keras_models.model_config import read_config
from keras_models.weight_slots import weight_slots

_DAMAGED = "the file is damaged: copy or download it again"
# tensorflow/core/framework/types.proto; bfloat16 has no NumPy type and is read as raw 16-bit numbers
_DTYPES = {
    1: "<f4",
    2: "<f8",
    3: "<i4",
    4: "<u1",
    5: "<i2",
    6: "<i1",
    9: "<i8",
    10: "?",
    14: "<u2",
    17: "<u2",
    19: "<f2",
    22: "<u4",
    23: "<u8",
}
_STRING = 7
_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


def read(path: Path) -> ModelArchive:
    """Open a SavedModel folder. Raises ModelFileError where it is damaged or Keras did not write it."""
    metadata = path / "keras_metadata.pb"
    if not metadata.is_file():
        raise ModelFileError(
            f"{path}: a SavedModel without Keras's description of its layers (keras_metadata.pb)",
            "it was exported for serving: save the model itself with model.save('model.keras') and pass that",
        )
    try:
        root = _root_metadata(metadata)
        config = read_config(path, {"class_name": root["class_name"], "config": _plain(root.get("config") or {})}, 2)
        weights = list(_weights(path / "variables", config))
    except (OSError, KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(
            f"{path}: a SavedModel that is incomplete or damaged ({type(error).__name__}: {error})", _DAMAGED
        ) from error
    return ModelArchive(
        path=path,
        format="saved_model",
        keras_version=str(root.get("keras_version", "2")),
        config=config,
        compile_config=_plain(root.get("training_config")) or None,
        weights=specs(weights),
        stored={(weight.layer, weight.name): weight.stored for weight in weights},
        close=lambda: None,
    )


def metadata_nodes(path: Path) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(object path, identifier, metadata) of every Keras object in `keras_metadata.pb` (saved_metadata.proto)."""
    for number, node in fields(path.read_bytes()):
        if number == 1 and isinstance(node, bytes):
            values: dict[int, Field] = dict(fields(node))
            yield text(values.get(3, b"")), text(values.get(4, b"")), json.loads(text(values.get(5, b"{}")))


def _root_metadata(path: Path) -> Mapping[str, Any]:
    for object_path, _, metadata in metadata_nodes(path):
        if object_path == "root":
            return metadata
    raise KeyError("no root object in keras_metadata.pb")


def _plain(value: Any) -> Any:
    """Metadata without its marks for tuples and tensor shapes."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") in ("__tuple__", "TensorShape") and "items" in value:
        return _plain(value["items"])
    return {key: _plain(item) for key, item in value.items()}


@dataclass(frozen=True)
class _BundleArray:
    """One tensor in a checkpoint's data file (tensorflow/core/protobuf/tensor_bundle.proto)."""

    file: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    size: int

    def __getitem__(self, index: tuple[()]) -> npt.NDArray[Any]:
        array = np.fromfile(self.file, self.dtype, self.size // self.dtype.itemsize, offset=self.offset)
        return array.reshape(self.shape)


def _weights(folder: Path, config: Mapping[str, Any]) -> Iterator[StoredWeight]:
    bundle = dict(table_entries((folder / "variables.index").read_bytes()))
    shards = dict(fields(bundle[""])).get(1, 1)
    graph = _object_graph(folder, bundle[_OBJECT_GRAPH], shards)
    for entry in layer_entries(config):
        layer = _descend(graph, 0, entry.steps)
        slots = weight_slots({"class_name": entry.kind, "config": entry.config}, keras_major=2)
        if layer is None:
            continue
        for slot in slots:
            owner = _descend(graph, layer, slot.steps)
            variable = None if owner is None else graph[owner].children.get(slot.variable)
            if variable is None or graph[variable].key is None:
                continue
            stored = _bundle_array(folder, bundle[str(graph[variable].key)], shards)
            yield StoredWeight(layer=entry.path, name=slot.name, stored=stored, trainable=slot.trainable)


def _bundle_array(folder: Path, entry: bytes, shards: Field) -> _BundleArray:
    values = dict(fields(entry))
    dtype, shard, offset, size = (int(values.get(number, 0)) for number in (1, 3, 4, 5))
    shape = tuple(
        int(dict(fields(dimension)).get(1, 0))
        for number, dimension in fields(bytes(values.get(2, b"")))
        if number == 2 and isinstance(dimension, bytes)
    )
    file = folder / f"variables.data-{shard:05d}-of-{int(shards):05d}"
    if file.stat().st_size < offset + size:
        raise ValueError(f"{file.name} ends too early")
    return _BundleArray(file, shape, np.dtype(_DTYPES.get(dtype, "u1")), offset, size)


@dataclass(frozen=True)
class _Object:
    """A node of TrackableObjectGraph: children by attribute, and the checkpoint key of a variable's value."""

    children: Mapping[str, int]
    key: str | None


def _object_graph(folder: Path, entry: bytes, shards: Field) -> list[_Object]:
    stored = _bundle_array(folder, entry, shards)
    with stored.file.open("rb") as file:
        file.seek(stored.offset)
        data = file.read(stored.size)
    length, position = read_varint(data, 0)
    position += 4  # checksum of the length
    message = data[position : position + length]
    return [_object(node) for number, node in fields(message) if number == 1 and isinstance(node, bytes)]


def _object(node: bytes) -> _Object:
    children: dict[str, int] = {}
    key = None
    for number, value in fields(node):
        if number == 1 and isinstance(value, bytes):
            child = dict(fields(value))
            children[text(child[2])] = int(child.get(1, 0))
        elif number == 2 and isinstance(value, bytes):
            attribute = dict(fields(value))
            key = text(attribute[3]) if attribute.get(1) == b"VARIABLE_VALUE" else key
    return _Object(children, key)


def _descend(graph: list[_Object], node: int, steps: tuple[Step, ...]) -> int | None:
    """The object at the end of the steps; private attributes are tried where the public one is not tracked."""
    found: int | None = node
    for step in steps:
        for name in _tracked_names(step):
            children = {} if found is None else graph[found].children
            found = children.get(name, children.get(f"_{name}"))
    return found


def _tracked_names(step: Step) -> list[str]:
    if not step.member:
        return [step.attribute]
    return [f"layer-{step.position}"] if step.attribute == "layers" else [step.attribute, str(step.position)]
