"""Masked training: zeros stay exactly zero, the best weights are kept, nothing is retraced."""

import keras
import numpy as np
import pytest
import tf_keras

from edgeprune.contracts.errors import ModelError, TrainingError
from edgeprune.keras_models.live.interface import interface
from edgeprune.keras_models.tfmot.library import pruning_api
from edgeprune.keras_models.training import Trainer
from edgeprune.keras_models.training.distillation import Distillation, teacher_gives_logits
from edgeprune.keras_models.training.optimizers import rate_share
from tests.keras_models.training.small_models import KERASES, InMemory, kernels, make_model, options, some_masks


def fit(k, model, score=None, **changes):
    live = kernels(model)
    masks = some_masks(live)
    trainer = Trainer(model, k, live, "sparse_categorical_crossentropy", options(**changes))
    values = iter(range(1000))
    result = trainer.fit(InMemory(), masks, score or (lambda: float(next(values))), higher_is_better=True)
    return result, masks, trainer


def optimizers(k):
    decaying = {"weight_decay": 0.01}
    yield "adamw", k.optimizers.AdamW(0.01, **decaying)
    yield "momentum", k.optimizers.SGD(0.1, momentum=0.9, nesterov=True, **decaying)
    yield "averaged", k.optimizers.Adam(0.01, use_ema=True, ema_overwrite_frequency=2)
    yield "averaged at the end", k.optimizers.SGD(0.1, use_ema=True)
    yield "rmsprop", k.optimizers.RMSprop(0.01, centered=True, momentum=0.5)
    yield "ftrl", k.optimizers.Ftrl(0.05)
    yield "adafactor", k.optimizers.Adafactor(0.05)
    yield "lion", k.optimizers.Lion(0.01)
    yield "clipped", k.optimizers.Nadam(0.01, global_clipnorm=0.1)
    if k is tf_keras:
        yield "legacy", k.optimizers.legacy.Adam(0.01)
    if k is keras:
        yield "muon", k.optimizers.Muon(0.01)


CASES = [(k, name) for k in (keras, tf_keras) for name, _ in optimizers(k)]


@pytest.mark.parametrize(("k", "name"), CASES, ids=[f"{k.__name__}-{name}" for k, name in CASES])
def test_zeros_stay_exactly_zero_whatever_the_optimizer(k, name):
    model = make_model(k, dict(optimizers(k))[name])
    before = {key: variable.numpy().copy() for key, variable in kernels(model).items()}
    _, masks, _ = fit(k, model)
    for key, variable in kernels(model).items():
        trained = variable.numpy()
        assert np.array_equal(trained[~masks[key]].view(np.int32), np.zeros((~masks[key]).sum(), np.int32))
        assert not np.array_equal(trained[masks[key]], before[key][masks[key]])


@KERASES
def test_the_best_epoch_is_kept_and_training_stops_early(k):
    model = make_model(k)
    scores = iter([0.5, 0.9, 0.6, 0.6, 0.6])
    seen = []

    def score():
        seen.append(model.get_weights())
        return next(scores)

    result, _, _ = fit(k, model, score, epochs=10, patience=2)
    assert result.best_epoch == 1
    assert len(result.logs) == 3
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), seen[1], strict=True))
    assert "no better score since epoch 1" in result.notes[0]


@KERASES
def test_the_start_is_no_candidate_since_it_knows_the_validation_part(k):
    model = make_model(k)
    scores = iter([0.9, 0.5, 0.5])
    result, masks, _ = fit(k, model, lambda: next(scores), epochs=2)
    assert result.best_epoch == 2
    assert all((variable.numpy()[~masks[key]] == 0).all() for key, variable in kernels(model).items())


@KERASES
def test_ctrl_c_keeps_the_best_so_far(k):
    model = make_model(k)
    scores = iter([0.1, 0.8])

    def score():
        value = next(scores, None)
        if value is None:
            raise KeyboardInterrupt
        return value

    result, _, _ = fit(k, model, score)
    assert result.interrupted
    assert result.best_epoch == 1


