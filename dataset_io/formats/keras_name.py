"""Data sets that Keras ships by name, from its own cache (`~/.keras/datasets`)."""

import importlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.model import Interface
from edgeprune.contracts.processes.quiet import import_tensorflow
from edgeprune.dataset_io.examples import Examples
from edgeprune.dataset_io.formats import npz
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.parts import RawData, checked_part

NAMES = (
    "boston_housing", "california_housing", "cifar10", "cifar100", "fashion_mnist", "imdb", "mnist", "reuters",
)  # fmt: skip

SUMMARY = "mnist, fashion_mnist, cifar10, …: a keras.datasets name, from Keras's own cache"
HOLDS = npz.HOLDS  # as `mnist`, of which any .npz may lie in the cache

_TEXTS = ("imdb", "reuters")
_WORDS = 10_000
"""As in Keras's own examples: the model's vocabulary is not known here, and rarer words have larger numbers."""
_TEXT_LENGTH = 256


def matches(source: str) -> bool:
    """Whether this is a name of `keras.datasets`, and no file or folder of that name lies here."""
    return source in NAMES and not Path(source).exists()


def read(source: str, interface: Interface, options: DataOptions) -> RawData:
    """The data set's own training and test part; DataError where it is not cached: nothing is downloaded."""
    cached = _cache_folder() / f"{source}.npz"
    if source == "mnist":  # a repacked mnist.npz is as good as any .npz
        if not cached.is_file():
            raise _missing(source, cached)
        return npz.read(str(cached), interface, options)
    (x_train, y_train), (x_test, y_test) = _load(source)
    notes: tuple[str, ...] = ()
    if source in _TEXTS:
        length = interface.inputs[0].shape[-1] or _TEXT_LENGTH if interface.inputs[0].shape else _TEXT_LENGTH
        x_train, x_test = _padded(x_train, length), _padded(x_test, length)
        notes = (f"{source}: the {_WORDS} most frequent words, texts padded or cut to {length}",)
    with_labels = options.reads_labels
    return RawData(
        train=checked_part(source, {"x_train": x_train}, {"y_train": np.asarray(y_train)} if with_labels else {}),
        test=checked_part(source, {"x_test": x_test}, {"y_test": np.asarray(y_test)} if with_labels else {}),
        notes=notes,
    )


def write(folder: Path, parts: Mapping[str, Examples]) -> str:
    """Put the examples into the cache in `folder` (which KERAS_HOME has to name), as `mnist`."""
    cached = folder / "datasets" / "mnist.npz"
    cached.parent.mkdir()
    Path(npz.write(folder, parts)).rename(cached)
    return "mnist"


def _load(source: str) -> Any:
    """What Keras reads from its cached files.

    Its own `get_file` would delete a file whose hash is not the published one, and download it anew
    (keras/src/utils/file_utils.py); ours looks and does neither.
    """
    import_tensorflow()
    module: Any = importlib.import_module(f"keras.src.datasets.{source}")
    original = module.get_file
    arguments = {"num_words": _WORDS} if source in _TEXTS else {}
    with tempfile.TemporaryDirectory() as folder:
        module.get_file = partial(_cached_file, source, Path(folder))
        try:
            return module.load_data(**arguments)
        finally:
            module.get_file = original


def _cached_file(
    source: str,
    folder: Path,
    fname: str,
    origin: str,
    extract: bool = False,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
) -> str:
    """The path of a cached file, or of what an archive holds, in `folder`. Raises DataError where it is not there."""
    from keras.src.utils.file_utils import extract_archive, validate_file

    cached = _cache_folder().parent / cache_subdir / (f"{fname}_archive" if extract else fname)
    if not cached.is_file():
        raise _missing(source, cached)
    if file_hash and not validate_file(str(cached), file_hash):  # what it holds may be code
        raise DataError(f"{cached}: is not the file that Keras publishes as {origin}", "copy or download it again")
    if not extract:
        return str(cached)
    extract_archive(str(cached), str(folder))
    return str(folder)


def _missing(source: str, cached: Path) -> DataError:
    return DataError(
        f"{source} is not in Keras's cache: {cached} does not exist, and nothing is downloaded",
        f'put it there, run `python -c "import keras; keras.datasets.{source}.load_data()"`, or give a file',
    )


def _cache_folder() -> Path:
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets"


def _padded(texts: Sequence[list[int]], length: int) -> Array:
    import keras

    return np.asarray(keras.utils.pad_sequences(texts, maxlen=length))
