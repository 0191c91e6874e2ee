"""`edgeprune benchmark` on files of the user's and of other people."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from edgeprune.cli.main import run


def tflite(function, *specs, allow_custom=False):
    concrete = tf.function(function, input_signature=specs).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    converter.allow_custom_ops = allow_custom
    return converter.convert()


def softmax_of(weights):
    return lambda x: tf.nn.softmax(x @ weights)


WEIGHTS = np.random.default_rng(0).standard_normal((8, 4), np.float32)
FLOATS, WORDS = tf.TensorSpec((1, 8)), tf.TensorSpec((2,), tf.string)
OTHER_PEOPLES = {
    "dynamic_batch": (lambda x: tf.matmul(x, WEIGHTS), tf.TensorSpec((None, 8))),
    "dynamic_images": (lambda x: tf.image.resize(x, (4, 4)), tf.TensorSpec((1, None, None, 3))),
    "whole_numbers": (lambda i, x: tf.gather(WEIGHTS, i) + tf.reduce_sum(x), tf.TensorSpec((3,), tf.int64), FLOATS),
    "scalar": (lambda x: 2.0 * x, tf.TensorSpec(())),
    "strings": (lambda words: tf.gather(words, [0]), WORDS),
    "branches": (lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: x @ WEIGHTS, lambda: 3 * x @ WEIGHTS), FLOATS),
    "unknown_shape": (lambda x: tf.where(x > 0), FLOATS),
}


def test_files_of_other_people_are_inspected_and_timed(tmp_path, capsys):
    paths = []
    for name, (function, *specs) in OTHER_PEOPLES.items():
        paths.append(tmp_path / f"{name}.tflite")
        paths[-1].write_bytes(tflite(function, *specs))
        assert run(["inspect", str(paths[-1]), "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["operator_counts"]

    assert run(["benchmark", *map(str, paths), "--runs", "3", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["file"] for row in rows] == [str(path) for path in paths]
    assert all(row["latency_ms_p50"] > 0 and row["load_ms"] > 0 for row in rows)


def test_a_custom_operator_is_one_line(tmp_path, capsys):
    path = tmp_path / "custom.tflite"
    path.write_bytes(tflite(tf.linalg.cholesky, tf.TensorSpec((1, 3, 3)), allow_custom=True))
    assert run(["inspect", str(path)]) == 0
    assert "custom:Cholesky" in capsys.readouterr().out
    assert run(["benchmark", str(path)]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"error: {path}: LiteRT refuses the file: Encountered unresolved custom op: Cholesky")


def test_scores_are_plotted_and_batches_told(tmp_path, capsys):
    path, plot, data = tmp_path / "four.tflite", tmp_path / "four.svg", tmp_path / "d.npz"
    path.write_bytes(tflite(lambda x: tf.nn.softmax(x @ WEIGHTS), tf.TensorSpec((4, 8))))
    generator = np.random.default_rng(1)
    np.savez(data, x=generator.random((50, 8), np.float32), y=generator.integers(0, 4, 50))
    command = ["benchmark", str(path), "--data", str(data), "--plot", str(plot), "--runs", "3", "--operators"]
    assert run(command) == 0
    printed = capsys.readouterr()
    assert "Fully Connected" in printed.out
    assert "takes 4 examples a run" in printed.err
    assert "<svg" in plot.read_text()
    assert run(command) == 1
    assert "four.svg: exists already; --force overwrites it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--plot", "b.png"], "--plot needs --data; give --data D"),
        (["--plot", "b.pdf", "--data", "mnist"], "--plot b.pdf"),
    ],
)
def test_a_plot_that_could_not_be_drawn_is_wrong_usage(options, message, capsys):
    assert run(["benchmark", "a.tflite", *options]) == 2
    assert message in capsys.readouterr().err


def test_a_class_that_pays_is_told_of(tmp_path, capsys):
    labels = np.array(["cat", "dog", "owl"])[np.repeat([0, 1, 2], (100, 950, 950))]
    inputs = np.zeros((2000, 8), np.float32)
    inputs[np.arange(2000), np.unique(labels, return_inverse=True)[1]] = 1
    inputs[:15, 5] = 1  # these cats are dogs to the second file
    np.savez(tmp_path / "d.npz", x_train=inputs, y_train=labels, x_test=inputs, y_test=labels)
    paths = [tmp_path / "first.tflite", tmp_path / "second.tflite"]
    for path, weight in zip(paths, (0, 9), strict=True):
        weights = np.eye(8, 3, dtype=np.float32)
        weights[5, 1] = weight
        path.write_bytes(tflite(softmax_of(weights), FLOATS))
    assert run(["benchmark", *map(str, paths), "--runs", "3", "--data", str(tmp_path / "d.npz")]) == 0
    (warning,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning:")]
    assert "second.tflite: the average loses 0.75 points, but class cat loses 15.0 (100.0% to 85.0%" in warning


def test_a_model_that_makes_no_file_has_no_energy_beside_those_of_files(tmp_path, capsys):
    path = tmp_path / "m.keras"
    inputs = keras.Input((3, 3))
    keras.Model(inputs, keras.ops.sinh(keras.layers.Dense(3)(inputs))).save(path)
    assert run(["benchmark", str(path), "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert "no size and latency, as it cannot be converted to .tflite" in captured.err
    assert json.loads(captured.out)["rows"][0]["energy_uj_estimate"] is None


def test_files_that_take_raw_pixels_are_scored_on_raw_pixels(tmp_path, capsys):
    """The sample model with 1/255 put into its first kernel is the same network for values that nobody divides."""
    model = keras.models.load_model("sample_models/digits_mlp.h5")
    first = next(layer for layer in model.layers if layer.weights)
    first.set_weights([first.get_weights()[0] / 255, *first.get_weights()[1:]])
    model.save(tmp_path / "raw.h5")
    data = ["--data", "sample_models/digits.npz", "--format", "json"]
    files = [str(tmp_path / "raw.h5"), str(tmp_path / "raw.tflite")]
    assert run(["export", files[0], "--tflite", files[1], *data]) == 0
    capsys.readouterr()
    assert run(["benchmark", "sample_models/digits_mlp.h5", *files, "--runs", "1", *data]) == 0
    written = capsys.readouterr()
    rows = json.loads(written.out)["rows"]
    assert rows[0]["score"] > 0.9
    assert {row["score"] for row in rows[1:]} == {rows[0]["score"]}
    assert "values from 0 to 255 are not scaled (--scale none)" in written.err
