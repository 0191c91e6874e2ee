"""Classes as labels name them, whichever form the labels have."""

import numpy as np
import pytest

from edgeprune.dataset_io.labels import class_numbers, joined_classes

SEVERAL = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]])


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (np.array([2, 0, 1], np.uint8), [2, 0, 1]),
        (np.array([[2.0], [0.0]]), [2, 0]),
        (np.array([True, False]), [1, 0]),
        (np.eye(3)[[2, 0]], [2, 0]),
        (SEVERAL, SEVERAL),
        (np.array([0.5, 1.0]), None),
        (np.array([1e30, 1.0]), None),
        (np.array([[0.2, 0.8]]), None),
        (np.zeros((2, 3, 4)), None),
    ],
)
def test_classes_of_each_example(labels, classes):
    np.testing.assert_array_equal(class_numbers(labels), classes)


def test_chunks_come_to_what_the_whole_comes_to():
    parts = [np.eye(3), SEVERAL]  # the first alone looks one-hot
    joined = joined_classes([class_numbers(part) for part in parts])
    np.testing.assert_array_equal(joined, class_numbers(np.concatenate(parts)))
    assert joined_classes([class_numbers(np.array([1, 2])), None]) is None
