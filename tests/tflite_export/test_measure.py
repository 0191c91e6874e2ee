"""Latency of several files side by side."""

import time

import pytest

from contracts.errors import ExportError
from tflite_export.measure import latency


def test_all_files_run_equally_often_and_are_ordered_by_their_work(cases):
    small = cases("keras3", "mlp").converter.convert("none")
    large = cases("keras3", "residual").converter.convert("none")
    found = latency({"small": small, "large": large}, runs=100, seconds=5)
    assert found["small"].runs == found["large"].runs == 100
    assert 0 < found["small"].p50_ms <= found["small"].p90_ms
    assert found["small"].p50_ms < found["large"].p50_ms


def test_measuring_ends_in_time_with_at_least_one_run(cases):
    data = cases("keras3", "mlp").converter.convert("none")
    start = time.perf_counter()
    assert latency({"a": data}, runs=10**9, seconds=0.1)["a"].runs >= 1
    assert time.perf_counter() - start < 2
    assert latency({"a": data}, runs=5, seconds=0)["a"].runs == 1


def test_integer_and_index_inputs_are_fed(cases):
    case = cases("keras3", "several")
    files = {io: case.converter.convert("int8", calibration=case.examples, io=io) for io in ("float32", "int8")}
    assert latency(files, runs=3).keys() == files.keys()


def test_a_file_that_litert_refuses_is_an_error():
    with pytest.raises(ExportError, match="LiteRT refuses"):
        latency({"broken": b"broken"})
