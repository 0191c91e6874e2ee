"""Commands on data without labels: scores are the agreement with the original's answers."""

import numpy as np
import pandas as pd
import pytest

KEYS = ("x_train", "x_test")


@pytest.fixture(scope="module")
def inputs(samples, tmp_path_factory):
    """The digits without their labels."""
    file = tmp_path_factory.mktemp("inputs") / "inputs.npz"
    with np.load(samples / "digits.npz") as digits:
        np.savez(file, **{key: digits[key] for key in KEYS})
    return file


@pytest.fixture(scope="module")
def pruned(samples, inputs, edgeprune, tmp_path_factory):
    """A pruned model with its int8 file, and what the command said."""
    folder = tmp_path_factory.mktemp("pruned")
    done = edgeprune(
        *("prune", samples / "digits_mlp.h5", "--method", "magnitude", "--sparsity", 0.98, "--data", inputs),
        *("--tflite", "pruned.tflite", "--quantize", "int8", "--max-drop", 60, "--format", "json"),
        cwd=folder,
    )
    assert done.exit_code == 0, done.stderr
    return folder, done


def classes(path, inputs):
    import tf_keras

    with np.load(inputs) as arrays:
        pixels = arrays["x_test"]
    model = tf_keras.models.load_model(path, compile=False)
    return model.predict(pixels.reshape(-1, *model.input_shape[1:]) / 255, verbose=0).argmax(axis=1)


def test_prune_scores_the_agreement_with_the_original(samples, inputs, pruned):
    folder, done = pruned
    rows = {row["file"] or row["stage"]: row for row in done.json["rows"]}
    same = classes(samples / "digits_mlp.h5", inputs) == classes(folder / "digits_mlp.pruned.h5", inputs)
    assert {row["metric"] for row in rows.values()} == {"agreement"}
    assert rows["original"]["score"] == 1
    assert rows["repaired"]["score"] == pytest.approx(same.mean())
    assert rows["pruned"]["score"] < rows["repaired"]["score"], "which needs no labels"
    assert 0.4 < rows["pruned.tflite"]["score"] < 1
    assert {row["loss"] for row in rows.values()} == {None}
    assert set(rows["original"]["class_scores"]) == {1}
    assert "note: there are no labels: the score is the agreement with the original's answers" in done.stderr
    assert "no better than chance" not in done.stderr


def test_a_drop_of_the_agreement_is_a_gate(samples, inputs, edgeprune, tmp_path):
    done = edgeprune(
        *("prune", samples / "digits_mlp.h5", "--method", "magnitude", "--sparsity", 0.9, "--data", inputs),
        *("--max-drop", 1, "--no-repair"),
        cwd=tmp_path,
    )
    assert done.exit_code == 3
    assert "agreement went from 1.0000 to" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_further_prune_is_against_the_original_that_the_report_names(inputs, pruned, edgeprune, samples):
    folder, _ = pruned
    done = edgeprune(
        *("prune", folder / "digits_mlp.pruned.h5", "--threshold", 0, "--data", inputs, "--output", "again.h5"),
        *("--format", "json", "--force"),
        cwd=folder,
    )
    original, model, again = done.json["rows"]
    same = classes(samples / "digits_mlp.h5", inputs) == classes(folder / "digits_mlp.pruned.h5", inputs)
    assert (original["stage"], original["score"]) == ("original", 1)
    assert (model["stage"], model["score"]) == ("model", pytest.approx(same.mean()))
    assert again["score"] == model["score"]


def test_benchmark_holds_all_files_against_the_first(samples, inputs, pruned, edgeprune):
    folder, done = pruned
    first, second, third = edgeprune(
        *("benchmark", samples / "digits_mlp.h5", folder / "digits_mlp.pruned.h5", folder / "pruned.tflite"),
        *("--data", inputs, "--runs", 5, "--format", "json"),
    ).json["rows"]
    known = {row["file"] or row["stage"]: row["score"] for row in done.json["rows"]}
    assert [first["score"], second["score"], third["score"]] == [1, known["repaired"], known["pruned.tflite"]]


def test_benchmark_refuses_files_that_cannot_agree(samples, inputs, edgeprune, tmp_path):
    import keras

    other = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])
    other.save(tmp_path / "other.keras")
    done = edgeprune("benchmark", samples / "digits_cnn.keras", tmp_path / "other.keras", "--data", inputs, "--runs", 5)
    assert done.exit_code == 1
    assert "other.keras answers regression (3,), " in done.stderr
    assert "digits_cnn.keras multiclass (): without labels, files are compared by whether they agree" in done.stderr


def test_sweep_has_agreement_at_every_point(samples, inputs, edgeprune, tmp_path):
    done = edgeprune(
        *("sweep", samples / "digits_mlp.h5", "--method", "magnitude", "--sparsities", "0.5,0.9", "--data", inputs),
        *("--quantize", "none,int8", "--no-repair", "--format", "json"),
        cwd=tmp_path,
    )
    unpruned, *points = done.json["rows"]
    assert unpruned["score"] == 1
    assert {row["metric"] for row in points} == {"agreement"}
    assert points[0]["score"] > points[-1]["score"]


def test_a_table_of_inputs_serves_a_method_that_ranks_by_activations(samples, edgeprune, tmp_path):
    with np.load(samples / "fraud.npz") as fraud:
        pd.DataFrame(fraud["x_test"]).to_csv(tmp_path / "inputs.csv", index=False)
    done = edgeprune(
        *("prune", samples / "fraud_mlp.keras", "--method", "structured", "--ratio", 0.3, "--criterion", "activation"),
        *("--data", "inputs.csv", "--label", "none", "--format", "json"),
        cwd=tmp_path,
    )
    assert done.exit_code == 0, done.stderr
    original, *cut = done.json["rows"]
    assert original["score"] == 1
    assert 0.9 < cut[-1]["score"] <= 1


def test_training_needs_labels(samples, inputs, edgeprune, tmp_path):
    done = edgeprune(
        "prune", samples / "digits_mlp.h5", "--threshold", 0.1, "--data", inputs, "--epochs", 1, cwd=tmp_path
    )
    assert done.exit_code == 2
    assert f"--epochs 1 needs labels, and {inputs} holds inputs alone" in done.stderr


def test_python_takes_inputs_alone(samples, inputs):
    import edgeprune

    with np.load(inputs) as arrays:
        pixels = arrays["x_test"]
    for data in (pixels, (pixels,)):
        outcome = edgeprune.prune(samples / "digits_mlp.h5", threshold=0.05, data=data, dry_run=data is pixels)
        assert outcome.rows[0]["metric"] == "agreement"
        assert outcome.rows[0]["score"] == 1
