"""Data without labels: the answers of a model stand in their place."""

import numpy as np
import pytest

from edgeprune.contracts.errors import DataError
from edgeprune.dataset_io.agreement import answered
from edgeprune.dataset_io.formats import npz
from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.samples import some_examples
from edgeprune.dataset_io.scoring import score

UNLABELLED = DataOptions(label="none", scale="none")


@pytest.fixture
def inputs_alone(tmp_path):
    """40 examples of 2 numbers: n and -n."""
    file = tmp_path / "d.npz"
    np.savez(file, x=np.stack([np.arange(40), -np.arange(40)], axis=1).astype(np.float32))
    return str(file)


def first_number(inputs):
    return (inputs[0][:, :1],)


@pytest.mark.parametrize(
    ("shape", "activation", "loss", "kind"),
    [
        ((10,), "softmax", None, ("multiclass", False)),
        ((10,), "softmax", "mse", ("multiclass", False)),
        ((10,), "linear", "sparse_categorical_crossentropy", ("multiclass", False)),
        (
            (10,),
            "linear",
            {"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": True}},
            ("multiclass", True),
        ),
        ((1,), "sigmoid", None, ("binary", False)),
        (
            (1,),
            "linear",
            {"class_name": "BinaryCrossentropy", "config": {"from_logits": True}},
            ("binary", True),
        ),
        ((5,), "sigmoid", "binary_crossentropy", ("multilabel", False)),
        ((5,), "sigmoid", "mse", ("regression", False)),
        ((5,), "linear", None, ("regression", False)),
        ((), None, None, ("regression", False)),
        ((8, 8, 4), "softmax", None, ("multiclass", False)),
    ],
)
def test_what_a_model_is_for_follows_from_output_and_loss(inputs_alone, make_interface, shape, activation, loss, kind):
    interface = make_interface((2,), outputs=(shape,), activation=activation, loss=loss)
    task = open_data(inputs_alone, interface, UNLABELLED).task
    assert (task.kinds[0], task.from_logits[0]) == kind
    assert (task.metric.name, task.labelled) == ("agreement", False)


def test_agreement_of_numbers_is_one_for_the_same_and_a_half_for_their_mean(inputs_alone, make_interface):
    interface = make_interface((2,), outputs=((1,),), activation="linear")
    data = open_data(inputs_alone, interface, UNLABELLED, first_number)
    (inputs, labels) = data.test.arrays
    np.testing.assert_array_equal(labels[0], inputs[0][:, :1])
    mean = np.full_like(labels[0], labels[0].mean())
    near = labels[0] + 0.01 * labels[0].std()
    found = [score(data.task, labels, (answers,)) for answers in (labels[0], near, mean, labels[0] + 1e6)]
    assert found[0] == 1
    assert found[1] == pytest.approx(1 / (1 + 1e-4))
    assert found[2] == pytest.approx(0.5)
    assert 0 <= found[3] < 1e-6


def test_answers_that_are_all_the_same_can_be_agreed_with(inputs_alone, make_interface):
    data = open_data(inputs_alone, make_interface((2,), outputs=((1,),), activation="linear"), UNLABELLED, first_number)
    same = np.ones((8, 1))
    assert score(data.task, (same,), (same,)) == 1
    assert score(data.task, (same,), (same + 1,)) == 0


def test_another_models_answers_take_the_place_of_the_first_ones(inputs_alone, make_interface):
    data = open_data(inputs_alone, make_interface((2,), outputs=((1,),), activation="linear"), UNLABELLED, first_number)
    other = answered(data, lambda inputs: (10 * inputs[0][:, :1],))
    for before, after in ((data.validation, other.validation), (data.test, other.test)):
        np.testing.assert_array_equal(after.arrays[1][0], 10 * before.arrays[1][0])
        np.testing.assert_array_equal(after.arrays[0][0], before.arrays[0][0])


def test_examples_are_drawn_without_labels(inputs_alone, make_interface):
    data = open_data(
        inputs_alone, make_interface((2,)), UNLABELLED, lambda inputs: (np.eye(10)[np.arange(len(*inputs))],)
    )
    (drawn,) = some_examples(data, 7, "calibration")
    assert len(np.unique(drawn[:, 0])) == 7
    assert set(drawn[:, 0]) <= set(data.train.arrays[0][0][:, 0])


def test_a_guessed_scale_is_told_and_not_recorded(tmp_path, make_interface):
    np.savez(tmp_path / "d.npz", x=np.arange(40, dtype=np.uint8).repeat(4).reshape(40, 2, 2, 1))
    interface = make_interface((2, 2, 1))
    asked = []

    def predict(inputs):
        asked.append(inputs[0].max())
        return (np.eye(10)[np.zeros(len(inputs[0]), int)],)

    data = open_data(str(tmp_path / "d.npz"), interface, DataOptions(label="none"), predict)
    assert data.scale is None
    assert any("--scale auto takes 0:1, the usual one; --scale names another" in note for note in data.notes)
    assert max(asked) <= 1, "the model is asked about prepared inputs"
    data = open_data(str(tmp_path / "d.npz"), interface, DataOptions(label="none", scale="-1:1"), predict)
    assert data.scale.name == "-1:1"
    assert not any("nothing tells" in note for note in data.notes)


@pytest.mark.parametrize(
    ("keys", "alone"),
    [
        (["x"], True),
        (["X"], True),
        (["x_train", "x_test"], True),
        (["x_a", "x_b"], True),
        (["x", "y"], False),
        (["x", "labels"], False),
    ],
)
def test_inputs_alone_are_told_by_the_names_in_the_archive(tmp_path, keys, alone):
    np.savez(tmp_path / "d.npz", **dict.fromkeys(keys, np.ones(3)))
    assert npz.lacks_labels(str(tmp_path / "d.npz")) is alone


def test_an_archive_with_other_names_says_how_to_go_without_labels(tmp_path, make_interface):
    np.savez(tmp_path / "d.npz", x=np.ones((9, 2)), labels=np.ones(9))
    with pytest.raises(DataError, match=r"holds x, labels, expected .*, or give --label none"):
        open_data(str(tmp_path / "d.npz"), make_interface((2,)), DataOptions())
