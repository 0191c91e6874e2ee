"""The zeros and the shared values of a model's kernels, looked for in its file."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from edgeprune.contracts.errors import ExportError
from edgeprune.tflite_export.contents.weight_values import check_weights
from edgeprune.tflite_export.sparse.storage_choice import store
from tests.tflite_export.small_models import KERASES, case_of, mlp

VALUES = np.array([0, 0, 0, 0, 0, 0, -0.5, 0.125, 0.4], np.float32)
COUNT = 4


@pytest.fixture(scope="module", params=KERASES)
def few(request):
    """A model whose kernels have four different values, two thirds of them zero; and how many zeros these are."""
    random = np.random.default_rng(0)
    model = mlp(KERASES[request.param])
    model.set_weights([random.choice(VALUES, weight.shape) for weight in model.get_weights()])
    kernels = [weight for weight in model.get_weights() if weight.ndim > 1]
    case = case_of(model, ("probabilities",))
    yield case, sum(int((kernel == 0).sum()) for kernel in kernels)
    case.converter.close()


@pytest.mark.parametrize("quantize", ["none", "float16", "dynamic", "int8", "int16x8"])
def test_zeros_and_clusters_are_found_again(few, quantize):
    case, zeros = few
    data = case.converter.convert(quantize, calibration=case.examples, clustered=True)
    check_weights(data, zeros, COUNT)
    with pytest.raises(ExportError, match=f"the file's weights have {zeros:,} zeros, the model's {zeros + 1:,}"):
        check_weights(data, zeros + 1)
    with pytest.raises(ExportError, match="expected at most 3 different weights a channel in the file, found 4"):
        check_weights(data, zeros, COUNT - 1)
    check_weights(data, zeros, COUNT - 1, unclustered=2)


def test_zeros_that_are_stored_sparsely_count(few):
    case, zeros = few
    stored = store(case.converter.convert("none"), "on", "none", case.examples)
    assert stored.sparse
    check_weights(stored.data, zeros, COUNT)


def most_values(data):
    """Of the int8 matrices in a file, the most different values that one holds."""
    interpreter = Interpreter(model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    kernels = [
        detail
        for detail in interpreter.get_tensor_details()
        if detail["dtype"] is np.int8 and detail["shape"].prod() in {20 * 32, 32 * 5}
    ]
    assert len(kernels) == 2
    return max(len(np.unique(interpreter.get_tensor(detail["index"]))) for detail in kernels)


def test_the_shared_values_of_a_clustered_matrix_stay_few(few):
    """With a scale for each output they would become many: not all outputs have the largest value."""
    case, _ = few
    assert most_values(case.converter.convert("int8", calibration=case.examples)) > COUNT
    assert most_values(case.converter.convert("int8", calibration=case.examples, clustered=True)) == COUNT
