"""Recurrent layers in a form that LiteRT has kernels for.

Left alone, they become loops (WHILE). Those run in LiteRT, but TensorFlow's calibrator crashes on them (seen with
2.21: a segmentation fault in `_feed_tensors`), so that int8 needs other forms: a fused LSTM is one small operator,
unrolled steps are large but always come out right.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from edgeprune.contracts.keras_model import KerasModel
from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.conversion.calibration import Calibration
from edgeprune.tflite_export.conversion.tracing import nodes
from edgeprune.tflite_export.runtimes.runtime import Runner

LOOPS = {"While", "StatelessWhile"}
CHECKED_EXAMPLES = 64
# Sound int8 LSTMs are off by 0.1 to 0.6 % of the range on average, wrong ones by 1 to 50 %.
FUSED_BOUND = 0.008


@contextmanager
def fused_lstm() -> Iterator[None]:
    """Let Keras 3 trace its LSTM layers as Keras 2 does, so that the converter fuses each into one operator.

    The converter knows an LSTM by the attribute `api_implements` of the function around it, which only Keras 2
    writes (TensorFlow, lite/transforms/prepare_composite_functions_tf.cc). Layers that it would fuse wrongly (a
    mask, a start state) or cannot (other activations) stay loops.
    """
    from keras.src import backend

    original = backend.lstm
    backend.lstm = _lstm
    try:
        yield
    finally:
        backend.lstm = original


def _lstm(
    sequences: Any,
    initial_h: Any,
    initial_c: Any,
    mask: Any,
    *,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any,
    activation: Any,
    recurrent_activation: Any,
    return_sequences: bool = False,
    go_backwards: bool = False,
    unroll: bool = False,
) -> tuple[Any, Any, list[Any]]:
    """In place of `keras.backend.lstm`, whose NotImplementedError means: trace a loop instead."""
    import tensorflow as tf
    from tf_keras.src.layers.rnn import gru_lstm_utils, lstm

    standard = (activation.__name__, recurrent_activation.__name__) == ("tanh", "sigmoid")
    if unroll or mask is not None or not standard or not (_is_zero(initial_h) and _is_zero(initial_c)):
        raise NotImplementedError
    # The name has to begin with `lstm_` and to be the layer's own.
    function = gru_lstm_utils.generate_defun_backend(
        f"lstm_{kernel.path}", "CPU", lstm.standard_lstm, {"time_major": False, "go_backwards": go_backwards}
    )
    if bias is None:
        bias = tf.zeros(kernel.shape[-1], kernel.dtype)
    arrays = {"inputs": sequences, "init_h": initial_h, "init_c": initial_c}
    arrays |= {"kernel": kernel, "recurrent_kernel": recurrent_kernel, "bias": bias}
    unused = {"mask": None, "time_major": False, "sequence_lengths": None, "zero_output_for_mask": False}
    last, outputs, h, c, _ = function(
        **{name: tf.convert_to_tensor(value) for name, value in arrays.items()},
        **unused,
        go_backwards=go_backwards,
        return_sequences=return_sequences,
    )
    return last, outputs, [h, c]


def _is_zero(state: Any) -> bool:
    """Whether a start state is known to be all zeros."""
    import tensorflow as tf

    value = tf.get_static_value(state)
    return value is not None and not value.any()


@contextmanager
def unrolled(model: KerasModel) -> Iterator[None]:
    """Let all recurrent layers be traced step after step instead of as loops, those inside others too."""
    layers = [layer for layer in model._flatten_layers() if hasattr(layer, "unroll")]
    before = [dict(vars(layer)) for layer in layers]
    for layer in layers:
        layer.unroll = True
        if hasattr(layer, "_could_use_gpu_kernel"):
            # Keras 2 decides when a layer is made, and ignores `unroll` in those that a GPU kernel could run.
            layer._could_use_gpu_kernel = False
    try:
        yield
    finally:
        for layer, attributes in zip(layers, before, strict=True):
            layer.unroll = attributes["unroll"]
            if "_could_use_gpu_kernel" in attributes:
                layer._could_use_gpu_kernel = attributes["_could_use_gpu_kernel"]


def may_loop(function: Any) -> bool:
    """Whether a traced function holds loops; the converter may still fuse them into single operators."""
    return any(node.op in LOOPS for node in nodes(function))


def has_loops(data: bytes) -> bool:
    """Whether a converted file holds loops."""
    return "WHILE" in read_tflite(data, "the exported file").operator_counts


def agree(data: bytes, floats: bytes, calibration: Calibration) -> bool:
    """Whether a calibrated file computes what the float file does, to `FUSED_BOUND`, on the calibration's examples.

    TensorFlow's quantizer (2.21) makes wrong numbers of some fused LSTMs and says nothing: of those that feed a
    Concatenate, as in Bidirectional, it gives the output and the state, which the kernel takes for one, two scales.
    """
    examples = tuple(array[:CHECKED_EXAMPLES] for array in calibration.examples)
    pairs = zip(Runner(data).run(examples), Runner(floats).run(examples), strict=True)
    return all(np.abs(ours - theirs).mean() <= FUSED_BOUND * np.ptp(theirs) for ours, theirs in pairs)
