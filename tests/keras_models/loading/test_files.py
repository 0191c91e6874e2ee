"""A model is loaded by the Keras that saved it, and saved again so that this Keras alone can load it."""

import io
import json
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from edgeprune.contracts.errors import ModelError, ModelFileError, UsageError
from edgeprune.contracts.processes import interruption
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from edgeprune.keras_models.loading import files
from edgeprune.keras_models.loading.archives.wire_format import table_entries
from edgeprune.keras_models.loading.files import load_model, save_model
from tests.keras_models.saved_models import FORMATS, keras_of, save, small_model

COMPILED = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}


def _metric_names(model: Any) -> list[str]:
    x, y = np.zeros((2, 6, 6, 1), "float32"), np.zeros(2)
    return list(model.evaluate(x, y, verbose=0, return_dict=True))


@pytest.mark.parametrize("name", FORMATS)
def test_a_model_goes_through_unchanged(name: str, tmp_path: Path) -> None:
    keras = keras_of(name)
    model = small_model(keras, **COMPILED)
    loaded = load_model(save(model, tmp_path / name))
    assert type(loaded.model).__module__.startswith(keras.__name__ + ".")
    assert loaded.notes == ()

    target = tmp_path / f"again-{name}"
    save_model(loaded, loaded.model, target)
    again = keras.models.load_model(target)
    for key, array in get_arrays(model).items():
        np.testing.assert_array_equal(get_arrays(again)[key], array)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert sorted(_metric_names(again)) == ["accuracy", "loss"]
    assert type(again.optimizer).__name__ == "Adam"


def _optimizer_weights(path: Path) -> list[str]:
    """Names in a model file under which Keras keeps an optimizer's state."""
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            return [name for name in file if "optimizer" in name]
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            return [name for name in file if "optimizer" in name]
    names = (name for name, _ in table_entries((path / "variables/variables.index").read_bytes()))
    return [name for name in names if name.startswith(("optimizer", "keras_api/optimizer")) and "/_momentums" in name]


@pytest.mark.parametrize("name", FORMATS)
def test_training_leaves_no_optimizer_state_in_the_file(name: str, tmp_path: Path) -> None:
    model = small_model(keras_of(name), **COMPILED)
    loaded = load_model(save(model, tmp_path / name))
    x, y = np.random.default_rng(0).random((8, 6, 6, 1), "float32"), np.arange(8) % 2
    loaded.model.fit(x, y, epochs=1, verbose=0)
    trained = get_arrays(loaded.model)

    target = tmp_path / f"trained-{name}"
    save_model(loaded, loaded.model, target)
    again = load_model(target)
    for key, array in get_arrays(again.model).items():
        np.testing.assert_array_equal(array, trained[key])
    assert not _optimizer_weights(target)
    loaded.model.fit(x, y, epochs=1, verbose=0)  # saving left the model fit for more training


@pytest.mark.parametrize("name", ["keras2.h5", "keras3.keras"])
def test_a_model_that_was_never_compiled_stays_so(name: str, tmp_path: Path) -> None:
    loaded = load_model(save(small_model(keras_of(name)), tmp_path / name))
    assert loaded.compile_config is None
    save_model(loaded, loaded.model, tmp_path / "out")
    assert load_model((tmp_path / "out").rename(tmp_path / f"out-{name}")).compile_config is None


@pytest.mark.parametrize("name", ["keras3.keras", "keras2.keras"])
def test_an_archive_does_not_tell_the_time(name: str, tmp_path: Path) -> None:
    loaded = load_model(save(small_model(keras_of(name)), tmp_path / name))
    save_model(loaded, loaded.model, tmp_path / "out.keras")
    with zipfile.ZipFile(tmp_path / "out.keras") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert json.loads(archive.read("metadata.json"))["date_saved"] == "1980-01-01@00:00:00"


@pytest.mark.parametrize("name", ["keras2.h5", "keras3.h5", "keras3.keras", "keras2.keras"])
def test_a_loss_that_is_not_there_is_a_note_not_an_error(name: str, tmp_path: Path) -> None:
    def my_loss(labels: Any, predictions: Any) -> Any:
        return labels - predictions

    path = save(small_model(keras_of(name), optimizer="adam", loss=my_loss), tmp_path / name)
    loaded = load_model(path)
    assert "--loss" in loaded.notes[0]
    assert "my_loss" in loaded.notes[0]
    target = tmp_path / f"out-{name}"
    save_model(loaded, loaded.model, target)
    assert load_model(target).notes


