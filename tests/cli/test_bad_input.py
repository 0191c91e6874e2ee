"""Bad input through the command: one clear line, the exit status of the contract, nothing written, nothing lost."""

import contextlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgeprune.contracts.processes.quiet import silenced


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """A folder of models and data, each wrong in its own way."""
    folder = tmp_path_factory.mktemp("bad")
    good = (samples / "digits_mlp.h5").read_bytes()
    (folder / "good.h5").write_bytes(good)
    (folder / "cut.h5").write_bytes(good[: len(good) // 2])
    (folder / "empty.keras").touch()
    (folder / "itself.h5").symlink_to("itself.h5")
    with zipfile.ZipFile(folder / "list.keras", "w") as archive:
        for name in ("config.json", "metadata.json", "model.weights.h5"):
            archive.writestr(name, "[]")
    (folder / "exits.py").write_text("raise SystemExit(5)\n")
    (folder / "folder").mkdir()
    with silenced(), contextlib.chdir(folder):
        _save_models(folder)
        Path("ran").unlink()
    np.savez(folder / "beyond.npz", x=np.full((20, 4), 99), y=np.arange(20) % 3)
    np.savez(folder / "objects.npz", x=np.array([{}] * 20), y=np.arange(20))
    return folder


def _save_models(folder: Path) -> None:
    import keras
    import tf_keras

    layers = keras.layers
    words = [layers.Input((4,), dtype="int32"), layers.Embedding(9, 2), layers.Flatten(), layers.Dense(3)]
    keras.Sequential([*words, layers.Softmax()]).save(folder / "words.keras")
    layers = tf_keras.layers
    code = layers.Lambda(lambda x: __import__("pathlib").Path("ran").touch() or x)
    tf_keras.Sequential([layers.Input((4,)), layers.Dense(2)]).save_weights(folder / "weights.h5")
    model = tf_keras.Sequential([layers.Input((4,)), layers.Dense(2, name="first")])
    model.get_layer("first").set_weights([np.full((4, 2), np.nan), np.zeros(2)])
    model.save(folder / "nan.h5")
    model = tf_keras.Sequential([layers.Input((4,)), code, layers.Dense(2)])
    for name in ("code.h5", "code.keras", "code_folder"):
        model.save(folder / name)


CASES = (
    (1, "no such file", "missing.h5 --threshold 0.1"),
    (1, "levels of symbolic links", "itself.h5 --threshold 0.1"),
    (1, "empty, expected a Keras model", "empty.keras --threshold 0.1"),
    (1, "cut off or damaged", "cut.h5 --threshold 0.1"),
    (1, "cut off or damaged", "list.keras --threshold 0.1"),
    (1, "holds weights only", "weights.h5 --threshold 0.1"),
    (1, "layer 'first': 8 of 8 numbers in 'kernel' are NaN", "nan.h5 --threshold 0.1"),
    *(
        (1, "holds Python code (Lambda)", f"{name} --threshold 0.1")
        for name in ("code.h5", "code.keras", "code_folder")
    ),
    (1, "they hold 99, and an embedding takes numbers from 0 to 8", "words.keras --threshold 0.1 --data beyond.npz"),
    (1, "pickled objects, which are never unpickled", "good.h5 --threshold 0.1 --data objects.npz"),
    (2, "exits.py: it fails with SystemExit: 5", "good.h5 --threshold 0.1 --custom-objects exits.py"),
    (2, "--threshold: expected at least 0, found -1.0", "good.h5 --threshold -1"),
    (2, "--threshold: expected at least 0, found nan", "good.h5 --threshold nan"),
    (2, "--seed: expected 0 to 4294967295, found -1", "good.h5 --threshold 0.1 --seed -1"),
    (
        2,
        "--no-header needs a .csv, found --data objects.npz",
        "good.h5 --threshold 0.1 --data objects.npz --no-header",
    ),
    (2, "--epochs needs --data", "good.h5 --threshold 0.1 --epochs 2"),
    (2, "--quantize needs --tflite", "good.h5 --threshold 0.1 --quantize int8"),
    (2, "--output x.keras: the result is saved in the format of good.h5", "good.h5 --threshold 0.1 --output x.keras"),
    (2, "--tflite: expected a value, found an empty one", "good.h5 --threshold 0.1 --tflite="),
    (1, "good.h5: is an input of this command", "good.h5 --threshold 0.1 --output good.h5 --force"),
    (1, "two outputs have this name", "code_folder --threshold 0.1 --output x.tflite --tflite x.tflite"),
    (1, "is a folder but no SavedModel", "code_folder --threshold 0.1 --output folder --force"),
    (1, "is a folder but no SavedModel", "code_folder --threshold 0.1 --output . --force"),
)


@pytest.mark.parametrize(("status", "reason", "arguments"), CASES, ids=[case[2] for case in CASES])
def test_one_line_says_what_is_wrong(
    status: int, reason: str, arguments: str, bad: Path, edgeprune: Callable[..., object]
) -> None:
    before = {file: file.lstat().st_mtime_ns for file in bad.rglob("*")}
    done = edgeprune("prune", *arguments.split(), cwd=bad)
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert done.exit_code == status
    assert len(errors) == 1
    assert reason in errors[0]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert {file: file.lstat().st_mtime_ns for file in bad.rglob("*")} == before


def test_a_saved_model_with_an_unknown_loss_is_pruned_and_said(
    edgeprune: Callable[..., object], tmp_path: Path
) -> None:
    import tf_keras

    def own_loss(labels: object, predictions: object) -> object:
        return tf_keras.losses.mean_squared_error(labels, predictions)

    model = tf_keras.Sequential([tf_keras.layers.Input((4,)), tf_keras.layers.Dense(2)])
    model.compile("sgd", own_loss)
    with silenced():
        model.save(tmp_path / "model")
    done = edgeprune("prune", "model", "--threshold", 0.1, cwd=tmp_path)
    assert (done.exit_code, (tmp_path / "model.pruned").is_dir()) == (0, True)
    assert "--loss says what to train for" in done.stderr
