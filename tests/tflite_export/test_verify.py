"""Wrong files do not pass; random inputs fit the model."""

import numpy as np
import pytest

from contracts.errors import ExportError
from tflite_export.bounds import ErrorBound
from tflite_export.verify import compare, verify

FLOAT = ErrorBound(largest=1e-4)


@pytest.fixture
def mlp(cases):
    return cases("keras3", "mlp")


@pytest.mark.parametrize("quantize", ["none", "float16", "dynamic", "int8", "int16x8", "int4"])
def test_a_file_with_another_models_weights_fails(mlp, quantize):
    weights = mlp.model.get_weights()
    generator = np.random.default_rng(5)
    try:
        mlp.model.set_weights([generator.standard_normal(array.shape) for array in weights])
        data = mlp.converter.convert(quantize, calibration=mlp.examples)
    finally:
        mlp.model.set_weights(weights)
    with pytest.raises(ExportError, match=r"output 'probabilities': the file computes something else"):
        verify(data, mlp.reference, mlp.examples, quantize)


def test_a_corrupted_buffer_fails(mlp):
    data = mlp.converter.convert("none")
    kernel = mlp.model.get_layer("hidden").get_weights()[0].T.tobytes()
    start = data.index(kernel)
    damaged = data[:start] + kernel[::-1] + data[start + len(kernel) :]
    with pytest.raises(ExportError, match="'probabilities'"):
        verify(damaged, mlp.reference, mlp.examples, "none")


def test_too_few_examples_prove_nothing(mlp):
    with pytest.raises(ValueError, match="at least 32"):
        verify(mlp.converter.convert("none"), mlp.reference, tuple(a[:31] for a in mlp.examples), "none")


def test_the_float_tolerance_is_a_ten_thousandth_of_the_range():
    expected = np.linspace(0, 10, 64).reshape(64, 1)
    passed = compare("y", expected + 0.9e-3, expected, FLOAT, None)
    assert passed.tolerance == pytest.approx(1e-3)
    assert passed.output_range == pytest.approx(10)
    assert passed.max_abs_error == pytest.approx(0.9e-3)
    with pytest.raises(ExportError, match=r"largest error is 0\.0011"):
        compare("y", expected + 1.1e-3, expected, FLOAT, None)


def test_a_constant_output_is_held_to_float_rounding():
    expected = np.full((64, 4), 0.25)
    compare("y", expected + 2e-7, expected, FLOAT, None)
    with pytest.raises(ExportError):
        compare("y", expected + 2e-6, expected, FLOAT, None)


def test_integer_outputs_are_measured_by_what_they_can_express():
    """A softmax that always says about 0.1 is right to one step of 1/256, which is most of its range."""
    expected = 0.1 + np.linspace(0, 0.002, 64).reshape(64, 1)
    assert compare("y", expected + 1 / 256, expected, ErrorBound(mean=0.05), 1 / 256).output_range == 1.0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_never_passes(value):
    expected = np.zeros((64, 2))
    broken = expected.copy()
    broken[3, 1] = value
    with pytest.raises(ExportError, match="the file gives values that are not finite"):
        compare("y", broken, expected, FLOAT, None)
    with pytest.raises(ExportError, match="the Keras model itself gives values that are not finite"):
        compare("y", expected, broken, FLOAT, None)
