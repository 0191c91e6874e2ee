"""The energy estimate of files, from their operators and tensors."""

import numpy as np
import pytest

from edgeprune.contracts.processes.quiet import silenced
from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.runtimes.energy import estimate_uj, file_energy_uj

MLP_MACS = MLP_WEIGHTS = 20 * 32 + 32 * 5
"""Its biases are all 0, and the converter leaves such out."""
MLP_ACTIVATIONS = 20 + 32 + 5 + 5
"""Input, two layers, softmax."""


def energy(data):
    return file_energy_uj(read_tflite(data, "a file"))


def test_a_float_file_costs_its_macs_its_weights_and_its_activations(cases, kind):
    found = energy(cases(kind, "mlp").converter.convert("none"))
    # Everything fits into 8 KiB: 10 pJ for each 8 bytes.
    moved = 4 * MLP_WEIGHTS + 2 * 4 * MLP_ACTIVATIONS
    assert found == pytest.approx((MLP_MACS * 4.6 + moved * 10 / 8) / 1e6)


def test_an_int8_file_costs_integer_macs_and_a_quarter_of_the_traffic(cases):
    case = cases("keras3", "mlp")
    found = energy(case.converter.convert("int8", calibration=case.examples, io="int8"))
    moved = MLP_WEIGHTS + 2 * MLP_ACTIVATIONS
    assert found == pytest.approx((MLP_MACS * 0.23 + moved * 10 / 8) / 1e6)


def test_float16_is_unpacked_to_float32_when_it_is_loaded(cases):
    case = cases("keras3", "mlp")
    assert energy(case.converter.convert("float16")) == pytest.approx(energy(case.converter.convert("none")))


def test_every_step_of_a_loop_counts(cases):
    looped = energy(cases("keras3", "gru").converter.convert("none"))
    assert looped > 4 * (5 * 12 + 4 * 12) * 4.6 / 1e6
    assert energy(cases("keras3", "lstm").converter.convert("none")) > 0


@pytest.mark.parametrize(("size", "picojoules"), [(8 << 10, 10), (32 << 10, 20), (1 << 20, 100), ((1 << 20) + 1, 1300)])
def test_larger_memories_cost_more_for_each_access(size, picojoules):
    assert estimate_uj(0, size, 0) == pytest.approx(size / 8 * picojoules / 1e6)
    assert estimate_uj(0, 0, size) == pytest.approx(2 * size / 8 * picojoules / 1e6)


def test_zeros_cost_as_much_as_other_weights(cases):
    case = cases("keras3", "mlp")
    weights, before = case.model.get_weights(), energy(case.converter.convert("none"))
    try:
        case.model.set_weights([np.where(np.abs(array) < 0.1, 0, array) for array in weights])
        assert energy(case.converter.convert("none")) == before
    finally:
        case.model.set_weights(weights)


def test_what_is_stored_in_blocks_is_neither_read_nor_computed_with():
    summary = sparse_file(np.arange(64) // 4 % 8 == 0)
    (stored,) = summary.sparse_tensors
    assert stored.bytes < stored.dense_bytes / 2
    assert stored.index_bytes > 0
    moved = stored.bytes + stored.index_bytes + 2 * 4 * (64 + 32)
    assert file_energy_uj(summary) == pytest.approx((stored.bytes / 4 * 4.6 + moved * 10 / 8) / 1e6)


def test_what_is_stored_at_random_is_unpacked_when_it_is_loaded():
    summary = sparse_file(np.random.default_rng(0).random(64) < 0.2)
    assert summary.operator_counts == {"DENSIFY": 1, "FULLY_CONNECTED": 1}
    moved = 4 * 64 * 32 + 2 * 4 * (64 + 32)
    assert file_energy_uj(summary) == pytest.approx((64 * 32 * 4.6 + moved * 10 / 8) / 1e6)


def sparse_file(keep):
    """A dense layer 64 -> 32, its kernel 0 for all inputs but those to keep, stored sparsely."""
    import keras
    import tensorflow as tf

    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(32)])
    kernel, bias = model.get_weights()
    model.set_weights([np.where(keep[:, None], np.abs(kernel) + 0.1, 0), bias])
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.EXPERIMENTAL_SPARSITY]
    with silenced():
        return read_tflite(converter.convert(), "a file")
