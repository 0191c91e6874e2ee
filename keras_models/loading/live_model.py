"""A live model of the caller's, of either Keras: laid down as a file, and left as it is."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgeprune.contracts.errors import ModelError, UsageError
from edgeprune.contracts.processes.interruption import is_cause
from edgeprune.contracts.processes.quiet import import_tensorflow
from edgeprune.contracts.wording import in_one_line
from edgeprune.keras_models.kerases import MODULES, keras_module
from edgeprune.keras_models.loading.compile_settings import compile_config
from edgeprune.keras_models.loading.files import LoadedModel, save_model

LIBRARIES = {*MODULES.values(), "tensorflow", "numpy", "builtins", "functools"}
"""Whose classes and functions are no custom ones."""


def live_keras_major(model: Any) -> int:
    """Which Keras a live model is of. Imports neither. Raises UsageError for what is no model."""
    packages = {cls.__module__.partition(".")[0] for cls in type(model).__mro__ if cls.__name__ == "Model"}
    for major, name in MODULES.items():
        if name in packages:
            return major
    raise UsageError(
        f"expected a path or a Keras model, found {type(model).__name__}", "give a saved model's path, or a live model"
    )


def save_live_model(model: Any, destination: Path) -> tuple[str, ...]:
    """Save a live model as `.keras`, or as `.h5` where the name says so, without the optimizer's state.

    Returns notes for the user. Raises ModelError where its Keras cannot save it.
    """
    major = live_keras_major(model)
    import_tensorflow()
    if not model.built:
        raise ModelError(f"the model {model.name!r} has no weights yet", "build it, or call it on an example, first")
    file_format = "keras" if destination.suffix == ".keras" else "h5"
    config, notes = _compile_config(model, file_format, major)
    loaded = LoadedModel(
        path=destination,
        format=file_format,
        keras_major=major,
        keras_version=keras_module(major).__version__,
        model=model,
        compile_config=config,
    )
    try:
        save_model(loaded, model, destination)
    except OSError:
        raise
    except Exception as error:  # Keras raises all kinds for what it cannot save
        if is_cause(error):
            raise
        reason = in_one_line(error, 300)
        raise ModelError(
            f"the model {model.name!r} cannot be saved by Keras {major}: {type(error).__name__}: {reason}",
            "make it one that model.save() can save",
        ) from error
    return notes


def own_objects(model: Any) -> dict[str, Any]:
    """The classes and functions of others than Keras that a live model is made of, by name."""
    found = (item for part in _parts(model) for item in (part, *vars(part).values()))
    named = (item if inspect.isclass(item) or inspect.isfunction(item) else type(item) for item in found)
    return {item.__name__: item for item in named if _is_own(item)}


def _compile_config(model: Any, file_format: str, major: int) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    try:
        return compile_config(model, file_format, major), ()
    except Exception as error:  # of a loss or metric that Keras cannot write down
        if is_cause(error):
            raise
        reason = in_one_line(error, 120)
        return None, (
            f"the loss or a metric of {model.name!r} cannot be saved ({reason}); --loss says what to train for",
        )


def _parts(model: Any) -> Iterator[Any]:
    """The model, all its layers, those inside others too, and what it was compiled with."""
    yield from model._flatten_layers()  # both Kerases have it, and no public name for it
    compiled = getattr(model, "_compile_config", None)
    yield from _leaves(getattr(compiled, "config", None))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    elif hasattr(value, "__dict__"):
        yield value


def _is_own(item: Any) -> bool:
    is_saved_by_name = inspect.isfunction(item) or hasattr(item, "get_config")
    return is_saved_by_name and item.__module__.partition(".")[0] not in LIBRARIES and item.__name__ != "<lambda>"
