"""What a saved model's file says about itself, the same for all formats."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ModelError, ModelFileError
from edgeprune.contracts.model import WeightKey, WeightSpec
from edgeprune.keras_models.loading.archives.limits import DAMAGED, first_line
from edgeprune.keras_models.loading.layer_tree import layers_of


class StoredArray(Protocol):
    """An array that still lies in its file; `array[()]` reads it (an `h5py.Dataset` is one)."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def __getitem__(self, index: tuple[()]) -> Any: ...


@dataclass(frozen=True, kw_only=True)
class StoredWeight:
    """One weight of one layer, with where it is stored."""

    layer: str
    name: str
    stored: StoredArray
    trainable: bool = True


@dataclass(frozen=True, kw_only=True)
class ModelArchive:
    """An open model file. `weights` maps each layer path to its weights, in the order of Keras's `layer.weights`.

    `format` is `h5`, `keras` or `saved_model`; `config` the serialized model (`class_name`, `config`);
    `compile_config` what `compile` was given, as Keras wrote it, None for a model that was never compiled.
    `has_hidden_state`: more than weights belongs to the model (vocabularies), or they are laid out for Theano.
    """

    path: Path
    format: str
    keras_version: str
    config: Mapping[str, Any]
    compile_config: Mapping[str, Any] | None
    weights: Mapping[str, tuple[WeightSpec, ...]]
    stored: Mapping[WeightKey, StoredArray] = field(repr=False)
    close: Callable[[], None] = field(repr=False)
    has_hidden_state: bool = False

    @property
    def keras_major(self) -> int:
        """2 or 3: which Keras saved the file, and so which one loads it."""
        return int(self.keras_version.partition(".")[0])

    @property
    def is_subclassed(self) -> bool:
        """Whether the model is Python code of its own: its file lists no layers."""
        return layers_of(self.config) is None

    def array(self, layer: str, weight: str) -> Array:
        """One weight array, read now. Raises ModelFileError where the file is damaged there."""
        try:
            return np.asarray(self.stored[layer, weight][()])
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelFileError(
                f"{self.path}: layer {layer!r}: weight {weight!r} cannot be read ({first_line(error)})", DAMAGED
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def keras_version(value: Any, path: Path) -> str:
    """The version of the Keras that saved a file, as the file gives it. Raises ModelFileError unless it is 2 or 3."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]+(\.[0-9]+)+[\w.+-]{0,20}", value, re.ASCII):
        raise ModelFileError(
            f"{path}: expected the version of the Keras that saved it (as 3.15.1), found {ascii(value)[:40]}", DAMAGED
        )
    if value.partition(".")[0] not in ("2", "3"):
        raise ModelFileError(
            f"{path}: saved by Keras {value}, expected Keras 2 or 3", "load it with Keras 2.2 and save it again"
        )
    return value


def specs(weights: Iterable[StoredWeight]) -> dict[str, tuple[WeightSpec, ...]]:
    """The weights by layer path."""
    by_layer: dict[str, tuple[WeightSpec, ...]] = {}
    for weight in weights:
        spec = WeightSpec(
            name=weight.name,
            shape=tuple(weight.stored.shape),
            dtype=str(weight.stored.dtype),
            trainable=weight.trainable,
        )
        by_layer[weight.layer] = (*by_layer.get(weight.layer, ()), spec)
    return by_layer


def is_counter(stored: StoredArray) -> bool:
    """Whether an array counts something (Normalization's `count`) or seeds a generator: no weight then."""
    return stored.dtype.kind in "iu" and stored.dtype.itemsize >= 4


def require_layers(archive: ModelArchive) -> None:
    """Raises ModelError for a subclassed model."""
    if archive.is_subclassed:
        raise ModelError(
            f"{archive.path}: {archive.config['class_name']!r} is a subclassed model, whose layers are Python code; "
            "expected a Sequential or functional model",
            "rebuild it with keras.Sequential or keras.Model(inputs, outputs) and save that",
        )


def check_finite(archive: ModelArchive) -> None:
    """Raises ModelFileError for the first weight that holds NaN or infinity, naming layer, weight and count."""
    for layer, weights in archive.weights.items():
        for weight in weights:
            array = archive.array(layer, weight.name)
            if array.dtype.kind not in "iub" and not np.isfinite(array.sum(dtype=np.float64)):
                bad = int(array.size - np.isfinite(array).sum())
                raise ModelFileError(
                    f"{archive.path}: layer {layer!r}: {bad} of {array.size} numbers in {weight.name!r} "
                    "are NaN or infinite, expected finite weights",
                    "train the model again from its last good checkpoint",
                )
