import numpy as np
import pytest

from edgeprune.contracts.errors import DataError, UsageError
from edgeprune.contracts.plugins import catalogue
from edgeprune.dataset_io.facts import label_facts
from edgeprune.dataset_io.loss_names import saved_losses
from edgeprune.dataset_io.metric_facts import METRICS, metric_facts
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.tasks import infer_task

DIGITS = np.arange(30) % 3
ROWS = np.eye(3)[DIGITS]
TWO = np.arange(30) % 2
TAGS = np.array([[0, 1, 1], [1, 1, 0], [0, 0, 0]] * 10)
NUMBERS = np.linspace(-2, 7, 30)


def infer(make_interface, labels, shape, activation, saved=None, **options):
    interface = make_interface((1,), outputs=(shape,), activation=activation, loss=saved)
    task, (rule,), notes = infer_task(interface, (label_facts(labels),), DataOptions(**options))
    return task, rule.apply(labels), " ".join(notes)


@pytest.mark.parametrize(
    ("labels", "shape", "activation", "kind", "loss", "from_logits"),
    [
        (DIGITS, (3,), "softmax", "multiclass", "sparse_categorical_crossentropy", False),
        (DIGITS, (3,), "linear", "multiclass", "sparse_categorical_crossentropy", True),
        (DIGITS[:, np.newaxis], (5,), "softmax", "multiclass", "sparse_categorical_crossentropy", False),
        (DIGITS.astype("float64"), (3,), None, "multiclass", "sparse_categorical_crossentropy", False),
        (TWO, (2,), "softmax", "multiclass", "sparse_categorical_crossentropy", False),
        (ROWS, (3,), "softmax", "multiclass", "categorical_crossentropy", False),
        (ROWS, (3,), "linear", "multiclass", "categorical_crossentropy", True),
        (np.full((30, 3), 1 / 3), (3,), "softmax", "multiclass", "categorical_crossentropy", False),
        (TWO, (1,), "sigmoid", "binary", "binary_crossentropy", False),
        (TWO[:, np.newaxis] > 0, (1,), "linear", "binary", "binary_crossentropy", True),
        (TWO, (), "sigmoid", "binary", "binary_crossentropy", False),
        (TAGS, (3,), "sigmoid", "multilabel", "binary_crossentropy", False),
        (TAGS, (3,), "linear", "multilabel", "binary_crossentropy", True),
        (NUMBERS, (1,), "linear", "regression", "mean_squared_error", False),
        (NUMBERS, (1,), "relu", "regression", "mean_squared_error", False),
        (DIGITS, (1,), "linear", "regression", "mean_squared_error", False),
        (ROWS * NUMBERS[:, np.newaxis], (3,), "linear", "regression", "mean_squared_error", False),
        (DIGITS.reshape(10, 3), (3, 5), "softmax", "multiclass", "sparse_categorical_crossentropy", False),
    ],
)
def test_task_follows_from_output_and_labels(make_interface, labels, shape, activation, kind, loss, from_logits):
    task, encoded, _ = infer(make_interface, labels, shape, activation)
    assert (task.kinds, task.losses, task.from_logits) == ((kind,), (loss,), (from_logits,))
    assert not task.saved_loss
    assert task.metric.name == ("mse" if kind == "regression" else "accuracy")
    is_sparse = loss.startswith("sparse")
    assert encoded.shape[1:] == (shape[:-1] if is_sparse else shape)
    assert encoded.dtype == (np.int32 if is_sparse else np.float32)


@pytest.mark.parametrize(
    ("labels", "saved", "encoded"),
    [
        (DIGITS, "sparse_categorical_crossentropy", DIGITS),
        (DIGITS, "categorical_crossentropy", ROWS),
        (ROWS, "sparse_categorical_crossentropy", DIGITS),
        (ROWS, "categorical_crossentropy", ROWS),
        (DIGITS, "mse", ROWS),
        (DIGITS, {"class_name": "CategoricalFocalCrossentropy", "config": {"alpha": 0.25}}, ROWS),
    ],
)
def test_labels_are_encoded_for_the_saved_loss(make_interface, labels, saved, encoded):
    task, found, notes = infer(make_interface, labels, (3,), "softmax", saved)
    assert task.saved_loss
    assert task.kinds == ("multiclass",)
    np.testing.assert_array_equal(found, encoded)
    assert "loss" not in notes


@pytest.mark.parametrize(
    ("saved", "name", "from_logits"),
    [
        ("mse", "mean_squared_error", False),
        ("MeanSquaredError", "mean_squared_error", False),
        ("KLDivergence", "kl_divergence", False),
        (
            {"module": "builtins", "class_name": "function", "config": "mean_absolute_error"},
            "mean_absolute_error",
            False,
        ),
        (
            {
                "module": "keras.losses",
                "class_name": "SparseCategoricalCrossentropy",
                "config": {"name": "x", "from_logits": True},
                "registered_name": None,
            },
            "sparse_categorical_crossentropy",
            True,
        ),
        ({"class_name": "BinaryCrossentropy", "config": {"from_logits": True}}, "binary_crossentropy", True),
    ],
)
def test_saved_losses_are_read_as_either_keras_writes_them(make_interface, saved, name, from_logits):
    for form in (saved, [saved], {"dense": saved}):
        (loss,) = saved_losses(make_interface((1,), loss=form))
        assert (loss.name, loss.from_logits) == (name, from_logits)


