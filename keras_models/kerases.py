"""The two Kerases by their own names; `tf.keras` is whichever of them the environment says."""

import importlib
from contextlib import AbstractContextManager
from types import ModuleType

MODULES = {2: "tf_keras", 3: "keras"}


def keras_module(major: int) -> ModuleType:
    """`tf_keras` for Keras 2, `keras` for Keras 3; imports TensorFlow."""
    return importlib.import_module(MODULES[major])


def safe_mode(major: int, *, trust_model: bool) -> AbstractContextManager[None]:
    """Inside it that Keras runs no Python code of a file, whatever its format, unless the user trusts the model.

    The HDF5 loaders of both Kerases take no `safe_mode` of their own.
    """
    library = importlib.import_module(f"{MODULES[major]}.src.saving.serialization_lib")
    scope: AbstractContextManager[None] = library.SafeModeScope(not trust_model)
    return scope
