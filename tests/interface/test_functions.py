"""The commands as functions: rows as the command's, the live model, and a process that is as it was before."""

import contextlib
import io
import json
import logging
import os
import random
import signal
import sys
import tempfile
import threading
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import edgeprune as interface

HALF = {"method": "magnitude", "sparsity": 0.5}
NOT_REPEATED = ("training_s", "model_bytes", "latency_ms_p50", "latency_ms_p90")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder, in which nothing may be left that was not asked for."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def names(place):
    return sorted(path.name for path in place.iterdir())


def process():
    """All that a call must leave as it was."""
    return (
        dict(os.environ),
        list(sys.path),
        random.getstate(),
        [np.asarray(part).tolist() for part in np.random.get_state()],
        [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        (tempfile.tempdir, Path.cwd(), names(Path.cwd())),
        (list(warnings.filters), logging.root.manager.disable, logging.getLogger("tensorflow").level),
    )


def model_state(model):
    return (
        [np.array(weight) for weight in model.get_weights()],
        [variable.numpy() for variable in model.optimizer.variables if "learning_rate" not in variable.name]
        if model.optimizer.__module__.startswith("keras.")
        else [variable.numpy() for variable in model.optimizer.variables],
        model.get_config(),
        model.get_compile_config(),
    )


def repeated(rows):
    return [{name: value for name, value in row.items() if name not in NOT_REPEATED} for row in rows]


def test_a_live_model_with_arrays_gives_the_rows_of_the_command(library, make, data, edgeprune, tmp_path, capfd):
    model = make(library)
    model.save(tmp_path / "tiny.keras")
    np.savez(tmp_path / "data.npz", x=data[0], y=data[1])
    flags = ["--method", "magnitude", "--sparsity", 0.5, "--epochs", 2, "--seed", 3, "--output", tmp_path / "p.keras"]
    done = edgeprune("prune", tmp_path / "tiny.keras", *flags, "--data", tmp_path / "data.npz", "--format", "json")
    before, optimizer, started = model_state(model), model.optimizer, process()
    capfd.readouterr()
    outcome = interface.prune(model, **HALF, epochs=2, seed=3, data=data)
    assert capfd.readouterr() == ("", "")
    assert process() == started
    assert repeated(outcome.rows) == repeated(done.json["rows"])
    np.testing.assert_equal(model_state(model), before)
    assert model.optimizer is optimizer
    assert type(outcome.model) is type(model)
    assert outcome.model.loss == model.loss or outcome.model.loss.__name__ == model.loss
    assert sum(np.count_nonzero(layer.get_weights()[0] == 0) for layer in outcome.model.layers) == 36
    told = json.loads(outcome.to_json())
    assert (told["model"], told["recipe"]["output"], told["outputs"]) == ("tiny", None, {})
    assert outcome.notes
    assert not any(tempfile.gettempdir() in text for text in (*outcome.notes, outcome.to_json()))


def test_a_path_gives_the_object_that_the_command_prints(samples, edgeprune):
    file = samples / "digits_mlp.h5"
    assert interface.inspect(file).to_json() + "\n" == edgeprune("inspect", file, "--format", "json").stdout
    outcome = interface.prune(str(file), threshold=0.05, dry_run=True)
    done = edgeprune("prune", file, "--threshold", 0.05, "--dry-run", "--format", "json")
    assert outcome.to_json() + "\n" == done.stdout
    assert (outcome.rows, outcome.layers) == (done.json["rows"], done.json["layers"])
    assert outcome.model is None


def test_what_is_told_is_printed_where_that_is_asked_for(make, data, capfd):
    outcome = interface.prune(make(keras), **HALF, epochs=1, data=data, verbose=True)
    printed, errors = capfd.readouterr()
    assert errors == ""
    assert [f"note: {note}" for note in outcome.notes] == [line for line in printed.splitlines() if line[:5] == "note:"]
    assert "fine-tuning: epoch 1/1: loss" in printed


class Shifted(keras.layers.Layer):
    """A layer that no Keras has."""

    def call(self, inputs):
        return inputs + 1.0

    def compute_output_shape(self, input_shape):
        return input_shape


def doubled(inputs):
    return 2.0 * inputs


def own_loss(labels, outputs):
    return keras.losses.sparse_categorical_crossentropy(labels, outputs)


def test_a_live_model_of_the_caller_s_own_code_is_trained_and_exported(make, data, folder):
    layers = [Shifted(), keras.layers.Activation(doubled), keras.layers.Lambda(lambda inputs: inputs - 1.0)]
    model = make(keras, *layers, loss=own_loss)
    outcome = interface.prune(model, **HALF, epochs=1, data=data, tflite="own.tflite")
    assert names(folder) == ["own.tflite"]
    assert outcome.outputs == {"tflite": "own.tflite"}
    assert (type(outcome.model.layers[1]), outcome.model.loss) == (Shifted, own_loss)
    model.save(folder / "own.keras")
    with pytest.raises(interface.UntrustedCodeError, match=r"own\.keras: layer 'shifted' is of the custom class"):
        interface.benchmark(folder / "own.keras", model)


@pytest.mark.parametrize("form", ["one-hot", "batches", "two parts", "frame"])
def test_data_of_many_forms_are_taken(make, data, form):
    x, y = data
    dataset = tf.data.Dataset.from_tensor_slices((x, y))
    forms = {
        "one-hot": (tf.constant(x), np.eye(3)[y]),
        "batches": dataset.batch(7),
        "two parts": (dataset, dataset.take(30)),
        "frame": pytest.importorskip("pandas").DataFrame(x).assign(label=y),
    }
    rows = interface.prune(make(keras), **HALF, data=forms[form], dry_run=True).rows
    assert rows[0]["score"] > 0


def breaking():
    yield np.zeros(6, np.float32), 1
    raise ValueError("no more")


def test_a_data_set_that_never_ends_or_fails_is_refused(make, data, folder, capfd):
    endless = tf.data.Dataset.from_tensor_slices(data).repeat()
    with pytest.raises(interface.DataError, match=r"the tf\.data\.Dataset never ends; leave \.repeat\(\) out"):
        interface.prune(make(keras), **HALF, data=endless)
    shapes = (tf.TensorSpec((6,)), tf.TensorSpec((), tf.int64))
    with pytest.raises(interface.DataError, match="cannot be read: ValueError: no more; mend what it is made of"):
        interface.prune(make(keras), **HALF, data=tf.data.Dataset.from_generator(breaking, output_signature=shapes))
    assert (names(folder), capfd.readouterr()) == ([], ("", ""))


def test_several_inputs_a_lambda_as_loss_and_a_teacher_are_taken(data):
    x, y = data
    left, right = keras.Input((4,), name="left"), keras.Input((2,), name="right")
    hidden = keras.layers.Dense(8, "relu")(keras.layers.Concatenate()([left, right]))
    model = keras.Model([left, right], keras.layers.Dense(3, "softmax")(hidden))
    model.compile("adam", lambda labels, outputs: own_loss(labels, outputs) + 1.0)
    parts = ([x[:, :4], x[:, 4:]], y)
    outcome = interface.prune(model, **HALF, epochs=1, data=parts, distill=True, teacher=model)
    assert [row["stage"] for row in outcome.rows] == ["original", "pruned", "repaired", "fine-tuned"]
    assert outcome.rows[0]["loss"] > 1
    assert outcome.result.recipe["teacher"] == f"{model.name} (2)"


def test_files_that_are_asked_for_are_written_and_name_what_was_given(make, data, folder):
    outcome = interface.prune(make(tf_keras), **HALF, epochs=1, data=data, output=folder / "small.h5")
    assert names(folder) == ["small.h5", "small.h5.json"]
    assert tf_keras.models.load_model(folder / "small.h5").loss is tf_keras.losses.sparse_categorical_crossentropy
    assert json.loads((folder / "small.h5.json").read_text(encoding="utf-8"))["model"] == "tiny"
    with pytest.raises(interface.OutputError, match="exists already"):
        interface.prune(outcome.model, **HALF, output="small.h5")


def test_sweep_export_and_benchmark_take_live_models(make, data, folder):
    model = make(keras)
    swept = interface.sweep(model, thresholds=[0, np.float32(0.5)], data=data, output="table.json")
    assert [row["threshold"] for row in swept.rows] == [None, 0.0, 0.5]
    assert json.loads((folder / "table.json").read_text(encoding="utf-8"))["recipe"]["data"] == "data"
    exported = interface.export(model, folder / "tiny.tflite", quantize="int8", data=data)
    assert exported.outputs == {"tflite": str(folder / "tiny.tflite")}
    compared = interface.benchmark(model, model, "tiny.tflite", data=data, runs=5)
    assert [row["file"] for row in compared.rows] == ["tiny", "tiny (2)", "tiny.tflite"]
    assert compared.rows[2]["score"] == exported.rows[1]["score"]
    assert names(folder) == ["table.json", "tiny.tflite"]


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: interface.prune("no.keras", sparsty=0.5), interface.UsageError, "unknown argument 'sparsty'; did you"),
        (lambda: interface.prune("no.keras", sparsity="half"), interface.UsageError, "sparsity: expected a number, fo"),
        (
            lambda: interface.prune("no.keras", epochs=True),
            interface.UsageError,
            "epochs: expected a whole number",
        ),
        (lambda: interface.prune("no.keras", **HALF, epochs=1), interface.UsageError, "--epochs needs --data"),
        (lambda: interface.prune("no.keras", threshold=0.1), interface.ModelFileError, "no.keras: no such file"),
        (
            lambda: interface.prune(3, threshold=0.1),
            interface.UsageError,
            "expected a path or a Keras model",
        ),
        (lambda: interface.export("no.keras"), interface.UsageError, "--tflite FILE.tflite is required"),
        (lambda: interface.benchmark(), interface.UsageError, "benchmark needs a file"),
        (
            lambda: interface.prune(keras.Sequential([keras.layers.Dense(3)]), threshold=0.1),
            interface.ModelError,
            "has no weights yet; build it",
        ),
    ],
)
def test_errors_are_ours_and_say_what_the_command_says(call, kind, message):
    with pytest.raises(kind, match=message) as told:
        call()
    assert isinstance(told.value, interface.EdgepruneError)
    assert told.value.args == (told.value.message,)


