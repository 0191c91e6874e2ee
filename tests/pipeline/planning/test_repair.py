"""Repair through the command: what stays makes up for what went, and zeros stay where they belong."""

import json
import re

import keras
import numpy as np
import pytest
import tf_keras

from edgeprune.pipeline.training.starts import CLOSE

MAGNITUDE = ("--method", "magnitude", "--sparsity", 0.9)


@pytest.fixture(scope="module")
def run(samples, edgeprune, tmp_path_factory):
    """`run(*options, model=...)`: what pruning a sample model came to, and the folder of the result."""

    def made(*more, model="digits_mlp.h5", data=samples / "digits.npz", code=0):
        folder = tmp_path_factory.mktemp("repair")
        where = model if hasattr(model, "parent") else samples / model
        done = edgeprune("prune", where, "--data", data, *more, "--format", "json", cwd=folder)
        assert done.exit_code == code, done.stderr
        return folder, done

    return made


@pytest.fixture(scope="module")
def repaired(run):
    return run(*MAGNITUDE, "--tflite", "m.tflite", "--quantize", "int8")


def kernels(path, module=tf_keras):
    model = module.models.load_model(path, compile=False)
    return {layer.name: layer.get_weights()[0] for layer in model.layers if layer.get_weights()}


def test_a_repaired_model_scores_nearly_what_it_did(repaired):
    _, done = repaired
    rows = {row["stage"]: row for row in done.json["rows"] if not row["file"]}
    assert list(rows) == ["original", "pruned", "repaired"]
    assert rows["pruned"]["score"] < rows["original"]["score"] - 0.03
    assert rows["repaired"]["score"] > rows["original"]["score"] - 0.02
    assert rows["repaired"]["training_s"] is None
    file = done.json["rows"][-1]
    assert file["score"] > rows["repaired"]["score"] - 0.01


def test_exactly_as_much_is_zero_as_was_asked_for(repaired):
    folder, done = repaired
    saved = kernels(folder / "digits_mlp.pruned.h5")
    zeros = {name: int(np.count_nonzero(kernel == 0)) for name, kernel in saved.items()}
    size = sum(kernel.size for kernel in saved.values())
    assert abs(sum(zeros.values()) - 0.9 * size) <= len(saved)
    rows = done.json["rows"]
    assert rows[1]["zero_weights"] == rows[2]["zero_weights"] == sum(zeros.values())
    assert zeros == {layer["name"]: layer["zeros"] for layer in done.json["layers"] if layer["weights"]}


def test_without_repair_there_is_no_such_row(run):
    _, done = run(*MAGNITUDE, "--no-repair")
    assert [row["stage"] for row in done.json["rows"]] == ["original", "pruned"]


def test_a_threshold_is_taken_at_its_word(run):
    plain, bare = run("--threshold", 0.1)
    assert [row["stage"] for row in bare.json["rows"]] == ["original", "pruned"]
    folder, done = run("--threshold", 0.1, "--repair")
    before, after = (kernels(place / "digits_mlp.pruned.h5") for place in (plain, folder))
    for name, kernel in before.items():
        np.testing.assert_array_equal(kernel == 0, after[name] == 0)
    assert done.json["rows"][2]["score"] > done.json["rows"][1]["score"]


def test_blocks_stay_whole_and_a_layer_that_is_left_alone_stays_as_it_is(run, samples):
    names = list(kernels(samples / "digits_mlp.h5"))
    folder, _ = run("--method", "magnitude", "--sparsity", 0.75, "--block", "1x4", "--exclude", names[1])
    before, after = kernels(samples / "digits_mlp.h5"), kernels(folder / "digits_mlp.pruned.h5")
    np.testing.assert_array_equal(before[names[1]], after[names[1]])
    for name in (names[0], names[2]):
        blocks = after[name].reshape(-1, 4, after[name].shape[1])
        assert set(np.count_nonzero(blocks, axis=1).ravel()) == {0, 4}


def test_convolutions_and_normalisations_are_repaired(run):
    folder, done = run("--method", "magnitude", "--sparsity", 0.7, model="digits_cnn.keras")
    scores = [row["score"] for row in done.json["rows"]]
    assert scores[1] < scores[0] - 0.1
    assert scores[2] > scores[0] - 0.05
    assert all(np.isfinite(kernel).all() for kernel in kernels(folder / "digits_cnn.pruned.keras", keras).values())


