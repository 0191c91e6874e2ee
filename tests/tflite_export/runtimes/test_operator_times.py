"""Times of operators, by LiteRT's own profiler."""

import sys

import keras
import pytest
import tensorflow as tf

from edgeprune.tflite_export.runtimes.operator_times import operator_times

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the C library has another name elsewhere")


def convolutional(side: int) -> bytes:
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input(batch_shape=(1, side, side, 8)),
            layers.Conv2D(16, 3),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ]
    )
    return tf.lite.TFLiteConverter.from_keras_model(model).convert()


def test_the_operators_that_run_are_timed():
    times = operator_times(convolutional(64), threads=1, runs=40)
    names = " ".join(time.name for time in times)
    for operator in ("Convolution", "Max Pooling", "Fully Connected", "Softmax"):
        assert operator in names
    assert sum(time.share for time in times) == pytest.approx(1)
    convolution = next(time for time in times if "Convolution" in time.name)
    assert 0 < convolution.ms < 100


def test_operators_of_less_than_a_microsecond_have_no_shares_rather_than_zeros():
    shares = [time.share for time in operator_times(convolutional(4), threads=1, runs=40)]
    assert set(shares) == {None} or sum(shares) == pytest.approx(1)


def test_a_file_that_the_profiler_cannot_run_has_no_times():
    assert operator_times(b"no model", threads=1, runs=1) is None
