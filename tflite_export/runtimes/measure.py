"""How long a file takes for one example on this machine."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeprune.tflite_export.runtimes.energy_counters import EnergyCounters
from edgeprune.tflite_export.runtimes.runtime import cannot_run, load_interpreter

WARM_UP_RUNS = 5


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Half of the runs took at most `p50_ms`, nine of ten at most `p90_ms` milliseconds."""

    p50_ms: float
    p90_ms: float
    runs: int


def latency(
    files: Mapping[str, bytes], *, threads: int = 1, runs: int = 200, seconds: float = 2.0, seed: int = 0
) -> dict[str, Latency]:
    """Time of one invocation of each file, by its name: at most `runs` each and about `seconds` for all together.

    The files take turns (A B C A B C …), so that whatever else the machine does meanwhile falls on all of them
    alike. Only the invocation is timed, not the copying of inputs.
    Raises ExportError for a file that LiteRT refuses.
    """
    interpreters = {name: ready_interpreter(data, threads, seed) for name, data in files.items()}
    nanoseconds: dict[str, list[int]] = {name: [] for name in files}
    end = time.perf_counter() + seconds
    for turn in range(runs):
        if turn and time.perf_counter() > end:
            break
        for name, interpreter in interpreters.items():
            start = time.perf_counter_ns()
            interpreter.invoke()
            nanoseconds[name].append(time.perf_counter_ns() - start)
    return {name: _summary(times) for name, times in nanoseconds.items()}


def energy_a_run_uj(data: bytes, counters: EnergyCounters, *, threads: int = 1, seed: int = 0) -> float | None:
    """Microjoules that the whole processor spends in one invocation of a file; None where its counters stand still."""
    return counters.microjoules_a_run(ready_interpreter(data, threads, seed).invoke)


def ready_interpreter(data: bytes, threads: int, seed: int) -> Any:
    """A warm interpreter with seeded random inputs; integers are 0 or 1, so that they index any table.

    Raises ExportError where LiteRT refuses the file or cannot run it.
    """
    interpreter = load_interpreter(data, threads)
    generator = np.random.default_rng(seed)
    for detail in interpreter.get_input_details():
        shape, dtype = tuple(detail["shape"]), detail["dtype"]
        whole = np.issubdtype(dtype, np.integer) or dtype == np.bool_
        values = generator.integers(0, 2, shape) if whole else generator.random(shape)
        interpreter.set_tensor(detail["index"], values.astype(dtype))
    try:
        for _ in range(WARM_UP_RUNS):
            interpreter.invoke()
    except RuntimeError as error:
        raise cannot_run(error) from error
    return interpreter


def _summary(nanoseconds: list[int]) -> Latency:
    p50, p90 = np.percentile(nanoseconds, (50, 90)) / 1e6
    return Latency(p50_ms=float(p50), p90_ms=float(p90), runs=len(nanoseconds))
