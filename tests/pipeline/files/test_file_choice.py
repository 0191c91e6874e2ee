"""`--quantize auto`: what is tried, what is chosen, and what happens where nothing passes."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from edgeprune.cli.terminal import TerminalReporter
from edgeprune.contracts.errors import QualityGateError
from edgeprune.contracts.plugins import catalogue
from edgeprune.contracts.recipes.recipe import ExportRecipe
from edgeprune.pipeline.files.exporting import Exporter
from edgeprune.pipeline.files.file_choice import choose_file, export_candidates
from edgeprune.pipeline.files.file_scores import score_file
from edgeprune.pipeline.requests.data import data_source
from edgeprune.pipeline.session import open_session
from edgeprune.tflite_export.conversion.convert import NUMERICS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network with zeros in nine tenths of its large kernel, and data that it was trained on."""
    made = tmp_path_factory.mktemp("choice")
    random = np.random.default_rng(0)
    inputs = random.normal(size=(256, 64)).astype(np.float32)
    labels = (inputs[:, :4].argmax(axis=1)).astype(np.int64)
    layers = [keras.Input((64,)), keras.layers.Dense(128, activation="relu"), keras.layers.Dense(4, "softmax")]
    model = keras.Sequential(layers)
    kernel = model.layers[0].kernel
    kernel.assign(np.where(random.random(kernel.shape) < 0.9, 0, kernel.numpy()))
    model.compile("adam", "sparse_categorical_crossentropy")
    model.save(made / "m.keras")
    np.savez(made / "d.npz", x_train=inputs, y_train=labels, x_test=inputs[:128], y_test=labels[:128])
    return made


@pytest.fixture(scope="module")
def tried(folder):
    """All files of the model, the session, and the score of the model itself."""
    recipe = ExportRecipe(tflite="m.tflite", data=str(folder / "d.npz"), quantize="auto")
    reporter = TerminalReporter()
    session = open_session(folder / "m.keras", recipe, data_source(recipe, recipe.seed), reporter)
    original = session.measure(stage="original").score
    with Exporter(session) as exporter:
        files = export_candidates(exporter, session, recipe, original, True, reporter)
    return files, session, original


def test_every_format_is_tried_dense_and_sparse(tried):
    files, _, _ = tried
    assert {exported.quantize for exported in files} == set(catalogue(NUMERICS))
    assert {exported.quantize for exported in files if exported.sparse} >= {"none", "float16"}
    assert len({(exported.quantize, exported.sparse) for exported in files}) == len(files)


def choose(tried, files, recipe, original, model):
    (first, *_), session, _ = tried  # any file will do as the unpruned model's
    return choose_file(files, first.data, recipe, session.data.task.metric, original=original, model=model)


@pytest.mark.parametrize(
    ("prefer", "column"), [("size", "tflite_bytes"), ("gzip", "tflite_gzip_bytes"), ("latency", "latency_ms_p50")]
)
def test_the_smallest_in_what_is_preferred_is_chosen(tried, prefer, column):
    files, _, original = tried
    recipe = ExportRecipe(tflite="m.tflite", quantize="auto", prefer=prefer)
    choice = choose(tried, files, recipe, original, original)
    assert len(choice.others) == len(files) - 1
    assert choice.chosen.columns[column] <= min(other.columns[column] for other in choice.others)


def test_what_a_file_loses_is_judged_on_the_validation_part(tried):
    files, session, _ = tried
    data = session.data
    model = session.score(data.validation).score
    for exported in files:
        assert exported.score == score_file(data, exported.data).score
        assert exported.validation_change == score_file(data, exported.data, data.validation).score - model


def test_the_validation_part_chooses_and_the_gates_hold_on_the_test_part(tried):
    """The original is worth 0.9 on the test part, the model that the files are made of 0.85."""
    small, large = sorted(tried[0], key=lambda exported: len(exported.data))[:: len(tried[0]) - 1]

    def chosen(*scored, **gate):
        recipe = ExportRecipe(tflite="m.tflite", quantize="auto", **(gate or {"min_score": 0.8}))
        exported = [replace(file, score=test, validation_change=change) for file, test, change in scored]
        return choose(tried, exported, recipe, 0.9, 0.85).chosen.exported.data

    assert chosen((small, 0.9, -0.02), (large, 0.9, 0.0)) == small.data
    assert chosen((small, 0.9, -0.3), (large, 0.81, 0.0)) == large.data
    assert chosen((small, 0.9, -0.3), (large, 0.81, -0.2), max_drop=10) == large.data
    with pytest.raises(QualityGateError, match=r"the best of all by the validation part, .*: accuracy"):
        chosen((small, 0.7, -0.02), (large, 0.9, 0.0))


def options(folder, *more):
    return ("export", folder / "m.keras", "--tflite", "m.tflite", "--quantize", "auto", "--format", "json", *more)


def test_a_choice_by_the_test_part_is_told(folder, edgeprune, tmp_path):
    with np.load(folder / "d.npz") as data:
        np.savez(tmp_path / "test_only.npz", x_test=data["x_test"], y_test=data["y_test"])
    done = edgeprune(
        *("export", folder / "m.keras", "--tflite", "o.tflite", "--quantize", "auto", "--data", "test_only.npz"),
        cwd=tmp_path,
    )
    assert done.exit_code == 0, done.stderr
    assert "no validation part, so the file is chosen by its score on the test part" in done.stderr


def test_the_table_has_every_file_and_the_chosen_one_last(folder, edgeprune_process, tmp_path):
    """In a process of its own, as litert-quantizer prints, which must not get among the results."""
    done = edgeprune_process(*options(folder, "--prefer", "gzip"), cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    rows = done.json["rows"]
    assert [row["stage"] for row in rows[1:-1]] == ["candidate"] * (len(rows) - 2)
    assert rows[-1]["file"] == "m.tflite"
    assert rows[-1]["tflite_bytes"] == (tmp_path / "m.tflite").stat().st_size
    assert "not int8: --quantize int8: expected examples to calibrate on" in done.stderr


def test_where_nothing_passes_the_best_is_named_and_nothing_is_written(folder, edgeprune, tmp_path):
    done = edgeprune(*options(folder, "--data", folder / "d.npz", "--min-score", "1.5"), cwd=tmp_path)
    assert done.exit_code == 3
    assert "error: the best of all by the validation part, " in done.stderr
    assert "--min-score asks for 1.5; nothing was written" in done.stderr
    assert not list(tmp_path.iterdir())
