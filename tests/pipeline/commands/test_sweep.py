"""`edgeprune sweep`: rows, stores, files."""

import csv
import json
import shutil
import signal
import time
from unittest.mock import patch

import keras
import pytest

from edgeprune.contracts.errors import OutputError
from edgeprune.pipeline.commands import measuring, sweep


@pytest.fixture(scope="module")
def swept(samples, edgeprune, tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    spans: dict[str, list[tuple[float, float]]] = {"gzip_bytes": [], "latency_columns": []}
    with (
        patch.object(
            sweep,
            "gzip_bytes",
            watched(sweep.gzip_bytes, spans, at_least=0.5),
        ),
        patch.object(
            measuring,
            "latency_columns",
            watched(measuring.latency_columns, spans),
        ),
    ):
        done = edgeprune(*command(samples, "--output", "t.csv", "--plot", "t.png", "--store", "kept"), cwd=folder)
    assert done.exit_code == 0, done.stderr
    return folder, done, spans


def watched(function, spans, at_least=0.0):
    """The function, which notes when it ran, and takes its time."""

    def call(*arguments, **options):
        started = time.perf_counter()
        found = function(*arguments, **options)
        time.sleep(at_least)
        spans[function.__name__].append((started, time.perf_counter()))
        return found

    return call


def command(samples, *more):
    files = (samples / "digits_mlp.h5", "--data", samples / "digits.npz")
    return ("sweep", *files, "--thresholds", "0,0.05,0.1", "--epochs", 1, "--format", "json", *more)


def test_every_point_has_a_row_after_the_unpruned_model(swept):
    rows = swept[1].json["rows"]
    assert [row["threshold"] for row in rows] == [None, 0.0, 0.05, 0.1]
    assert rows[0]["stage"] == "original"
    zeros = [row["zero_weights"] for row in rows]
    assert zeros[:2] == [0, 0]
    assert zeros == sorted(zeros)
    assert all(row["tflite_gzip_bytes"] and row["latency_ms_p50"] for row in rows)


def test_table_and_plot_are_written(swept):
    folder, done, _ = swept
    with (folder / "t.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [float(line["score"]) for line in table] == [row["score"] for row in done.json["rows"]]
    assert (folder / "t.png").read_bytes().startswith(b"\x89PNG")


def test_each_point_starts_from_the_original(swept, samples, edgeprune, tmp_path):
    """One point alone comes to what it comes to among others."""
    done = edgeprune(*command(samples, "--thresholds", "0.1"), cwd=tmp_path)
    alone, among = done.json["rows"][1], swept[1].json["rows"][3]
    assert {key: alone[key] for key in ("score", "loss", "zero_weights")} == {
        key: among[key] for key in ("score", "loss", "zero_weights")
    }


def test_a_sweep_goes_on_where_it_was(swept, samples, edgeprune):
    folder, done, _ = swept
    kept = sorted((folder / "kept").iterdir())
    assert len(kept) == 4
    lost = next(file for file in kept if json.loads(file.read_text())["point"].get("threshold") == 0.05)
    lost.unlink()
    times = {file: file.stat().st_mtime_ns for file in kept if file != lost}
    again = edgeprune(*command(samples, "--store", "kept"), cwd=folder)
    assert lost.exists()
    assert {file: file.stat().st_mtime_ns for file in times} == times
    assert [row["score"] for row in again.json["rows"]] == [row["score"] for row in done.json["rows"]]


def test_nothing_is_compressed_while_something_is_timed(swept):
    compressed, timed = swept[2]["gzip_bytes"], swept[2]["latency_columns"]
    assert len(compressed) == len(timed) == 4
    assert not any(begin < other[1] and other[0] < end for begin, end in timed for other in compressed)


def test_an_interrupted_sweep_does_not_stand_in_its_own_way(swept, samples, edgeprune, tmp_path):
    """Its store has the rows, so the table is left to the run that has all of them."""
    shutil.copytree(swept[0] / "kept", tmp_path / "kept")
    again = command(samples, "--output", "t.csv", "--store", "kept")

    def interrupt(row):
        signal.raise_signal(signal.SIGINT)

    with patch.object(sweep, "describe", interrupt):
        done = edgeprune(*again, cwd=tmp_path)
    assert (done.exit_code, len(done.json["rows"]), done.json["outputs"]) == (130, 1, {})
    assert "interrupted: 1 rows are kept; the same command goes on" in done.stderr
    done = edgeprune(*again, cwd=tmp_path)
    assert (done.exit_code, len(done.json["rows"])) == (0, 4)
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 5


def test_one_list_of_points_is_needed(samples, edgeprune):
    none = edgeprune("sweep", samples / "digits_mlp.h5")
    assert none.exit_code == 2
    assert "--thresholds" in none.stderr


def test_without_a_store_rows_are_kept_until_the_sweep_succeeds(samples, edgeprune, tmp_path, monkeypatch):
    words = ("sweep", samples / "digits_mlp.h5", "--thresholds", "0.1", "--format", "json")

    def fail(result, recipe, reporter):
        raise OutputError("the table cannot be written")

    with monkeypatch.context() as patched:
        patched.setattr("edgeprune.pipeline.commands.sweep._write_files", fail)
        failed = edgeprune(*words, cwd=tmp_path)
    assert failed.exit_code == 1
    assert "what this run has finished is kept in .edgeprune/" in failed.stderr
    monkeypatch.setattr("edgeprune.pipeline.commands.measuring.Bench.measure", None)
    done = edgeprune(*words, cwd=tmp_path)
    assert (done.exit_code, len(done.json["rows"])) == (0, 2), done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("points", [("--thresholds", 0.1), ("--methods", "threshold,magnitude", "--sparsity", 0.5)])
def test_where_nothing_was_measured_there_is_a_line_in_place_of_a_plot(points, edgeprune, tmp_path):
    """There are no data, and no .tflite can be made of the model."""
    inputs = keras.Input((3, 3))
    keras.Model(inputs, keras.ops.sinh(keras.layers.Dense(3)(inputs))).save(tmp_path / "m.keras")
    if points[0] == "--methods":
        points = (*points, "--threshold", 0.1)
    done = edgeprune("sweep", "m.keras", *points, "--plot", "p.png", "--output", "t.csv", cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert "warning: p.png is not written: there is nothing to draw" in done.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["m.keras", "t.csv"]
