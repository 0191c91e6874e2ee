"""The same command gives the same bytes."""

from pathlib import Path

import pytest

from contracts.quiet import silenced


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
