import numpy as np
import pytest
import sklearn.metrics

from edgeprune.dataset_io.class_scores import class_scores
from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataOptions

RNG = np.random.default_rng(3)
INPUTS = RNG.random((60, 4), np.float32)


def opened(tmp_path, interface, **arrays):
    np.savez(tmp_path / "d.npz", **arrays)
    return open_data(str(tmp_path / "d.npz"), interface, DataOptions())


def test_the_score_of_a_class_is_its_recall(tmp_path, make_interface):
    labels = np.arange(60) % 3
    data = opened(tmp_path, make_interface((4,), outputs=((5,),)), x=INPUTS, y=labels)
    answers = RNG.random((60, 5), np.float32)
    found = class_scores(data, (labels,), (answers,))
    recalls = sklearn.metrics.recall_score(labels, answers.argmax(axis=1), labels=range(3), average=None)
    assert found.scores == pytest.approx([*recalls, None, None], abs=1e-4)
    assert found.examples == (20, 20, 20, 0, 0)
    assert found.names == ("0", "1", "2", "3", "4")
    answers[7, 2] = np.nan
    assert class_scores(data, (labels,), (answers,)) is None


def test_classes_bear_the_names_of_the_data(tmp_path, make_interface):
    words = np.array(["dog", "cat", "owl"])[np.arange(60) % 3]
    data = opened(tmp_path, make_interface((4,), outputs=((4,),)), x=INPUTS, y=words)
    assert data.class_names == (("cat", "dog", "owl", "3"),)


def test_both_sides_of_a_yes_or_no_are_classes(tmp_path, make_interface):
    labels = np.arange(60) % 4 == 0
    data = opened(tmp_path, make_interface((4,), outputs=((1,),), activation="sigmoid"), x=INPUTS, y=labels)
    found = class_scores(data, (labels,), (np.where(np.arange(60) < 40, 0.9, 0.1)[:, np.newaxis],))
    assert (found.names, found.examples, found.scores) == (("0", "1"), (45, 15), (0.3333, 0.6667))


def test_the_classes_of_several_outputs_stand_in_a_row(tmp_path, make_interface):
    interface = make_interface((4,), outputs=((2,), (3,), (3,)))
    names = [port.name for port in interface.outputs]
    labels = (np.arange(60) % 2, RNG.random((60, 3)), np.arange(60) % 3)
    data = opened(tmp_path, interface, x=INPUTS, **{f"y_{name}": y for name, y in zip(names, labels, strict=True)})
    found = class_scores(data, labels, (np.eye(2)[labels[0]], labels[1], np.eye(3)[labels[2]]))
    assert found.names == tuple([f"{names[0]}: {n}" for n in range(2)] + [f"{names[2]}: {n}" for n in range(3)])
    assert found.scores == (1.0,) * 5


@pytest.mark.parametrize(("shape", "labels"), [((3,), RNG.random((60, 3))), ((6, 3), RNG.integers(0, 3, (60, 6)))])
def test_quantities_and_classes_of_positions_have_no_such_scores(tmp_path, make_interface, shape, labels):
    data = opened(tmp_path, make_interface((4,), outputs=(shape,)), x=INPUTS, y=labels)
    assert class_scores(data, (labels,), (RNG.random((60, *shape)),)) is None
