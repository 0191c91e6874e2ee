"""What kind of model file is this? Decided by content; a name that says otherwise is an error."""

import stat
from pathlib import Path

from edgeprune.contracts.errors import ModelFileError
from edgeprune.keras_models.loading.archives.archive import ModelArchive
from edgeprune.keras_models.loading.archives.vetting import vetting

_SUFFIXES = {"h5": (".h5", ".hdf5"), "keras": (".keras",)}
_SAVE_AGAIN = "pass a model saved by Keras: .keras, .h5, or a SavedModel folder"


def open_archive(path: Path) -> ModelArchive:
    """Open a saved Keras model of any format, without TensorFlow.

    Raises ModelFileError that names what the path holds instead: nothing, weights only, a damaged or foreign file.
    """
    kind = model_kind(path)
    if kind == "folder":
        from edgeprune.keras_models.loading.archives.saved_model import read

        return read(path)
    with vetting(path, kind) as await_verdict:
        if kind == "h5":  # importing h5py takes as long as the vetting
            from edgeprune.keras_models.loading.archives.h5 import read
        else:
            from edgeprune.keras_models.loading.archives.keras_zip import read
        await_verdict()
    return read(path)


def model_kind(path: Path) -> str:
    """`h5`, `keras` or `folder`, by name and first bytes. Raises ModelFileError for everything else."""
    if _is_folder(path):
        _check_folder(path)
        return "folder"
    kind = _kind(path)
    if path.suffix.lower() not in _SUFFIXES[kind]:
        right = path.with_suffix(_SUFFIXES[kind][0]).name
        content = "HDF5 file" if kind == "h5" else "zip archive"
        raise ModelFileError(
            f"{path}: its name ends in {path.suffix or 'nothing'!r} but it is a {content}", f"rename it to {right}"
        )
    return kind


def _is_folder(path: Path) -> bool:
    """Raises ModelFileError for what is neither folder nor file: opening a pipe would wait for ever."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelFileError(f"{path}: no such file", "check the path") from error
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror})", "check the path") from error
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise ModelFileError(f"{path}: a device, a pipe or a socket, expected a file", _SAVE_AGAIN)
    return stat.S_ISDIR(mode)


def _check_folder(path: Path) -> None:
    if (path / "saved_model.pb").is_file():
        return
    if (path / "config.json").is_file() and (path / "metadata.json").is_file():
        raise ModelFileError(f"{path}: an unpacked .keras archive, expected a file", "zip its contents into a .keras")
    raise ModelFileError(f"{path}: a folder without saved_model.pb, expected a SavedModel", _SAVE_AGAIN)


def _kind(path: Path) -> str:
    """`h5` or `keras`, by the first bytes. Raises ModelFileError for everything else, by name."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror})", "check its permissions") from error
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "h5"
    if head.startswith(b"PK"):
        return "keras"
    if path.name == "saved_model.pb":
        raise ModelFileError(f"{path}: one file of a SavedModel, expected its folder", f"pass {path.parent}")
    raise ModelFileError(f"{path}: {_foreign(head)}, expected a Keras model", _SAVE_AGAIN)


def _foreign(head: bytes) -> str:
    """What a file that is no Keras model seems to be."""
    if not head:
        return "empty"
    if head[4:8] == b"TFL3":
        return "a TensorFlow Lite model, which can be inspected and benchmarked but not changed"
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        return "a Python pickle, which is never loaded"
    if head.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer (run `git lfs pull`)"
    if head.lstrip()[:1] in (b"{", b"["):
        return "JSON text (a model's architecture without weights?)"
    if head.lstrip()[:1] == b"<":
        return "a web page (a failed download?)"
    return "of an unknown kind" if any(head) else "only zero bytes"
