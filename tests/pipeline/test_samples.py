"""What is drawn from sorted data, and which seed draws what is held back."""

import keras
import numpy as np
import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model that tells which of two numbers is larger, and data sorted by their size."""
    made = tmp_path_factory.mktemp("sorted")
    random = np.random.default_rng(0)
    small = np.stack([random.uniform(0.5, 1, 400), random.uniform(0, 0.5, 400)], axis=1)
    large = random.uniform(2, 10, (800, 2))
    inputs = np.concatenate([small, large]).astype(np.float32)
    labels = (inputs[:, 1] > inputs[:, 0]).astype(np.int64)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, "softmax")])
    model.set_weights([np.eye(2), np.zeros(2)])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.save(made / "m.keras")
    np.savez(made / "d.npz", x_train=inputs, y_train=labels, x_test=inputs, y_test=labels)
    uncertain = np.where(random.random(1200) < 0.3, 1 - labels, labels)
    np.savez(made / "one.npz", x=inputs, y=uncertain)
    return made


def test_an_int8_file_is_calibrated_on_all_of_a_sorted_table(folder, edgeprune, tmp_path):
    done = edgeprune(
        *("export", folder / "m.keras", "--tflite", "m.tflite", "--quantize", "int8"),
        *("--data", folder / "d.npz", "--format", "json"),
        cwd=tmp_path,
    )
    assert done.exit_code == 0, done.stderr
    assert done.json["rows"][-1]["score"] > 0.95


def test_the_seed_does_not_change_the_test_part_and_the_split_seed_does(folder, edgeprune):
    def score(*options):
        done = edgeprune("benchmark", folder / "m.keras", "--data", folder / "one.npz", "--format", "json", *options)
        assert done.exit_code == 0, done.stderr
        return done.json["rows"][0]["score"]

    assert score() == score("--seed", 1) == pytest.approx(0.7, abs=0.1)
    assert score() != score("--split-seed", 1)
