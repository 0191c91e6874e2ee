"""Classes and functions that a model needs and Keras does not find by itself."""

import importlib.util
import inspect
from pathlib import Path
from typing import Any

from contracts.errors import UsageError
from keras_models.kerases import keras_module

# Layers that live inside keras.applications, where Keras's own loaders do not look
_APPLICATION_LAYERS = {
    "convnext": ("LayerScale", "StochasticDepth"),
    "inception_resnet_v2": ("CustomScaleLayer",),
}


def keras_own_objects(keras_major: int) -> dict[str, Any]:
    """The layers that Keras ships inside its applications."""
    package = keras_module(keras_major).__name__
    objects: dict[str, Any] = {}
    for module_name, names in _APPLICATION_LAYERS.items():
        module = importlib.import_module(f"{package}.src.applications.{module_name}")
        objects |= {name: getattr(module, name) for name in names}
    return objects


def import_custom_objects(file: Path) -> dict[str, Any]:
    """Run a Python file and take its public classes and functions, and what it registers with Keras.

    Raises UsageError where the file is missing or fails.
    """
    if not file.is_file():
        raise UsageError(f"--custom-objects {file}: no such file", "give a Python file that defines the classes")
    spec = importlib.util.spec_from_file_location(f"edgeprune_custom_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise UsageError(f"--custom-objects {file}: not a Python file", "give a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the user's file raises
        raise UsageError(
            f"--custom-objects {file}: it fails with {type(error).__name__}: {error}", "correct the file"
        ) from error
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and (inspect.isclass(value) or inspect.isfunction(value))
    }
