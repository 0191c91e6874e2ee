"""Layers that stay in float in a quantized file."""

import pytest

from edgeprune.contracts.errors import ExportError, UsageError
from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.verification.verify import verify


def float_kernels(data):
    """Shapes of the kernels that are not quantized."""
    tensors = read_tflite(data, "m").parameter_tensors
    return {tensor.shape for tensor in tensors if tensor.dtype == "float32" and len(tensor.shape) > 1}


@pytest.mark.parametrize("quantize", ["int8", "int4"])
@pytest.mark.parametrize(("index", "kernel"), [(1, (8, 3, 3, 3)), (4, (8, 3, 3, 8)), (-1, (4, 8))])
def test_only_the_named_layer_stays_in_float(cases, kind, quantize, index, kernel):
    """Keras 3 traces the layer `conv2d` in a scope `conv2d_1`: the layer counts, not the scope."""
    case = cases(kind, "residual")
    name = case.model.layers[index].name
    data = case.converter.convert(quantize, calibration=case.examples, keep_float=(name,))
    verify(data, case.reference, case.examples, quantize)
    assert float_kernels(data) == {kernel}


def test_globs_name_several_layers_and_integer_inputs_stay_possible(cases, kind):
    case = cases(kind, "residual")
    data = case.converter.convert("int8", calibration=case.examples, io="int8", keep_float=("conv*",))
    verify(data, case.reference, case.examples, "int8")
    summary = read_tflite(data, "m")
    assert {tensor.dtype for tensor in (*summary.inputs, *summary.outputs)} == {"int8"}
    assert float_kernels(data) == {(8, 3, 3, 3), (8, 3, 3, 8)}


def test_what_cannot_be_kept_is_refused(cases, kind):
    case = cases(kind, "residual")
    with pytest.raises(UsageError, match=r"--keep-float 'nope\*' matches no layer; the layers are image, conv2d"):
        case.converter.convert("int8", calibration=case.examples, keep_float=("nope*",))
    with pytest.raises(UsageError, match="--quantize dynamic treats all layers alike; use --quantize int4 or int8"):
        case.converter.convert("dynamic", keep_float=("conv*",))
    recurrent = cases(kind, "lstm")
    with pytest.raises(ExportError, match="expected a model without recurrent layers"):
        recurrent.converter.convert("int8", calibration=recurrent.examples, keep_float=("next",))
    with pytest.raises(ExportError, match="compute nothing of their own in the file"):
        recurrent.converter.convert("int4", keep_float=("lstm*",))
