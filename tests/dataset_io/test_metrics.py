import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from edgeprune.contracts.data import Task
from edgeprune.contracts.errors import DataError
from edgeprune.dataset_io.scoring import for_outputs, score, spread

RNG = np.random.default_rng(5)
SCORES = RNG.normal(size=(200, 4)).astype(np.float32)
SOFTMAX = np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)
CLASSES = np.where(RNG.random(200) < 0.6, SCORES.argmax(axis=1), RNG.integers(0, 4, 200))
SIGMOID = 1 / (1 + np.exp(-SCORES[:, :1]))
TWO = (SIGMOID + RNG.normal(0, 0.3, (200, 1)) > 0.5).astype(np.float32)


def compute(name, kind, labels, scores, from_logits=False):
    (metric,) = for_outputs(name, (kind,), (from_logits,))
    return metric.compute(labels, scores)


def test_classes_as_scikit_learn_counts_them():
    predicted = SOFTMAX.argmax(axis=1)
    assert compute("accuracy", "multiclass", CLASSES, SOFTMAX) == np.mean(predicted == CLASSES)
    expected = sklearn.metrics.balanced_accuracy_score(CLASSES, predicted)
    assert compute("balanced-accuracy", "multiclass", CLASSES, SOFTMAX) == pytest.approx(expected)
    expected = sklearn.metrics.f1_score(CLASSES, predicted, average="macro")
    assert compute("f1", "multiclass", CLASSES, SOFTMAX) == pytest.approx(expected)
    expected = sklearn.metrics.roc_auc_score(CLASSES, SOFTMAX, multi_class="ovr")
    assert compute("auc", "multiclass", CLASSES, SOFTMAX) == pytest.approx(expected)
    assert compute("auc", "multiclass", CLASSES, SCORES, from_logits=True) == pytest.approx(expected)


def test_two_classes_as_scikit_learn_counts_them():
    predicted = SIGMOID > 0.5
    for name in ("f1", "precision", "recall"):
        expected = getattr(sklearn.metrics, f"{name}_score")(TWO.ravel(), predicted.ravel())
        assert compute(name, "binary", TWO, SIGMOID) == pytest.approx(expected)
        assert compute(name, "binary", TWO, SCORES[:, :1], from_logits=True) == pytest.approx(expected)
    assert compute("accuracy", "binary", TWO, SIGMOID) == np.mean(predicted == TWO)
    expected = sklearn.metrics.roc_auc_score(TWO, SIGMOID)
    assert compute("auc", "binary", TWO, SIGMOID) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["accuracy", "balanced-accuracy", "auc", "f1", "top5-accuracy"])
def test_one_hot_labels_score_like_class_numbers(name):
    rows = np.eye(4, dtype=np.float32)[CLASSES]
    assert compute(name, "multiclass", rows, SOFTMAX) == compute(name, "multiclass", CLASSES, SOFTMAX)


def test_quantities():
    labels, scores = SCORES.astype(np.float64), SCORES + RNG.normal(size=SCORES.shape)
    assert compute("mse", "regression", labels, scores) == pytest.approx(np.mean((labels - scores) ** 2))
    assert compute("rmse", "regression", labels, scores) == pytest.approx(np.mean((labels - scores) ** 2) ** 0.5)
    assert compute("mae", "reconstruction", labels, scores) == pytest.approx(np.mean(abs(labels - scores)))
    assert compute("r2", "regression", labels, scores) == pytest.approx(sklearn.metrics.r2_score(labels, scores))


def test_top5_counts_the_five_best_only():
    scores = np.tile(np.arange(7.0), (7, 1))
    assert compute("top5-accuracy", "multiclass", np.arange(7), scores) == pytest.approx(5 / 7)


def test_every_label_of_a_multilabel_output_counts():
    labels = (RNG.normal(size=SCORES.shape) < SCORES).astype(np.float32)
    assert compute("accuracy", "multilabel", labels, SCORES, from_logits=True) == np.mean((SCORES > 0) == labels)
    expected = sklearn.metrics.roc_auc_score(labels, SCORES, average="macro")
    assert compute("auc", "multilabel", labels, SCORES) == pytest.approx(expected)


def test_every_position_of_a_sequence_counts():
    labels, scores = CLASSES.reshape(50, 4), SOFTMAX.reshape(50, 4, 4)
    assert compute("accuracy", "multiclass", labels, scores) == compute("accuracy", "multiclass", CLASSES, SOFTMAX)


def test_classes_that_do_not_occur_do_not_spoil_auc():
    labels = np.where(CLASSES == 3, 0, CLASSES)
    assert 0 < compute("auc", "multiclass", labels, SOFTMAX) < 1
    with pytest.raises(DataError, match="auc needs examples of two classes"):
        compute("auc", "multiclass", labels * 0, SOFTMAX)


@given(st.lists(st.booleans(), min_size=2, max_size=20).filter(lambda values: len(set(values)) == 2))
def test_balanced_accuracy_of_a_constant_answer_is_one_half(values):
    labels = np.array(values, dtype=np.float32)[:, np.newaxis]
    assert compute("balanced-accuracy", "binary", labels, np.zeros_like(labels)) == 0.5


def test_score_is_the_mean_over_the_outputs_that_the_metric_fits():
    kinds = ("multiclass", "regression", "binary")
    scored = for_outputs("accuracy", kinds, (False,) * 3)
    task = Task(kinds=kinds, losses=("",) * 3, from_logits=(False,) * 3, metric=scored[0], output_metrics=scored)
    labels, predictions = (CLASSES, CLASSES, TWO), (SOFTMAX, SOFTMAX, SIGMOID)
    parts = compute("accuracy", "multiclass", CLASSES, SOFTMAX), compute("accuracy", "binary", TWO, SIGMOID)
    assert score(task, labels, predictions) == pytest.approx(np.mean(parts))


@pytest.mark.parametrize(
    ("metric", "expected"), [("mse", 4.0), ("rmse", 2.0), ("mae", 2.0), ("r2", None), ("accuracy", None)]
)
def test_the_spread_is_the_error_of_the_mean_in_the_unit_of_the_metric(metric, expected):
    kind = "binary" if metric == "accuracy" else "regression"
    scored = for_outputs(metric, (kind,), (False,))
    task = Task(kinds=(kind,), losses=("",), metric=scored[0], output_metrics=scored, from_logits=(False,))
    labels = np.array([[1.0, 11.0], [5.0, 15.0]])
    assert spread(task, (labels,)) == expected
