"""Proof that a file runs on microcontrollers: TFLite Micro runs it on real examples, LiteRT checks the outputs.

TFLite Micro ends the whole process on much that it does not like, so it runs in one of its own
(`tflite_export.micro_process`).
"""

import importlib.util
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from contracts.child_process import ChildError, Limits, run_module
from contracts.data import Array
from contracts.errors import ExportError
from tflite_export.bounds import ErrorBound
from tflite_export.reader import output_scales
from tflite_export.runtime import Runner

TIMEOUT_SECONDS = 600
EXAMPLES = 32
# The kernels of both round alike but for the last bit, and the rounding differs from one to the next. On the mean,
# outputs were at most 0.02 steps of int8 apart for convolutional models and 0.25 for recurrent ones: one step (1/256 of
# the range) is the limit. Single ones were up to 8 steps apart, because a softmax makes one step of its input several.
INTEGER_BOUND = ErrorBound(largest=1 / 16, mean=1 / 256)
FLOAT_BOUND = ErrorBound(largest=1e-4)


@dataclass(frozen=True, kw_only=True)
class MicroCheck:
    """What a run in TFLite Micro came to.

    `arena_bytes` is the smallest arena (memory for everything but the file itself) that the file runs in on this
    machine, in steps of 16 bytes; with a device's 32-bit pointers it is a little less. `max_abs_difference` is to
    LiteRT's outputs, in their own unit.
    """

    arena_bytes: int
    max_abs_difference: float
    examples: int


def require_micro() -> None:
    """Raise ExportError where TFLite Micro is not installed; imports nothing."""
    if importlib.util.find_spec("tflite_micro") is None:
        raise ExportError(
            "--target micro: expected the package tflite-micro, found none: it exists for Linux on x86-64",
            "export there, or leave out --target micro",
        )


def check_micro(data: bytes, examples: tuple[Array, ...]) -> MicroCheck:
    """Run a file in TFLite Micro and in LiteRT on the first `examples` (one array for each input, batch axis first).

    Raises ExportError where TFLite Micro lacks an operator or refuses the file, or where an output differs.
    """
    require_micro()
    runner = Runner(data)
    inputs = tuple(array[:EXAMPLES] for array in examples)
    expected = runner.run(inputs)
    raw, arena_bytes = _run(data, runner.prepare(inputs))
    found = runner.finish(raw)
    differences = [
        _compare(name, ours, theirs, scale)
        for name, ours, theirs, scale in zip(runner.output_names, found, expected, output_scales(data), strict=True)
    ]
    return MicroCheck(arena_bytes=arena_bytes, max_abs_difference=max(differences), examples=len(inputs[0]))


def _compare(name: str, ours: Array, expected: Array, scale: float | None) -> float:
    """The largest difference of one output; `scale` is its quantization step, None where it is computed in floats.

    The bounds are fractions of the output's range, which counts as at least 256 steps. Raises ExportError.
    """
    difference = np.abs(ours.astype(np.float64) - expected.astype(np.float64))
    spread = max(float(np.ptp(expected)), 256 * (scale or 0.0), float(np.finfo(np.float32).tiny))
    bound = FLOAT_BOUND if scale is None else INTEGER_BOUND
    for kind, found, allowed in (
        ("largest", float(difference.max()), bound.largest),
        ("mean", float(difference.mean()), bound.mean),
    ):
        if allowed is not None and not found <= allowed * spread:
            raise ExportError(
                f"--target micro: output {name!r}: TFLite Micro computes something else than LiteRT: "
                f"the {kind} difference is {found:.3g}, allowed is {allowed:g} of the output's range {spread:.3g}",
                "export with another --quantize, or leave out --target micro",
            )
    return float(difference.max())


def _run(data: bytes, inputs: list[Array]) -> tuple[list[Array], int]:
    """Raw outputs for raw inputs, and the arena; raises ExportError."""
    with tempfile.TemporaryDirectory(prefix="edgeprune-") as name:
        folder = Path(name)
        (folder / "model.tflite").write_bytes(data)
        np.savez(folder / "inputs.npz", *inputs)
        report = _report(name)
        if "arena_bytes" not in report:
            raise _refused(report)
        with np.load(folder / "outputs.npz") as outputs:
            return [outputs[key] for key in outputs.files], int(report["arena_bytes"])


def _report(folder: str) -> dict[str, Any]:
    try:
        report: dict[str, Any] = run_module(
            "tflite_export.micro_process", folder, limits=Limits(seconds=TIMEOUT_SECONDS)
        )
    except ChildError as error:
        if error.status is None:
            raise ExportError(
                f"--target micro: TFLite Micro did not finish in {TIMEOUT_SECONDS} s",
                "try a smaller model, or leave out --target micro",
            ) from error
        raise _crashed(error.status, error.written) from error
    return report


def _refused(report: dict[str, Any]) -> ExportError:
    if report["missing"]:
        return ExportError(
            f"--target micro: expected operators that TFLite Micro has, found {', '.join(report['missing'])}",
            "replace the layers that need them, or leave out --target micro",
        )
    return ExportError(
        f"--target micro: TFLite Micro refuses the file: {' '.join(report['refused'].split())[:300]}",
        "export with --quantize int8 or none: its kernels compute all in integers or all in floats",
    )


def _crashed(status: int, written: str) -> ExportError:
    text = " ".join(written.split())[-300:]
    return ExportError(
        f"--target micro: TFLite Micro crashes on the file (status {status}{f': {text}' if text else ''})",
        "export with another --quantize, or leave out --target micro",
    )
