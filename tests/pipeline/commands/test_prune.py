"""`edgeprune prune` from end to end, on the sample models of both Kerases."""

import json

import h5py
import keras
import numpy as np
import pytest
import tf_keras

from edgeprune.pipeline.files.exporting import energy_estimate_uj


def arguments(samples, model, *more):
    return ("prune", samples / model, "--data", samples / "digits.npz", "--format", "json", *more)


@pytest.fixture(scope="module")
def pruned(samples, edgeprune, tmp_path_factory):
    """One run with everything: global magnitude, fine-tuning, an int8 file."""
    folder = tmp_path_factory.mktemp("pruned")
    more = ("--method", "magnitude", "--sparsity", 0.8, "--epochs", 2, "--tflite", "m.tflite", "--quantize", "int8")
    done = edgeprune(*arguments(samples, "digits_mlp.h5", *more), cwd=folder)
    assert done.exit_code == 0, done.stderr
    return folder, done


def test_the_rows_tell_each_stage(pruned):
    _, done = pruned
    rows = done.json["rows"]
    assert [row["stage"] for row in rows] == ["original", "pruned", "repaired", "fine-tuned", "fine-tuned"]
    assert [row["file"] for row in rows] == [None, None, None, None, "m.tflite"]
    assert rows[0]["sparsity"] == 0
    assert rows[2]["score"] > rows[0]["score"] - 0.02
    assert rows[3]["sparsity"] == pytest.approx(0.8, abs=1e-4)
    assert rows[3]["score"] > 0.9
    assert rows[4]["tflite_bytes"] < rows[0]["tflite_bytes"] / 3


def test_every_row_has_the_scores_of_the_classes(pruned):
    _, done = pruned
    classes, rows = done.json["classes"], done.json["rows"]
    assert classes["names"] == [str(digit) for digit in range(10)]
    assert sum(classes["examples"]) == 450
    for row in rows:
        assert np.average(row["class_scores"], weights=classes["examples"]) == pytest.approx(row["score"], abs=1e-4)


def test_where_files_are_made_energies_are_those_of_files_alone(pruned):
    folder, done = pruned
    energies = [row["energy_uj_estimate"] for row in done.json["rows"]]
    assert energies[1:4] == [None, None, None]
    assert energies[4] == energy_estimate_uj((folder / "m.tflite").read_bytes())
    assert energies[0] > energies[4]


def test_no_layer_is_missing_and_the_zeros_add_up(pruned):
    _, done = pruned
    layers, rows = done.json["layers"], done.json["rows"]
    assert [layer["kind"] for layer in layers] == ["InputLayer", *["Dense"] * 4]
    assert sum(layer["zeros"] for layer in layers) == rows[1]["zero_weights"]
    assert all(layer["reason"] for layer in layers if layer["status"] == "skipped")


def test_the_model_loads_in_plain_keras_with_its_zeros_loss_and_metrics(pruned):
    folder, done = pruned
    model = tf_keras.models.load_model(folder / "digits_mlp.pruned.h5")
    kernels = [weights for weights in model.get_weights() if weights.ndim == 2]
    zeros = sum(kernel.size - np.count_nonzero(kernel) for kernel in kernels)
    assert zeros == done.json["rows"][2]["zero_weights"]
    assert getattr(model.loss, "__name__", model.loss) == "sparse_categorical_crossentropy"
    with h5py.File(folder / "digits_mlp.pruned.h5") as file:
        assert "edgeprune" not in str(dict(file.attrs))


def test_recipe_and_results_lie_beside_the_output(pruned):
    folder, done = pruned
    report = json.loads((folder / "digits_mlp.pruned.h5.json").read_text())
    assert report == done.json
    assert report["recipe"]["sparsity"] == 0.8


def test_the_same_command_gives_the_same_bytes(samples, edgeprune, tmp_path, pruned):
    folder, _ = pruned
    more = ("--method", "magnitude", "--sparsity", 0.8, "--epochs", 2, "--tflite", "m.tflite", "--quantize", "int8")
    assert edgeprune(*arguments(samples, "digits_mlp.h5", *more), cwd=tmp_path).exit_code == 0
    assert (tmp_path / "m.tflite").read_bytes() == (folder / "m.tflite").read_bytes()


