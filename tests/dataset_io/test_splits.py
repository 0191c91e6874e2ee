import numpy as np
import pytest

from edgeprune.dataset_io.splits import MemorySplit

X = np.arange(20, dtype=np.float32).reshape(10, 2)
Y = np.arange(10, dtype=np.int32)


def epochs(dataset):
    while True:
        yield [int(label) for _, labels in dataset.as_numpy_iterator() for label in labels]


def test_batches_keep_the_order_and_end_with_the_rest():
    found = list(MemorySplit(((X,), (Y,))).batches(4))
    assert [len(y) for _, (y,) in found] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate([x for (x,), _ in found]), X)


def test_shuffled_anew_each_epoch_and_alike_for_one_seed():
    split = MemorySplit(((X,), (Y,)))
    first, again, other = (epochs(split.tf_dataset(3, shuffle_seed=seed)) for seed in (1, 1, 2))
    one, two = next(first), next(first)
    assert sorted(one) == sorted(two) == list(range(10))
    assert one != two
    assert (one, two) == (next(again), next(again))
    assert one != next(other)
    for x, y in split.tf_dataset(3, shuffle_seed=1).as_numpy_iterator():
        np.testing.assert_array_equal(x[:, 0], y * 2)


def test_unshuffled_data_set_keeps_the_order():
    assert next(epochs(MemorySplit(((X,), (Y,))).tf_dataset(3))) == list(range(10))


def test_an_empty_part_gives_no_batch():
    split = MemorySplit(((X[:0],), (Y[:0],)))
    assert list(split.batches(3)) == []
    assert next(epochs(split.tf_dataset(3, shuffle_seed=1))) == []


@pytest.mark.parametrize("module", ["keras", "tf_keras"])
def test_both_kerases_fit_several_inputs_and_outputs(module):
    keras = pytest.importorskip(module)
    a, b = keras.layers.Input((2,)), keras.layers.Input((2,))
    both = keras.layers.Concatenate()([a, b])
    model = keras.Model([a, b], [keras.layers.Dense(10)(both), keras.layers.Dense(1)(both)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss=[loss, "mse"])
    split = MemorySplit(((X, X), (Y, X[:, :1])))
    history = model.fit(split.tf_dataset(4, shuffle_seed=0), epochs=1, shuffle=False, verbose=0)
    assert np.isfinite(history.history["loss"][0])
