"""`inspect` tells what is in a model file, quickly and without TensorFlow."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgeprune.contracts.errors import ModelError, ModelFileError
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from edgeprune.pipeline.commands.inspect import inspect
from tests.keras_models.saved_models import FORMATS, keras_of, save, small_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small model in every format, half of its head set to zero."""
    folder = tmp_path_factory.mktemp("inspected")
    for name in FORMATS:
        model = small_model(keras_of(name), optimizer="adam", loss="mse")
        kernel = get_arrays(model)["head", "kernel"]
        kernel[:24] = 0
        set_arrays(model, {("head", "kernel"): kernel})
        save(model, folder / name)
    return folder


@pytest.mark.parametrize("name", FORMATS)
def test_a_keras_file_is_counted_layer_by_layer(name: str, folder: Path) -> None:
    result = inspect(folder / name).as_json()
    row = result["rows"][0]
    assert row["parameters"] == 27 + 3 + 4 * 3 + 48 * 2 + 2
    assert row["prunable_weights"] == 27 + 48 * 2
    assert row["zero_weights"] == 48
    assert row["sparsity"] == pytest.approx(48 / 123)
    assert row["macs"] == 4 * 4 * 27 + 48 * 2
    assert row["score"] is None
    assert result["saved_by"] == f"Keras {keras_of(name).__version__}"
    assert result["loss"] == "mse"
    assert result["code"] == []
    head = next(layer for layer in result["layers"] if layer["name"] == "head")
    assert head["output_shape"] == (None, 2)
    assert (head["weights"], head["zeros"], head["parameters"], head["macs"]) == (96, 48, 98, 96)
    assert head["share"] == pytest.approx(98 / 140)


@pytest.mark.parametrize("name", FORMATS)
def test_every_layer_is_listed_as_prunable_or_with_a_reason(name: str, folder: Path) -> None:
    rows = {layer.name: layer for layer in inspect(folder / name).layers}
    assert list(rows)[-4:] == ["conv", "bn", "flatten", "head"]
    assert rows["conv"].status == "prunable"
    assert (rows["bn"].status, rows["bn"].reason) == ("skipped", "has no kernel")
    assert (rows["flatten"].status, rows["flatten"].reason) == ("skipped", "has no weights")


def test_weights_that_are_not_finite_are_counted(tmp_path: Path) -> None:
    model = small_model(keras_of("keras3"))
    set_arrays(model, {("conv", "bias"): np.array([np.nan, 1, np.inf])})
    arrays = inspect(save(model, tmp_path / "m.keras")).extra["arrays"]
    assert {(row["layer"], row["name"]): row["not_finite"] for row in arrays if row["not_finite"]} == {
        ("conv", "bias"): 2
    }


def test_code_is_reported_not_run(tmp_path: Path) -> None:
    keras = keras_of("keras3")
    code = keras.layers.Lambda(lambda x: x * 2, name="double", output_shape=(3,))
    result = inspect(save(keras.Sequential([keras.layers.Input((3,)), code]), tmp_path / "m.keras"))
    assert [finding["layer"] for finding in result.extra["code"]] == ["double"]


def test_a_tflite_file_is_read(tmp_path: Path) -> None:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(small_model(keras_of("keras3")))
    path = tmp_path / "model.tflite"
    path.write_bytes(converter.convert())
    result = inspect(path).as_json()
    assert result["rows"][0]["tflite_bytes"] == path.stat().st_size
    assert result["rows"][0]["parameters"] > 100
    assert "CONV_2D" in result["operator_counts"]
    assert result["numeric_types"]
    json.dumps(result)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no such file"):
        inspect(tmp_path / "none.keras")
    (tmp_path / "cut.tflite").write_bytes(b"\x1c\0\0\0TFL3" + bytes(8))
    with pytest.raises(ModelFileError, match=r"cut\.tflite"):
        inspect(tmp_path / "cut.tflite")


def test_a_subclassed_model_is_refused(tmp_path: Path) -> None:
    keras = keras_of("keras2")

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.head = keras.layers.Dense(1)

        def call(self, x: object) -> object:
            return self.head(x)

    model = Own()
    model(np.zeros((1, 3), "float32"))
    with pytest.raises(ModelError, match="subclassed"):
        inspect(save(model, tmp_path / "own"))


def test_tensorflow_is_never_imported(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from edgeprune.pipeline.commands.inspect import inspect\n"
        "for path in sys.argv[1:]: inspect(Path(path))\n"
        "print(sorted({'tensorflow', 'keras', 'tf_keras'} & set(sys.modules)))"
    )
    paths = [str(folder / name) for name in FORMATS]
    done = subprocess.run([sys.executable, "-c", program, *paths], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
