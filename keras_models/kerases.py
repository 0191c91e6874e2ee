"""The two Kerases by their own names; `tf.keras` is whichever of them the environment says."""

import importlib
from types import ModuleType

MODULES = {2: "tf_keras", 3: "keras"}


def keras_module(major: int) -> ModuleType:
    """`tf_keras` for Keras 2, `keras` for Keras 3; imports TensorFlow."""
    return importlib.import_module(MODULES[major])
