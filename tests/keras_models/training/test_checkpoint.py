"""A killed run goes on after its last finished epoch, and ends with the same bytes."""

import numpy as np
import pytest

from contracts.errors import OutputError, TrainingError
from keras_models.training import Trainer
from keras_models.variables import variables
from tests.keras_models.training.small_models import KERASES, InMemory, kernels, options, some_masks


class KilledError(Exception):
    """Stands for the end of the process."""


def random_model(k):
    """With layers that have a state besides weights: Dropout, BatchNormalization."""
    k.utils.set_random_seed(3)
    model = k.Sequential(
        [
            k.layers.Input((8,)),
            k.layers.Dense(16, activation="relu", name="hidden"),
            k.layers.Dropout(0.3, name="dropout"),
            k.layers.BatchNormalization(name="normalisation"),
            k.layers.Dense(2, activation="softmax", name="output"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def train(k, folder=None, kill_in=None):
    """The result and the weights of four epochs whose second is the best; masks move each epoch."""
    model = random_model(k)
    live = kernels(model)
    trainer = Trainer(model, k, live, "sparse_categorical_crossentropy", options(epochs=4, checkpoints=folder))
    scores = {0: 0.0, 1: 0.5, 2: 0.8, 3: 0.6, 4: 0.7}
    done = []

    def score():
        epoch = int(trainer._optimizer.variables[0].numpy()) // 8 if trainer._optimizer else 0
        done.append(epoch)
        if epoch == kill_in:
            raise KilledError
        return scores[epoch]

    def update(epoch):
        generator = np.random.default_rng(epoch)
        return {key: generator.random(tuple(variable.shape)) < 0.5 for key, variable in live.items()}

    try:
        result = trainer.fit(InMemory(), some_masks(live), score, higher_is_better=True, update_masks=update)
    finally:
        trainer.close()
    return result, {key: variable.numpy() for key, variable in variables(model).items()}, done


def assert_same(run, other):
    assert run[0].logs == other[0].logs
    assert run[0].best_epoch == other[0].best_epoch
    assert all(np.array_equal(run[0].masks[key], other[0].masks[key]) for key in run[0].masks)
    assert all(run[1][key].tobytes() == array.tobytes() for key, array in other[1].items() if key[0] != "dropout")


@KERASES
def test_a_killed_run_ends_as_an_uninterrupted_one(k, tmp_path):
    uninterrupted = train(k)
    with pytest.raises(KilledError):
        train(k, tmp_path, kill_in=3)
    resumed = train(k, tmp_path)
    assert resumed[0].resumed_after == 2
    assert resumed[2] == [0, 3, 4]  # epochs 1 and 2 are not trained again
    assert_same(resumed, uninterrupted)
    finished = train(k, tmp_path)
    assert finished[2] == [0]
    assert_same(finished, uninterrupted)


@KERASES
def test_another_start_does_not_take_up_a_checkpoint(k, tmp_path):
    train(k, tmp_path)
    model = random_model(k)
    model.layers[0].kernel.assign(model.layers[0].kernel * 2)
    trainer = Trainer(model, k, {}, "sparse_categorical_crossentropy", options(epochs=1, checkpoints=tmp_path))
    assert trainer.fit(InMemory(), {}, lambda: 0.0, higher_is_better=True).resumed_after == 0


@KERASES
def test_a_damaged_checkpoint_is_named(k, tmp_path):
    train(k, tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(TrainingError, match=f"{file.name}.*damaged.*delete it"):
        train(k, tmp_path)


@KERASES
def test_a_store_that_is_a_file_is_refused_before_training(k, tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OutputError, match="give another --store"):
        train(k, file)
