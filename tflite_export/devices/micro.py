"""Proof that a file runs on microcontrollers: TFLite Micro runs it on real examples, LiteRT checks the outputs.

TFLite Micro ends the whole process on much that it does not like, so it runs in one of its own
(`edgeprune.tflite_export.devices.micro_process`).
"""

import importlib.util
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts import plugins
from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ExportError
from edgeprune.contracts.processes.child import ChildError, Limits, run_module
from edgeprune.tflite_export.conversion.convert import NUMERICS
from edgeprune.tflite_export.runtimes.runtime import Runner
from edgeprune.tflite_export.verification.closeness import closenesses, why_too_far
from edgeprune.tflite_export.verification.raw_outputs import RawRun, run_raw, with_raw_outputs

TIMEOUT_SECONDS = 600
EXAMPLES = 32
UNRELATED = 1.0
"""A relative error that no rounding comes to: that of outputs which have nothing to do with each other is 1.4."""


@dataclass(frozen=True, kw_only=True)
class MicroCheck:
    """What a run in TFLite Micro came to.

    `arena_bytes` is the smallest arena (memory for everything but the file itself) that the file runs in on this
    machine, in steps of 16 bytes; with a device's 32-bit pointers it is a little less. `max_abs_difference` is to
    LiteRT's outputs on `examples` examples, in their own unit; `scored` are the outputs for those to be scored.
    """

    arena_bytes: int
    max_abs_difference: float
    examples: int
    scored: tuple[Array, ...] = ()


def require_micro() -> None:
    """Raise ExportError where TFLite Micro is not installed; imports nothing."""
    if importlib.util.find_spec("tflite_micro") is None:
        raise ExportError(
            "--target micro: expected the package tflite-micro, found none: it exists for Linux on x86-64",
            "export there, or leave out --target micro",
        )


def check_micro(
    data: bytes, examples: tuple[Array, ...], quantize: str, scored: tuple[Array, ...] | None = None
) -> MicroCheck:
    """Run a file of the numeric format `quantize` in TFLite Micro, and in LiteRT on the first `examples`.

    Both take one array for each input, batch axis first; `scored` are more examples, for TFLite Micro alone.
    Raises ExportError where TFLite Micro lacks an operator or refuses the file, or where an output is further from
    LiteRT's than the format's bound.
    """
    require_micro()
    inputs = tuple(array[:EXAMPLES] for array in examples)
    expected = run_raw(data, inputs)
    runner, raw = Runner(data), with_raw_outputs(data)
    both = tuple(np.concatenate(pair) for pair in zip(inputs, scored, strict=True)) if scored else inputs
    outputs, raw_outputs, arena_bytes = _run(data, raw.data, runner.prepare(both))
    all_outputs = runner.finish(outputs)
    found = tuple(array[:EXAMPLES] for array in all_outputs)
    check_raw(replace(expected, outputs=found, raw=Runner(raw.data).finish(raw_outputs)), expected, quantize)
    differences = [np.abs(ours - theirs).max() for ours, theirs in zip(found, expected.outputs, strict=True)]
    return MicroCheck(
        arena_bytes=arena_bytes,
        max_abs_difference=float(max(differences)),
        examples=len(inputs[0]),
        scored=tuple(array[len(inputs[0]) :] for array in all_outputs) if scored else (),
    )


def check_raw(found: RawRun, expected: RawRun, quantize: str) -> None:
    """Raise ExportError where TFLite Micro's raw outputs are not LiteRT's; says whose fault it is."""
    bound = plugins.load(NUMERICS, quantize).BOUND
    for name, one, activation in zip(found.names, closenesses(found, expected.raw), found.activations, strict=True):
        why = why_too_far(one, bound, activation)
        if why is None:
            continue
        if one.errors.mean() < UNRELATED:
            raise ExportError(
                f"--target micro: output {name!r}: TFLite Micro's kernels round differently from LiteRT's, which run "
                f"the file right, and this model amplifies the difference: {why}",
                "train for int8 (--qat-epochs), export with another --quantize, or leave out --target micro",
            )
        raise ExportError(
            f"--target micro: output {name!r}: TFLite Micro computes other values than LiteRT, which runs the file "
            f"right: {why}; that is a fault of a kernel of TFLite Micro, not of the model",
            "export with another --quantize, or leave out --target micro",
        )


def _run(data: bytes, raw: bytes, inputs: list[Array]) -> tuple[list[Array], list[Array], int]:
    """Stored outputs of a file for stored inputs, those of its raw copy for the first of them, and the arena.

    Raises ExportError.
    """
    with tempfile.TemporaryDirectory(prefix="edgeprune-") as name:
        folder = Path(name)
        (folder / "model.tflite").write_bytes(data)
        (folder / "raw.tflite").write_bytes(raw)
        np.savez(folder / "inputs.npz", *inputs)
        np.savez(folder / "raw_inputs.npz", *(array[:EXAMPLES] for array in inputs))
        report = _report(name)
        if "arena_bytes" not in report:
            raise _refused(report)
        return _arrays(folder / "outputs.npz"), _arrays(folder / "raw_outputs.npz"), int(report["arena_bytes"])


def _arrays(path: Path) -> list[Array]:
    with np.load(path) as archive:
        return [archive[key] for key in archive.files]


def _report(folder: str) -> dict[str, Any]:
    try:
        report: dict[str, Any] = run_module(
            "edgeprune.tflite_export.devices.micro_process", folder, limits=Limits(seconds=TIMEOUT_SECONDS)
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