def test_keras_3_stays_keras_3(samples, edgeprune, tmp_path):
    done = edgeprune(*arguments(samples, "digits_cnn.keras", "--threshold", 0.05), cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    model = keras.models.load_model(tmp_path / "digits_cnn.pruned.keras")
    zeros = sum(w.size - np.count_nonzero(w) for w in model.get_weights() if w.ndim in (2, 4))
    assert zeros == done.json["rows"][1]["zero_weights"] > 0


def test_dry_run_writes_nothing(samples, edgeprune, tmp_path):
    done = edgeprune(*arguments(samples, "digits_mlp.h5", "--threshold", 0.05, "--dry-run"), cwd=tmp_path)
    assert done.exit_code == 0
    assert list(tmp_path.iterdir()) == []
    assert sum(layer["zeros"] for layer in done.json["layers"]) > 0
    original, pruned = (row["energy_uj_estimate"] for row in done.json["rows"])
    assert original == pruned > 0


def test_a_dry_run_of_a_cut_foresees_no_energy(samples, edgeprune, tmp_path):
    more = ("--method", "structured", "--ratio", 0.5, "--dry-run")
    original, cut = edgeprune(*arguments(samples, "digits_mlp.h5", *more), cwd=tmp_path).json["rows"]
    assert cut["macs"] < original["macs"]
    assert cut["energy_uj_estimate"] is original["energy_uj_estimate"] is None


def test_a_missed_gate_is_exit_3_and_writes_nothing(samples, edgeprune, tmp_path):
    done = edgeprune(*arguments(samples, "digits_mlp.h5", "--threshold", 0.5, "--max-drop", 1), cwd=tmp_path)
    assert done.exit_code == 3
    assert "--max-drop allows 1" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_threshold_that_empties_layers_warns_with_their_names(samples, edgeprune, tmp_path):
    done = edgeprune(*arguments(samples, "digits_mlp.h5", "--threshold", 100, "--dry-run"), cwd=tmp_path)
    assert done.exit_code == 0
    assert "every weight becomes zero in hidden_1/kernel" in done.stderr


def test_an_existing_output_is_kept_unless_forced(samples, edgeprune, tmp_path):
    output = tmp_path / "digits_mlp.pruned.h5"
    output.write_text("mine")
    refused = edgeprune(*arguments(samples, "digits_mlp.h5", "--threshold", 0.1), cwd=tmp_path)
    assert refused.exit_code == 1
    assert "--force overwrites it" in refused.stderr
    assert output.read_text() == "mine"
    assert edgeprune(*arguments(samples, "digits_mlp.h5", "--threshold", 0.1, "--force"), cwd=tmp_path).exit_code == 0
    assert h5py.is_hdf5(output)


def test_a_recipe_file_is_beaten_by_a_flag(samples, edgeprune, tmp_path):
    (tmp_path / "r.toml").write_text('method = "magnitude"\nsparsity = 0.5\nexclude = ["hidden_1"]\n')
    more = ("--recipe", tmp_path / "r.toml", "--sparsity", 0.25, "--dry-run")
    recipe = edgeprune(*arguments(samples, "digits_mlp.h5", *more), cwd=tmp_path).json["recipe"]
    assert (recipe["method"], recipe["sparsity"], recipe["exclude"]) == ("magnitude", 0.25, ["hidden_1"])


def test_the_report_tells_the_learning_rate_and_those_that_were_tried(samples, edgeprune, tmp_path):
    model = tf_keras.models.load_model(samples / "digits_mlp.h5")
    model.optimizer.learning_rate = 1e-6
    model.save(tmp_path / "spent.keras")
    more = ("--method", "magnitude", "--sparsity", 0.9, "--no-repair", "--scope", "layer", "--epochs", 2)
    done = edgeprune(*arguments(samples, tmp_path / "spent.keras", *more, "--batch-size", 16), cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    (training,) = done.json["trainings"]
    assert training["learning_rate"] > 1e-3
    assert training["learning_rate"] == min(training["tried"], key=lambda tried: tried["loss"])["learning_rate"]
    assert training["epochs"] == 2
    assert f"learning rate {training['learning_rate']:.2g}, by the validation loss after" in done.stderr
    assert done.json["rows"][-1]["score"] > 0.95
