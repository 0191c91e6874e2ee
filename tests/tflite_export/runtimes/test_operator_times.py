"""Times of operators, by LiteRT's own profiler."""

import sys

import pytest

from edgeprune.tflite_export.runtimes.operator_times import operator_times

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the C library has another name elsewhere")


def test_the_operators_that_run_are_timed(cases):
    times = operator_times(cases("keras3", "cnn").converter.convert("none"), threads=1, runs=40)
    names = " ".join(time.name for time in times)
    for operator in ("Convolution", "Max Pooling", "Fully Connected", "Softmax"):
        assert operator in names
    assert sum(time.share for time in times) == pytest.approx(1)
    convolution = next(time for time in times if "Convolution" in time.name)
    assert 0 < convolution.ms < 10


def test_a_file_that_the_profiler_cannot_run_has_no_times():
    assert operator_times(b"no model", threads=1, runs=1) is None
