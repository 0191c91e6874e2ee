"""Optimizers by name, weight decay, class weights, TensorBoard's files."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from edgeprune.contracts.errors import DataError, ModelError
from edgeprune.contracts.recipes.training import OPTIMIZERS
from edgeprune.keras_models.training import EpochLog, Trainer
from edgeprune.keras_models.training.class_weights import balanced_class_weights
from edgeprune.keras_models.training.optimizers import chosen_optimizer
from edgeprune.keras_models.training.tensorboard import TensorBoardLog
from tests.keras_models.training.small_models import KERASES, InMemory, make_model, options

NO_CHOICE = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"}
"""What is no optimizer by itself."""
ONE_FIT = {"ScheduleFreeAdamW"}
"""Swaps its weights when `fit` ends, and here each epoch is a `fit`."""


def test_all_optimizers_of_keras_can_be_chosen():
    found = {name for name in dir(keras.optimizers) if isinstance(getattr(keras.optimizers, name), type)}
    assert set(OPTIMIZERS) == {name.lower() for name in found - NO_CHOICE - ONE_FIT}


@KERASES
def test_the_compiled_optimizer_is_the_default_and_adam_without_one(k):
    assert type(chosen_optimizer(make_model(k, "nadam"), k, None, None)) is k.optimizers.Nadam
    assert type(chosen_optimizer(k.Sequential([k.layers.Input((2,))]), k, None, None)) is k.optimizers.Adam
    assert type(chosen_optimizer(make_model(k, "nadam"), k, "sgd", None)) is k.optimizers.SGD


@KERASES
def test_weight_decay_reaches_the_optimizer_and_its_other_settings_stay(k):
    optimizer = chosen_optimizer(make_model(k, k.optimizers.Adam(beta_1=0.5)), k, None, 0.25)
    config = optimizer.get_config()
    assert config["weight_decay"] == 0.25
    assert config["beta_1"] == pytest.approx(0.5)


def test_a_legacy_optimizer_without_weight_decay_is_named():
    model = make_model(tf_keras, tf_keras.optimizers.legacy.Adam())
    with pytest.raises(ModelError, match="legacy Adam, which takes none; choose the current one with --optimizer adam"):
        chosen_optimizer(model, tf_keras, None, 0.1)


def test_an_optimizer_that_keras_2_lacks_is_named():
    with pytest.raises(ModelError, match=r"--optimizer muon: tf_keras .* has none"):
        chosen_optimizer(make_model(tf_keras), tf_keras, "muon", None)


class Labels:
    """A stream of one example in ten of class 1."""

    def __init__(self, labels):
        self.labels = labels

    def batches(self, batch_size):
        for start in range(0, len(self.labels), 7):
            yield (), (self.labels[start : start + 7],)


ONE_IN_TEN = np.arange(40) % 10 == 0


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (ONE_IN_TEN.astype("float32")[:, None], "binary"),
        (ONE_IN_TEN.astype("int64"), "multiclass"),
        (np.eye(2, dtype="float32")[ONE_IN_TEN.astype(int)], "multiclass"),
    ],
    ids=["binary", "numbers", "one-hot"],
)
def test_balanced_weights_follow_from_the_counts(labels, kind):
    assert balanced_class_weights(Labels(labels), (kind,)) == pytest.approx({0: 40 / (2 * 36), 1: 40 / (2 * 4)})


def test_a_class_without_examples_has_a_weight_and_changes_no_other():
    weights = balanced_class_weights(Labels(np.array([0, 0, 0, 2])), ("multiclass",))
    assert weights == pytest.approx({0: 4 / 6, 1: 1.0, 2: 4 / 2})


@pytest.mark.parametrize("kinds", [("regression",), ("multiclass", "multiclass")])
def test_class_weights_of_other_tasks_are_refused(kinds):
    with pytest.raises(DataError, match="expected one output with classes"):
        balanced_class_weights(Labels(np.zeros(3)), kinds)


@KERASES
def test_class_weights_turn_the_balance(k):
    answers = []
    for weights in ({0: 100.0, 1: 0.01}, {0: 0.01, 1: 100.0}):
        model, data = make_model(k), InMemory()
        trainer = Trainer(model, k, {}, model.loss, options(learning_rate=0.03, class_weight=weights))
        trainer.fit(data, {}, lambda: 0.0, higher_is_better=True)
        answers.append(model.predict(data.x, verbose=0).argmax(1).mean())
    assert answers[0] < 0.3
    assert answers[1] > 0.7


def test_tensorboard_gets_each_epoch_and_each_run_its_folder(tmp_path):
    for loss in (0.5, 0.25):
        with TensorBoardLog(tmp_path, "run") as journal:
            journal.write(EpochLog(epoch=3, epochs=4, loss=loss, score=0.75, learning_rate=0.001, sparsity=0.875))
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["run-1", "run-2"]
    (file,) = (tmp_path / "run-2").iterdir()
    values = [value for event in events(file) for value in event.summary.value]
    assert {value.metadata.plugin_data.plugin_name for value in values} == {"scalars"}
    found = {value.tag: tf.make_ndarray(value.tensor).item() for value in values}
    expected = {"loss": 0.25, "validation score": 0.75, "learning rate": 0.001, "sparsity": 0.875}
    assert found == pytest.approx(expected)


def events(file):
    records = tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    return [event for event in map(tf.compat.v1.Event.FromString, records) if event.step == 3]


@KERASES
def test_a_rate_may_be_held_before_it_comes_down(k):
    held = options(epochs=4, learning_rate=0.1, rate_held=0.5)
    trainer = Trainer(make_model(k), k, {}, "sparse_categorical_crossentropy", held)
    rates = [log.learning_rate for log in trainer.fit(InMemory(), {}, lambda: 0.0, higher_is_better=True).logs]
    assert rates == pytest.approx([0.1, 0.1, 0.05, 0], abs=1e-8)


@KERASES
def test_logs_tell_learning_rate_and_zeros(k):
    trainer = Trainer(make_model(k), k, {}, "sparse_categorical_crossentropy", options(epochs=2, learning_rate=0.1))
    first, last = trainer.fit(InMemory(), {}, lambda: 0.0, higher_is_better=True).logs
    assert first.learning_rate == pytest.approx(0.1 * (1 + math.cos(math.pi / 2)) / 2)
    assert last.learning_rate == pytest.approx(0, abs=1e-8)
    assert first.sparsity == 0
