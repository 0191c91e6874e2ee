"""Masked training: zeros stay exactly zero, the best weights are kept, nothing is retraced."""

import keras
import numpy as np
import pytest
import tf_keras

from contracts.data import Batch
from contracts.errors import ModelError, TrainingError
from keras_models.distillation import Distillation
from keras_models.training import FitOptions, Trainer
from keras_models.training.optimizers import rate_share
from keras_models.variables import variables

KERASES = pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras3", "keras2"])


class InMemory:
    """A Split of generated data: which of two noisy halves is larger."""

    def __init__(self, size=256):
        generator = np.random.default_rng(0)
        self.x = generator.normal(size=(size, 8)).astype("float32")
        self.y = (self.x[:, :4].sum(1) > self.x[:, 4:].sum(1)).astype("int64")
        self.size = size

    @property
    def arrays(self) -> Batch:
        return (self.x,), (self.y,)


def make_model(k, optimizer="adam", **settings):
    k.utils.set_random_seed(3)
    model = k.Sequential(
        [
            k.layers.Input((8,)),
            k.layers.Dense(16, activation="relu"),
            k.layers.BatchNormalization(),
            k.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", **settings)
    return model


def kernels(model):
    return {key: variable for key, variable in variables(model).items() if key[1] == "kernel"}


def some_masks(live):
    generator = np.random.default_rng(1)
    return {key: generator.random(tuple(variable.shape)) < 0.4 for key, variable in live.items()}


def options(**changes):
    return FitOptions(**({"epochs": 3, "learning_rate": None, "batch_size": 32, "patience": 5, "seed": 0} | changes))


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
def test_a_teacher_alone_is_imitated(k, logits):
    """With alpha 1 the labels do not count: the student learns the teacher's answers, not the (swapped) labels."""
    teacher, student = make_model(k), make_model(k)
    if logits:
        for model in (teacher, student):
            model.layers[-1].activation = k.activations.linear
    data = InMemory()
    teacher.fit(data.x, data.y, epochs=20, verbose=0)
    taught = teacher.predict(data.x, verbose=0).argmax(1)
    data.y = 1 - data.y
    distillation = Distillation(
        teacher=teacher, temperature=2.0, alpha=1.0, kinds=("multiclass",), from_logits=(logits,)
    )
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=logits)
    trainer = Trainer(student, k, {}, loss, options(epochs=20, learning_rate=0.02), distillation)
    trainer.fit(data, {}, lambda: 0.0, higher_is_better=True)
    assert (student.predict(data.x, verbose=0).argmax(1) == taught).mean() > 0.9


@KERASES
def test_a_teacher_of_another_shape_is_refused(k):
    other = k.Sequential([k.layers.Input((9,)), k.layers.Dense(2)])
    distillation = Distillation(teacher=other, temperature=2, alpha=1, kinds=("multiclass",), from_logits=(True,))
    with pytest.raises(ModelError, match="teacher's inputs"):
        Trainer(make_model(k), k, {}, "mse", options(), distillation)


def test_the_more_is_zero_the_higher_is_the_learning_rate():
    masks = {("a", "kernel"): np.array([True] * 6), ("b", "kernel"): np.array([True, False])}
    assert rate_share({}) == 1.0
    assert rate_share(masks) == pytest.approx((1 + 2 / 8) / 3)
    assert rate_share({("a", "kernel"): np.zeros(4, dtype=bool)}) == 1.0
