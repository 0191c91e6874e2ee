"""Saved models are read without TensorFlow, and what is no model is named for what it is."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from edgeprune.contracts.errors import ModelError, ModelFileError
from edgeprune.keras_models.live.variables import get_arrays, weight_specs
from edgeprune.keras_models.loading.archives import check_finite, open_archive, require_layers
from tests.keras_models.loading.archive_files import keras_file
from tests.keras_models.saved_models import FORMATS, every_layer, keras_of, save, small_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def live(folder: Path) -> dict[str, object]:
    """One model of every layer for each Keras, saved in each of its formats."""
    models = {name: every_layer(keras_of(name)) for name in ("keras2", "keras3")}
    for name in FORMATS:
        save(models[name[:6]], folder / name)
    return models


@pytest.mark.parametrize("name", FORMATS)
def test_an_archive_has_the_names_order_and_values_of_the_live_model(
    name: str, folder: Path, live: dict[str, object]
) -> None:
    model = live[name[:6]]
    with open_archive(folder / name) as archive:
        assert archive.keras_major == int(name[5])
        assert archive.weights == weight_specs(model)
        assert list(archive.weights) == list(weight_specs(model))
        for (layer, weight), array in get_arrays(model).items():
            np.testing.assert_array_equal(archive.array(layer, weight), array)


@pytest.mark.parametrize("name", FORMATS)
def test_weights_bear_keras_words(name: str, folder: Path, live: dict[str, object]) -> None:
    with open_archive(folder / name) as archive:
        names = {layer: [weight.name for weight in weights] for layer, weights in archive.weights.items()}
    assert names["first/conv" if name.startswith("keras2") else "first"] == ["kernel", "bias"]
    assert names["backbone/norm"] == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert names["backbone/stem"] == ["kernel", "bias"]
    assert names["both_ways"][:2] == ["forward_layer/kernel", "forward_layer/recurrent_kernel"]
    assert names["standardised"] == ["mean", "variance"]
    assert "dropout" not in names


@pytest.mark.parametrize("name", FORMATS)
def test_frozen_weights_are_not_trainable(name: str, folder: Path, live: dict[str, object]) -> None:
    with open_archive(folder / name) as archive:
        assert not any(weight.trainable for weight in archive.weights["backbone/frozen"])


@pytest.mark.parametrize("name", FORMATS)
def test_compile_settings_and_version_are_read(name: str, folder: Path, live: dict[str, object]) -> None:
    with open_archive(folder / name) as archive:
        assert archive.compile_config is not None
        assert archive.compile_config["loss"] == "sparse_categorical_crossentropy"
        assert archive.keras_version == keras_of(name).__version__


def test_weights_of_an_unknown_class_are_listed_by_place(folder: Path) -> None:
    import keras

    class Scale(keras.layers.Layer):
        def build(self, shape: tuple[int, ...]) -> None:
            self.factor = self.add_weight(shape=(shape[-1],), name="factor")

        def call(self, x: object) -> object:
            return x * self.factor

    model = keras.Sequential([keras.layers.Input((3,)), Scale(name="scale"), keras.layers.Dense(2, name="dense")])
    with open_archive(save(model, folder / "custom.keras")) as archive:
        assert [weight.shape for weight in archive.weights["scale"]] == [(3,)]
    with open_archive(save(model, folder / "custom.h5")) as archive:
        assert [weight.name for weight in archive.weights["scale"]] == ["factor"]
        assert [weight.name for weight in archive.weights["dense"]] == ["kernel", "bias"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.h5", b"", "empty"),
        ("zeros.keras", bytes(100), "only zero bytes"),
        ("model.tflite", b"\x1c\0\0\0TFL3" + bytes(40), "TensorFlow Lite"),
        ("model.pkl", b"\x80\x04\x95" + bytes(40), "pickle"),
        ("model.json", b'{"class_name": "Sequential"}', "JSON"),
        ("model.keras", b"<!DOCTYPE html>", "web page"),
        ("model.h5", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("noise.h5", b"no model at all", "unknown kind"),
        ("cut.keras", b"PK\x03\x04" + bytes(30), "cut off or damaged"),
        ("cut.h5", b"\x89HDF\r\n\x1a\n" + bytes(30), "cut off or damaged"),
    ],
)
def test_a_file_that_is_no_model_is_named(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as raised:
        open_archive(path)
    assert says in str(raised.value)
    assert str(path) in raised.value.message
    assert raised.value.hint


def test_a_missing_file_and_an_ordinary_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no such file"):
        open_archive(tmp_path / "model.h5")
    with pytest.raises(ModelFileError, match=r"without saved_model\.pb"):
        open_archive(tmp_path)


def test_a_wrong_suffix_is_named_with_the_right_name(folder: Path, tmp_path: Path) -> None:
    keras = keras_of("keras3")
    renamed = tmp_path / "model.h5"
    save(small_model(keras), tmp_path / "model.keras").rename(renamed)
    with pytest.raises(ModelFileError, match=r"zip archive; rename it to model\.keras"):
        open_archive(renamed)


@pytest.mark.parametrize("major", ["keras2", "keras3"])
def test_weights_only_files_are_named(major: str, tmp_path: Path) -> None:
    path = tmp_path / "model.weights.h5"
    small_model(keras_of(major)).save_weights(path)
    with pytest.raises(ModelFileError, match="weights only"):
        open_archive(path)


def test_other_hdf5_and_zip_files_are_named(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["x"] = [1, 2]
    with pytest.raises(ModelFileError, match="without a Keras model"):
        open_archive(tmp_path / "data.h5")
    with zipfile.ZipFile(tmp_path / "x.keras", "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(ModelFileError, match=r"zip file without config\.json"):
        open_archive(tmp_path / "x.keras")


def test_keras_1_is_refused(tmp_path: Path) -> None:
    path = save(small_model(keras_of("keras2")), tmp_path / "old.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = "1.2.2"
    with pytest.raises(ModelFileError, match=r"saved by Keras 1\.2\.2"):
        open_archive(path)


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flip_weights(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 16]) + data[middle + 1 :]


@pytest.mark.parametrize("damage", [_cut, _flip_weights])
def test_a_damaged_keras_archive_is_named(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = save(small_model(keras_of("keras3")), tmp_path / "model.keras")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ModelFileError, match="damaged"):
        open_archive(path)


def test_a_cut_h5_is_named(tmp_path: Path) -> None:
    path = save(small_model(keras_of("keras2")), tmp_path / "model.h5")
    path.write_bytes(_cut(path.read_bytes()))
    with pytest.raises(ModelFileError, match="cut off or damaged"):
        open_archive(path)


@pytest.mark.parametrize("part", ["keras_metadata.pb", "variables/variables.index"])
def test_a_cut_saved_model_is_named(part: str, tmp_path: Path) -> None:
    path = save(small_model(keras_of("keras2")), tmp_path / "model")
    (path / part).write_bytes(_cut((path / part).read_bytes()))
    with pytest.raises(ModelFileError, match="incomplete or damaged"):
        open_archive(path)


def test_a_saved_model_without_keras_metadata_says_what_to_do(tmp_path: Path) -> None:
    path = save(small_model(keras_of("keras2")), tmp_path / "model")
    (path / "keras_metadata.pb").unlink()
    with pytest.raises(ModelFileError, match=r"save the model itself with model\.save"):
        open_archive(path)


def test_a_subclassed_model_is_refused(tmp_path: Path) -> None:
    config = {"module": "mine", "class_name": "MyModel", "config": {"name": "m"}, "registered_name": "MyModel"}
    path = keras_file(tmp_path / "subclassed.keras", config=config)
    with open_archive(path) as archive, pytest.raises(ModelError, match="'MyModel' is a subclassed model"):
        require_layers(archive)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_named(value: float, tmp_path: Path) -> None:
    model = small_model(keras_of("keras3"))
    kernel = model.get_layer("conv").kernel
    array = kernel.numpy().copy()
    array[0, 0, 0, :2] = value
    kernel.assign(array)
    path = save(model, tmp_path / "model.keras")
    named = pytest.raises(ModelFileError, match=r"layer 'conv': 2 of 27 numbers in 'kernel' are NaN or infinite")
    with open_archive(path) as archive, named:
        check_finite(archive)
