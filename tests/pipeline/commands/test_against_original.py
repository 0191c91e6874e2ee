"""What is made of a pruned model is compared with the model that was pruned."""

import json

import keras
import numpy as np
import pytest

from edgeprune.pipeline.model_report import content_digest


@pytest.fixture(scope="module")
def folder(samples, edgeprune, tmp_path_factory):
    """A model that lost much, and the file of it."""
    folder = tmp_path_factory.mktemp("pruned")
    more = (
        "--method",
        "magnitude",
        "--sparsity",
        0.85,
        "--scope",
        "layer",
        "--no-repair",
        "--output",
        "p.h5",
        "--tflite",
        "p.tflite",
    )
    done = edgeprune("prune", samples / "digits_mlp.h5", "--data", samples / "digits.npz", *more, cwd=folder)
    assert done.exit_code == 0, done.stderr
    return folder


def run(edgeprune, samples, folder, command, *more):
    return edgeprune(command, *more, "--data", samples / "digits.npz", "--format", "json", cwd=folder)


def test_the_report_knows_both_files_by_their_content(folder, samples):
    digests = json.loads((folder / "p.h5.json").read_text())["sha256"]
    found = {"original": content_digest(samples / "digits_mlp.h5"), "output": content_digest(folder / "p.h5")}
    assert digests == found


def test_export_holds_the_file_against_the_original(edgeprune, samples, folder):
    done = run(edgeprune, samples, folder, "export", "p.h5", "--tflite", "e.tflite", "--max-drop", 0.5)
    assert done.exit_code == 3
    assert "accuracy went from 0.9867 to " in done.stderr
    done = run(edgeprune, samples, folder, "export", "p.h5", "--tflite", "e.tflite")
    original, model, written = done.json["rows"]
    assert [row["stage"] for row in (original, model)] == ["original", "model"]
    assert original["score"] == pytest.approx(0.9867, abs=1e-4)
    assert model["score"] == pytest.approx(written["score"], abs=0.01)
    assert model["score"] < 0.95
    assert original["zero_weights"] == 0
    assert original["tflite_gzip_bytes"] > 3 * written["tflite_gzip_bytes"]
    against_itself = ("--original", "p.h5", "--max-drop", 0.5, "--force")
    assert run(edgeprune, samples, folder, "export", "p.h5", "--tflite", "e.tflite", *against_itself).exit_code == 0


def test_a_model_that_is_pruned_again_is_held_against_the_first(edgeprune, samples, folder):
    again = ("p.h5", "--method", "magnitude", "--sparsity", 0.85, "--scope", "layer", "--no-repair", "--output", "q.h5")
    done = run(edgeprune, samples, folder, "prune", *again, "--max-drop", 0.5)
    assert done.exit_code == 3
    assert "accuracy went from 0.9867 to " in done.stderr
    done = run(edgeprune, samples, folder, "prune", *again, "--dry-run")
    assert [row["stage"] for row in done.json["rows"]] == ["original", "pruned"]


def test_the_scale_that_was_found_is_taken_again_unless_one_is_given(edgeprune, samples, folder):
    assert json.loads((folder / "p.h5.json").read_text())["scale"]["name"] == "0:1"
    again, given = (
        run(edgeprune, samples, folder, "benchmark", "p.h5", "--runs", 3, *more).json
        for more in ((), ("--scale", "none"))
    )
    assert (again["scales"]["p.h5"]["name"], given["scales"]["p.h5"]["name"]) == ("0:1", "none")
    done = run(edgeprune, samples, folder, "export", "p.h5", "--tflite", "scale.tflite")
    assert "(--scale 0:1, as recorded beside the model; --scale auto finds it anew)" in done.stderr
    assert "scalings tried" not in done.stderr
    assert done.json["scale"]["name"] == "0:1"


def test_benchmark_puts_the_original_first(edgeprune, samples, folder):
    done = run(edgeprune, samples, folder, "benchmark", "p.h5", "p.tflite", samples / "digits_mlp.h5", "--runs", 3)
    files = [str(samples / "digits_mlp.h5"), "p.h5", "p.tflite"]
    assert [row["file"] for row in done.json["rows"]] == files
    assert [row["stage"] for row in done.json["rows"]] == ["original", None, None]
    done = run(edgeprune, samples, folder, "benchmark", "p.h5", "--original", "p.tflite", "--runs", 3)
    assert [row["file"] for row in done.json["rows"]] == ["p.tflite", "p.h5"]


def test_an_original_that_cannot_be_compared_with_is_an_error_where_the_user_names_it(edgeprune, samples, folder):
    other = ("--original", samples / "fraud_mlp.keras")
    done = run(edgeprune, samples, folder, "export", "p.h5", "--tflite", "e2.tflite", *other)
    assert (done.exit_code, "takes and gives" in done.stderr) == (1, True)
    done = run(edgeprune, samples, folder, "export", "p.h5", "--tflite", "e2.tflite", "--original", "nowhere.h5")
    assert (done.exit_code, "nowhere.h5: no such file" in done.stderr) == (1, True)


def test_code_in_a_file_that_only_a_report_names_never_runs(edgeprune, tmp_path):
    inputs = keras.Input((4,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: 2 * x)(keras.layers.Dense(3)(inputs))).save(tmp_path / "o.keras")
    keras.Model(inputs, keras.layers.Dense(3)(inputs)).save(tmp_path / "p.keras")
    digests = {name: content_digest(tmp_path / file) for name, file in (("original", "o.keras"), ("output", "p.keras"))}
    report = {"command": "prune", "model": "o.keras", "sha256": digests}
    (tmp_path / "p.keras.json").write_text(json.dumps(report))
    np.savez(tmp_path / "d.npz", x=np.ones((9, 4)), y=np.arange(9) % 3)
    for command, more in (("export", ("--tflite", "e.tflite")), ("benchmark", ("--runs", 3))):
        done = edgeprune(command, "p.keras", *more, "--trust-model", "--data", "d.npz", cwd=tmp_path)
        assert done.exit_code == 0, done.stderr
        assert "p.keras.json names o.keras, which cannot be compared with (o.keras: " in done.stderr
