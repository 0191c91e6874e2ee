"""Run a file in TFLite Micro, in a process of its own.

The folder holds `model.tflite` and `inputs.npz` (one array for each input, the batch axis first), and the same of a
copy with other outputs, `raw.tflite` and `raw_inputs.npz`; `outputs.npz` and `raw_outputs.npz` are written there. An
arena that is too small can end the process (tflite-micro 0.dev20261023182759 writes beyond it).
"""

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.processes.quiet import silenced
from edgeprune.tflite_export.devices.micro_operators import missing_operators

LARGEST_ARENA = 2**28
"""Bytes; they are taken from the system only as far as they are used."""
ALIGNMENT = 16


def main(files: str) -> dict[str, Any]:
    """Find the smallest arena and run all examples in it: `arena_bytes`, or why it is `refused`, what is `missing`."""
    folder = Path(files)
    data = (folder / "model.tflite").read_bytes()
    inputs = _arrays(folder / "inputs.npz")
    refused = None
    with silenced() as written:
        try:
            _invoke(_interpreter(data, LARGEST_ARENA), inputs, 0).print_allocations()
        except (RuntimeError, ValueError) as error:
            refused = str(error)
    if refused is not None:
        return {"refused": f"{written.text} {refused}", "missing": missing_operators(data)}
    arena_bytes = _smallest_arena(data, _allocated(written.text))
    np.savez(folder / "outputs.npz", *_run(_interpreter(data, arena_bytes), inputs))
    raw = _interpreter((folder / "raw.tflite").read_bytes(), LARGEST_ARENA)
    np.savez(folder / "raw_outputs.npz", *_run(raw, _arrays(folder / "raw_inputs.npz")))
    return {"arena_bytes": arena_bytes}


def _arrays(path: Path) -> list[Array]:
    with np.load(path) as archive:
        return [archive[key] for key in archive.files]


def _interpreter(data: bytes, arena_bytes: int) -> Any:
    from tflite_micro.python.tflite_micro import runtime

    return runtime.Interpreter.from_bytes(data, arena_size=arena_bytes)


def _invoke(interpreter: Any, inputs: list[Array], example: int) -> Any:
    """Run one example."""
    for index, array in enumerate(inputs):
        interpreter.set_input(array[example : example + 1], index)
    interpreter.invoke()
    return interpreter


def _run(interpreter: Any, inputs: list[Array]) -> list[Array]:
    """Run all examples, each from the start state; one array for each output."""
    found: list[list[Array]] = []
    for example in range(len(inputs[0])):
        interpreter.reset()
        _invoke(interpreter, inputs, example)
        found.append(_outputs(interpreter))
    return [np.concatenate(arrays) for arrays in zip(*found, strict=True)]


def _outputs(interpreter: Any) -> list[Array]:
    outputs: list[Array] = []
    while True:
        try:
            outputs.append(np.array(interpreter.get_output(len(outputs))))
        except (IndexError, ValueError, RuntimeError):
            return outputs


def _allocated(text: str) -> int:
    """What the runtime says it took: the least that an arena could do with."""
    found = re.search(r"Arena allocation total (\d+)", text)
    if found is None:
        raise SystemExit(f"no arena size in {text!r}")
    return int(found[1])


def _smallest_arena(data: bytes, least: int) -> int:
    """The smallest arena that the file can be loaded in: planning the memory may take more than what it says."""
    low, high = least // ALIGNMENT - 1, -(-least // ALIGNMENT)
    while not _fits(data, high * ALIGNMENT):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(data, middle * ALIGNMENT) else (middle, high)
    return high * ALIGNMENT


def _fits(data: bytes, arena_bytes: int) -> bool:
    """Whether the file can be loaded in so much memory; tried in a copy of this process, which may crash."""
    child = os.fork()
    if child == 0:
        try:
            with silenced():
                _interpreter(data, arena_bytes)
        except RuntimeError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0