@KERASES
def test_a_loss_that_becomes_nan_stops_and_keeps_the_best(k):
    model = make_model(k, k.optimizers.SGD(0.1))
    result, _, _ = fit(k, model, lambda: 0.5, learning_rate=1e30)
    assert "the loss became" in result.notes[0]
    assert all(np.isfinite(weights).all() for weights in model.get_weights())


@KERASES
def test_a_start_without_a_score_is_an_error(k):
    with pytest.raises(TrainingError, match="NaN"):
        fit(k, make_model(k), lambda: float("nan"))


@KERASES
def test_two_runs_from_the_same_weights_are_the_same(k):
    model = make_model(k)
    start = model.get_weights()
    live = kernels(model)
    trainer = Trainer(model, k, live, "sparse_categorical_crossentropy", options())
    ends = []
    for _ in range(2):
        model.set_weights(start)
        values = iter(range(9))
        trainer.fit(InMemory(), some_masks(live), lambda values=values: float(next(values)), higher_is_better=True)
        ends.append(model.get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(*ends, strict=True))


@KERASES
def test_more_runs_do_not_retrace_the_step(k):
    model = make_model(k)
    traces = []
    plain = model.train_step
    model.train_step = lambda data: traces.append(1) or plain(data)
    live = kernels(model)
    trainer = Trainer(model, k, live, "sparse_categorical_crossentropy", options())
    counts = []
    for sparsity in (0.2, 0.5, 0.8):
        masks = {key: np.random.default_rng(1).random(tuple(v.shape)) > sparsity for key, v in live.items()}
        trainer.fit(InMemory(), masks, lambda: 1.0, higher_is_better=True)
        counts.append(len(traces))
    assert counts[0] == counts[-1]


@KERASES
def test_the_compile_settings_come_back(k):
    model = make_model(k, k.optimizers.SGD(0.25), metrics=["accuracy"])
    config = model.get_compile_config()
    _, _, trainer = fit(k, model)
    trainer.close()
    assert model.get_compile_config() == config
    assert "train_step" not in vars(model)


@KERASES
@pytest.mark.parametrize("logits", [False, True])
def test_a_teacher_alone_is_imitated_be_it_of_the_other_keras(k, logits):
    """With alpha 1 the labels do not count: the student learns the teacher's answers, not the (swapped) labels."""
    teacher, student = make_model(tf_keras if logits == (k is keras) else keras), make_model(k)
    if logits:
        for model in (teacher, student):
            model.layers[-1].activation = k.activations.linear
    data = InMemory()
    teacher.fit(data.x, data.y, epochs=20, verbose=0)
    taught = teacher.predict(data.x, verbose=0).argmax(1)
    data.y = 1 - data.y
    distillation = distilled(teacher, logits, logits)
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=logits)
    trainer = Trainer(student, k, {}, loss, options(epochs=20, learning_rate=0.02), distillation)
    trainer.fit(data, {}, lambda: 0.0, higher_is_better=True)
    assert (student.predict(data.x, verbose=0).argmax(1) == taught).mean() > 0.9


def distilled(teacher, student_logits, teacher_logits):
    return Distillation(
        teacher=teacher,
        temperature=2.0,
        alpha=1.0,
        kinds=("multiclass",),
        from_logits=(student_logits,),
        teacher_from_logits=(teacher_logits,),
    )


@pytest.mark.parametrize("logits", [False, True])
def test_a_teacher_may_end_in_a_softmax_where_the_student_has_none_and_the_other_way_round(logits):
    """What is learnt are the teacher's probabilities: with `logits`, those that follow from its outputs."""
    teacher, student, data = make_model(keras), make_model(keras), InMemory()
    teacher.fit(data.x, data.y, epochs=10, verbose=0)
    taught = teacher.predict(data.x, verbose=0)
    without = teacher if logits else student
    without.layers[-1].activation = keras.activations.linear
    # what the models are by their own config
    ends = [interface(keras.models.clone_model(model)) for model in (student, teacher)]
    assert teacher_gives_logits(*ends, from_logits=(not logits,)) == (logits,)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not logits)
    trainer = Trainer(
        student, keras, {}, loss, options(epochs=30, learning_rate=0.02), distilled(teacher, not logits, logits)
    )
    trainer.fit(data, {}, lambda: 0.0, higher_is_better=True)
    found = student.predict(data.x, verbose=0)
    if not logits:
        found = np.exp(found) / np.exp(found).sum(axis=1, keepdims=True)
    assert np.abs(found - taught).mean() < 0.05


