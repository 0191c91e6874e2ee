"""What data in memory becomes, without TensorFlow: the arrays of an `.npz`, a table."""

import numpy as np
import pandas as pd
import pytest

from edgeprune.contracts.errors import DataError, UsageError
from edgeprune.interface.given_data import lay_down

X = np.arange(12, dtype=np.uint8).reshape(4, 3)
Y = np.array([0, 1, 1, 0])
PORTS = (("left", "right"), ("head", "tail"))


def laid_down(data, folder, ports=(("input",), ("output",))):
    file = lay_down(data, lambda name, _: folder / name, lambda: ports)
    with np.load(file, allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        ((X, Y), {"x", "y"}),
        ([X, Y], {"x", "y"}),
        (((X, Y), (X, Y)), {"x_train", "y_train", "x_test", "y_test"}),
        (((X, None), (X, None)), {"x_train", "x_test"}),
        ((X, None), {"x"}),
        (X, {"x"}),
        ((X,), {"x"}),
        ((X.tolist(), list(Y)), {"x", "y"}),
        ((list(X), Y), {"x", "y"}),
        (([X], [Y]), {"x", "y"}),
        (({"input": X}, Y), {"x_input", "y"}),
    ],
)
def test_arrays_of_one_input_are_written_as_the_command_reads_them(tmp_path, data, keys):
    arrays = laid_down(data, tmp_path)
    assert {*arrays} == keys
    for key, array in arrays.items():
        np.testing.assert_array_equal(array, X if key.startswith("x") else Y)


@pytest.mark.parametrize("inputs", [[X, X + 1], (X, X + 1), {"left": X, "right": X + 1}], ids=["list", "tuple", "dict"])
def test_several_inputs_are_told_by_their_order_or_by_name(tmp_path, inputs):
    arrays = laid_down((inputs, {"head": Y, "tail": Y + 1}), tmp_path, PORTS)
    assert {*arrays} == {"x_left", "x_right", "y_head", "y_tail"}
    np.testing.assert_array_equal(arrays["x_right"], X + 1)
    np.testing.assert_array_equal(arrays["y_tail"], Y + 1)


def test_the_two_parts_may_have_several_inputs_each(tmp_path):
    arrays = laid_down((([X, X], [Y, Y]), ([X, X], [Y, Y])), tmp_path, PORTS)
    assert len(arrays) == 8
    assert "x_train_left" in arrays


@pytest.mark.parametrize("kind", ["float16", "float32", "uint8", "int64", "bool"])
def test_numbers_keep_their_type(tmp_path, kind):
    assert laid_down((X.astype(kind), Y), tmp_path)["x"].dtype == kind


def test_columns_of_a_frame_and_labels_as_text_are_arrays(tmp_path):
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(a=pd.array([1, 2, 3, 4], dtype="Int64"))
    arrays = laid_down((frame, pd.Series(["no", "yes", "yes", "no"])), tmp_path)
    assert arrays["x"].dtype == np.float64
    assert arrays["y"].tolist() == ["no", "yes", "yes", "no"]


def test_a_whole_frame_is_a_table(tmp_path):
    file = lay_down(pd.DataFrame({0: [1.5, 2.5], "label": ["a", "b"]}), lambda name, _: tmp_path / name, lambda: PORTS)
    pd.testing.assert_frame_equal(pd.read_parquet(file), pd.DataFrame({"0": [1.5, 2.5], "label": ["a", "b"]}))


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        ((X, Y, Y), UsageError, "found tuple of ndarray, ndarray, ndarray; give a path, \\(x, y\\)"),
        ((row for row in X), UsageError, "found generator; give a path"),
        ({"x": X}, UsageError, "found dict"),
        (([[1, 2], [3]], Y), DataError, "data: x is no array of numbers, but list of list, list .*; give numbers"),
        ((pd.DataFrame({"a": ["b", 1]}), Y), DataError, "data: x is no array of numbers, but DataFrame"),
        (([X, X, X], Y), DataError, "x is a list of 3 arrays, and the model has 2 inputs; give one for each of left, "),
        ((X, [Y, Y, Y]), DataError, "y is a list of 3 arrays, and the model has 2 outputs; give one for each of head"),
        (pd.DataFrame({"a": [1, "b"]}), DataError, "the frame cannot be written: .*; give columns of numbers"),
    ],
)
def test_what_is_no_data_is_refused_in_one_line(tmp_path, data, kind, message):
    with pytest.raises(kind, match=message) as told:
        laid_down(data, tmp_path, PORTS)
    assert "\n" not in str(told.value)
