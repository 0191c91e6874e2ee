"""No code of a file runs unless the user says so: it is found by reading, in every format."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from edgeprune.contracts.errors import UntrustedCodeError
from edgeprune.keras_models.loading.archives import open_archive
from edgeprune.keras_models.loading.code_scan import scan
from edgeprune.keras_models.loading.files import load_model
from tests.keras_models.saved_models import FORMATS, keras_of, save, small_model


def _payload(marker: Path) -> Callable[[Any], Any]:
    """A function that leaves a file behind as soon as it is called; in an archive it is bytecode."""
    path = str(marker)
    return lambda x: (open(path, "w").close(), x)[1]  # noqa: PTH123


@pytest.fixture(scope="module")
def markers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marks")


@pytest.mark.parametrize("name", FORMATS)
def test_lambda_code_is_found_and_never_runs(name: str, tmp_path: Path, markers: Path) -> None:
    keras = keras_of(name)
    marker = markers / name
    model = keras.Sequential(
        [
            keras.layers.Input((3,)),
            keras.layers.Lambda(_payload(marker), name="payload", output_shape=(3,)),
            keras.layers.Dense(2),
        ]
    )
    path = save(model, tmp_path / name)
    marker.unlink(missing_ok=True)  # building the model may have run it, as is right

    with pytest.raises(UntrustedCodeError, match=r"layer 'payload' holds Python code .*--trust-model"):
        load_model(path)
    assert not marker.exists()
    load_model(path, trust_model=True).model(np.ones((1, 3), "float32"))
    assert marker.exists()


@pytest.mark.parametrize("name", ["keras2.h5", "keras3.keras"])
def test_trust_model_runs_it(name: str, tmp_path: Path) -> None:
    keras = keras_of(name)
    doubled = keras.layers.Lambda(lambda x: x * 2, name="double", output_shape=(3,))
    path = save(keras.Sequential([keras.layers.Input((3,)), doubled]), tmp_path / name)
    model = load_model(path, trust_model=True).model
    assert model(np.array([[1.0, 2.0, 3.0]])).numpy().tolist() == [[2.0, 4.0, 6.0]]


def test_a_lambda_in_a_nested_model_and_in_a_wrapper_is_found(tmp_path: Path) -> None:
    keras = keras_of("keras3")
    layers = keras.layers
    inner = keras.Sequential([layers.Input((3,)), layers.Lambda(lambda x: x, name="deep", output_shape=(3,))])
    wrapped = layers.TimeDistributed(inner, name="wrapper")
    with open_archive(save(keras.Sequential([layers.Input((4, 3)), wrapped]), tmp_path / "m.keras")) as archive:
        assert [(finding.layer, finding.kind) for finding in scan(archive)] == [("deep", "code")]


@pytest.mark.parametrize("name", ["keras2.keras", "keras3.keras", "keras3.h5"])
def test_a_lambda_as_activation_is_found(name: str, tmp_path: Path) -> None:
    keras = keras_of(name)
    layer = keras.layers.Dense(2, activation=lambda x: x, name="dense")
    with open_archive(save(keras.Sequential([keras.layers.Input((3,)), layer]), tmp_path / name)) as archive:
        assert [(finding.layer, finding.name) for finding in scan(archive)] == [("dense", "lambda")]


def test_a_saved_model_never_runs_its_saved_functions(tmp_path: Path) -> None:
    import tensorflow as tf

    keras = keras_of("keras2")
    marker = tmp_path / "marker"

    class Payload(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            tf.io.write_file(str(marker), "ran")
            return x

    model = keras.Sequential([keras.layers.Input((3,)), Payload(name="payload"), keras.layers.Dense(2)])
    path = save(model, tmp_path / "saved")
    marker.unlink(missing_ok=True)
    with pytest.raises(Exception, match="payload"):
        load_model(path)
    assert not marker.exists()


def test_operator_layers_that_compute_are_keras_own(tmp_path: Path) -> None:
    import tensorflow as tf

    keras = keras_of("keras2")
    x = keras.layers.Input((3,))
    model = keras.Model(x, tf.nn.relu(tf.reshape(x, (-1, 3)) * 2.0 + 1.0)[:, :2])
    with open_archive(save(model, tmp_path / "m.h5")) as archive:
        assert scan(archive) == ()


def test_operator_layers_that_do_more_are_found(tmp_path: Path) -> None:
    path = save(small_model(keras_of("keras2")), tmp_path / "m.h5")
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        written = {"name": "op", "function": "io.write_file"}
        config["config"]["layers"].append({"class_name": "TFOpLambda", "config": written})
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(UntrustedCodeError, match=r"layer 'op' calls 'io\.write_file'"):
        load_model(path)


def _with_config(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of a `.keras` archive with a changed config."""
    changed = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config).encode()
            target.writestr(name, content)
    return changed


@pytest.mark.parametrize("module", ["os", "keras_hub.layers", "kerasmine", None])
def test_a_class_from_another_module_is_refused_without_importing_it(module: str | None, tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        head = config["config"]["layers"][-1]
        head |= {"module": module, "class_name": "Popen", "registered_name": "Popen"}

    path = _with_config(save(small_model(keras_of("keras3")), tmp_path / "m.keras"), change)
    with pytest.raises(UntrustedCodeError, match=r"layer 'head' is of the custom class 'Popen'; --custom-objects"):
        load_model(path)


def test_custom_classes_load_from_the_users_file(tmp_path: Path) -> None:
    keras = keras_of("keras3")
    source = tmp_path / "mine.py"
    source.write_text("import keras\nclass Twice(keras.layers.Layer):\n    def call(self, x):\n        return x * 2\n")
    namespace: dict[str, Any] = {}
    exec(source.read_text(), namespace)
    model = keras.Sequential([keras.layers.Input((3,)), namespace["Twice"](name="twice"), keras.layers.Dense(1)])
    for name in ("m.keras", "m.h5"):
        path = save(model, tmp_path / name)
        with pytest.raises(Exception, match="Twice"):
            load_model(path)
        loaded = load_model(path, custom_objects=source)
        assert [type(layer).__name__ for layer in loaded.model.layers] == ["Twice", "Dense"]


@pytest.mark.parametrize("name", FORMATS)
def test_keras_own_models_hold_no_code(name: str, tmp_path: Path) -> None:
    path = save(small_model(keras_of(name), optimizer="adam", loss="mse", metrics=["mae"]), tmp_path / name)
    with open_archive(path) as archive:
        assert scan(archive) == ()
