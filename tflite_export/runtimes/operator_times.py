"""Times of single operators, by LiteRT's own profiler.

Its Python interpreter has no profiler, but the C library in the same package has (`litert/c/litert_profiler.h`). It
is called through ctypes, in a process of its own.
"""

import ctypes
import re
import tempfile
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from edgeprune.contracts.processes.child import ChildError, Limits, run_module

TIMEOUT_SECONDS = 120
WARM_UP_RUNS = 5
BATCH = 20
ON_CPU = 1
TO_WRITE = 1
ROW = re.compile(r"^\s*(?P<name>\S.*?)(?:\s+[\d.]+){3}\s+(?P<share>[\d.]+)%\s+[\d.]+%\s")
"""A line of the summary: name; start, first and mean time; share of all and of all so far; and more."""


@dataclass(frozen=True, kw_only=True)
class OperatorTime:
    """One operator as the runtime runs it, in that order: `Delegate/…` are XNNPACK's, with what it fused.

    `ms` is the time of one run: the mean of a batch of runs, as the profiler counts whole microseconds, and of the
    batches the median, as other work on the machine lengthens single ones. `share` is the part of all operators'
    time, 0..1, None where none of them takes a microsecond.
    """

    name: str
    ms: float
    share: float | None


def operator_times(data: bytes, threads: int, runs: int) -> tuple[OperatorTime, ...] | None:
    """Times of a file's operators, measured in about so many runs; None where the profiler cannot run it."""
    with tempfile.TemporaryDirectory(prefix="edgeprune-") as folder:
        path = Path(folder, "model.tflite")
        path.write_bytes(data)
        try:
            found = run_module(__name__, str(path), str(threads), str(runs), limits=Limits(seconds=TIMEOUT_SECONDS))
        except ChildError:
            return None
    return tuple(OperatorTime(**operator) for operator in found)


def main(path: str, threads: str, runs: str) -> list[dict[str, Any]]:
    """Measure a file in this process: the fields of an OperatorTime for each operator."""
    profiled = _Profiled(path, int(threads))
    sums = [parse_summary(profiled.summary(BATCH)) for _ in range(1 + -(-int(runs) // BATCH))]
    names = [name for name, _ in sums[0]]
    medians = [
        median((after[index][1] - before[index][1]) / BATCH for before, after in pairwise(sums))
        for index in range(len(names))
    ]
    total = sum(medians)
    times = [
        OperatorTime(name=name, ms=ms, share=ms / total if total else None)
        for name, ms in zip(names, medians, strict=True)
    ]
    return [asdict(time) for time in times]


def parse_summary(text: str) -> list[tuple[str, float]]:
    """Name and time so far (ms, all runs together) of the operators in the order in which they run.

    The table's own times are rounded to microseconds, so they are taken from the shares and the total.
    """
    table, _, rest = text.partition("Top by Computation Time")
    total = re.search(r"Timings \(microseconds\): .*?curr=(\d+)", rest)
    if total is None:
        raise SystemExit(f"no total in {rest[-200:]!r}")
    found = [match for line in table.splitlines() if (match := ROW.match(line))]
    return [(match["name"], float(match["share"]) / 100 * int(total[1]) / 1000) for match in found]


class _Profiled:
    """A file compiled for the CPU with profiling, by the C library; the process's end frees it."""

    def __init__(self, path: str, threads: int) -> None:
        import ai_edge_litert

        self._library = ctypes.CDLL(str(Path(ai_edge_litert.__file__).with_name("libLiteRt.so")))
        self._environment = self._make("LiteRtCreateEnvironment", 0, None)
        self._model = self._make("LiteRtCreateModelFromFile", self._environment, path.encode())
        options = self._options(threads)
        self._compiled = self._make("LiteRtCreateCompiledModel", self._environment, self._model, options)
        self._signature = self._make("LiteRtGetModelSignature", self._model, ctypes.c_size_t(0))
        self._inputs, self._outputs = self._buffers("Input"), self._buffers("Output")

    def _options(self, threads: int) -> ctypes.c_void_p:
        """For the CPU, profiled; LiteRT takes its settings as the text of a TOML file."""
        options = self._make("LiteRtCreateOptions")
        self._call("LiteRtSetOptionsHardwareAccelerators", options, ON_CPU)
        self._keep = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: None)  # Python frees the texts
        self._settings = {
            b"runtime_options_string": ctypes.create_string_buffer(b"enable_profiling = true"),
            b"xnnpack": ctypes.create_string_buffer(f"num_threads = {threads}".encode()),
        }
        for name, text in self._settings.items():
            self._call(
                "LiteRtAddOpaqueOptions", options, self._make("LiteRtCreateOpaqueOptions", name, text, self._keep)
            )
        return options

    def summary(self, runs: int) -> str:
        """The profiler's text after so many more runs. It sums up all so far (LiteRT 2.3), but only once reset."""
        profiler = self._make("LiteRtCompiledModelGetProfiler", self._compiled)
        self._run(WARM_UP_RUNS)
        self._call("LiteRtResetProfiler", profiler)
        self._call("LiteRtStartProfiler", profiler)
        self._run(runs)
        self._call("LiteRtStopProfiler", profiler)
        text = self._make("LiteRtGetProfileSummary", profiler, self._compiled)
        return ctypes.string_at(text).decode("utf-8", errors="replace")

    def _run(self, times: int) -> None:
        inputs, outputs = self._inputs, self._outputs
        tensors = (ctypes.c_size_t(len(inputs)), inputs, ctypes.c_size_t(len(outputs)), outputs)
        for _ in range(times):
            self._call("LiteRtRunCompiledModel", self._compiled, ctypes.c_size_t(0), *tensors)

    def _buffers(self, kind: str) -> Any:
        """A buffer of zeros for each input or output."""
        count = ctypes.c_size_t()
        self._call(f"LiteRtGetNumSignature{kind}s", self._signature, ctypes.byref(count))
        return (ctypes.c_void_p * count.value)(*(self._buffer(kind, index).value for index in range(count.value)))

    def _buffer(self, kind: str, index: int) -> ctypes.c_void_p:
        place = ctypes.c_size_t(index)
        name = f"LiteRtGetCompiledModel{kind}BufferRequirements"
        requirements = self._make(name, self._compiled, ctypes.c_size_t(0), place)
        tensor = self._make(f"LiteRtGetSignature{kind}TensorByIndex", self._signature, place)
        kept = ctypes.create_string_buffer(512)  # a struct of type and shape, which is only passed on
        self._call("LiteRtGetRankedTensorType", tensor, kept)
        buffer = self._make("LiteRtCreateManagedTensorBufferFromRequirements", self._environment, kept, requirements)
        size = ctypes.c_size_t()
        self._call("LiteRtGetTensorBufferSize", buffer, ctypes.byref(size))
        memory = ctypes.c_void_p()
        self._call("LiteRtLockTensorBuffer", buffer, ctypes.byref(memory), TO_WRITE)
        ctypes.memset(memory, 0, size.value)
        self._call("LiteRtUnlockTensorBuffer", buffer)
        return buffer

    def _make(self, name: str, *arguments: Any) -> ctypes.c_void_p:
        """Call a function whose last argument is where it puts what it makes."""
        made = ctypes.c_void_p()
        self._call(name, *arguments, ctypes.byref(made))
        return made

    def _call(self, name: str, *arguments: Any) -> None:
        status = getattr(self._library, name)(*arguments)
        if status != 0:
            raise SystemExit(f"{name}: status {status}")
