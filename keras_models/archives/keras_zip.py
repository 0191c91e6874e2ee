"""`.keras` archives: a zip of `config.json`, `metadata.json` and an HDF5 file of weights stored by number."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py

from contracts.errors import ModelFileError
from keras_models.archives.archive import ModelArchive, StoredWeight, is_counter, specs
from keras_models.layer_tree import LayerEntry, Step, layer_entries
from keras_models.weight_slots import weight_slots

_WEIGHTS = "model.weights.h5"
_DAMAGED = "the file is damaged: copy or download it again"


def read(path: Path) -> ModelArchive:
    """Open a `.keras` archive. Raises ModelFileError where it is damaged or another kind of zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if not {"config.json", "metadata.json", _WEIGHTS} <= names:
                raise _not_a_model(path, names)
            damaged = archive.testzip()
            if damaged is not None:
                raise ModelFileError(f"{path}: {damaged} inside it is damaged (wrong checksum)", _DAMAGED)
            config = json.loads(archive.read("config.json"))
            version = str(json.loads(archive.read("metadata.json"))["keras_version"])
            weights_file = h5py.File(_open_member(path, archive), "r")
    except (zipfile.BadZipFile, OSError, EOFError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelFileError(f"{path}: a .keras archive that is cut off or damaged ({error})", _DAMAGED) from error
    try:
        weights = list(_weights(weights_file, config, int(version[0])))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(f"{path}: its config is no model's ({type(error).__name__} {error})", _DAMAGED) from error
    return ModelArchive(
        path=path,
        format="keras",
        keras_version=version,
        config=config,
        compile_config=config.get("compile_config") or None,
        weights=specs(weights),
        stored={(weight.layer, weight.name): weight.stored for weight in weights},
        close=weights_file.close,
        has_hidden_state=any(name.startswith("assets/") and not name.endswith("/") for name in names),
    )


def _not_a_model(path: Path, names: set[str]) -> ModelFileError:
    if names and all(name.endswith(".npy") for name in names):
        return ModelFileError(f"{path}: NumPy arrays (.npz), expected a model", "pass it with --data")
    if any(name.endswith("saved_model.pb") for name in names):
        return ModelFileError(f"{path}: a zipped SavedModel, expected its folder", "unzip it and pass the folder")
    missing = sorted({"config.json", "metadata.json", _WEIGHTS} - names)
    return ModelFileError(
        f"{path}: a zip file without {missing[0]}, expected a .keras archive",
        "save the model with model.save('model.keras')",
    )


class _StoredMember(io.RawIOBase):
    """An uncompressed member of a zip file as a file of its own, so that arrays are read one at a time."""

    def __init__(self, path: Path, start: int, size: int) -> None:
        self._file = path.open("rb")
        self._start, self._size, self._position = start, size, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)[: max(0, self._size - self._position)]
        self._file.seek(self._start + self._position)
        count = self._file.readinto(view)
        self._position += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _open_member(path: Path, archive: zipfile.ZipFile) -> io.IOBase:
    member = archive.getinfo(_WEIGHTS)
    if member.compress_type != zipfile.ZIP_STORED:
        return io.BytesIO(archive.read(member))
    with path.open("rb") as file:
        file.seek(member.header_offset + 26)  # lengths of name and extra field in the local header
        name_length = int.from_bytes(file.read(2), "little")
        extra_length = int.from_bytes(file.read(2), "little")
    start = member.header_offset + 30 + name_length + extra_length
    return _StoredMember(path, start, member.file_size)


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


def _arrays(group: h5py.Group) -> Iterator[tuple[str, h5py.Dataset]]:
    for name, item in group.items():
        if isinstance(item, h5py.Dataset):
            yield name, item
        else:
            yield from ((f"{name}/{inner}", array) for inner, array in _arrays(item))


def _folder(step: Step) -> str:
    return f"{step.attribute}/{step.member}" if step.member else step.attribute
