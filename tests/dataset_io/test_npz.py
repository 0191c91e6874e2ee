import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from edgeprune.contracts.errors import DataError
from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataOptions

RNG = np.random.default_rng(3)
PIXELS = RNG.integers(0, 256, (60, 4, 4), dtype=np.uint8)
DIGITS = np.arange(60) % 10


def save(path: Path, **arrays: np.ndarray) -> str:
    np.savez(path / "d.npz", **arrays)
    return str(path / "d.npz")


def test_layout_of_mnist_keeps_its_own_test_part(tmp_path, make_interface):
    source = save(tmp_path, x_train=PIXELS[:40], y_train=DIGITS[:40], x_test=PIXELS[40:], y_test=DIGITS[40:])
    data = open_data(source, make_interface((16,)), DataOptions())
    assert (data.train.size, data.validation.size, data.test.size) == (36, 4, 20)
    (x,), (y,) = data.test.arrays
    np.testing.assert_array_equal(x, PIXELS[40:].reshape(20, 16).astype("float32") / 255)
    np.testing.assert_array_equal(y, DIGITS[40:])
    assert x.dtype == np.float32
    assert y.dtype == np.int32
    assert any("divided by 255" in note for note in data.notes)
    assert any("(4, 4) are reshaped to (16,)" in note for note in data.notes)


@pytest.mark.parametrize("key", ["x", "X"])
def test_one_part_is_split_by_seed_without_losing_an_example(tmp_path, make_interface, key):
    x = np.arange(100, dtype="float32")[:, np.newaxis]
    source = save(tmp_path, **{key: x}, y=np.arange(100) % 2)
    interface = make_interface((1,), outputs=((1,),), activation="sigmoid")
    data = open_data(source, interface, DataOptions(validation_split=0.3))
    parts = [split.arrays[0][0].ravel() for split in (data.train, data.validation, data.test)]
    assert [len(part) for part in parts] == [63, 7, 30]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(100))
    for split, part in zip((data.train, data.validation, data.test), parts, strict=True):
        np.testing.assert_array_equal(split.arrays[1][0].ravel(), part % 2)
    again = open_data(source, interface, DataOptions(validation_split=0.3))
    np.testing.assert_array_equal(again.test.arrays[0][0].ravel(), parts[2])
    other = open_data(source, interface, DataOptions(validation_split=0.3, split_seed=1))
    assert not np.array_equal(other.test.arrays[0][0].ravel(), parts[2])
    same = open_data(source, interface, DataOptions(validation_split=0.3, seed=1))
    np.testing.assert_array_equal(same.test.arrays[0][0].ravel(), parts[2])


def test_several_inputs_and_outputs_go_by_name(tmp_path, make_interface):
    arrays = {"x_a": RNG.random((20, 3)), "x_b": RNG.random((20, 2)), "y_u": DIGITS[:20], "y_v": RNG.random(20)}
    interface = make_interface((3,), (2,), outputs=((10,), (1,)), activation=None)
    data = open_data(save(tmp_path, **arrays), interface, DataOptions())
    inputs, labels = data.test.arrays
    assert [a.shape for a in inputs] == [(4, 3), (4, 2)]
    assert [a.shape for a in labels] == [(4,), (4, 1)]
    assert data.task.kinds == ("multiclass", "regression")


def test_text_labels_become_sorted_classes_alike_in_both_parts(tmp_path, make_interface):
    source = save(
        tmp_path,
        x_train=RNG.random((6, 2)),
        y_train=np.array(["no", "yes", "no", "yes", "maybe", "no"]),
        x_test=RNG.random((2, 2)),
        y_test=np.array(["yes", "no"]),
    )
    data = open_data(source, make_interface((2,), outputs=((3,),)), DataOptions())
    assert data.test.arrays[1][0].tolist() == [2, 1]
    assert any("maybe, no, yes" in note for note in data.notes)


def test_only_a_test_part_can_be_scored(tmp_path, make_interface):
    data = open_data(save(tmp_path, x_test=PIXELS, y_test=DIGITS), make_interface((4, 4, 1)), DataOptions())
    assert (data.train.size, data.validation.size, data.test.size) == (0, 0, 60)
    assert any("none to train on" in note for note in data.notes)


def test_reconstruction_needs_no_labels(tmp_path, make_interface):
    interface = make_interface((4, 4, 1), outputs=((4, 4, 1),), activation="sigmoid")
    data = open_data(save(tmp_path, x=PIXELS), interface, DataOptions(target_is_input=True))
    (x,), (y,) = data.train.arrays
    np.testing.assert_array_equal(x, y)
    assert data.task.kinds == ("reconstruction",)


