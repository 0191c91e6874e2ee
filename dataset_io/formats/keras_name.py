"""Data sets that Keras ships by name, from its own cache (`~/.keras/datasets`)."""

import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from contracts.data import Array
from contracts.errors import DataError
from contracts.model import Interface
from contracts.quiet import import_tensorflow
from dataset_io.formats import npz
from dataset_io.options import DataOptions
from dataset_io.parts import RawData, checked_part

NAMES = (
    "boston_housing", "california_housing", "cifar10", "cifar100", "fashion_mnist", "imdb", "mnist", "reuters",
)  # fmt: skip

SUMMARY = "mnist, fashion_mnist, cifar10, …: a keras.datasets name, from Keras's own cache"

_TEXTS = ("imdb", "reuters")
_WORDS = 10_000
"""As in Keras's own examples: the model's vocabulary is not known here, and rarer words have larger numbers."""
_TEXT_LENGTH = 256


def matches(source: str) -> bool:
    """Whether this is a name of `keras.datasets`, and no file or folder of that name lies here."""
    return source in NAMES and not Path(source).exists()


def read(source: str, interface: Interface, options: DataOptions) -> RawData:
    """The data set's own training and test part; DataError where it is not cached and cannot be downloaded."""
    cached = _cache_folder() / f"{source}.npz"
    if source == "mnist" and cached.is_file():
        # Keras deletes a cached file whose hash is not the published one before it downloads it anew, and offline
        # it is lost (keras/src/utils/file_utils.py, get_file); a repacked mnist.npz is as good as any .npz.
        return npz.read(str(cached), interface, options)
    import_tensorflow()
    module = importlib.import_module(f"keras.datasets.{source}")
    arguments = {"num_words": _WORDS} if source in _TEXTS else {}
    try:
        # Keras shows its download on stdout, which is kept for results.
        with contextlib.redirect_stdout(sys.stderr):
            (x_train, y_train), (x_test, y_test) = module.load_data(**arguments)
    except Exception as error:  # Keras raises a plain Exception when a download fails
        raise DataError(
            f"{source} is not in Keras's cache ({_cache_folder()}), and cannot be downloaded",
            f'run `python -c "import keras; keras.datasets.{source}.load_data()"` once with a network, or give a file',
        ) from error
    notes: tuple[str, ...] = ()
    if source in _TEXTS:
        length = interface.inputs[0].shape[-1] or _TEXT_LENGTH if interface.inputs[0].shape else _TEXT_LENGTH
        x_train, x_test = _padded(x_train, length), _padded(x_test, length)
        notes = (f"{source}: the {_WORDS} most frequent words, texts padded or cut to {length}",)
    with_labels = not options.target_is_input
    return RawData(
        train=checked_part(source, {"x_train": x_train}, {"y_train": np.asarray(y_train)} if with_labels else {}),
        test=checked_part(source, {"x_test": x_test}, {"y_test": np.asarray(y_test)} if with_labels else {}),
        notes=notes,
    )


def _cache_folder() -> Path:
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets"


def _padded(texts: Sequence[list[int]], length: int) -> Array:
    import keras

    return np.asarray(keras.utils.pad_sequences(texts, maxlen=length))
