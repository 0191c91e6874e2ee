"""Classes and functions that a model needs and Keras does not find by itself."""

import importlib
import importlib.util
import inspect
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.processes.quiet import import_tensorflow
from edgeprune.keras_models.kerases import keras_module

APPLICATION_LAYERS = {
    "LayerScale": "convnext",
    "StochasticDepth": "convnext",
    "CustomScaleLayer": "inception_resnet_v2",
}
"""Layers that Keras ships inside a module of keras.applications, where its own loaders do not look."""


def keras_own_objects(keras_major: int) -> dict[str, Any]:
    """The layers that Keras ships inside its applications."""
    package = keras_module(keras_major).__name__
    return {
        name: getattr(importlib.import_module(f"{package}.src.applications.{module}"), name)
        for name, module in APPLICATION_LAYERS.items()
    }


def import_custom_objects(file: Path) -> dict[str, Any]:
    """Run a Python file and take its public classes and functions, and what it registers with Keras.

    What the file only imports does not count: a model could ask for `subprocess.Popen` by name otherwise.
    Raises UsageError where the file is missing or fails.
    """
    check_python_file(file)
    import_tensorflow()
    module = _run(file)
    return _registered() | {name: value for name, value in vars(module).items() if _is_defined_in(module, name, value)}


def check_python_file(file: Path) -> None:
    """Raise UsageError for a file that is not there, or is not a Python file by its name."""
    if not file.is_file():
        raise UsageError(f"--custom-objects {file}: no such file", "give a Python file that defines the classes")
    if file.suffix != ".py":
        raise UsageError(f"--custom-objects {file}: not a Python file", "give a file that ends in .py")


def _run(file: Path) -> ModuleType:
    name = f"edgeprune_custom_{file.stem}"
    loader = SourceFileLoader(name, str(file))
    spec = ModuleSpec(name, loader, origin=str(file))
    spec.has_location = True  # so that the module has a `__file__`
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # dataclasses and pickles look their module up there
    try:
        loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever the user's file raises
        raise UsageError(
            f"--custom-objects {file}: it fails with {type(error).__name__}: {error}", "correct the file"
        ) from error
    return module


def _registered() -> dict[str, Any]:
    """What others than Keras have registered with either Keras, by the name without its package."""
    registered = {**keras_module(2).saving.get_custom_objects(), **keras_module(3).saving.get_custom_objects()}
    return {
        name.rpartition(">")[2]: value
        for name, value in registered.items()
        if value.__module__.partition(".")[0] not in ("keras", "tf_keras", "tensorflow_model_optimization")
    }


def _is_defined_in(module: ModuleType, name: str, value: Any) -> bool:
    is_kind = inspect.isclass(value) or inspect.isfunction(value)
    return is_kind and not name.startswith("_") and value.__module__ == module.__name__