class Boom:
    def __reduce__(self):
        return (pytest.fail, ("the archive was unpickled",))


def test_pickled_objects_are_never_loaded(tmp_path, make_interface):
    boom = np.empty(2, dtype=object)
    boom[:] = [Boom(), Boom()]
    with pytest.raises(DataError, match="holds pickled objects, which are never unpickled"):
        open_data(save(tmp_path, x=boom, y=np.arange(2)), make_interface((1,)), DataOptions())
    (tmp_path / "p.npz").write_bytes(pickle.dumps(Boom()))
    with pytest.raises(DataError, match="it is not a zip file"):
        open_data(str(tmp_path / "p.npz"), make_interface((1,)), DataOptions())


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 cut short"])
def test_damaged_archive_is_one_line(tmp_path, make_interface, content):
    (tmp_path / "d.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"d\.npz is no readable \.npz archive") as caught:
        open_data(str(tmp_path / "d.npz"), make_interface((1,)), DataOptions())
    assert "\n" not in str(caught.value)


def test_flipped_bits_are_found(tmp_path, make_interface):
    source = Path(save(tmp_path, x=RNG.random((50, 2)), y=DIGITS[:50]))
    content = bytearray(source.read_bytes())
    content[300] ^= 255
    source.write_bytes(content)
    with pytest.raises(DataError, match="no readable"):
        open_data(str(source), make_interface((2,)), DataOptions())


def header(shape):
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (b"no array at all", "no readable .npz archive"),
        (b"", "no readable .npz archive"),
        (header((10**12, 2)), r"x declares an array of shape \(1000000000000, 2\), 8000000000000 bytes, and holds 128"),
        (header((-5, 2)), r"x declares an array of shape \(-5, 2\)"),
        (header("f()"), "no readable .npz archive"),
        (header((50, 2))[:40], "no readable .npz archive"),
    ],
)
def test_a_member_that_is_no_array_takes_no_memory_and_is_named(tmp_path, make_interface, member, message):
    source = Path(save(tmp_path, y=DIGITS[:50]))
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr("x.npy", member)
    with pytest.raises(DataError, match=message) as caught:
        open_data(str(source), make_interface((2,)), DataOptions())
    assert "\n" not in str(caught.value)


NAN = np.array([[1.0], [np.nan], [np.inf], [2.0]])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": PIXELS}, "holds a, expected x_train, y_train, x_test, y_test, or x, y"),
        ({"x_train": PIXELS, "y_train": DIGITS, "x_test": PIXELS}, "holds x_train, y_train, x_test, expected"),
        ({"x": PIXELS[:0], "y": DIGITS[:0]}, "x is empty"),
        ({"x": PIXELS, "y": DIGITS[:59]}, "y has 59 examples, x has 60"),
        ({"x": NAN, "y": np.arange(4)}, "x holds 2 values that are NaN or infinite"),
        ({"x": PIXELS, "y": np.full(60, np.nan)}, "y holds 60 values"),
        ({"x": PIXELS, "y": np.full(60, 3)}, "all 60 labels of output 'dense' are class 3"),
        ({"x": PIXELS, "y": DIGITS + 3}, "label 12 is out of range"),
        ({"x": PIXELS, "y": DIGITS - 1}, "label -1 is out of range"),
        ({"x": PIXELS, "y": DIGITS + 0.5}, "fractions"),
        ({"x": PIXELS, "y": RNG.random((60, 7))}, r"gives \(10,\) for one example, the labels have \(7,\)"),
        ({"x": RNG.random((60, 3, 5)), "y": DIGITS}, r"takes examples of shape \(4, 4\), the data has \(3, 5\)"),
        ({"x": PIXELS[:2], "y": DIGITS[:2]}, "too few examples"),
        ({"x": PIXELS, "y": np.array("one")}, "y is empty"),
        ({"x": PIXELS + 1j, "y": DIGITS}, "x holds complex128, not numbers"),
    ],
)
def test_what_does_not_fit_is_one_line_that_says_why(tmp_path, make_interface, arrays, message):
    with pytest.raises(DataError, match=message) as caught:
        open_data(save(tmp_path, **arrays), make_interface((4, 4) if "a" not in arrays else (1,)), DataOptions())
    assert "\n" not in str(caught.value)
    assert caught.value.hint
