"""The shipped files are what sample_models/build.py makes."""

import json
import runpy
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

pytestmark = pytest.mark.filterwarnings(
    # Keras 3 warns of every file that is saved compiled, but without the optimizer's state.
    "ignore:Skipping variable loading for optimizer:UserWarning"
)


@pytest.fixture(scope="module")
def build(samples):
    return runpy.run_path(str(samples / "build.py"))


@pytest.fixture(scope="module")
def digits(samples):
    with np.load(samples / "digits.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def fraud(samples):
    with np.load(samples / "fraud.npz") as file:
        return dict(file)


def test_data_are_the_same_when_built_again(build, digits, fraud):
    for shipped, rebuilt in ((digits, build["digits"]()), (fraud, build["transactions"]())):
        assert shipped.keys() == rebuilt.keys()
        for name, values in rebuilt.items():
            assert shipped[name].dtype == values.dtype, name
            np.testing.assert_array_equal(shipped[name], values, err_msg=name)


def test_digits_are_whole_byte_images_of_every_class(digits):
    for part, count in (("train", 1347), ("test", 450)):
        images, labels = digits[f"x_{part}"], digits[f"y_{part}"]
        assert images.shape == (count, 8, 8)
        assert (images.dtype, images.min(), images.max()) == (np.uint8, 0, 255)
        assert set(labels) == set(range(10))


def test_transactions_say_that_they_are_generated_and_frauds_are_rare(fraud):
    assert "Generated" in str(fraud["description"])
    assert fraud["x_train"].shape == (12_000, len(fraud["feature_names"]))
    for part in ("train", "test"):
        assert np.isfinite(fraud[f"x_{part}"]).all()
        assert 0.03 < fraud[f"y_{part}"].mean() < 0.05


def test_digits_mlp_is_a_compiled_keras_2_file(samples, build, digits):
    import tf_keras

    path = samples / "digits_mlp.h5"
    with h5py.File(path) as file:
        assert file.attrs["keras_version"].startswith("2.")
    model = tf_keras.models.load_model(path)
    assert weight_shapes(model) == weight_shapes(build["digits_mlp"](tf_keras))
    assert model.evaluate(*scored(digits, (64,)), verbose=0, return_dict=True)["accuracy"] >= 0.975


def test_digits_cnn_is_a_compiled_keras_3_file_with_a_residual_sum(samples, build, digits):
    import keras

    path = samples / "digits_cnn.keras"
    assert saved_by(path).startswith("3.")
    model = keras.models.load_model(path)
    assert weight_shapes(model) == weight_shapes(build["digits_cnn"](keras))
    assert {"Add", "BatchNormalization"} <= {type(layer).__name__ for layer in model.layers}
    assert model.evaluate(*scored(digits, (8, 8, 1)), verbose=0, return_dict=True)["accuracy"] >= 0.975


def test_fraud_mlp_takes_raw_features_and_ranks_frauds_first(samples, build, fraud):
    import keras

    path = samples / "fraud_mlp.keras"
    assert saved_by(path).startswith("3.")
    model = keras.models.load_model(path)
    assert weight_shapes(model) == weight_shapes(build["fraud_mlp"](keras, fraud["x_train"]))
    scores = model.evaluate(fraud["x_test"], fraud["y_test"], batch_size=500, verbose=0, return_dict=True)
    assert scores["auc"] >= 0.89


def test_all_files_fit_the_budget_and_stand_in_the_readme(samples):
    shipped = [path for path in samples.iterdir() if path.suffix in {".h5", ".keras", ".npz"}]
    assert len(shipped) == 5
    assert sum(path.stat().st_size for path in shipped) < 1_500_000
    readme = (samples / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in shipped if f"`{path.name}`" not in readme] == []


def weight_shapes(model):
    return [(weight.name.split("/")[-1], tuple(weight.shape)) for weight in model.weights]


def saved_by(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("metadata.json"))["keras_version"]


def scored(digits, shape):
    return digits["x_test"].reshape(-1, *shape).astype(np.float32) / 255, digits["y_test"]
