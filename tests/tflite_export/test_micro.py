"""Files in the real TFLite Micro runtime."""

import keras
import numpy as np
import pytest

from contracts.errors import ExportError
from tests.tflite_export.conftest import interface_of
from tflite_export.convert import convert
from tflite_export.micro import check_micro

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
