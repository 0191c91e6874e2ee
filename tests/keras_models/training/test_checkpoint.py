"""A killed run goes on after its last finished epoch, and ends with the same bytes."""

import keras as KERAS  # noqa: N812
import numpy as np
import pytest

from edgeprune.contracts.errors import OutputError
from edgeprune.contracts.origin import origin
from edgeprune.keras_models.live.variables import variables
from edgeprune.keras_models.training import Trainer
from edgeprune.keras_models.training.options import CheckpointPlace
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


def place(folder, notes, required=True):
    return CheckpointPlace(
        folder=folder,
        make_folder=lambda: folder.mkdir(parents=True, exist_ok=True),
        required=required,
        note=notes.append,
    )


def train(k, folder=None, kill_in=None, notes=(), required=True):
    """The result and the weights of four epochs whose second is the best; masks move each epoch."""
    kept = place(folder, notes if isinstance(notes, list) else [], required) if folder else None
    model = random_model(k)
    live = kernels(model)
    trainer = Trainer(model, k, live, "sparse_categorical_crossentropy", options(epochs=4, checkpoints=kept))
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
    notes = []
    resumed = train(k, tmp_path, notes=notes)
    assert [note.partition(", from ")[0] for note in notes] == ["training continues after epoch 2"]
    assert resumed[0].earlier_s > 0
    assert resumed[2] == [0, 3, 4]  # epochs 1 and 2 are not trained again
    assert_same(resumed, uninterrupted)
    finished = train(k, tmp_path)
    assert finished[2] == [0]
    assert_same(finished, uninterrupted)


def fit_one_epoch(k, notes, folder, factor=1.0, **changes):
    """Training without masks, from the model's weights times a factor."""
    model = random_model(k)
    model.layers[0].kernel.assign(model.layers[0].kernel * factor)
    wanted = {"epochs": 1, **changes, "checkpoints": place(folder, notes)}
    trainer = Trainer(model, k, {}, "sparse_categorical_crossentropy", options(**wanted))
    trainer.fit(InMemory(), {}, lambda: 0.0, higher_is_better=True)
    trainer.close()


@KERASES
def test_another_start_or_other_options_do_not_take_up_a_checkpoint(k, tmp_path):
    notes = []
    fit_one_epoch(k, notes, tmp_path)
    fit_one_epoch(k, notes, tmp_path, factor=2.0)
    fit_one_epoch(k, notes, tmp_path, seed=1)
    fit_one_epoch(k, notes, tmp_path, learning_rate=0.1)
    assert notes == []
    assert len(list(tmp_path.iterdir())) == 4
    fit_one_epoch(k, notes, tmp_path)
    assert len(notes) == 1


@KERASES
def test_a_damaged_checkpoint_is_left_aside_and_training_ends_the_same(k, tmp_path):
    uninterrupted = train(k, tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:1000])
    (tmp_path / f"{file.stem}.12345.tmp").touch()  # what a killed run left
    notes = []
    again = train(k, tmp_path, notes=notes)
    assert notes == [f"training starts from the beginning: the checkpoint {file} cannot be used: it is damaged"]
    assert again[2] == [0, 1, 2, 3, 4]
    assert_same(again, uninterrupted)
    assert list(tmp_path.iterdir()) == [file]


def test_a_checkpoint_of_another_machine_is_left_aside(tmp_path, monkeypatch):
    train(KERAS, tmp_path)
    monkeypatch.setattr("edgeprune.contracts.origin._cpu_model", lambda: "another processor")
    origin.cache_clear()
    notes = []
    try:
        assert train(KERAS, tmp_path, notes=notes)[2] == [0, 1, 2, 3, 4]
    finally:
        monkeypatch.undo()
        origin.cache_clear()
    assert "it was made with CPU" in notes[0]
    assert "another processor" in notes[0]


@pytest.mark.parametrize("required", [True, False])
def test_a_place_that_cannot_be_written_to_ends_training_only_where_the_user_chose_it(required, tmp_path):
    file = tmp_path / "file"
    file.touch()
    notes = []
    if required:
        with pytest.raises(OutputError, match="give another --store"):
            train(KERAS, file)
    else:
        assert train(KERAS, file, notes=notes, required=False)[0].best_epoch == 2
        assert len(notes) == 1
        assert "should this run fail, its training is lost: " in notes[0]
