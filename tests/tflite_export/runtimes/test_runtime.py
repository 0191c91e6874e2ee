"""Running files: batches, integer inputs and outputs, state, refusals."""

import numpy as np
import pytest

from edgeprune.contracts.errors import ExportError
from edgeprune.tflite_export.runtimes.runtime import Runner


@pytest.fixture
def mlp(cases):
    return cases("keras3", "mlp")


@pytest.mark.parametrize("count", [1, 33])
def test_a_batch_of_any_size_gives_one_row_for_each_example(mlp, count):
    inputs = tuple(array[:count] for array in mlp.examples)
    (found,) = Runner(mlp.converter.convert("none")).run(inputs)
    np.testing.assert_allclose(found, mlp.reference(inputs)[0], atol=1e-6)


def test_integer_files_take_and_give_floats(mlp):
    data = mlp.converter.convert("int8", calibration=mlp.examples, io="int8")
    (found,) = Runner(data).run(mlp.examples)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, mlp.reference(mlp.examples)[0], atol=0.03)


def test_values_outside_the_calibrated_range_are_cut_off_not_wrapped_around(mlp):
    runner = Runner(mlp.converter.convert("int8", calibration=mlp.examples, io="int8"))
    largest = np.full((1, 20), max(array.max() for array in mlp.examples), np.float32)
    np.testing.assert_array_equal(runner.run((largest,))[0], runner.run((largest * 1000,))[0])


def test_names_are_the_models_in_the_models_order(cases, kind):
    runner = Runner(cases(kind, "several").converter.convert("none"))
    assert runner.input_names == ("words", "numbers")
    assert runner.output_names == ("z_kind", "a_price")


def test_an_lstm_starts_anew_for_each_example(cases, kind):
    case = cases(kind, "lstm")
    runner = Runner(case.converter.convert("none"))
    (together,) = runner.run(case.examples)
    (alone,) = runner.run(tuple(array[7:8] for array in case.examples))
    np.testing.assert_array_equal(together[7:8], alone)


def test_wrong_shapes_and_counts_are_named(mlp):
    runner = Runner(mlp.converter.convert("none"))
    with pytest.raises(ExportError, match=r"input 'features': expected examples of shape \(20,\), found \(21,\)"):
        runner.run((np.zeros((2, 21), np.float32),))
    with pytest.raises(ExportError, match="takes 1 inputs, found 2 arrays"):
        runner.run((np.zeros((2, 20), np.float32),) * 2)


def test_bytes_that_are_no_file_are_refused_in_one_line(capfd):
    with pytest.raises(ExportError, match="LiteRT refuses the file") as refusal:
        Runner(b"no file at all, but long enough")
    assert "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")
