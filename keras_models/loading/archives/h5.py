"""Whole models in HDF5 (`.h5`, `.hdf5`), as Keras 2 and Keras 3 write them."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from edgeprune.contracts.errors import ModelFileError
from edgeprune.keras_models.loading.archives.archive import (
    ModelArchive,
    StoredArray,
    StoredWeight,
    is_counter,
    keras_version,
    specs,
)
from edgeprune.keras_models.loading.archives.hdf5_arrays import stored_array
from edgeprune.keras_models.loading.archives.json_text import parse_object
from edgeprune.keras_models.loading.archives.limits import DAMAGED
from edgeprune.keras_models.loading.layer_tree import LayerEntry, layer_entries
from edgeprune.keras_models.loading.model_config import read_config
from edgeprune.keras_models.loading.weight_slots import WeightSlot, weight_slots


def read(path: Path) -> ModelArchive:
    """Open an HDF5 file. Raises ModelFileError where it is damaged or holds no whole model."""
    try:
        file = h5py.File(path, "r")
    except (OSError, RuntimeError) as error:
        raise ModelFileError(f"{path}: an HDF5 file that is cut off or damaged ({error})", DAMAGED) from error
    try:
        return _read(path, file)
    except (LookupError, TypeError, ValueError, AttributeError, OSError, RuntimeError) as error:
        file.close()
        raise ModelFileError(f"{path}: damaged inside: {type(error).__name__} {error}", DAMAGED) from error
    except ModelFileError:
        file.close()
        raise


def _read(path: Path, file: h5py.File) -> ModelArchive:
    if "model_config" not in file.attrs:
        raise _not_a_model(path, file)
    version = keras_version(_text(file.attrs.get("keras_version", "1.0")), path)
    config = read_config(
        path, parse_object(_text(file.attrs["model_config"]), f"{path}: model_config"), int(version[0])
    )
    training = file.attrs.get("training_config")
    weights = list(_weights(file["model_weights"], config, int(version[0])))
    return ModelArchive(
        path=path,
        format="h5",
        keras_version=version,
        config=config,
        compile_config=None if training is None else parse_object(_text(training), f"{path}: training_config"),
        weights=specs(weights),
        stored={(weight.layer, weight.name): weight.stored for weight in weights},
        close=file.close,
        has_hidden_state=_text(file.attrs.get("backend", "tensorflow")) == "theano",
    )


def _not_a_model(path: Path, file: h5py.File) -> ModelFileError:
    weights_only = "layer_names" in file.attrs or {"layers", "_layer_checkpoint_dependencies"} & set(file)
    if weights_only:
        return ModelFileError(
            f"{path}: holds weights only, expected a whole model",
            "build the model in Python, load_weights() from this file, then model.save('model.keras')",
        )
    return ModelFileError(
        f"{path}: an HDF5 file without a Keras model (no model_config)", "save it with model.save('model.keras')"
    )


def _weights(group: h5py.Group, config: Mapping[str, Any], keras_major: int) -> Iterator[StoredWeight]:
    """Weights of all layers; the file has one group for each layer of the outermost model."""
    for name, entries in groupby(layer_entries(config), key=lambda entry: entry.steps[0].name):
        if name in group:
            yield from _group_weights(group[name], list(entries), keras_major)


def _group_weights(group: h5py.Group, entries: list[LayerEntry], keras_major: int) -> Iterator[StoredWeight]:
    """Keras writes a layer's weights, or all of a nested model's, the trainable ones before the others."""
    arrays = {name: stored_array(group, name) for name in _names(group, "weight_names")}
    names = [name for name, array in arrays.items() if not is_counter(array)]
    slots: list[tuple[LayerEntry, WeightSlot]] = []
    for entry in entries:
        layer = {"class_name": entry.kind, "config": entry.config}
        slots += [(entry, slot) for slot in weight_slots(layer, keras_major)]
    stored_order = sorted(slots, key=lambda pair: not pair[1].trainable)
    if len(names) != len(slots):
        return (yield from _by_stored_name(arrays, names, entries))
    found = dict(zip(map(id, (slot for _, slot in stored_order)), names, strict=True))
    for entry, slot in slots:
        yield StoredWeight(layer=entry.path, name=slot.name, stored=arrays[found[id(slot)]], trainable=slot.trainable)
    return None


def _by_stored_name(
    arrays: Mapping[str, StoredArray], names: list[str], entries: list[LayerEntry]
) -> Iterator[StoredWeight]:
    """Weights of classes not known here, under the names that the file gives them (`my_layer/factor:0`)."""
    for name in names:
        *folders, variable = name.partition(":")[0].split("/")
        owners = [entry for entry in entries if entry.steps[-1].name in folders]
        entry = owners[0] if owners else entries[0]
        yield StoredWeight(
            layer=entry.path,
            name=variable,
            stored=arrays[name],
            trainable=entry.config.get("trainable", True),
        )


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """A list of names, which Keras splits over several attributes where it is long."""
    if attribute in group.attrs:
        return [_text(name) for name in np.asarray(group.attrs[attribute]).tolist()]
    names: list[str] = []
    while f"{attribute}{len(names)}" in group.attrs:
        names.append(f"{attribute}{len(names)}")
    return [_text(name) for chunk in names for name in np.asarray(group.attrs[chunk]).tolist()]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
