"""What a file may score: errors by the target's spread, --max-drop before all, TFLite Micro on data."""

import json

import keras
import numpy as np
import pytest

from edgeprune.cli.main import run
from edgeprune.contracts.results import Measurement
from edgeprune.pipeline.files.columns import COLUMNS, heading


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    """A regression that is exact, so that any rounding is many per cent of its error; and its data."""
    folder = tmp_path_factory.mktemp("exact")
    generator = np.random.default_rng(0)
    features = generator.standard_normal((400, 12)).astype(np.float32)
    model = keras.Sequential([keras.Input((12,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])
    model.compile(loss="mse")
    model.save(folder / "exact.keras")
    np.savez(folder / "data.npz", x=features, y=model.predict(features, verbose=0))
    return folder


def export(folder, tmp_path, *options):
    files = [str(folder / "exact.keras"), "--tflite", str(tmp_path / "m.tflite"), "--data", str(folder / "data.npz")]
    return run(["export", *files, "--scale", "none", "--quantize", "int8", "--format", "json", *options])


def test_an_error_is_held_against_the_spread_of_the_target(exact, tmp_path, capsys):
    assert export(exact, tmp_path) == 0
    original, file = json.loads(capsys.readouterr().out)["rows"]
    assert file["score"] > 1000 * original["score"]
    assert file["micro_score"] is None


def test_max_drop_is_in_per_cent_of_the_error_itself(exact, tmp_path, capsys):
    assert export(exact, tmp_path, "--max-drop", "50") == 3
    assert "per cent worse; --max-drop allows 50; nothing was written" in capsys.readouterr().err


def test_max_drop_takes_the_place_of_the_fixed_gate(samples, tmp_path, capsys):
    """A model whose file loses more than 5 points is written where that much is allowed."""
    generator = np.random.default_rng(0)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3, activation="softmax")])
    kernel = generator.standard_normal((8, 3)).astype(np.float32)
    kernel[0] = 60  # the same for all classes: rounding it makes the answers of the others
    model.set_weights([kernel, np.zeros(3, np.float32)])
    model.save(tmp_path / "m.keras")
    features = generator.standard_normal((600, 8)).astype(np.float32)
    np.savez(tmp_path / "d.npz", x=features, y=model.predict(features, verbose=0).argmax(1))
    files = [str(tmp_path / "m.keras"), "--tflite", str(tmp_path / "m.tflite"), "--data", str(tmp_path / "d.npz")]
    command = ["export", *files, "--scale", "none", "--quantize", "int8"]
    assert run(command) == 1
    assert "or allow it with --max-drop" in capsys.readouterr().err
    assert run([*command, "--max-drop", "60"]) == 0


def test_the_score_in_tflite_micro_is_told(samples, tmp_path, capsys):
    pytest.importorskip("tflite_micro", reason="tflite-micro exists for Linux on x86-64 only")
    files = ["--tflite", str(tmp_path / "m.tflite"), "--data", str(samples / "digits.npz")]
    options = ["--quantize", "int8", "--target", "micro", "--format", "csv"]
    assert run(["export", str(samples / "digits_cnn.keras"), *files, *options]) == 0
    written, told = capsys.readouterr()
    header, _, values = (line.split(",") for line in written.splitlines())
    file = dict(zip(header, values, strict=True))
    assert float(file["micro_score"]) == pytest.approx(float(file["score"]), abs=0.02)
    assert "scored in TFLite Micro on" in told


def test_its_column_bears_the_metrics_name_too():
    rows = [Measurement(metric="accuracy", score=0.9, micro_score=0.8)]
    assert [heading(COLUMNS[name], rows) for name in ("score", "micro_score")] == ["accuracy", "accuracy\n(Micro)"]
