"""SavedModel folders of Keras 2: layer configs in `keras_metadata.pb`, weights in TensorFlow's checkpoint format."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edgeprune.contracts.errors import ModelFileError
from edgeprune.keras_models.loading.archives.archive import ModelArchive, StoredWeight, keras_version, specs
from edgeprune.keras_models.loading.archives.checkpoint import Checkpoint
from edgeprune.keras_models.loading.archives.folders import read_part, require_plain_files
from edgeprune.keras_models.loading.archives.json_text import parse_object
from edgeprune.keras_models.loading.archives.limits import DAMAGED
from edgeprune.keras_models.loading.archives.wire_format import Field, fields, text
from edgeprune.keras_models.loading.layer_tree import Step, layer_entries
from edgeprune.keras_models.loading.model_config import read_config
from edgeprune.keras_models.loading.weight_slots import weight_slots


def read(path: Path) -> ModelArchive:
    """Open a SavedModel folder. Raises ModelFileError where it is damaged or Keras did not write it."""
    require_plain_files(path)
    metadata = path / "keras_metadata.pb"
    if not metadata.is_file():
        raise ModelFileError(
            f"{path}: a SavedModel without Keras's description of its layers (keras_metadata.pb)",
            "it was exported for serving: save the model itself with model.save('model.keras') and pass that",
        )
    try:
        root = _root_metadata(metadata)
        version = keras_version(root.get("keras_version", "2.0"), path)
        if not version.startswith("2."):
            raise ValueError(f"a SavedModel of Keras {version}, which writes none")
        plain = {"class_name": root["class_name"], "config": _json_object(root.get("config"), "config")}
        config = read_config(path, plain, 2)
        compiled = _json_object(root.get("training_config"), "training_config") or None
        weights = list(_weights(Checkpoint(path / "variables"), config))
    except (OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ModelFileError(
            f"{path}: a SavedModel that is incomplete or damaged ({type(error).__name__}: {error})", DAMAGED
        ) from error
    return ModelArchive(
        path=path,
        format="saved_model",
        keras_version=version,
        config=config,
        compile_config=compiled,
        weights=specs(weights),
        stored={(weight.layer, weight.name): weight.stored for weight in weights},
        close=lambda: None,
    )


def _root_metadata(path: Path) -> Mapping[str, Any]:
    """What Keras says of the model itself, among all its objects in `keras_metadata.pb` (saved_metadata.proto)."""
    for number, node in fields(read_part(path)):
        if number == 1 and isinstance(node, bytes):
            values: dict[int, Field] = dict(fields(node))
            if values.get(3) == b"root":
                return parse_object(text(values.get(5, b"{}")), f"{path.parent}: {path.name}")
    raise KeyError("no root object in keras_metadata.pb")


def _json_object(value: Any, name: str) -> Mapping[str, Any]:
    plain = _plain(value) or {}
    if not isinstance(plain, dict):
        raise TypeError(f"{name} is no JSON object")
    return plain


def _plain(value: Any) -> Any:
    """Metadata without its marks for tuples and tensor shapes."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") in ("__tuple__", "TensorShape") and "items" in value:
        return _plain(value["items"])
    return {key: _plain(item) for key, item in value.items()}


def _weights(checkpoint: Checkpoint, config: Mapping[str, Any]) -> Iterator[StoredWeight]:
    for entry in layer_entries(config):
        layer = _descend(checkpoint, 0, entry.steps)
        if layer is None:
            continue
        for slot in weight_slots({"class_name": entry.kind, "config": entry.config}, keras_major=2):
            owner = _descend(checkpoint, layer, slot.steps)
            stored = None if owner is None else checkpoint.variable(owner, slot.variable)
            if stored is not None:
                yield StoredWeight(layer=entry.path, name=slot.name, stored=stored, trainable=slot.trainable)


def _descend(checkpoint: Checkpoint, node: int, steps: tuple[Step, ...]) -> int | None:
    """The object at the end of the steps; private attributes are tried where the public one is not tracked."""
    found: int | None = node
    for step in steps:
        for name in _tracked_names(step):
            children = {} if found is None else checkpoint.children(found)
            found = children.get(name, children.get(f"_{name}"))
    return found


def _tracked_names(step: Step) -> list[str]:
    if not step.member:
        return [step.attribute]
    return [f"layer-{step.position}"] if step.attribute == "layers" else [step.attribute, str(step.position)]
