"""Try a .tflite file of unknown origin in a process of its own, and measure what it takes there.

LiteRT trusts the offsets and indices in a file: a damaged one can end the process that runs it
(seen with ai-edge-litert 2.3: a segmentation fault after one flipped bit).
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from edgeprune.contracts.errors import ExportError, ModelFileError
from edgeprune.contracts.processes.child import ChildError, Limits, run_module

TIMEOUT_SECONDS = 120
LOADS = 5


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What a file takes before it gives its first output.

    `load_ms` is the median of several loads: reading the file, planning and packing by the runtime and its
    delegates. `peak_memory_bytes` is by how much the memory of a process that loads and runs the file grows at most;
    None where the system does not tell (it is read from Linux's /proc).
    """

    load_ms: float
    peak_memory_bytes: int | None


def probe(path: Path, threads: int = 1) -> Probe:
    """Load a file and run it, in a child process (about half a second).

    Raises ModelFileError where LiteRT refuses the file, crashes on it, or does not come back.
    """
    try:
        found = run_module(__name__, str(path), str(threads), limits=Limits(seconds=TIMEOUT_SECONDS))
    except ChildError as error:
        raise _gave_no_answer(path, error.status) from error
    if "refused" in found:
        raise ModelFileError(f"{path}: {found['refused']}", "export the file again for LiteRT")
    return Probe(**found)


def _gave_no_answer(path: Path, status: int | None) -> ModelFileError:
    if status is None:
        return ModelFileError(
            f"{path}: expected one run to end within {TIMEOUT_SECONDS} s, LiteRT did not finish it",
            "try a smaller model, or export the file again",
        )
    return ModelFileError(
        f"{path}: expected a file that LiteRT can run, found one that it crashes on (status {status})",
        "the file is damaged: copy or export it again",
    )


def probe_bytes(data: bytes, threads: int = 1) -> Probe:
    """The same for a file that is not written yet."""
    with tempfile.TemporaryDirectory(prefix="edgeprune-") as folder:
        path = Path(folder, "model.tflite")
        path.write_bytes(data)
        return probe(path, threads)


def main(file: str, threads: str) -> dict[str, Any]:
    """Measure a file in this process: the fields of a Probe, or why LiteRT has `refused` it."""
    from edgeprune.tflite_export.runtimes.measure import ready_interpreter

    path = Path(file)
    try:
        before = _memory_from_now()
        ready_interpreter(path.read_bytes(), int(threads), seed=0)
        peak = _peak_memory()
    except ExportError as error:
        return {"refused": str(error)}
    grown = None if before is None or peak is None else peak - before
    load_ms = 1000 * median(_load_seconds(path, int(threads)) for _ in range(LOADS))
    return {"load_ms": load_ms, "peak_memory_bytes": grown}


def _load_seconds(path: Path, threads: int) -> float:
    from edgeprune.tflite_export.runtimes.runtime import load_interpreter

    start = time.perf_counter()
    load_interpreter(path.read_bytes(), threads)
    return time.perf_counter() - start


def _memory_from_now() -> int | None:
    """Bytes that the process holds; from now on its peak counts anew. None where the system does not tell."""
    # What is loaded once for all files is no part of what one takes.
    import ai_edge_litert.interpreter  # noqa: F401
    import numpy.random  # noqa: F401

    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    return _peak_memory()


def _peak_memory() -> int | None:
    """The most bytes that the process held; None where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)
