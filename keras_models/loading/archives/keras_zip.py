"""`.keras` archives: a zip of `config.json`, `metadata.json` and an HDF5 file of weights stored by number."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import h5py

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
from edgeprune.keras_models.loading.archives.zip_member import ASSETS, CONFIG, METADATA, open_weights
from edgeprune.keras_models.loading.layer_tree import LayerEntry, Step, layer_entries
from edgeprune.keras_models.loading.model_config import read_config
from edgeprune.keras_models.loading.weight_slots import weight_slots


def read(path: Path) -> ModelArchive:
    """Open a `.keras` archive that `vetting` found sound. Raises ModelFileError where it holds no model."""
    with zipfile.ZipFile(path) as archive:
        config = parse_object(archive.read(CONFIG), f"{path}: {CONFIG}")
        metadata = parse_object(archive.read(METADATA), f"{path}: {METADATA}")
        compiled = config.get("compile_config") or None
        if not isinstance(compiled, dict | None):
            raise ModelFileError(f"{path}: {CONFIG}: compile_config: expected a JSON object or null", DAMAGED)
        version = keras_version(metadata.get("keras_version"), path)
        config = read_config(path, config, int(version[0]))
        assets = any(name.startswith(f"{ASSETS}/") and not name.endswith("/") for name in archive.namelist())
        with ExitStack() as opening:
            file = opening.enter_context(h5py.File(opening.enter_context(open_weights(path, archive)), "r"))
            try:
                weights = list(_weights(file, config, int(version[0])))
            except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
                raise ModelFileError(
                    f"{path}: its config is no model's ({type(error).__name__} {error})", DAMAGED
                ) from error
            close = opening.pop_all().close
    return ModelArchive(
        path=path,
        format="keras",
        keras_version=version,
        config=config,
        compile_config=compiled,
        weights=specs(weights),
        stored={(weight.layer, weight.name): weight.stored for weight in weights},
        close=close,
        has_hidden_state=assets,
    )


def _weights(file: h5py.File, config: Mapping[str, Any], keras_major: int) -> Iterator[StoredWeight]:
    # TensorFlow 2.12 keeps the layers of the outermost model under another attribute
    root = "layers" if "layers" in file else "_layer_checkpoint_dependencies"
    for entry in layer_entries(config):
        folder = "/".join([root, entry.steps[0].member, *map(_folder, entry.steps[1:])])
        if folder in file:
            yield from _layer_weights(file[folder], entry, keras_major)


def _layer_weights(group: h5py.Group, entry: LayerEntry, keras_major: int) -> Iterator[StoredWeight]:
    """Weights of a layer under Keras's names; those of a class not known here under their place in the file."""
    trainable = entry.config.get("trainable", True)
    unnamed = {name: array for name, array in _arrays(group) if not is_counter(array)}
    for slot in weight_slots({"class_name": entry.kind, "config": entry.config}, keras_major):
        place = "/".join([*map(_folder, slot.steps), "vars", str(slot.index)])
        stored = unnamed.pop(place, None) or unnamed.pop(f"_{place}", None)  # Keras 2: `_query_dense`
        if stored is not None:
            yield StoredWeight(layer=entry.path, name=slot.name, stored=stored, trainable=slot.trainable)
    if entry.kind != "SpectralNormalization":  # its file holds the kernel twice
        for name, stored in unnamed.items():
            yield StoredWeight(layer=entry.path, name=name, stored=stored, trainable=trainable)


def _arrays(group: h5py.Group) -> Iterator[tuple[str, StoredArray]]:
    for name, item in group.items():
        if isinstance(item, h5py.Dataset):
            yield name, stored_array(group, name)
        else:
            yield from ((f"{name}/{inner}", array) for inner, array in _arrays(item))


def _folder(step: Step) -> str:
    return f"{step.attribute}/{step.member}" if step.member else step.attribute
