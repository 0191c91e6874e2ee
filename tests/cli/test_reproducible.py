"""The same command gives the same bytes."""

from pathlib import Path

import pytest

from edgeprune.contracts.processes.quiet import silenced


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_fine_tuning_with_dropout_gives_the_same_bytes_twice(suffix, edgeprune, samples, tmp_path):
    import keras
    import tf_keras

    layers = (keras if suffix == "keras" else tf_keras).layers
    shape, dropout = layers.Input((8, 8)), layers.Dropout(0.5)
    model = (keras if suffix == "keras" else tf_keras).Sequential(
        [shape, layers.Flatten(), dropout, layers.Dense(10, activation="softmax")]
    )
    file = tmp_path / f"model.{suffix}"
    with silenced():
        model.save(file)
    written = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        words = ("--threshold", 0.05, "--data", samples / "digits.npz", "--epochs", 2, "--tflite", "m.tflite")
        done = edgeprune("prune", file, *words, cwd=folder)
        assert done.exit_code == 0, done.stderr
        written.append([Path(folder, made).read_bytes() for made in (f"model.pruned.{suffix}", "m.tflite")])
    assert written[0] == written[1]


def test_a_saved_model_has_the_same_bytes_twice(edgeprune_process, tmp_path):
    """In processes of their own: TensorFlow numbers its functions on."""
    import tf_keras

    model = tf_keras.Sequential([tf_keras.layers.Input((3,)), tf_keras.layers.Dense(2)])
    with silenced():
        model.save(tmp_path / "model", save_format="tf")
    for name in ("first", "second"):
        done = edgeprune_process("prune", tmp_path / "model", "--threshold", 0.3, "--output", tmp_path / name)
        assert done.exit_code == 0, done.stderr
    first, second = (
        {part.relative_to(folder): part.read_bytes() for part in folder.rglob("*") if part.is_file()}
        for folder in (tmp_path / "first", tmp_path / "second")
    )
    assert Path("fingerprint.pb") in first
    assert first == second
    assert tf_keras.models.load_model(tmp_path / "first").count_params() == 8
