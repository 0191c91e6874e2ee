"""Pruning by training, from the command to the saved file, for both Kerases."""

import keras
import numpy as np
import pytest
import tf_keras

from tests.keras_models.saved_models import save

REGIMES = ("pre-training", "in-training", "set", "iterative")
TRAINED = ("--epochs", 2, "--batch-size", 32, "--format", "json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two small models, each saved by a Keras of its own, and data that they can learn."""
    folder = tmp_path_factory.mktemp("regimes")
    generator = np.random.default_rng(0)
    x = generator.normal(size=(240, 6, 6, 1)).astype("float32")
    x[:, :, 0] = 0  # no gradient ever reaches the weights that read this column
    y = (x[:, :3].sum((1, 2, 3)) > x[:, 3:].sum((1, 2, 3))).astype("int64")
    np.savez(folder / "data.npz", x=x, y=y)
    for k, name in ((keras, "m.keras"), (tf_keras, "m.h5")):
        k.utils.set_random_seed(1)
        layers = [
            k.layers.Input((6, 6, 1)),
            k.layers.Conv2D(4, 3, padding="same", activation="relu", name="conv"),
            k.layers.BatchNormalization(name="bn"),
            k.layers.Flatten(),
            k.layers.Dense(10, activation="relu", name="hidden"),
            k.layers.Dense(2, activation="softmax", name="head"),
        ]
        model = k.Sequential(layers)
        model.compile("adam", "sparse_categorical_crossentropy")
        save(model, folder / name)
    return folder


def load(path):
    model = (tf_keras if path.suffix == ".h5" else keras).models.load_model(path)
    return {layer.name: layer.get_weights()[0] for layer in model.layers if layer.get_weights()}


@pytest.mark.parametrize("model", ["m.keras", "m.h5"])
@pytest.mark.parametrize("method", REGIMES)
def test_the_saved_model_has_exactly_the_zeros_that_were_asked_for(prune, tmp_path, method, model):
    rounds = ("--rounds", 2) if method == "iterative" else ()
    done = prune(model, "--method", method, "--conv-sparsity", 0.25, *rounds, *TRAINED)
    assert done.exit_code == 0, done.stderr
    rows, layers = done.json["rows"], {row["name"]: row for row in done.json["layers"]}
    assert [row["stage"] for row in rows] == ["original", "pruned"]
    kernels = load(tmp_path / f"m.pruned.{model.partition('.')[2]}")
    zeros = {name: int(kernels[name].size - np.count_nonzero(kernels[name])) for name in ("conv", "hidden", "head")}
    assert zeros == {name: layers[name]["zeros"] for name in zeros}
    assert zeros["conv"] == 9
    assert zeros["hidden"] + zeros["head"] == round(0.8 * 1460)
    if method != "set":
        assert zeros["head"] == 16
    assert rows[1]["score"] is not None


@pytest.mark.parametrize("method", ["in-training", "set"])
def test_the_seed_decides_what_grows(prune, tmp_path, method):
    found = []
    for seed, name in ((3, "a.h5"), (3, "b.h5"), (4, "c.h5")):
        done = prune("m.h5", "--method", method, "--from-scratch", "--seed", seed, "--output", name, *TRAINED)
        assert done.exit_code == 0, done.stderr
        found.append(load(tmp_path / name)["hidden"])
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0] != 0, found[2] != 0)


def test_rewinding_gives_back_the_weights_that_stay(prune, tmp_path, folder):
    still = ("--learning-rate", 1e-12)
    more = ("--method", "iterative", "--rounds", 2, "--rewind", "--sparsity", 0.9)
    done = prune("m.keras", *more, *still, *TRAINED)
    assert done.exit_code == 0, done.stderr
    before, after = load(folder / "m.keras"), load(tmp_path / "m.pruned.keras")
    stays = after["hidden"] != 0
    assert np.allclose(after["hidden"][stays], before["hidden"][stays])


@pytest.mark.parametrize(
    "more", [("--method", "magnitude", "--sparsity", 0.5), ("--method", "structured", "--ratio", 0.5)]
)
def test_a_trained_model_is_pruned_after_half_of_the_epochs_from_scratch(prune, more):
    done = prune("m.keras", *more, "--from-scratch", *TRAINED)
    assert done.exit_code == 0, done.stderr
    assert [row["stage"] for row in done.json["rows"]] == ["original", "pruned", "repaired", "fine-tuned"]
    assert done.stderr.count("epoch 1/1") == 2


def test_a_dry_run_shows_each_layers_zeros_and_trains_nothing(edgeprune, folder, tmp_path):
    more = ("--method", "in-training", "--sparsity", 0.5, "--dry-run", "--format", "json")
    done = edgeprune("prune", folder / "m.keras", *more, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert [row["zeros"] for row in done.json["layers"] if row["weights"]] == [18, 720, 10]
    assert "epoch" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--method", "set"), "--method set needs --epochs N, as it trains; for example --epochs 10 --data D"),
        (("--method", "set", "--epsilon", 2, "--sparsity", 0.5, "--epochs", 1), "give one of them"),
        (("--method", "in-training", "--rounds", 2, "--epochs", 1), "--rounds is not for --method in-training"),
        (("--from-scratch", "--threshold", 0.1), "--from-scratch needs --epochs; give --epochs N too"),
        (("--from-scratch", "--threshold", 0.1, "--epochs", 1), "give --epochs 2 or more"),
        (("--from-scratch", "--threshold", 0.1, "--epochs", "auto"), "methods that train need a number; give"),
        (("--method", "set", "--sparsity", 0.5, "--epochs", "auto"), "methods that train need a number; give"),
        (("--threshold", 0.1, "--epochs", "auto", "--patience", 2), "--epochs auto finds out itself when to stop"),
    ],
)
def test_a_request_that_cannot_be_is_refused_before_anything_runs(prune, more, told):
    done = prune("m.h5", *more)
    assert done.exit_code == 2
    assert told in done.stderr


def test_less_than_what_is_zero_already_is_refused(prune, edgeprune, folder, tmp_path):
    sparse = ("--method", "magnitude", "--sparsity", 0.9, "--scope", "layer", "--output", "sparse.h5")
    assert prune("m.h5", *sparse).exit_code == 0
    more = ("--data", folder / "data.npz", "--method", "in-training", "--sparsity", 0.5, *TRAINED)
    done = edgeprune("prune", tmp_path / "sparse.h5", *more, cwd=tmp_path)
    assert done.exit_code == 1
    assert "conv/kernel: 32 of 36 weights are zero already, and 18 are asked for" in done.stderr
    assert "at least 0.8889" in done.stderr
