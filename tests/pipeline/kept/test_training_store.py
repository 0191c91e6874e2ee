"""What decides a training, and so the name of its folder; and that a run which failed after it goes on from there."""

import json

import pytest

from edgeprune.contracts.recipes.recipe import ExportRecipe, MethodRecipe, PruneRecipe
from edgeprune.contracts.recipes.training import TrainingRecipe
from edgeprune.keras_models.training.checkpoint import Checkpoint
from edgeprune.pipeline.kept.kept_run import CACHE
from edgeprune.pipeline.kept.training_store import run_name


@pytest.fixture
def files(tmp_path):
    for name in ("model.h5", "data.npz", "teacher.h5"):
        (tmp_path / name).write_text(name)
    return tmp_path


def named(files, kind=PruneRecipe, **changes):
    given = {"epochs": 3, "data": str(files / "data.npz")} if kind is PruneRecipe else {"data": str(files / "data.npz")}
    recipe = kind(**{**given, **changes})
    training = recipe if kind is PruneRecipe else TrainingRecipe()
    method = recipe if kind is PruneRecipe else MethodRecipe()
    return run_name(files / "model.h5", method=method, training=training, data=recipe, opening=recipe, seed=recipe.seed)


@pytest.mark.parametrize(
    "changes",
    [
        {"target": ("micro",), "max_arena": 1000, "c_array": "a.cc"},
        {"quantize": "int8", "io": "int8", "tflite": "a.tflite", "keep_float": ("a",), "sparse": "off"},
        {"qat_epochs": 3, "clusters": 16},
        {"output": "b.h5", "plot": "a.png", "force": True, "tensorboard": "logs", "check": True, "store": "kept"},
        {"min_score": 0.5, "max_drop": 1.0, "trust_model": True},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_outputs_export_and_gates_do_not_decide_a_training(changes, files):
    assert named(files, **changes) == named(files)


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 4},
        {"seed": 1},
        {"sparsity": 0.5},
        {"optimizer": "sgd"},
        {"target": ("input",)},
        {"metric": "auc"},
        {"distill": True, "teacher": "teacher.h5"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_options_of_the_method_of_training_and_of_data_decide_it(changes, files):
    assert named(files, **changes) != named(files)


def test_of_files_the_content_decides_not_the_name(files):
    for kind in (PruneRecipe, ExportRecipe):
        first = named(files, kind)
        (files / "copy.npz").write_bytes((files / "data.npz").read_bytes())
        assert named(files, kind, data=str(files / "copy.npz")) == first
        (files / "data.npz").write_text(f"other {kind}")
        assert named(files, kind) != first


def failed_then_done(edgeprune, folder, words, gates, files):
    """A run that misses a gate, and one with other export options: the note of each, and what the second wrote."""
    missed = edgeprune(*words, *gates, "--format", "json", cwd=folder)
    assert missed.exit_code == 3, missed.stderr
    kept = [path.name for path in (folder / CACHE).iterdir()]
    assert len(kept) == 2
    assert (folder / CACHE / ".gitignore").read_text() == "*\n"
    assert f"what this run has finished is kept in {CACHE}/" in missed.stderr
    done = edgeprune(*words, *files, "--format", "json", cwd=folder)
    assert done.exit_code == 0, done.stderr
    assert "training continues after epoch 2" in done.stderr
    assert not (folder / CACHE).exists()
    return done.json


def test_a_missed_gate_does_not_lose_the_training(edgeprune, samples, tmp_path):
    words = ("prune", samples / "digits_mlp.h5", "--data", samples / "digits.npz", "--threshold", 0.02, "--epochs", 2)
    found = failed_then_done(edgeprune, tmp_path, words, ("--min-score", 1), ("--tflite", "m.tflite"))
    assert found["rows"][2]["training_s"] > 0.05  # that of the first run
    assert json.loads((tmp_path / "digits_mlp.pruned.h5.json").read_text()) == found
    uninterrupted = edgeprune(*words, "--output", "u.h5", cwd=tmp_path)
    assert uninterrupted.exit_code == 0
    assert (tmp_path / "u.h5").read_bytes() == (tmp_path / "digits_mlp.pruned.h5").read_bytes()
    assert "goes on after" not in uninterrupted.stderr


def test_a_missed_gate_does_not_lose_training_with_rounding(edgeprune, samples, tmp_path):
    words = ("export", samples / "digits_mlp.h5", "--data", samples / "digits.npz", "--quantize", "int8")
    words = (*words, "--tflite", "m.tflite", "--qat-epochs", 2)
    failed_then_done(edgeprune, tmp_path, words, ("--min-score", 1), ("--sparse", "off"))
    assert [file.name for file in tmp_path.iterdir()] == ["m.tflite"]


def test_a_store_that_the_user_names_stays_after_success(edgeprune, samples, tmp_path):
    words = ("prune", samples / "digits_mlp.h5", "--data", samples / "digits.npz", "--threshold", 0.02, "--epochs", 1)
    for expected in (False, True):
        done = edgeprune(*words, "--store", "kept", "--force", cwd=tmp_path)
        assert done.exit_code == 0, done.stderr
        assert ("training continues after epoch 1" in done.stderr) is expected
    (run,) = (tmp_path / "kept").iterdir()
    assert [file.suffix for file in run.iterdir()] == [".checkpoint"]
    assert not (tmp_path / CACHE).exists()


class KilledError(BaseException):
    """Stands for the end of the process."""


def test_a_run_that_is_killed_in_any_of_its_trainings_ends_with_the_same_bytes(
    edgeprune, samples, tmp_path, monkeypatch
):
    """From scratch: two epochs of the dense model, then two rounds of two."""
    words = ("prune", samples / "digits_mlp.h5", "--data", samples / "digits.npz", "--method", "iterative")
    words = (*words, "--sparsity", 0.9, "--rounds", 2, "--epochs", 2, "--from-scratch")
    assert edgeprune(*words, "--output", "u.h5", cwd=tmp_path).exit_code == 0
    keep, kept = Checkpoint.keep, []

    def killed_after_two(checkpoint):
        keep(checkpoint)
        kept.append(1)
        if len(kept) % 2 == 0:
            raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "keep", killed_after_two)
        for _ in range(3):
            with pytest.raises(KilledError):
                edgeprune(*words, "--output", "k.h5", cwd=tmp_path)
    assert edgeprune(*words, "--output", "k.h5", cwd=tmp_path).exit_code == 0
    assert len(kept) == 6  # no epoch was trained twice
    assert (tmp_path / "k.h5").read_bytes() == (tmp_path / "u.h5").read_bytes()
