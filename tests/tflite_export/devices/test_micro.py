"""Files in the real TFLite Micro runtime."""

import keras
import numpy as np
import pytest

from edgeprune.contracts.errors import ExportError
from edgeprune.tflite_export.conversion.convert import convert
from edgeprune.tflite_export.devices.micro import check_micro, check_raw
from edgeprune.tflite_export.verification.raw_outputs import RawRun, activated
from tests.tflite_export.small_models import interface_of

pytest.importorskip("tflite_micro", reason="tflite-micro exists for Linux on x86-64 only")


@pytest.mark.parametrize("architecture", ["depthwise", "residual", "gru"])
def test_integer_files_compute_what_litert_computes(cases, architecture):
    case = cases("keras3", architecture)
    checked = check_micro(case.converter.convert("int8", calibration=case.examples, io="int8"), case.examples, "int8")
    assert checked.examples == 32
    assert checked.arena_bytes % 16 == 0
    assert 1000 < checked.arena_bytes < 100_000


def test_float_files_agree_to_rounding_and_need_more_memory(cases):
    case = cases("keras2", "residual")
    floats = check_micro(case.converter.convert("none"), case.examples, "none")
    integers = check_micro(case.converter.convert("int8", calibration=case.examples, io="int8"), case.examples, "int8")
    assert floats.max_abs_difference < 1e-6
    assert floats.arena_bytes > 2 * integers.arena_bytes


def raw_run(raw):
    return RawRun(
        names=("y",), outputs=(activated(raw, "softmax"),), raw=(raw,), activations=("softmax",), steps=(0.3,)
    )


def test_a_step_before_the_softmax_is_no_difference():
    """It makes 7 points of probability, more than 1/16."""
    raw = 5 * np.random.default_rng(0).standard_normal((32, 10))
    raw[:, :2] = np.array([12.0, 11.9])
    other = raw + np.array([0.0, 0.3] + [0.0] * 8)
    assert np.abs(activated(other, "softmax") - activated(raw, "softmax")).max() > 1 / 16
    check_raw(raw_run(other), raw_run(raw), "int8")


@pytest.mark.parametrize(
    ("share", "message"),
    [
        (0.8, "TFLite Micro's kernels round differently from LiteRT's, which run the file right"),
        (1.4, "that is a fault of a kernel of TFLite Micro, not of the model"),
    ],
)
def test_the_message_says_whose_fault_it_is(share, message):
    generator = np.random.default_rng(0)
    raw = 5 * generator.standard_normal((32, 10))
    other = raw + 5 * share * generator.standard_normal((32, 10))
    with pytest.raises(ExportError, match=message):
        check_raw(raw_run(other), raw_run(raw), "int8")


def test_all_operators_that_the_runtime_lacks_are_named():
    numbers = keras.Input((6,), name="numbers")
    hidden = keras.layers.Dense(4, activation="gelu")(numbers)
    model = keras.Model(numbers, keras.layers.Dense(2, name="scores")(keras.ops.arctan2(hidden, hidden + 1.0)))
    data = convert(model, interface_of(model, ("scores",)), "none")
    with pytest.raises(ExportError, match=r"TFLite Micro has, found (GELU, ATAN2|ATAN2, GELU);"):
        check_micro(data, (np.zeros((32, 6), np.float32),), "none")


def test_a_format_that_its_kernels_lack_is_refused_with_what_to_do(cases):
    case = cases("keras3", "cnn")
    with pytest.raises(ExportError, match=r"refuses the file: .*DEQUANTIZE.*; export with --quantize int8"):
        check_micro(case.converter.convert("float16"), case.examples, "float16")


def test_a_crash_of_the_runtime_is_one_error():
    """Its softmax aborts the process where the steps of its input are tiny."""
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, activation="softmax", name="scores")])
    model.set_weights([weight * np.float32(1e-9) for weight in model.get_weights()])
    examples = (np.random.default_rng(0).random((32, 6), np.float32),)
    data = convert(model, interface_of(model, ("scores",)), "int8", calibration=examples)
    with pytest.raises(ExportError, match=r"TFLite Micro crashes on the file \(status -6\)"):
        check_micro(data, examples, "int8")
