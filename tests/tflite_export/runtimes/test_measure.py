"""Latency of several files side by side."""

import threading
import time

import pytest

from edgeprune.contracts.errors import ExportError
from edgeprune.tflite_export.runtimes.energy_counters import find_counters
from edgeprune.tflite_export.runtimes.measure import energy_a_run_uj, latency


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


def test_the_energy_of_a_run_is_what_the_counters_rose_by(cases, tmp_path):
    """A counter that rises by 1000 every few milliseconds, in a folder laid out as Linux lays it out."""
    domain = tmp_path / "intel-rapl:0"
    domain.mkdir()
    for file, content in (("name", "package-0"), ("energy_uj", 0), ("max_energy_range_uj", 10**12)):
        (domain / file).write_text(f"{content}\n")
    stop = threading.Event()

    def rise():
        number = 0
        while not stop.wait(0.005):
            number += 1000
            (domain / "next").write_text(f"{number}\n")
            (domain / "next").replace(domain / "energy_uj")

    thread = threading.Thread(target=rise)
    thread.start()
    try:
        found = energy_a_run_uj(cases("keras3", "mlp").converter.convert("none"), find_counters(tmp_path))
    finally:
        stop.set()
        thread.join()
    assert 0 < found < 1000
