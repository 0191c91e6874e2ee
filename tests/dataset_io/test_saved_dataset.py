from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from edgeprune.contracts.errors import DataError
from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataOptions

PIXELS = np.repeat(np.arange(50, dtype=np.uint8), 16).reshape(50, 4, 4)
DIGITS = np.arange(50) % 10


def save(path: Path, *element, batch: int | None = None) -> str:
    dataset = tf.data.Dataset.from_tensor_slices(element if len(element) > 1 else element[0])
    (dataset.batch(batch) if batch else dataset).save(str(path))
    return str(path)


@pytest.mark.parametrize("batch", [None, 1, 7])
def test_one_data_set_is_split_without_losing_an_example(tmp_path, make_interface, batch):
    data = open_data(save(tmp_path / "d", PIXELS, DIGITS, batch=batch), make_interface((16,)), DataOptions())
    assert (data.train.size, data.validation.size, data.test.size) == (36, 4, 10)
    seen = []
    for split in (data.train, data.validation, data.test):
        numbers = np.concatenate([x[:, 0] for (x,), _ in split.batches(8)])
        labels = np.concatenate([y for _, (y,) in split.batches(8)])
        assert len(numbers) == split.size
        assert split.tf_dataset(8).cardinality() == -(-split.size // 8)
        numbers = np.round(numbers * 255).astype(int)
        np.testing.assert_array_equal(labels, numbers % 10)
        seen += numbers.tolist()
    assert sorted(seen) == list(range(50))


def test_train_and_test_below(tmp_path, make_interface):
    save(tmp_path / "train", PIXELS[:40], DIGITS[:40])
    save(tmp_path / "test", PIXELS[40:], DIGITS[40:])
    data = open_data(str(tmp_path), make_interface((4, 4, 1)), DataOptions())
    assert (data.train.size, data.validation.size, data.test.size) == (36, 4, 10)
    x, y = next(data.train.tf_dataset(36, shuffle_seed=0).as_numpy_iterator())
    assert x.shape == (36, 4, 4, 1)
    assert not np.array_equal(y, np.sort(y))
    np.testing.assert_array_equal(np.round(x[:, 0, 0, 0] * 255) % 10, y)


@pytest.mark.parametrize("form", ["tuple", "dict", "pair"])
def test_several_inputs_alone(tmp_path, make_interface, form):
    interface = make_interface((2,), (3,), outputs=((1,),), activation="linear")
    a, b = np.ones((50, 2)), np.full((50, 3), 2.0)
    element = {"tuple": (a, b), "dict": ({"b": b, "a": a},), "pair": ((a, b), DIGITS)}[form]
    options = DataOptions(label="none", scale="none")
    data = open_data(save(tmp_path / "d", *element), interface, options, lambda inputs: (inputs[0][:, :1],))
    (x, y), (answers,) = next(data.test.batches(5))
    assert (x == 1).all()
    assert (y == 2).all()
    assert (answers == 1).all()


def test_dicts_go_by_name_and_tuples_by_order(tmp_path, make_interface):
    interface = make_interface((2,), (3,), outputs=((10,), (1,)), activation=None)
    a, b, v = np.ones((50, 2)), np.full((50, 3), 2.0), np.linspace(0, 1, 50)
    named = save(tmp_path / "named", {"b": b, "a": a}, {"v": v, "u": DIGITS})
    ordered = save(tmp_path / "ordered", (a, b), (DIGITS, v), batch=10)
    for source in (named, ordered):
        data = open_data(source, interface, DataOptions())
        assert data.task.kinds == ("multiclass", "regression")
        (x, y), (digits, values) = next(data.test.batches(5))
        assert (x == 1).all()
        assert (y == 2).all()
        assert (digits.shape, values.shape) == ((5,), (5, 1))
        inputs, labels = data.train.tf_dataset(5).element_spec
        assert [tuple(spec.shape) for spec in (*inputs, *labels)] == [(None, 2), (None, 3), (None,), (None, 1)]
    bad = save(tmp_path / "bad", {"c": b, "a": a}, {"v": v, "u": DIGITS})
    with pytest.raises(DataError, match="x holds a, c, and not 'b'"):
        open_data(bad, interface, DataOptions())


def test_autoencoder_takes_single_values(tmp_path, make_interface):
    interface = make_interface((4, 4), outputs=((16,),), activation="sigmoid")
    source = save(tmp_path / "d", PIXELS, batch=4)
    data = open_data(source, interface, DataOptions(target_is_input=True))
    (x,), (y,) = next(data.test.batches(3))
    np.testing.assert_array_equal(x.reshape(3, 16), y)
    with pytest.raises(DataError, match=r"elements are single values, expected \(x, y\)"):
        open_data(source, interface, DataOptions())


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.where(PIXELS == 3, np.nan, 1.0), DIGITS, "x holds 16 values that are NaN"),
        (PIXELS, DIGITS + 3, "label 12 is out of range"),
        (PIXELS, DIGITS * 0, "all 50 labels"),
        (PIXELS[:, :3], DIGITS, r"elements have shape \(3, 4\), and input 'input_1' takes \(16,\)"),
        (PIXELS[:0], DIGITS[:0], "without examples"),
        (PIXELS, np.array(["a"] * 50), "expected arrays of numbers"),
        ((PIXELS, PIXELS), DIGITS, "x holds 2 arrays, the model has 1"),
    ],
)
def test_what_does_not_fit_is_one_line(tmp_path, make_interface, x, y, message):
    with pytest.raises(DataError, match=message) as caught:
        open_data(save(tmp_path / "d", x, y), make_interface((16,)), DataOptions())
    assert "\n" not in str(caught.value)


def test_damaged_files_are_one_line(tmp_path, make_interface):
    source = Path(save(tmp_path / "d", PIXELS, DIGITS))
    (snapshot,) = source.glob("*/*/*.snapshot")
    snapshot.write_bytes(snapshot.read_bytes()[:500])
    with pytest.raises(DataError, match=r"no readable saved data set \((?!{{).*\)") as caught:
        open_data(str(source), make_interface((16,)), DataOptions())
    assert "\n" not in str(caught.value)
    (source / "snapshot.metadata").write_bytes(b"")
    with pytest.raises(DataError, match="no readable saved data set"):
        open_data(str(source), make_interface((16,)), DataOptions())
    (source / "dataset_spec.pb").write_bytes(b"junk")
    with pytest.raises(DataError, match="no readable saved data set"):
        open_data(str(source), make_interface((16,)), DataOptions())


def test_sample_weights_are_said_to_be_left_out(tmp_path, make_interface):
    data = open_data(save(tmp_path / "d", PIXELS, DIGITS, np.ones(50)), make_interface((16,)), DataOptions())
    assert any("sample weights" in note for note in data.notes)
