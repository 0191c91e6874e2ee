"""Load a saved model with the Keras that saved it, and save a changed one the same way."""

import json
import re
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgeprune.contracts.errors import EdgepruneError, ModelFileError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.processes.interruption import raise_if_received
from edgeprune.contracts.processes.quiet import import_tensorflow, silenced
from edgeprune.contracts.wording import in_one_line
from edgeprune.keras_models.kerases import keras_module, safe_mode
from edgeprune.keras_models.live.array_transfer import saved_by_rows
from edgeprune.keras_models.loading.archive_graph import has_graph, read_graph
from edgeprune.keras_models.loading.archives import ModelArchive, check_finite, open_archive, require_layers
from edgeprune.keras_models.loading.building import build_model
from edgeprune.keras_models.loading.code_scan import refuse_code, scan_compile_settings
from edgeprune.keras_models.loading.compile_settings import (
    compile_model,
    uncompiled,
    unzip_archive,
    write_to_h5,
    zip_archive,
)
from edgeprune.keras_models.loading.compressed_copy import path_for_keras
from edgeprune.keras_models.loading.custom_objects import import_custom_objects, keras_own_objects
from edgeprune.keras_models.loading.fingerprint import identify_by_content
from edgeprune.keras_models.loading.layer_tree import layer_entries
from edgeprune.keras_models.loading.load_limits import load_limits
from edgeprune.keras_models.loading.made_here import objects_made_here


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A live model and what its file said. `compile_config` is written back as it was; `notes` are for the user."""

    path: Path
    format: str
    keras_major: int
    keras_version: str
    model: KerasModel
    compile_config: Mapping[str, Any] | None = None
    custom_objects: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def load_model(path: Path, *, custom_objects: Path | None = None, trust_model: bool = False) -> LoadedModel:
    """Load a saved model with its own Keras; no code of the file runs unless `trust_model`.

    Raises ModelFileError for a file that is no sound model, UntrustedCodeError for one that holds code, and
    ModelError for a model whose layers are not in the file.
    """
    with open_archive(path) as archive:
        require_layers(archive)
        if has_graph(archive):
            read_graph(archive)
        own = objects_made_here(path)
        trust_model = trust_model or own is not None
        given = dict(own or {}) | (import_custom_objects(custom_objects) if custom_objects else {})
        refuse_code(archive, trust_model=trust_model, custom_objects=given)
        check_finite(archive)
        import_tensorflow()  # not before: what is refused is refused at once
        known = keras_own_objects(archive.keras_major) | given
        with safe_mode(archive.keras_major, trust_model=trust_model):
            model = _load(archive, known, trust_model=trust_model)
            notes = _compile(model, archive, known, trust_model=trust_model)
    return LoadedModel(
        path=path,
        format=archive.format,
        keras_major=archive.keras_major,
        keras_version=archive.keras_version,
        model=model,
        # A SavedModel holds compile settings only of a compiled model; where they are unknown, a note has said so.
        compile_config=None if notes and archive.format == "saved_model" else archive.compile_config,
        custom_objects=known,
        notes=notes,
    )


def save_model(loaded: LoadedModel, model: KerasModel, destination: Path) -> None:
    """Save a model in the format and for the Keras of `loaded`, with the compile settings of its file.

    The optimizer's state is not saved: the model starts training afresh. `destination` may have any name.
    Raises OSError where it cannot be written.
    """
    save = {"h5": _save_h5, "keras": _save_keras, "saved_model": _save_saved_model}[loaded.format]
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".edgeprune-") as folder:
        save(loaded, model, Path(folder).resolve()).replace(destination)


def _load(archive: ModelArchive, known: Mapping[str, Any], *, trust_model: bool) -> Any:
    keras = keras_module(archive.keras_major)
    keras.utils.set_random_seed(0)  # Keras 3 draws the seeds of layers like Dropout as it builds them, and saves them
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with load_limits(archive):
                model = build_model(archive, known, trust_model=trust_model)
            if model is not None:
                return model
            if archive.format == "saved_model":
                raise _saved_model_error(archive)
            with load_limits(archive), path_for_keras(archive) as path:
                return keras.models.load_model(
                    path, custom_objects=dict(known), compile=False, safe_mode=not trust_model
                )
    except EdgepruneError:
        raise
    except Exception as error:  # Keras raises all kinds for files it cannot load
        raise_if_received()
        raise _loader_error(archive, error) from error


def _saved_model_error(archive: ModelArchive) -> ModelFileError:
    """TensorFlow's loader runs functions stored in the folder, so what cannot be built without it is refused."""
    return ModelFileError(
        f"{archive.path}: the weights in this SavedModel are not those of its layers",
        "load it with Keras and save it as .keras",
    )


