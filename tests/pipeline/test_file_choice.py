"""`--quantize auto`: what is tried, what is chosen, and what happens where nothing passes."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from cli.terminal import TerminalReporter
from contracts.errors import QualityGateError
from contracts.plugins import catalogue
from contracts.recipe import ExportRecipe
from pipeline.exporting import Exporter, unpruned_file
from pipeline.file_choice import Scores, choose_file, export_candidates
from pipeline.file_scores import score_file
from pipeline.session import open_session
from tflite_export.convert import NUMERICS


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
    session = open_session(folder / "m.keras", recipe, reporter)
    original = session.measure(stage="original").score
    with Exporter(session) as exporter:
        files = export_candidates(exporter, session, recipe, original, True, reporter)
    return files, session, original


def test_every_format_is_tried_dense_and_sparse(tried):
    files, _, _ = tried
    assert {exported.quantize for exported in files} == set(catalogue(NUMERICS))
    assert {exported.quantize for exported in files if exported.sparse} >= {"none", "float16"}
    assert len({(exported.quantize, exported.sparse) for exported in files}) == len(files)


@pytest.mark.parametrize(
    ("prefer", "column"), [("size", "tflite_bytes"), ("gzip", "tflite_gzip_bytes"), ("latency", "latency_ms_p50")]
)
def test_the_smallest_in_what_is_preferred_is_chosen(tried, prefer, column):
    files, session, original = tried
    recipe = ExportRecipe(tflite="m.tflite", quantize="auto", prefer=prefer)
    choice = choose_file(
        files, unpruned_file(session, recipe), recipe, session.data.task.metric, Scores(test=original, choice=original)
    )
    assert len(choice.others) == len(files) - 1
    assert choice.chosen.columns[column] <= min(other.columns[column] for other in choice.others)


def test_files_are_chosen_by_their_scores_on_the_validation_part(tried):
    files, session, _ = tried
    data = session.data
    for exported in files:
        assert exported.score == score_file(data, exported.data)
        assert exported.validation_score == score_file(data, exported.data, data.validation)


@pytest.mark.parametrize(
    ("gate", "original"),
    [({"min_score": 0.8}, Scores(test=0.0, choice=0.0)), ({"max_drop": 5}, Scores(test=0.9, choice=0.85))],
)
def test_the_gates_choose_on_the_validation_part_and_hold_on_the_test_part(tried, gate, original):
    files, session, _ = tried
    small, large = sorted(files, key=lambda exported: len(exported.data))[:: len(files) - 1]
    recipe = ExportRecipe(tflite="m.tflite", quantize="auto", **gate)

    def choose(*scored):
        exported = [replace(file, score=test, validation_score=choice) for file, test, choice in scored]
        return choose_file(exported, large.data, recipe, session.data.task.metric, original).chosen.exported.data

    assert choose((small, 0.9, 0.6), (large, 0.9, 0.85)) == large.data
    assert choose((small, 0.9, 0.82), (large, 0.6, 0.9)) == small.data
    with pytest.raises(QualityGateError, match=r"chosen on the validation part, misses a gate on the test part: acc"):
        choose((small, 0.6, 0.82), (large, 0.9, 0.9))
    with pytest.raises(QualityGateError, match=r"the best of all on the validation part, none.*: accuracy"):
        choose((small, 0.9, 0.6), (large, 0.9, 0.7))


def options(folder, *more):
    return ("export", folder / "m.keras", "--tflite", "m.tflite", "--quantize", "auto", "--format", "json", *more)


def test_the_table_has_every_file_and_the_chosen_one_last(folder, edgeprune_process, tmp_path):
    """In a process of its own, as ai-edge-quantizer prints, which must not get among the results."""
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
    assert "error: the best of all on the validation part, " in done.stderr
    assert "--min-score asks for 1.5; nothing was written" in done.stderr
    assert not list(tmp_path.iterdir())