@pytest.mark.parametrize("saved", [None, "my_own_loss", {"class_name": "Mine", "config": {}}, 7])
def test_no_saved_loss_or_an_unknown_one(make_interface, saved):
    assert saved_losses(make_interface((1,), loss=saved)) == (None,)
    task, _, notes = infer(make_interface, DIGITS, (3,), "softmax", saved)
    assert task.losses == ("sparse_categorical_crossentropy",)
    assert ("none is saved" if saved is None else "not one of Keras's own") in notes


def test_saved_loss_that_does_not_fit_is_replaced_and_said(make_interface):
    task, _, notes = infer(make_interface, NUMBERS, (1,), "linear", "categorical_crossentropy")
    assert task.losses == ("mean_squared_error",)
    assert "does not fit these labels" in notes


def test_the_user_overrides_the_saved_loss(make_interface):
    task, encoded, notes = infer(make_interface, DIGITS, (3,), "linear", "mse", loss="categorical-crossentropy")
    assert (task.losses, task.from_logits, task.saved_loss) == (("categorical_crossentropy",), (True,), False)
    np.testing.assert_array_equal(encoded, ROWS)
    assert "(--loss)" in notes
    with pytest.raises(UsageError, match=r"did you mean 'mean_squared_error'\?"):
        infer(make_interface, DIGITS, (3,), "linear", loss="mean_square_error")
    with pytest.raises(UsageError, match="cosine_similarity does not fit output 'dense', which is multiclass"):
        infer(make_interface, DIGITS, (3,), "linear", loss="cosine_similarity")


def test_metric_that_does_not_fit_lists_those_that_do(make_interface):
    with pytest.raises(UsageError, match=r"'mae' does not fit this task \(multiclass\)") as caught:
        infer(make_interface, DIGITS, (3,), "softmax", metric="mae")
    assert {"accuracy", "auc"} < (named := set(caught.value.hint.removeprefix("choose one of ").split(", ")))
    assert named == {name for name in catalogue(METRICS) if "multiclass" in metric_facts(name).fits}
    with pytest.raises(UsageError, match=r"choose one of .*mse"):
        infer(make_interface, NUMBERS, (1,), "linear", metric="accuracy")


@pytest.mark.parametrize(
    ("labels", "shape", "activation", "message"),
    [
        (DIGITS, (1,), "sigmoid", "labels of output 'dense' run from 0 to 2, expected 0 and 1"),
        (ROWS, (1,), "sigmoid", r"gives \(1,\) for one example, the labels have \(3,\)"),
        (ROWS, (4,), "softmax", r"gives \(4,\) for one example, the labels have \(3,\)"),
        (np.zeros(30), (1,), "sigmoid", "all 30 labels of output 'dense' are class 0"),
        (np.eye(3)[np.ones(30, int)], (3,), "softmax", "are class 1"),
    ],
)
def test_labels_that_do_not_fit(make_interface, labels, shape, activation, message):
    with pytest.raises(DataError, match=message):
        infer(make_interface, labels, shape, activation)


def test_output_that_is_not_its_input(make_interface):
    interface = make_interface((4,), outputs=((3,),))
    with pytest.raises(DataError, match=r"output 'dense' gives \(3,\), the input has \(4,\)"):
        infer_task(interface, (label_facts(np.ones((5, 4))),), DataOptions(target_is_input=True))


def test_uneven_classes_are_said(make_interface):
    labels = np.array([1] * 27 + [0] * 3)
    for shape, activation in (((1,), "sigmoid"), ((2,), "softmax")):
        _, _, notes = infer(make_interface, labels, shape, activation)
        assert "90.0% of the labels are class 1" in notes
        assert "--metric auc" in notes
    _, _, notes = infer(make_interface, labels, (2,), "softmax", metric="auc")
    assert "90.0%" not in notes


def test_several_outputs_have_a_task_each(make_interface):
    interface = make_interface((1,), outputs=((3,), (1,)), activation=None, loss={"u": "mse", "v": "mae"})
    facts = (label_facts(DIGITS), label_facts(NUMBERS))
    task, _, notes = infer_task(interface, facts, DataOptions())
    assert task.kinds == ("multiclass", "regression")
    assert task.losses == ("mean_squared_error", "mean_absolute_error")
    assert task.saved_loss
    assert task.metric.name == "accuracy"
    assert [metric is None for metric in task.output_metrics] == [False, True]
    assert notes == ("the score is the mean over outputs u",)
