"""A live model from a saved one's config, with its weights set one at a time: little more memory than they take."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from edgeprune.contracts.data import Array
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.live.variables import set_arrays, weight_specs
from edgeprune.keras_models.loading.archives import ModelArchive
from edgeprune.keras_models.training.initial_weights import zeros_for_random


def build_model(archive: ModelArchive, custom_objects: Mapping[str, Any], *, trust_model: bool) -> Any | None:
    """The saved model, not compiled; None where only Keras's own loader restores all of it.

    Nothing but the config and the weights is read: a SavedModel's stored functions, which TensorFlow would run,
    are not. Raises whatever Keras raises for a config that it cannot build.
    """
    if archive.has_hidden_state:
        return None
    build = _from_keras_config if archive.format == "keras" else _from_legacy_config
    with zeros_for_random(keras_module(archive.keras_major)):
        model = build(archive, custom_objects, trust_model)
    if weight_specs(model) != archive.weights:
        return None
    set_arrays(model, _StoredArrays(archive))
    return model


class _StoredArrays(Mapping[WeightKey, Array]):
    """The arrays of an archive, each read when it is asked for."""

    def __init__(self, archive: ModelArchive) -> None:
        self._archive = archive

    def __getitem__(self, key: WeightKey) -> Array:
        return self._archive.array(*key)

    def __iter__(self) -> Iterator[WeightKey]:
        return iter(self._archive.stored)

    def __len__(self) -> int:
        return len(self._archive.stored)


def _from_keras_config(archive: ModelArchive, custom_objects: Mapping[str, Any], trust_model: bool) -> Any:
    config = {key: value for key, value in archive.config.items() if key != "compile_config"}
    return keras_module(archive.keras_major).saving.deserialize_keras_object(
        config, custom_objects=dict(custom_objects), safe_mode=not trust_model
    )


def _from_legacy_config(archive: ModelArchive, custom_objects: Mapping[str, Any], trust_model: bool) -> Any:
    """From the config of an .h5 file or a SavedModel, as the HDF5 loaders of both Kerases do it."""
    text = json.dumps(archive.config)
    if archive.keras_major == 2:
        from tf_keras.src.saving.legacy import model_config
        from tf_keras.src.saving.legacy.saved_model import json_utils

        return model_config.model_from_config(json_utils.decode(text), custom_objects=dict(custom_objects))
    from keras.src.legacy.saving import json_utils, saving_options, saving_utils

    with saving_options.keras_option_scope(use_legacy_config=True):
        return saving_utils.model_from_config(json_utils.decode(text), custom_objects=dict(custom_objects))
