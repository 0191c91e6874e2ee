"""The loss, metrics and optimizer that were compiled into a file: made live again, and written back unchanged."""

import copy
import json
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import h5py

from edgeprune.contracts.keras_model import KerasModel
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.loading.known_classes import KNOWN_CLASSES
from edgeprune.keras_models.loading.known_functions import LOSSES_AND_METRICS

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time that every part of an archive bears: the present would make two equal models differ."""


def compile_model(
    model: KerasModel,
    compile_config: Mapping[str, Any],
    *,
    file_format: str,
    keras_major: int,
    custom_objects: Mapping[str, Any],
    trust_model: bool = False,
) -> None:
    """Compile as the file says; the optimizer starts afresh. Raises whatever Keras raises for unknown names."""
    for name in _names(compile_config.get("loss")):  # Keras 2 takes whatever its module of losses can see
        if name not in LOSSES_AND_METRICS and name not in KNOWN_CLASSES and name not in custom_objects:
            raise ValueError(f"{name!r} is no loss of Keras")
    config = copy.deepcopy(dict(compile_config))  # Keras 2 changes what it reads
    if file_format == "keras":
        settings = keras_module(keras_major).saving.deserialize_keras_object(
            config, custom_objects=dict(custom_objects), safe_mode=not trust_model
        )
    else:
        utilities = _legacy_utilities(keras_major)
        settings = utilities.compile_args_from_training_config(config, dict(custom_objects))
    for name in _names(settings.get("loss")):
        keras_module(keras_major).losses.get(name)  # Keras 2 would look it up only when training starts
    model.compile(**settings)


def _names(loss: Any) -> Iterator[str]:
    """The losses that are given by name in a loss, or in a list or dict of losses."""
    if isinstance(loss, str):
        yield loss
    elif isinstance(loss, list | tuple):
        for item in loss:
            yield from _names(item)
    elif isinstance(loss, dict) and "class_name" not in loss:
        for item in loss.values():
            yield from _names(item)


def compile_config(model: Any, file_format: str, keras_major: int) -> dict[str, Any] | None:
    """The compile settings of a live model as a file of that format has them; None where it is not compiled.

    Raises whatever Keras raises for what it cannot write down.
    """
    if getattr(model, "optimizer", None) is None:
        return None
    if file_format == "keras":
        return model.get_compile_config() or None
    settings = _legacy_utilities(keras_major).model_metadata(model).get("training_config")
    if keras_major == 3:
        from keras.src.legacy.saving import json_utils
    else:
        from tf_keras.src.saving.legacy.saved_model import json_utils
    text = json.dumps(settings, default=json_utils.get_json_type)  # NumPy's numbers among them
    plain: dict[str, Any] | None = json.loads(text)
    return plain


def _legacy_utilities(keras_major: int) -> Any:
    # neither Keras exports the reader of HDF5's training_config
    if keras_major == 3:
        from keras.src.legacy.saving import saving_utils
    else:
        from tf_keras.src.saving.legacy import saving_utils
    return saving_utils


@contextmanager
def uncompiled(model: KerasModel) -> Iterator[None]:
    """The model without optimizer and compile settings, so that Keras saves neither."""
    hidden = {name: getattr(model, name) for name in ("optimizer", "compiled", "_is_compiled") if name in vars(model)}
    for name in hidden:
        setattr(model, name, None if name == "optimizer" else False)
    try:
        yield
    finally:
        for name, value in hidden.items():
            setattr(model, name, value)


def write_to_h5(path: Path, compile_config: Mapping[str, Any]) -> None:
    """Put compile settings into a saved HDF5 model that has none."""
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = json.dumps(compile_config).encode()


def zip_archive(folder: Path, archive: Path, compile_config: Mapping[str, Any] | None) -> None:
    """Make a `.keras` archive of its unpacked parts, with the compile settings; the same parts give the same bytes."""
    _update(folder / "config.json", compile_config=compile_config)
    _update(folder / "metadata.json", date_saved=f"{datetime(*ZIP_EPOCH):%Y-%m-%d@%H:%M:%S}")
    with zipfile.ZipFile(archive, "w") as target:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                member = zipfile.ZipInfo.from_file(file, file.relative_to(folder))
                member.date_time = ZIP_EPOCH
                with file.open("rb") as part, target.open(member, "w") as written:
                    shutil.copyfileobj(part, written)


def _update(file: Path, **changes: Any) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**content, **changes}), encoding="utf-8")


def unzip_archive(archive: Path, folder: Path) -> None:
    """Unpack a `.keras` archive that Keras has just written."""
    with zipfile.ZipFile(archive) as source:
        source.extractall(folder)
