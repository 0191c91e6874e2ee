"""The race of learning rates: what is tried, what wins, and that nothing but the rate is left of it."""

import math

import keras
import pytest
import tf_keras

from edgeprune.contracts.errors import TrainingError
from edgeprune.keras_models.training import Trainer
from edgeprune.keras_models.training.optimizers import expected_rate, standard_rate
from edgeprune.keras_models.training.rate_race import candidates, race, steps_of_each
from tests.keras_models.training.small_models import KERASES, InMemory, kernels, make_model, options, some_masks
from tests.keras_models.training.test_checkpoint import place, random_model

DATA = InMemory(320)
HELD_OUT = InMemory(64)


def trained(k, model, **changes):
    """The result of a training whose rates are judged on held-out data, and how often its step was traced."""
    live, told, traces, plain = kernels(model), [], [], model.train_step
    model.train_step = lambda data: traces.append(1) or plain(data)
    loss = k.losses.SparseCategoricalCrossentropy()
    trainer = Trainer(model, k, live, "sparse_categorical_crossentropy", options(epochs=20, **changes))
    result = trainer.fit(
        DATA,
        some_masks(live),
        lambda: 0.5,
        higher_is_better=True,
        sample_loss=lambda: float(loss(HELD_OUT.y, model(HELD_OUT.x))),
        on_rate=told.append,
    )
    trainer.close()
    assert told == [result.rate]
    return result, len(traces)


def test_a_decade_around_the_standard_rate_is_tried_with_the_expected_one_in_place_of_its_neighbour():
    assert candidates(1e-3, 4e-3) == [1e-4, 3.2e-4, 1e-3, 4e-3, 1e-2]
    assert candidates(1e-2, 3.7e-2) == [1e-3, 3.2e-3, 1e-2, 3.7e-2, 0.1]
    assert candidates(1e-3, 2e-5) == [2e-5, 1e-4, 3.2e-4, 1e-3, 3.2e-3, 1e-2]


def test_all_runs_together_take_a_tenth_of_the_steps_and_each_enough_to_tell_something():
    assert steps_of_each(5, 2000) == 40
    assert steps_of_each(5, 200) == steps_of_each(5, 50) == 10
    assert steps_of_each(5, 30) == 6
    assert steps_of_each(5, 24) == 0


@pytest.mark.parametrize(
    ("losses", "rate"),
    [
        ({0.1: 3.0, 0.2: 1.0, 0.4: 2.0}, 0.2),
        ({0.1: 3.0, 0.2: 1.0, 0.4: 1.2}, 0.4),  # gains 2.8 of 3, as good as all
        ({0.1: 3.0, 0.2: 1.0, 0.4: math.nan}, 0.2),
        ({0.05: 1.0, 0.2: 2.0, 0.4: 3.0}, 0.1),  # half of the way to the expected one
        ({0.05: 1.0, 0.1: 2.0, 0.2: math.inf}, 0.071),  # the expected one diverges
        ({0.1: 5.0, 0.2: 6.0, 0.4: 7.0}, 0.14),  # nothing is gained
    ],
)
def test_the_highest_rate_that_does_about_best_wins_and_no_number_loses(losses, rate):
    choice = race(list(losses), 0.2, 4.0, 7, lambda rate, steps: losses[rate] * steps / 7)
    assert (choice.rate, choice.steps) == (rate, 7)
    assert [tried for tried, _ in choice.tried] == list(losses)


def test_a_training_that_diverges_at_every_rate_is_an_error():
    with pytest.raises(TrainingError, match="diverges at every learning rate"):
        race([0.1], 0.1, 4.0, 7, lambda rate, steps: math.inf)


@pytest.mark.parametrize(
    ("optimizer", "rate"),
    [
        (keras.optimizers.Adam(2e-3), 4e-3),
        (keras.optimizers.Adam(1e-6), 2e-3),
        (tf_keras.optimizers.SGD(1e-5), 1e-2),
        (tf_keras.optimizers.legacy.SGD(0.05), 0.05),
    ],
)
def test_a_saved_rate_that_has_run_out_is_not_believed(optimizer, rate):
    found, origin = expected_rate(optimizer, 2.0)
    assert found == pytest.approx(rate)
    assert ("has run out" in origin) == (float(optimizer.learning_rate) < 1e-4)


@KERASES
def test_a_custom_optimizer_that_needs_arguments_has_a_standard_rate(k):
    class Picky(k.optimizers.SGD):
        def __init__(self, learning_rate):
            super().__init__(learning_rate)

    assert standard_rate(Picky(0.5)) == 1e-3


@KERASES
def test_the_race_leaves_nothing_behind_but_a_rate_that_learns(k):
    model = random_model(k)
    model.compile(k.optimizers.Adam(1e-6), "sparse_categorical_crossentropy")
    given = random_model(k)
    result, traced = trained(k, model)
    assert len(result.rate.tried) == 5
    assert result.rate.rate >= 3e-3
    same, as_often = trained(k, given, learning_rate=result.rate.rate)
    assert same.rate.tried == ()
    assert traced == as_often
    assert same.logs == result.logs
    weights = zip(kernels(model).values(), kernels(given).values(), strict=True)
    assert all(ours.numpy().tobytes() == theirs.numpy().tobytes() for ours, theirs in weights)


@KERASES
def test_a_training_that_goes_on_takes_the_rate_that_it_began_with(k, tmp_path):
    first, _ = trained(k, random_model(k), checkpoints=place(tmp_path, []))
    model = random_model(k)
    trainer = Trainer(
        model,
        k,
        kernels(model),
        "sparse_categorical_crossentropy",
        options(epochs=20, checkpoints=place(tmp_path, [])),
    )
    again = trainer.fit(
        DATA, some_masks(kernels(model)), lambda: 0.5, True, sample_loss=lambda: pytest.fail("raced again")
    )
    assert again.rate == first.rate


@KERASES
def test_too_short_a_training_starts_from_the_expected_rate_and_says_so(k):
    live = kernels(model := make_model(k))
    trainer = Trainer(model, k, live, "sparse_categorical_crossentropy", options())
    result = trainer.fit(InMemory(), {}, lambda: 0.5, True, sample_loss=lambda: pytest.fail("raced"))
    assert result.rate.rate == pytest.approx(1e-3 / 3)
    assert "too short to try others" in result.rate.reason
