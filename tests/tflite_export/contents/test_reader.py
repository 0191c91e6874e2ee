"""Reading files without running them."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeprune.contracts.errors import ModelFileError
from edgeprune.tflite_export.contents.reader import output_scales, read_tflite


@pytest.fixture(scope="session")
def float_file(cases):
    return cases("keras3", "mlp").converter.convert("none")


class Files(tuple):
    """Bytes of several files; Hypothesis prints the arguments of a test that fails, and thousands of bytes hide it."""

    def __repr__(self):
        return f"{len(self)} files"


@pytest.fixture(scope="session")
def files(cases, float_file):
    return Files((float_file, cases("keras2", "gru").converter.convert("none")))


def test_a_dense_network_is_counted_exactly(cases, kind):
    case = cases(kind, "mlp")
    weights = case.model.get_weights()
    pruned = [np.where(np.abs(array) < 0.1, 0, array) if array.ndim == 2 else array + 0.5 for array in weights]
    try:
        case.model.set_weights(pruned)
        data = case.converter.convert("none")
    finally:
        case.model.set_weights(weights)

    summary = read_tflite(data, "mlp")

    assert summary.parameters == sum(array.size for array in weights)
    assert summary.zeros == sum(int((array == 0).sum()) for array in pruned)
    assert summary.macs == 20 * 32 + 32 * 5
    assert summary.operator_counts == {"FULLY_CONNECTED": 2, "SOFTMAX": 1}
    assert summary.raw_bytes == len(data)
    assert summary.gzip_bytes == len(gzip.compress(data, 9))
    assert "TensorFlow 2." in summary.made_by
    assert summary.min_runtime
    assert not summary.keeps_state
    assert summary.sparse_tensors == ()
    first = summary.operators[0]
    assert first.inputs[1].shape == (32, 20)
    assert first.outputs[0].shape == (1, 32)
    assert first.weight_bytes == 4 * (20 * 32 + 32)


def test_convolutions_are_counted_by_their_positions(cases):
    summary = read_tflite(cases("keras3", "cnn").converter.convert("none"), "cnn")
    assert summary.macs == 10 * 10 * 8 * 3 * 3 * 3 + 5 * 5 * 8 * 4
    summary = read_tflite(cases("keras3", "depthwise").converter.convert("none"), "depthwise")
    depthwise, separable = 10 * 10 * 6 * 9, 8 * 8 * (6 * 9 + 6 * 6)
    transposed, dense = 8 * 8 * 6 * 4 * 9, 4 * 4
    assert summary.macs == depthwise + separable + transposed + dense


def test_every_step_of_a_recurrent_layer_counts(cases, kind):
    fused = read_tflite(cases(kind, "lstm").converter.convert("none"), "lstm")
    assert fused.macs == 4 * (5 * 16 + 4 * 16) + 4 * 2
    assert fused.keeps_state
    looped = read_tflite(cases(kind, "gru").converter.convert("none"), "gru")
    assert looped.macs == 4 * (5 * 12 + 4 * 12) + 4 * 2


def test_quantization_of_inputs_and_outputs_is_read(cases):
    case = cases("keras2", "mlp")
    integer = case.converter.convert("int8", calibration=case.examples, io="int8")
    summary = read_tflite(integer, "mlp")
    assert summary.inputs[0].scale > 0
    assert summary.outputs[0].scale == pytest.approx(1 / 256)
    assert summary.outputs[0].zero_point == -128
    assert output_scales(integer) == pytest.approx((1 / 256,))
    assert output_scales(case.converter.convert("int8", calibration=case.examples)) == pytest.approx((1 / 256,))
    assert output_scales(case.converter.convert("none")) == (None,)


@pytest.mark.parametrize(
    ("data", "found"),
    [(b"", "an empty file"), (b"\x89HDF\r\n\x1a\n" + bytes(64), "found"), (b"TFL3", "found")],
)
def test_other_files_are_named_for_what_they_are_not(data, found):
    with pytest.raises(ModelFileError, match=rf"m\.tflite: expected a .tflite file.*{found}"):
        read_tflite(data, "m.tflite")


@pytest.mark.parametrize("kept", [8, 20, 500, 2000])
def test_truncated_files_are_refused_in_one_line(float_file, kept):
    with pytest.raises(ModelFileError, match=r"m\.tflite: expected a whole .tflite file") as refusal:
        read_tflite(float_file[:kept], "m.tflite")
    assert "\n" not in str(refusal.value)


def test_a_length_below_0_is_damage(float_file):
    lengths = np.array([2, 1, 32], "<i4").tobytes()  # of the shape of `hidden`, after the number of its axes
    assert lengths in float_file
    damaged = float_file.replace(lengths, np.array([2, 1, -32], "<i4").tobytes())
    with pytest.raises(ModelFileError, match=r"m\.tflite: expected a whole .tflite file"):
        read_tflite(damaged, "m.tflite")


@settings(max_examples=300, deadline=None)
@given(flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), min_size=1, max_size=4))
def test_flipped_bits_give_a_summary_or_one_error(files, flips):
    for data in files:
        damaged = bytearray(data)
        for place, bit in flips:
            damaged[int(place * len(damaged))] ^= 1 << bit
        try:
            summary = read_tflite(bytes(damaged), "m.tflite")
            assert summary.parameters >= 0
            assert summary.macs is None or summary.macs >= 0
        except ModelFileError:
            pass