def test_a_missed_gate_leaves_nothing_and_names_the_model(make, data, folder):
    with pytest.raises(interface.QualityGateError, match="--min-score asks for 1"):
        interface.prune(make(keras), **HALF, epochs=1, data=data, min_score=1.0, output="small.keras")
    assert names(folder) == []
    with pytest.raises(interface.DataError, match=r"^data: y has 5 examples, x has 90"):
        interface.prune(make(keras), **HALF, data=(data[0], data[1][:5]))


class Interrupting(io.StringIO):
    """Standard output that sends SIGINT once training has begun."""

    def write(self, text):
        if "epoch 2/" in text:
            signal.raise_signal(signal.SIGINT)
        return super().write(text)


def test_an_interrupt_is_a_keyboard_interrupt_and_leaves_nothing(make, data, folder):
    started = process()
    with pytest.raises(KeyboardInterrupt), contextlib.redirect_stdout(Interrupting()):
        interface.prune(make(keras), **HALF, epochs=50, data=data, verbose=True)
    assert process() == started
    assert interface.prune(make(keras), **HALF).rows[1]["sparsity"] == 0.5


def test_calls_from_several_threads_give_what_one_alone_gives(make, data):
    model, found = make(keras), []
    calls = [threading.Thread(target=lambda: found.append(interface.prune(model, **HALF, data=data))) for _ in range(2)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert repeated(found[0].rows) == repeated(found[1].rows)