def test_what_is_zero_already_stays_so(run, samples, tmp_path):
    sparse, _ = run("--threshold", 0.1)
    folder, _ = run("--method", "magnitude", "--sparsity", 0.9, model=sparse / "digits_mlp.pruned.h5")
    before, after = kernels(sparse / "digits_mlp.pruned.h5"), kernels(folder / "digits_mlp.pruned.pruned.h5")
    assert all(not after[name][kernel == 0].any() for name, kernel in before.items())


def test_a_bias_that_is_pruned_too_keeps_its_zeros(run):
    folder, done = run("--method", "magnitude", "--sparsity", 0.5, "--scope", "layer", "--include", "hidden_1/*")
    bias = tf_keras.models.load_model(folder / "digits_mlp.pruned.h5").get_layer("hidden_1").get_weights()[1]
    assert np.count_nonzero(bias == 0) == bias.size // 2
    assert done.json["rows"][2]["zero_weights"] == done.json["rows"][1]["zero_weights"]


@pytest.fixture(scope="module")
def sequences(tmp_path_factory):
    """A recurrent model, and as few examples as it has inputs."""
    folder = tmp_path_factory.mktemp("sequences")
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.LSTM(6, name="lstm"),
        keras.layers.Dense(40, "relu", name="wide"),
        keras.layers.Dense(2, "softmax"),
    ]
    keras.Sequential([keras.layers.Input((5, 3)), *layers]).save(folder / "m.keras")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 5, 3)).astype(np.float32), rng.integers(0, 2, 60)
    np.savez(folder / "data.npz", x_train=x[:30], y_train=y[:30], x_test=x[30:], y_test=y[30:])
    return folder


def test_what_cannot_be_repaired_and_too_few_examples_are_told(run, sequences):
    _, done = run(*MAGNITUDE, "--scope", "layer", model=sequences / "m.keras", data=sequences / "data.npz")
    assert "lstm/recurrent_kernel is not repaired: what LSTM gives is not linear in it alone" in done.stderr
    assert list(done.json["not_repaired"]) == ["lstm/kernel", "lstm/recurrent_kernel"]
    assert "rows of 40 inputs: give at least 80 examples" in done.stderr
    assert [row["stage"] for row in done.json["rows"]] == ["original", "pruned", "repaired"]


def test_a_sweep_measures_what_is_repaired(samples, edgeprune, tmp_path):
    more = ("--sparsities", "0.8,0.95", "--data", samples / "digits.npz", "--format", "json")
    done = edgeprune("sweep", samples / "digits_mlp.h5", "--method", "magnitude", *more, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    rows = done.json["rows"]
    assert [row["stage"] for row in rows] == ["original", "repaired", "repaired"]
    assert rows[0]["score"] - 0.02 < rows[1]["score"]
    assert 0.6 < rows[2]["score"] < rows[1]["score"]
    assert rows[2]["sparsity"] == pytest.approx(0.95, abs=1e-3)


def test_training_starts_from_the_better_weights(run):
    _, done = run(*MAGNITUDE, "--epochs", 5)
    assert [row["stage"] for row in done.json["rows"]] == ["original", "pruned", "repaired", "fine-tuned"]
    told = re.search(
        r"starts from the (\w+) weights: .* is (\S+) from the repaired ones, (\S+) from the bare", done.stderr
    )
    assert told[1] == ("repaired" if float(told[2]) < (1 - CLOSE) * float(told[3]) else "bare")
    rates = json.loads(done.stdout)["trainings"][-1]
    assert done.stderr.count(f"learning rate {rates['learning_rate']:.2g}, by the validation loss") == 1


def test_a_dry_run_tells_the_zeros_of_each_layer(run, repaired):
    _, planned = run(*MAGNITUDE, "--dry-run")
    _, done = repaired
    assert [layer["zeros"] for layer in planned.json["layers"]] == [layer["zeros"] for layer in done.json["layers"]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--method", "magnitude", "--sparsity", 0.5, "--repair"), "--repair needs --data"),
        (("--method", "magnitude", "--sparsity", 0.5, "--scope", "sensitivity"), "--scope sensitivity needs data"),
    ],
)
def test_without_data_nothing_can_be_repaired(samples, edgeprune, tmp_path, options, said):
    done = edgeprune("prune", samples / "digits_mlp.h5", *options, cwd=tmp_path)
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


def test_methods_that_train_measure_no_sensitivity(run):
    _, done = run("--method", "iterative", "--sparsity", 0.5, "--epochs", 1, "--scope", "sensitivity", code=2)
    assert "--method iterative does not measure it" in done.stderr
