"""Examples drawn from the data: at random, by the seed, every class among them."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.samples import some_batches, some_examples


@pytest.fixture(scope="module")
def sorted_table(tmp_path_factory):
    """9,000 examples sorted by class, one of which has 20 of them; x is the example's number."""
    path = tmp_path_factory.mktemp("samples") / "sorted.npz"
    labels = np.repeat(np.arange(4), [4000, 20, 2980, 2000])
    np.savez(path, x=np.arange(9000.0)[:, None], y=labels)
    return path


def opened(path, make_interface, classes, **options):
    return open_data(str(path), make_interface((1,), outputs=((classes,),)), DataOptions(**options))


def test_every_class_is_in_and_the_whole_part_is_drawn_from(sorted_table, make_interface):
    data = opened(sorted_table, make_interface, 4)
    (x,) = some_examples(data, 64, "calibration")
    assert len(np.unique(x)) == 64
    assert np.isin(x, data.train.arrays[0][0]).all()
    assert set(np.searchsorted([4000, 4020, 7000], x.ravel(), side="right")) == {0, 1, 2, 3}
    assert np.quantile(x, [0.2, 0.8]) == pytest.approx([1800, 7200], abs=1300)
    assert not np.array_equal(x, np.sort(x, axis=0))


def test_seed_and_purpose_alone_decide(sorted_table, make_interface):
    def drawn(purpose, **options):
        return some_examples(opened(sorted_table, make_interface, 4, **options), 64, purpose)[0].ravel().tolist()

    one = drawn("calibration", seed=1)
    assert one == drawn("calibration", seed=1)
    assert one != drawn("calibration", seed=2)
    assert one != drawn("verification", seed=1)


def test_batches_are_mixed_and_come_to_the_count(sorted_table, make_interface):
    batches = list(some_batches(opened(sorted_table, make_interface, 4), 300, "gradients", 128))
    assert [len(x) for (x,), _ in batches] == [128, 128, 44]
    for (x,), (y,) in batches:
        assert {0, 2, 3} <= set(y.tolist())
        np.testing.assert_array_equal(np.searchsorted([4000, 4020, 7000], x.ravel(), side="right"), y)


def test_every_label_of_several_is_in(tmp_path, make_interface):
    labels = np.zeros((2000, 3))
    labels[7, 0] = labels[1500, 1] = 1
    labels[:1990, 2] = 1
    x = np.arange(2000.0)[:, None]
    np.savez(tmp_path / "d.npz", x_train=x, y_train=labels, x_test=x, y_test=labels)
    interface = make_interface((1,), outputs=((3,),), activation="sigmoid")
    data = open_data(str(tmp_path / "d.npz"), interface, DataOptions())
    assert data.task.kinds == ("multilabel",)
    ((_, (known,)),) = some_batches(data, 20, "calibration", 20)
    present = data.train.arrays[1][0]
    np.testing.assert_array_equal(known.max(axis=0), present.max(axis=0))
    np.testing.assert_array_equal(known.min(axis=0), present.min(axis=0))


def test_without_a_training_part_the_test_part_serves(tmp_path, make_interface):
    np.savez(tmp_path / "d.npz", x_test=np.arange(40.0)[:, None], y_test=np.arange(40) // 10)
    (x,) = some_examples(opened(tmp_path / "d.npz", make_interface, 4), 8, "calibration")
    assert set(x.ravel().astype(int) // 10) == {0, 1, 2, 3}


def test_of_a_folder_only_the_drawn_images_are_read(tmp_path, make_interface):
    files = [tmp_path / f"class {n // 20}" / f"{n:02}.png" for n in range(100)]
    for number, file in enumerate(files):
        file.parent.mkdir(exist_ok=True)
        Image.new("L", (4, 4), number).save(file)
    data = open_data(str(tmp_path), make_interface((4, 4, 1), outputs=((5,),)), DataOptions())
    (drawn,) = some_examples(data, 10, "calibration")
    numbers = np.round(drawn[:, 0, 0, 0] * 255).astype(int)
    assert set(numbers // 20) == set(range(5))
    for number in set(range(100)) - set(numbers):
        files[number].write_bytes(b"")
    tf.random.set_seed(5)  # what training does in between
    np.testing.assert_array_equal(drawn, some_examples(data, 10, "calibration")[0])


@pytest.mark.parametrize("one_hot", [False, True])
def test_a_sorted_stream_gives_every_class_in_mixed_order(tmp_path, make_interface, one_hot):
    classes = np.repeat(np.arange(5), [500, 3, 300, 100, 97])
    labels = np.eye(5, dtype=np.float32)[classes] if one_hot else classes
    tf.data.Dataset.from_tensor_slices((np.arange(1000.0)[:, None], labels)).batch(64).save(str(tmp_path / "d"))
    data = opened(tmp_path / "d", make_interface, 5)
    (x,) = some_examples(data, 30, "calibration")
    assert set(classes[x.ravel().astype(int)]) == set(range(5))
    assert not np.array_equal(x, np.sort(x, axis=0))
    tf.random.set_seed(5)
    np.testing.assert_array_equal(x, some_examples(data, 30, "calibration")[0])
