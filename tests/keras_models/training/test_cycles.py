"""Training for as long as it helps: cycles of the learning rate, and when they end."""

import math

import pytest

from edgeprune.keras_models.training import Trainer
from edgeprune.keras_models.training.cycles import cycle_ends
from tests.keras_models.training.small_models import KERASES, InMemory, make_model, options
from tests.keras_models.training.test_checkpoint import place


def test_each_cycle_is_twice_as_long_and_the_first_long_enough_to_tell():
    assert cycle_ends(422) == (1, 3, 7, 15, 31, 63)
    assert cycle_ends(10)[:3] == (10, 30, 70)


def trained(k, scores, ends_with=StopIteration, **changes):
    """The result of cycles of 1, 2, 4 and 8 epochs with these scores; `ends_with` comes in place of more."""
    values = iter([0.0, *scores])

    def score():
        for value in values:
            return value
        raise ends_with

    model = make_model(k)
    trainer = Trainer(
        model,
        k,
        {},
        "sparse_categorical_crossentropy",
        options(ends=(1, 3, 7, 15), patience=None, learning_rate=0.1, **changes),
    )
    try:
        return trainer.fit(InMemory(), {}, score, higher_is_better=True)
    finally:
        trainer.close()


@KERASES
def test_training_ends_with_the_first_cycle_from_the_third_on_that_brings_no_better_score(k):
    result = trained(k, [0.5, 0.4, 0.3, 0.5, 0.3, 0.5, 0.5])
    assert len(result.logs) == 7
    assert result.best_epoch == 7
    assert result.notes == ()
    last = [result.logs[epoch - 1].learning_rate for epoch in (1, 3, 7)]
    assert last == pytest.approx([0.0, 0.0, 0.0], abs=1e-8)
    assert result.logs[1].learning_rate == pytest.approx(0.05)
    assert result.logs[3].learning_rate == pytest.approx(0.1 * (1 + math.cos(math.pi / 4)) / 2)


@KERASES
def test_weights_of_the_first_cycles_are_kept_only_where_there_are_no_later_ones(k):
    result = trained(k, [0.9, 0.8, 0.3, 0.4, 0.6, 0.5, 0.4])
    assert (len(result.logs), result.best_epoch) == (7, 5)
    assert trained(k, [0.9, 0.8], ends_with=KeyboardInterrupt).best_epoch == 1


@KERASES
def test_while_the_score_rises_all_cycles_are_trained(k):
    assert len(trained(k, [count / 100 for count in range(15)]).logs) == 15


@KERASES
def test_a_killed_run_goes_on_within_its_cycle(k, tmp_path):
    scores = [0.1, 0.2, 0.3, 0.4, 0.5, 0.4, 0.3, *[0.2] * 8]
    whole = trained(k, scores)
    with pytest.raises(StopIteration):
        trained(k, scores[:4], checkpoints=place(tmp_path, []))
    resumed = trained(k, scores[4:], checkpoints=place(tmp_path, []))
    assert resumed.logs == whole.logs
    assert len(whole.logs) == 15
