"""Model files written by hand, without TensorFlow: a Dense layer of two units, to be spoilt by tests."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

KERNEL = np.arange(6, dtype="float32").reshape(3, 2)
BIAS = np.ones(2, "float32")
Change = Callable[[h5py.Group], object]
"""Spoils the group that holds the layer's arrays."""


def model_config(**layer: Any) -> dict[str, Any]:
    """The config of a Sequential model with one Dense layer."""
    shape = {"batch_input_shape": [None, 3], "name": "input", "dtype": "float32"}
    layers = [
        {"class_name": "InputLayer", "config": shape},
        {"class_name": "Dense", "config": {"name": "dense", "units": 2, "use_bias": True, "trainable": True, **layer}},
    ]
    return {"class_name": "Sequential", "config": {"name": "model", "layers": layers}}


def h5_file(path: Path, change: Change | None = None, **attributes: Any) -> Path:
    """A whole model of Keras 2; attributes of the file replace those that it has."""
    with h5py.File(path, "w") as file:
        given = {"keras_version": "2.15.0", "backend": "tensorflow", "model_config": json.dumps(model_config())}
        for name, value in {**given, **attributes}.items():
            file.attrs[name] = value
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [b"dense"]
        layer = weights.create_group("dense")
        layer.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
        arrays = layer.create_group("dense")
        arrays["kernel:0"], arrays["bias:0"] = KERNEL, BIAS
        if change:
            change(arrays)
    return path


def keras_file(
    path: Path,
    change: Change | None = None,
    *,
    config: Any = None,
    metadata: Any = None,
    parts: Mapping[str, bytes] | None = None,
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    """A `.keras` archive of Keras 2; `parts` come after the three that each archive has."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        arrays = file.create_group("layers/dense/vars")
        arrays["0"], arrays["1"] = KERNEL, BIAS
        if change:
            change(arrays)
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("metadata.json", _text({"keras_version": "2.15.0"} if metadata is None else metadata))
        archive.writestr("config.json", _text(model_config() if config is None else config))
        archive.writestr("model.weights.h5", weights.getvalue())
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
    return path


def _text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()
