"""Limits while Keras builds a model from a file: memory for its weights, and time for its graph."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from math import prod
from typing import Any

from edgeprune.contracts.errors import ModelFileError
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.loading.archives import ModelArchive

_SPARE = 2**20
"""Numbers that a model may have beside those in its file: counters, seeds, what an adapted layer keeps twice."""
_PASSES = 200
"""tf_keras goes through a model's calls once or twice, and again for each time that calls of shared layers cross."""
_DAMAGED = "the file is damaged: save the model again with the Keras that made it"


@contextmanager
def load_limits(archive: ModelArchive) -> Iterator[None]:
    """Raises ModelFileError where a layer asks for more weights than the file holds, or the graph comes to no end.

    `archive_graph.py` compares shapes before, where the arithmetic of a layer is known; this holds for every class.
    """
    refusals: list[ModelFileError] = []

    def refuse(message: str) -> None:
        refusals.append(ModelFileError(f"{archive.path}: {message}", _DAMAGED))
        raise refusals[-1]

    with ExitStack() as restore:
        _limit_weights(archive, refuse, restore)
        if archive.keras_major == 2:
            _limit_passes(archive, refuse, restore)
        try:
            yield
        except Exception as error:  # Keras may wrap what is raised inside a layer's call
            if refusals:
                raise refusals[0] from error
            raise


def _limit_weights(archive: ModelArchive, refuse: Callable[[str], None], restore: ExitStack) -> None:
    """Numbers are counted before a variable is made; a model may be built twice, once for the shapes of its inputs."""
    layer_class = keras_module(archive.keras_major).layers.Layer
    make = layer_class.add_weight
    parameters = inspect.signature(make)
    stored = sum(spec.size for specs in archive.weights.values() for spec in specs)
    left = 2 * stored + _SPARE

    def add_weight(layer: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal left
        given = parameters.bind(layer, *arguments, **options).arguments
        shape = given.get("shape", next(iter(given.get("args", ())), None))
        left -= _size(shape)
        if left < 0:
            refuse(
                f"layer {layer.name!r}: its config asks for a weight of shape {shape}, which is more than the file's "
                f"weights, {stored:,} numbers together"
            )
        return make(layer, *arguments, **options)

    restore.callback(setattr, layer_class, "add_weight", make)
    layer_class.add_weight = add_weight


def _size(shape: Any) -> int:
    """How many numbers a shape has, as far as it can be told; a layer may give one length, or a TensorShape."""
    lengths = [shape] if isinstance(shape, int) else shape or ()
    return prod(length for length in lengths if isinstance(length, int))


def _limit_passes(archive: ModelArchive, refuse: Callable[[str], None], restore: ExitStack) -> None:
    """The loader's `while unprocessed_nodes` (functional.py:1518) repeats for ever where an output does not exist."""
    library: Any = importlib.import_module("tf_keras.src.utils.tf_utils")
    convert = library.convert_inner_node_data
    left = _PASSES * (_edges(archive.config) + 100)

    def convert_inner_node_data(*arguments: Any, **options: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            refuse("the calls of its layers cannot be made one after another")
        return convert(*arguments, **options)

    restore.callback(setattr, library, "convert_inner_node_data", convert)
    library.convert_inner_node_data = convert_inner_node_data


def _edges(config: Any) -> int:
    """How many references to tensors a config holds, or what looks like one."""
    count, waiting = 0, [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list | tuple):
            count += len(value) in (3, 4) and isinstance(value[0], str)
            waiting += value
    return count