@pytest.mark.parametrize("name", ["keras2.keras", "keras3.keras"])
def test_keras_own_application_layers_load(name: str, tmp_path: Path) -> None:
    keras = keras_of(name)
    blocks = __import__(f"{keras.__name__}.src.applications.convnext", fromlist=["LayerScale"])
    layers = [keras.layers.Input((4,)), blocks.LayerScale(0.5, 4, name="scale"), keras.layers.Dense(1)]
    for file in (tmp_path / name, tmp_path / "m.h5"):
        loaded = load_model(save(keras.Sequential(layers), file))
        assert loaded.model.layers[0].name == "scale"
        assert ("scale", "gamma") in get_arrays(loaded.model)


@pytest.mark.parametrize("name", ["keras2.h5", "keras3.h5"])
def test_an_unknown_class_is_named_with_its_layer(name: str, tmp_path: Path) -> None:
    keras = keras_of(name)

    class Mystery(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x

    model = keras.Sequential([keras.layers.Input((3,)), Mystery(name="odd"), keras.layers.Dense(1)])
    path = save(model, tmp_path / name)
    with pytest.raises(ModelFileError, match=r"layer 'odd' is of the custom class 'Mystery'; --custom-objects"):
        load_model(path)


def test_a_subclassed_saved_model_is_refused(tmp_path: Path) -> None:
    keras = keras_of("keras2")

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.head = keras.layers.Dense(1)

        def call(self, x: Any) -> Any:
            return self.head(x)

    model = Own()
    model(np.zeros((1, 3), "float32"))
    path = save(model, tmp_path / "own")
    with pytest.raises(ModelError, match="subclassed"):
        load_model(path)


def test_weights_of_wrong_shape_are_one_error_line(tmp_path: Path) -> None:
    path = save(small_model(keras_of("keras2")), tmp_path / "m.h5")
    with h5py.File(path, "r+") as file:
        group = file["model_weights/head/head"]
        del group["kernel:0"]
        group["kernel:0"] = np.zeros((5, 2), "float32")
    with pytest.raises(ModelFileError) as raised:
        load_model(path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


def _missing(folder: Path) -> Path:
    return folder / "nowhere.py"


def _failing(folder: Path) -> Path:
    file = folder / "bad.py"
    file.write_text("1 / 0\n")
    return file


@pytest.mark.parametrize("source", [_missing, _failing])
def test_a_bad_custom_objects_file_is_a_usage_error(source: Callable[[Path], Path], tmp_path: Path) -> None:
    path = save(small_model(keras_of("keras3")), tmp_path / "m.keras")
    with pytest.raises(UsageError, match="--custom-objects"):
        load_model(path, custom_objects=source(tmp_path))


def test_changed_weights_are_what_is_saved(tmp_path: Path) -> None:
    loaded = load_model(save(small_model(keras_of("keras3")), tmp_path / "m.keras"))
    kernel = np.zeros_like(get_arrays(loaded.model)["conv", "kernel"])
    set_arrays(loaded.model, {("conv", "kernel"): kernel})
    save_model(loaded, loaded.model, tmp_path / "zero")
    again = load_model((tmp_path / "zero").rename(tmp_path / "zero.keras"))
    assert not get_arrays(again.model)["conv", "kernel"].any()


@pytest.mark.parametrize("name", ["keras2.keras", "keras3.keras"])
def test_a_vocabulary_goes_through(name: str, tmp_path: Path) -> None:
    keras = keras_of(name)
    lookup = keras.layers.StringLookup(name="lookup")
    lookup.adapt(np.array(["cat", "dog", "cow"]))
    words = keras.layers.Input((1,), dtype="string")
    head = keras.layers.Dense(1)(keras.layers.Flatten()(keras.layers.Embedding(5, 2)(lookup(words))))
    loaded = load_model(save(keras.Model(words, head), tmp_path / name))
    save_model(loaded, loaded.model, tmp_path / f"out-{name}")
    again = load_model(tmp_path / f"out-{name}").model
    assert again.get_layer("lookup").get_vocabulary() == lookup.get_vocabulary()


def test_an_interrupt_stays_one_where_c_code_makes_an_error_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(small_model(keras_of("keras2"), loss="mse"), tmp_path / "keras2.h5")

    def interrupted(*_: object, **__: object) -> None:
        monkeypatch.setattr(interruption._state, "number", signal.SIGINT)
        raise SystemError("returned a result with an exception set")

    monkeypatch.setattr(files, "compile_model", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_model(path)
