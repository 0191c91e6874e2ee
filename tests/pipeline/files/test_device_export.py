"""`export --target micro` and `--c-array`, as the user gives them."""

import keras
import pytest

from edgeprune.cli.main import run


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "m.keras"
    layers = [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3, activation="softmax")]
    keras.Sequential(layers).save(path)
    return str(path)


def test_all_files_are_written_and_the_arena_is_told(model, tmp_path, capsys):
    pytest.importorskip("tflite_micro", reason="tflite-micro exists for Linux on x86-64 only")
    files = ["--tflite", str(tmp_path / "m.tflite"), "--c-array", str(tmp_path / "m.cc")]
    assert run(["export", model, *files, "--target", "micro", "--format", "csv"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"m.tflite", "m.cc", "m.h"}
    header, _, written = capsys.readouterr().out.splitlines()
    arena = dict(zip(header.split(","), written.split(","), strict=True))["arena_bytes"]
    assert f"arena_bytes = {arena};" in (tmp_path / "m.h").read_text()


def test_a_file_that_needs_too_much_memory_is_not_written(model, tmp_path, capsys):
    pytest.importorskip("tflite_micro", reason="tflite-micro exists for Linux on x86-64 only")
    files = ["--tflite", str(tmp_path / "m.tflite"), "--c-array", str(tmp_path / "m.cc")]
    assert run(["export", model, *files, "--target", "micro", "--max-arena", "100"]) == 3
    assert "bytes, --max-arena allows 100; nothing was written" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_header_is_not_overwritten_unasked(model, tmp_path, capsys):
    (tmp_path / "m.h").write_text("mine")
    assert run(["export", model, "--tflite", str(tmp_path / "m.tflite"), "--c-array", str(tmp_path / "m.cc")]) == 1
    assert "m.h: exists already; --force overwrites it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--target mobile --target micro", "--target mobile and --target micro exclude each other"),
        ("--target watch", "--target: expected one of input, mobile, micro, found 'watch'"),
        ("--max-arena 1000", "--max-arena needs --target micro; give --target micro too"),
        ("--c-array m.h", "--c-array m.h: expected a name that ends in .cc, .cpp"),
        ("--target micro --sparse on", "TFLite Micro reads dense weights only"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(model, tmp_path, options, message, capsys):
    assert run(["export", model, "--tflite", str(tmp_path / "m.tflite"), *options.split()]) == 2
    assert message in capsys.readouterr().err


def test_a_device_without_a_file_is_wrong_usage(model, capsys):
    assert run(["prune", model, "--threshold", "0.1", "--target", "micro"]) == 2
    assert "--target micro needs --tflite; give --tflite FILE.tflite too" in capsys.readouterr().err


def test_the_target_of_training_and_the_device_go_together(samples, tmp_path, capsys):
    """A recipe file's single text still reads as before."""
    (tmp_path / "r.toml").write_text('target = "input"\n')
    options = ["--recipe", str(tmp_path / "r.toml"), "--tflite", str(tmp_path / "m.tflite")]
    options += ["--data", str(samples / "digits.npz")]
    assert run(["export", str(tmp_path / "missing.keras"), *options]) == 1
    assert run(["export", str(tmp_path / "missing.keras"), *options, "--target", "input", "--target", "micro"]) == 1
    assert "missing.keras" in capsys.readouterr().err