def test_a_teacher_that_ends_as_the_student_does_is_taken_as_the_student_is():
    model = interface(keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]))
    assert teacher_gives_logits(model, model, from_logits=(False,)) == (False,)


@KERASES
def test_a_teacher_of_another_shape_is_refused(k):
    other = k.Sequential([k.layers.Input((9,)), k.layers.Dense(2)])
    distillation = distilled(other, True, True)
    with pytest.raises(ModelError, match="teacher's inputs"):
        Trainer(make_model(k), k, {}, "mse", options(), distillation)


@KERASES
def test_masks_may_change_between_epochs_and_those_of_the_best_epoch_stay(k):
    model = make_model(k)
    live = kernels(model)
    changed = {key: ~mask for key, mask in some_masks(live).items()}
    called = []

    def update(epoch):
        called.append(epoch)
        for key, variable in live.items():  # what the new mask keeps, grows
            variable.assign(variable + np.where(changed[key], 0.1, 0).astype("float32"))
        return changed

    trainer = Trainer(model, k, live, "sparse_categorical_crossentropy", options())
    scores = iter([0.0, 0.3, 0.9, 0.5])
    result = trainer.fit(InMemory(), some_masks(live), lambda: next(scores), higher_is_better=True, update_masks=update)
    assert called == [1, 2]
    assert result.best_epoch == 2
    for key, variable in live.items():
        assert np.array_equal(result.masks[key], changed[key])
        assert np.array_equal(variable.numpy() != 0, changed[key])


@KERASES
def test_epochs_before_the_candidates_are_neither_kept_nor_counted_for_the_patience(k):
    trainer = Trainer(make_model(k), k, {}, "sparse_categorical_crossentropy", options(epochs=4, patience=1))
    scores = iter([0.0, 0.9, 0.5, 0.4, 0.3])
    result = trainer.fit(InMemory(), {}, lambda: next(scores), higher_is_better=True, candidates_from=3)
    assert result.best_epoch == 3
    assert len(result.logs) == 4


def test_a_model_that_tfmot_has_wrapped_is_trained():
    pruning = pruning_api()
    schedule = pruning.ConstantSparsity(0.5, begin_step=0, frequency=1)
    model = pruning.prune_low_magnitude(make_model(tf_keras), schedule)
    trainer = Trainer(model, tf_keras, {}, "sparse_categorical_crossentropy", options(epochs=2))
    step = pruning.UpdatePruningStep()
    result = trainer.fit(InMemory(), {}, lambda: 0.0, higher_is_better=True, callbacks=[step])
    assert [log.sparsity for log in result.logs] == [0.5, 0.5]


def test_the_more_is_zero_the_higher_is_the_learning_rate():
    masks = {("a", "kernel"): np.array([True] * 6), ("b", "kernel"): np.array([True, False])}
    assert rate_share({}, 8) == pytest.approx(1 / 3)
    assert rate_share(masks, 8) == pytest.approx(3 ** (2 / 8 - 1))
    assert rate_share({("a", "kernel"): np.zeros(4, dtype=bool)}, 4) == pytest.approx(3)


def test_one_sparse_layer_among_many_hardly_raises_the_learning_rate():
    assert rate_share({("a", "kernel"): np.zeros(4, dtype=bool)}, 400) == pytest.approx(3 ** (2 / 100 - 1))


@KERASES
def test_float16_within_a_nested_model_is_trained_with_its_loss_scaled(k):
    inner = k.Sequential([k.layers.Input((8,)), k.layers.Dense(16, activation="relu", dtype="mixed_float16")])
    model = k.Sequential([k.layers.Input((8,)), inner, k.layers.Dense(2, activation="softmax", dtype="float32")])
    model.compile("adam", "sparse_categorical_crossentropy")
    trainer = Trainer(model, k, {}, "sparse_categorical_crossentropy", options(epochs=1))
    trainer.fit(InMemory(), {}, lambda: 0.0, higher_is_better=True)
    assert type(model.optimizer).__name__.startswith("LossScaleOptimizer")
