"""Wrong files do not pass; random inputs fit the model."""

import keras
import numpy as np
import pytest

from edgeprune.contracts import plugins
from edgeprune.contracts.errors import ExportError
from edgeprune.tflite_export.conversion.convert import NUMERICS
from edgeprune.tflite_export.sparse.storage_choice import check_same
from edgeprune.tflite_export.verification.bounds import ErrorBound
from edgeprune.tflite_export.verification.closeness import closeness, closenesses, why_too_far
from edgeprune.tflite_export.verification.raw_outputs import activated, comparable, raw_of_outputs, run_raw
from edgeprune.tflite_export.verification.verify import check_values, verify
from tests.tflite_export.small_models import case_of

FLOAT = ErrorBound(largest=1e-3, mean=1e-2)


@pytest.fixture(scope="module")
def heads():
    """Of 2 to 1,000 classes, several labels, a number and several numbers."""
    keras.utils.set_random_seed(0)
    features = keras.Input((20,), name="features")
    hidden = keras.layers.Dense(32, activation="relu")(features)
    kinds = [(count, "softmax") for count in (2, 10, 200, 1000)] + [
        (1, "sigmoid"),
        (5, "sigmoid"),
        (1, None),
        (3, None),
    ]
    outputs = [keras.layers.Dense(count, activation=kind)(hidden) for count, kind in kinds]
    case = case_of(keras.Model(features, outputs), tuple(f"output_{i}" for i in range(len(outputs))))
    yield case
    case.converter.close()


@pytest.fixture
def mlp(cases):
    return cases("keras3", "mlp")


@pytest.mark.parametrize("quantize", plugins.catalogue(NUMERICS))
def test_a_file_with_another_models_weights_fails(mlp, quantize):
    weights = mlp.model.get_weights()
    generator = np.random.default_rng(5)
    try:
        mlp.model.set_weights([generator.standard_normal(array.shape) for array in weights])
        data = mlp.converter.convert(quantize, calibration=mlp.examples)
    finally:
        mlp.model.set_weights(weights)
    with pytest.raises(ExportError, match=r"output 'probabilities': the file computes other values"):
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


@pytest.mark.parametrize("quantize", plugins.catalogue(NUMERICS))
def test_another_networks_file_is_told_by_every_output(heads, quantize):
    """Over many classes all probabilities are nearly 0, so that those of two networks are hardly apart."""
    right = heads.converter.convert(quantize, calibration=heads.examples)
    verify(right, heads.reference, heads.examples, quantize)
    weights = heads.model.get_weights()
    try:
        heads.model.set_weights([array[::-1] for array in weights])
        wrong = heads.converter.convert(quantize, calibration=heads.examples)
    finally:
        heads.model.set_weights(weights)
    with pytest.raises(ExportError, match="output 'output_0': the file computes other values"):
        verify(wrong, heads.reference, heads.examples, quantize)
    with pytest.raises(ExportError, match="output 'output_0': the file computes other values"):
        check_same(wrong, right, quantize, heads.examples)
    other = run_raw(wrong, heads.examples)
    raw = run_raw(right, heads.examples).raw
    bound = plugins.load(NUMERICS, quantize).BOUND
    reasons = map(why_too_far, closenesses(other, raw), [bound] * len(raw), other.activations)
    assert all(reason and "relative error" in reason for reason in reasons)


def test_the_float_tolerance_is_a_thousandth_of_the_variation():
    expected = np.linspace(0, 10, 64).reshape(64, 1)
    assert closeness(expected + 1e-2, expected, None, None).errors == pytest.approx(1e-2 / expected.std())
    assert why_too_far(closeness(expected + 2e-3, expected, None, None), FLOAT, None) is None
    reason = why_too_far(closeness(expected + 4e-3, expected, None, None), FLOAT, None)
    assert reason == "the largest relative error is 0.00136, allowed is 0.001"


def test_a_constant_output_is_held_to_float_rounding():
    expected = np.full((64, 4), 0.25)
    assert closeness(expected + 2e-7, expected, None, None).errors.max() == 0
    assert np.isinf(closeness(expected + 2e-6, expected, None, None).errors).all()


def test_integer_outputs_are_measured_by_what_they_can_express():
    """Outputs that all lie within one step are right to half a step."""
    expected = np.linspace(0, 0.002, 64).reshape(64, 1)
    assert closeness(expected + 1 / 512, expected, None, 1 / 256).errors.max() == pytest.approx(1 / 16)


def test_answers_count_where_the_model_is_sure():
    """All logits are nearly right but for the largest: another class wins."""
    expected = np.random.default_rng(0).standard_normal((64, 1000))
    expected[:, 7] = 20
    found = expected.copy()
    found[:, 7], found[:, 8] = 17, 18
    bound = ErrorBound(mean=3.0)
    one = closeness(found, expected, "softmax", None)
    assert one.errors.max() < 1
    assert why_too_far(one, bound, "softmax") == "of 64 answers that are clear, 64 are others"
    close = expected + np.where(np.arange(1000) == 8, 19.9 - expected, 0)
    assert why_too_far(closeness(found, close, "softmax", None), bound, "softmax") is None


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", None])
def test_raw_values_are_found_again_from_outputs(activation):
    raw = np.random.default_rng(0).standard_normal((64, 10)) * 4
    again = raw_of_outputs(activated(raw, activation).astype(np.float32), activation)
    np.testing.assert_allclose(comparable(again, activation), comparable(raw, activation), atol=2e-4)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_never_passes(value):
    expected = np.zeros((64, 2))
    broken = expected.copy()
    broken[3, 1] = value
    with pytest.raises(ExportError, match="the file gives values that are not finite"):
        check_values("y", broken, expected)
    with pytest.raises(ExportError, match="the Keras model itself gives values that are not finite"):
        check_values("y", expected, broken)
