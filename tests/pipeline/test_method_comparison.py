"""`sweep --methods`: several methods on the same data and epochs; and what a sweep tells while it runs."""

import csv
from contextlib import contextmanager

import keras
import numpy as np
import pytest

from edgeprune.contracts.recipes.recipe import SweepRecipe
from edgeprune.pipeline.commands.sweep import sweep
from edgeprune.pipeline.plots.comparison_plot import plot_comparison
from tests.keras_models.saved_models import save


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small model, and data that it can learn."""
    folder = tmp_path_factory.mktemp("comparison")
    generator = np.random.default_rng(0)
    x = generator.normal(size=(240, 16)).astype("float32")
    np.savez(folder / "data.npz", x=x, y=(x.sum(1) > 0).astype("int64"))
    keras.utils.set_random_seed(1)
    layers = (keras.layers.Dense(16, activation="relu"), keras.layers.Dense(2, activation="softmax"))
    model = keras.Sequential([keras.layers.Input((16,)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy")
    save(model, folder / "m.keras")
    return folder


@pytest.fixture(scope="module")
def compare(folder, edgeprune):
    """`compare("magnitude,set", …)`: rows as JSON."""

    def run(methods, *more):
        files = (folder / "m.keras", "--data", folder / "data.npz")
        trained = ("--from-scratch", "--epochs", 2, "--batch-size", 32, "--sparsity", 0.5)
        done = edgeprune("sweep", *files, "--methods", methods, *trained, "--store", "kept", *more, cwd=folder)
        assert done.exit_code == 0, done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def rows(compare):
    written = ("--output", "t.csv", "--plot", "t.png")
    return compare("pre-training,magnitude", *written, "--format", "json").json["rows"]


def test_every_method_has_a_row_after_the_unpruned_and_the_dense_model(rows, folder):
    assert [row["method"] for row in rows] == [None, "dense", "pre-training", "magnitude"]
    assert [row["stage"] for row in rows] == ["original", "trained", "pruned", "fine-tuned"]
    assert [row["sparsity"] for row in rows] == [0, 0, 0.5, 0.5]
    assert rows[0]["training_s"] is None
    assert all(row["training_s"] > 0 for row in rows[1:])
    assert all(row["latency_ms_p50"] and row["energy_uj_estimate"] for row in rows)
    with (folder / "t.csv").open() as file:
        assert [line["method"] for line in csv.DictReader(file)] == ["", "dense", "pre-training", "magnitude"]
    assert (folder / "t.png").read_bytes().startswith(b"\x89PNG")


def test_a_comparison_goes_on_with_other_methods(rows, compare):
    """Those that stay are not trained again, and what they come to does not depend on what ran before."""
    done = compare("magnitude,set", "--zeta", 0.2, "--format", "json")
    again = done.json["rows"]
    assert [row["method"] for row in again] == [None, "dense", "magnitude", "set"]
    assert [(again[i]["training_s"], again[i]["trainings"]) for i in (1, 2)] == [
        (rows[i]["training_s"], rows[i]["trainings"]) for i in (1, 3)
    ]
    assert "note: set 0.5: learning rate" in done.stderr
    assert "magnitude" not in done.stderr


def test_each_row_knows_its_own_trainings(rows):
    """Pruned after training, a model was trained before and after; the first is shared by all such points."""
    epochs = [row["trainings"] and [training["epochs"] for training in row["trainings"]] for row in rows]
    assert epochs == [None, [2], [2], [1, 1]]


def test_the_table_has_methods_and_costs(rows, compare):
    table = compare("pre-training,magnitude").stdout
    for text in ("method", "pre-training", "dense", "training", "(est.)", "target 0.5"):
        assert text in table
    assert max(map(len, table.splitlines())) <= 80


class Events:
    """A reporter that writes down what it is told, and ends the sweep after some rows as Ctrl-C does."""

    def __init__(self, stop_after=1000):
        self.told, self._left = [], stop_after

    def note(self, text):
        pass

    detail = note

    def warning(self, text):
        self.told.append(text)

    @contextmanager
    def progress(self, label, total):
        def advance(description):
            self.told.append(description)
            self._left -= 1
            if not self._left:
                raise KeyboardInterrupt

        yield advance


def test_a_row_is_told_before_the_next_point_is_begun(folder):
    events = Events()
    sweep(folder / "m.keras", SweepRecipe(thresholds="0,9,0"), events)
    names = [text.split(",")[0] for text in events.told]
    assert names[:2] == ["unpruned", "threshold 0"]
    assert names[2].startswith("threshold 9: every weight becomes zero in")
    assert names[3:] == ["threshold 9", "threshold 0"]


def test_ctrl_c_keeps_the_rows_so_far(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where they are kept
    events = Events(stop_after=2)
    result = sweep(folder / "m.keras", SweepRecipe(thresholds="0,0.1,0.2"), events)
    assert result.interrupted
    assert [row.threshold for row in result.rows] == [None, 0.0]
    assert all(row.tflite_gzip_bytes for row in result.rows)
    assert events.told[-1].startswith("interrupted: 2 rows are kept; the same command goes on")


def test_a_plot_needs_no_scores(folder, tmp_path):
    result = sweep(folder / "m.keras", SweepRecipe(thresholds="0.1"), Events())
    plot_comparison(result.rows, tmp_path / "p.svg")
    assert "energy" in (tmp_path / "p.svg").read_text()