def _loader_error(archive: ModelArchive, error: Exception) -> ModelFileError:
    """Keras's message in one line, with the layer and the way out where an unknown class is the cause."""
    message = in_one_line(error)
    unknown = re.search(r"(?:Unknown|Could not locate) (\w+):? '?(?:\w+>)?(\w+)'?", message)
    if unknown:
        what, name = unknown.groups()
        layers = [entry.path for entry in layer_entries(archive.config) if entry.kind.rpartition(">")[2] == name]
        where = f"layer {layers[0]!r}: " if layers else ""
        return ModelFileError(
            f"{archive.path}: {where}{what} {name!r} is not part of Keras {archive.keras_major}",
            "--custom-objects FILE.py gives it",
        )
    hint = f"it was saved by Keras {archive.keras_version}: load it there and save it again"
    if archive.format == "h5" and archive.keras_major == 3:  # operators, for one
        hint = "Keras 3 cannot read every .h5 that it writes: save the model as .keras"
    return ModelFileError(
        f"{archive.path}: Keras {archive.keras_major} cannot load it: {type(error).__name__}: {message[:300]}", hint
    )


def _compile(
    model: KerasModel, archive: ModelArchive, known: Mapping[str, Any], *, trust_model: bool
) -> tuple[str, ...]:
    """Compile the model as its file says; where that needs what is not there, a note instead."""
    if archive.compile_config is None:
        return ()
    foreign = [finding for finding in scan_compile_settings(archive) if finding.name not in known]
    if archive.format != "keras":  # the other formats look classes up by name and import nothing
        foreign = [finding for finding in foreign if finding.kind == "code"]
    if foreign and not trust_model:
        return (
            f"{archive.path}: compile settings left out: a loss, metric or optimizer {foreign[0].description}; "
            "--loss says what to train for",
        )
    try:
        with silenced():
            compile_model(
                model,
                archive.compile_config,
                file_format=archive.format,
                keras_major=archive.keras_major,
                custom_objects=known,
                trust_model=trust_model,
            )
    except Exception as error:  # Keras raises all kinds for settings it does not know
        raise_if_received()
        loss = json.dumps(archive.compile_config.get("loss"))[:80]
        reason = in_one_line(error, 120)
        return (f"{archive.path}: its loss {loss} or metrics are unknown ({reason}); --loss says what to train for",)
    return ()


def _save_h5(loaded: LoadedModel, model: KerasModel, folder: Path) -> Path:
    path = folder / "model.h5"
    _keras_save(model, lambda: model.save(path, include_optimizer=False, **_h5_format(loaded)))
    if loaded.compile_config is not None:
        write_to_h5(path, loaded.compile_config)
    return path


def _h5_format(loaded: LoadedModel) -> dict[str, str]:
    return {"save_format": "h5"} if loaded.keras_major == 2 else {}


def _save_keras(loaded: LoadedModel, model: KerasModel, folder: Path) -> Path:
    parts, whole, path = folder / "parts", folder / "whole.keras", folder / "model.keras"
    if loaded.keras_major == 3:  # without the copy of all weights in memory that its archives cost
        with saved_by_rows():
            _keras_save(model, lambda: model.save(parts, zipped=False))
    else:
        _keras_save(model, lambda: model.save(whole))
        unzip_archive(whole, parts)
    zip_archive(parts, path, loaded.compile_config)
    return path


def _save_saved_model(loaded: LoadedModel, model: KerasModel, folder: Path) -> Path:
    path = folder / "saved_model"
    with silenced():
        if loaded.compile_config is not None:  # this format has compile settings only of a compiled model
            compile_model(
                model,
                loaded.compile_config,
                file_format=loaded.format,
                keras_major=loaded.keras_major,
                custom_objects=loaded.custom_objects,
            )
        model.save(path, save_format="tf")
    identify_by_content(path)
    return path


def _keras_save(model: KerasModel, save: Callable[[], None]) -> None:
    with silenced(), uncompiled(model):  # the TFLite converter turns absl's warnings on again
        save()
