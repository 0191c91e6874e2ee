"""Which form of storage is chosen, and what is said about it. That the files are right: `test_matrix.py`."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.sparse.layouts import BLOCKS, compress, smallest
from edgeprune.tflite_export.sparse.storage_choice import store
from tests.tflite_export.small_models import case_of


@given(
    shape=st.tuples(st.integers(1, 6), st.integers(1, 40)),
    block=st.sampled_from(BLOCKS),
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_a_layout_holds_every_element(shape, block, share, seed):
    generator = np.random.default_rng(seed)
    weight = generator.standard_normal((*shape[:1], shape[1] * block)) * (generator.random((shape[0], 1)) < share)
    layout = compress(weight, block)
    unpacked = np.zeros((len(weight), weight.shape[1] // block, block))
    for row, (start, end) in enumerate(zip(layout.segments[:-1], layout.segments[1:], strict=True)):
        unpacked[row, layout.indices[start:end]] = layout.values[start:end]
    np.testing.assert_array_equal(unpacked.reshape(weight.shape), weight)
    assert smallest(weight).bytes <= layout.bytes


def test_a_block_that_does_not_divide_the_rows_is_no_layout():
    assert compress(np.zeros((4, 10)), 4) is None
    assert smallest(np.eye(10)).block == 1


@pytest.fixture(scope="module")
def dense_layer():
    """A layer of 128 inputs and 64 outputs, and a way to give it zeros in blocks of consecutive inputs."""
    model = keras.Sequential([keras.Input((128,)), keras.layers.Dense(64)])
    case = case_of(model, ("output",))
    full = np.random.default_rng(0).standard_normal((128, 64))

    def export(block, quantize, mode, share=0.9):
        kept = np.random.default_rng(1).random((128 // block, 64)) >= share
        model.set_weights([full * np.repeat(kept, block, axis=0), np.zeros(64)])
        dense = case.converter.convert(quantize, calibration=case.examples)
        return dense, store(dense, mode, quantize, case.examples)

    yield export
    case.converter.close()


@pytest.mark.parametrize(("quantize", "block"), [("none", 4), ("int8", 16), ("dynamic", 16)])
def test_blocks_are_read_by_the_sparse_kernels(dense_layer, quantize, block):
    dense, stored = dense_layer(block, quantize, "auto")
    summary = read_tflite(stored.data, "sparse")
    assert stored.sparse
    assert stored.note == f"stored sparsely, weights: 1, {len(dense):,} → {len(stored.data):,} bytes"
    assert "DENSIFY" not in summary.operator_counts
    (weight,) = summary.sparse_tensors
    assert (weight.shape, weight.block) == ((64, 128), block)
    assert weight.zeros == pytest.approx(0.9 * 64 * 128, rel=0.1)
    assert tuple(int(part) for part in summary.min_runtime.split(".")) >= (2, 3, 0)


@pytest.mark.parametrize(("quantize", "block", "share"), [("none", 1, 0.9), ("none", 4, 0.6), ("float16", 4, 0.9)])
def test_other_float_zeros_are_unpacked_at_loading(dense_layer, quantize, block, share):
    _, stored = dense_layer(block, quantize, "auto", share)
    assert stored.sparse
    assert read_tflite(stored.data, "sparse").operator_counts["DENSIFY"] == 1


@pytest.mark.parametrize("quantize", ["int8", "dynamic"])
def test_what_would_be_several_times_slower_is_done_only_where_it_is_asked_for(dense_layer, quantize):
    dense, stored = dense_layer(1, quantize, "auto")
    assert stored.data == dense
    assert "1 stay dense, as LiteRT's int8 kernels read zeros in blocks of 16 inputs only" in stored.note
    _, asked = dense_layer(1, quantize, "on")
    assert len(asked.data) < len(dense)


def test_zeros_too_few_to_save_anything_stay(dense_layer):
    dense, stored = dense_layer(1, "float16", "auto", share=0.35)
    assert (stored.data, stored.sparse) == (dense, False)
    assert stored.note == "weights are stored with their zeros; without them the file would not be smaller"
