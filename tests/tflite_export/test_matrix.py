"""Never a wrong file: architectures x zeros x numeric formats x storage.

Every file is right, and each refusal has its reason.
"""

import itertools
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from edgeprune.contracts import plugins
from edgeprune.contracts.errors import ExportError
from edgeprune.contracts.processes.quiet import silenced
from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.conversion.convert import NUMERICS
from edgeprune.tflite_export.sparse.storage_choice import check_same, store
from edgeprune.tflite_export.verification.verify import verify
from tests.tflite_export.small_models import Case, case_of

layers = keras.layers


def mlp():
    return [keras.Input((64,)), layers.Dense(96, activation="relu"), layers.Dense(64), layers.Dense(5, "softmax")]


def cnn():
    convolution = layers.Conv2D(32, 3, activation="relu")
    return [keras.Input((6, 6, 32)), convolution, layers.GlobalAveragePooling2D(), layers.Dense(3)]


def depthwise():
    pointwise = [layers.DepthwiseConv2D(3), layers.ReLU(), layers.Conv2D(32, 1)]
    return [keras.Input((6, 6, 192)), *pointwise, layers.GlobalAveragePooling2D(), layers.Dense(3)]


def residual():
    image = keras.Input((6, 6, 32))
    convolution = layers.Conv2D(32, 3, padding="same", use_bias=False)
    block = layers.ReLU()(layers.BatchNormalization()(convolution(image)))
    return keras.Model(image, layers.Dense(3)(layers.GlobalAveragePooling2D()(layers.Add()([image, block]))))


def recurrent():
    return [keras.Input((4, 16)), layers.LSTM(16), layers.Dense(64), layers.Dense(48)]


ARCHITECTURES = {build.__name__: build for build in (mlp, cnn, depthwise, residual, recurrent)}
BLOCKS = {"random": 1, "blocks": 16}
DENSE_ONLY = {
    # LiteRT has no kernel for 4-bit weights with gaps, and refuses to unpack these convolutions
    *((architecture, "int4") for architecture in ARCHITECTURES),
    *((architecture, "dynamic") for architecture in ("cnn", "depthwise", "residual")),
}
SPARSE = {
    *itertools.product(ARCHITECTURES, ("none", "float16", "int8", "int16x8")),
    *((architecture, "dynamic") for architecture in ("mlp", "recurrent")),
}
"""What is known of both; a format that stands in neither may be refused, or right."""


def with_zeros(weight, block, share=0.9):
    """A kernel whose smallest blocks of consecutive inputs are zero."""
    if weight.ndim < 2 or weight.shape[-2] % block or weight.size < 500:
        return weight  # biases, and heads that would be left with a single output
    rows = np.moveaxis(weight, -2, -1)
    blocks = rows.reshape(*rows.shape[:-1], -1, block).copy()
    sizes = np.abs(blocks).sum(-1)
    blocks[sizes <= np.quantile(sizes, share)] = 0
    return np.moveaxis(blocks.reshape(rows.shape), -1, -2)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def model(request):
    keras.utils.set_random_seed(3)
    built = ARCHITECTURES[request.param]()
    case = case_of(built if isinstance(built, keras.Model) else keras.Sequential(built), ("output",))
    yield request.param, case, case.model.get_weights()
    case.converter.close()


@pytest.fixture(scope="module", params=[*BLOCKS, "none"])
def pruned(request, model):
    architecture, case, weights = model
    block = BLOCKS.get(request.param)
    case.model.set_weights([with_zeros(weight, block) if block else weight for weight in weights])
    return architecture, request.param, case


@pytest.mark.parametrize("quantize", plugins.catalogue(NUMERICS))
def test_every_file_is_right_and_each_refusal_has_a_reason(pruned, quantize):
    architecture, zeros, case = pruned
    dense = case.converter.convert(quantize, calibration=case.examples)
    verify(dense, case.reference, case.examples, quantize)
    assert not read_tflite(dense, "dense").sparse_tensors
    assert store(dense, "off", quantize, case.examples).data == dense
    if zeros == "none":
        with pytest.raises(ExportError, match=r"--sparse on: expected weights with enough zeros .* found none; prune"):
            store(dense, "on", quantize, case.examples)
        assert store(dense, "auto", quantize, case.examples).note == ""
        return
    refused = ""
    try:
        sparse = store(dense, "on", quantize, case.examples)
    except ExportError as error:
        refused = str(error)
    if refused:
        assert (architecture, quantize) not in SPARSE
        assert re.search(r"--sparse on: LiteRT reads only dense: .*; use another --quantize", refused)
        automatic = store(dense, "auto", quantize, case.examples)
        assert (automatic.data, automatic.sparse) == (dense, False)
    else:
        assert (architecture, quantize) not in DENSE_ONLY
        assert len(sparse.data) < len(dense)
        assert read_tflite(sparse.data, "sparse").sparse_tensors
        verify(sparse.data, case.reference, case.examples, quantize)
        check_same(sparse.data, dense, quantize, case.examples)


def by_tensorflow(model, quantize):
    """The file that TensorFlow's own sparse storage makes."""
    serve = tf.function(
        lambda x: model(x, training=False), input_signature=[tf.TensorSpec((1, *model.input_shape[1:]))]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([serve.get_concrete_function()])
    plugins.load(NUMERICS, quantize).configure(converter, None, "float32")
    converter.optimizations = [tf.lite.Optimize.DEFAULT, tf.lite.Optimize.EXPERIMENTAL_SPARSITY]
    with silenced():
        return converter.convert()


@pytest.mark.parametrize("quantize", ["float16", "dynamic"])
def test_a_sparse_file_that_computes_wrong_numbers_in_silence_is_caught(quantize):
    """In some of TensorFlow's own sparse files LiteRT takes the weights for dense ones, and says nothing."""
    keras.utils.set_random_seed(3)
    case: Case = case_of(keras.Sequential(mlp()), ("output",))
    case.model.set_weights([with_zeros(weight, 16) for weight in case.model.get_weights()])
    with case.converter as converter:
        dense = converter.convert(quantize)
    wrong = by_tensorflow(case.model, quantize)
    assert read_tflite(wrong, "wrong").sparse_tensors
    with pytest.raises(ExportError, match=r"the file computes other values|values that are not finite"):
        check_same(wrong, dense, quantize, case.examples)
