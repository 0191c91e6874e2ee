"""Run a .tflite file in LiteRT, with its default delegates."""

from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ExportError
from edgeprune.contracts.processes.quiet import silenced


def load_interpreter(data: bytes, threads: int = 1) -> Any:
    """An interpreter of LiteRT with its tensors allocated.

    Raises ExportError where LiteRT or one of its delegates refuses the file.
    """
    from ai_edge_litert.interpreter import Interpreter

    with silenced() as captured:
        interpreter = error = None
        try:
            interpreter = Interpreter(model_content=data, num_threads=threads)
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as refused:
            error = refused
    if error is not None:
        raise ExportError(f"LiteRT refuses the file: {_one_line(error, captured.text)}") from error
    return interpreter


class Runner:
    """Runs examples through a file; inputs and outputs are in the file's order, which is the model's."""

    def __init__(self, data: bytes, threads: int = 1) -> None:
        """Load the file. Raises ExportError where LiteRT refuses it."""
        self._interpreter = load_interpreter(data, threads)
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the input tensors."""
        return tuple(detail["name"] for detail in self._inputs)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the output tensors."""
        return tuple(detail["name"] for detail in self._outputs)

    def run(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Outputs for a batch of any size: one float array for each output, the batch axis first.

        Inputs are quantized and outputs dequantized where the file's are integers with a scale.
        Raises ExportError for arrays that do not fit the file, or where an operator fails.
        """
        prepared = self.prepare(inputs)
        size = len(prepared[0])
        batch = int(self._inputs[0]["shape"][0])
        return self.finish(self._run_batches(prepared, size, batch))

    def prepare(self, inputs: tuple[Array, ...]) -> list[Array]:
        """Inputs as the file's tensors hold them. Raises ExportError for arrays that do not fit."""
        self._check(inputs)
        return [quantize(array, detail) for array, detail in zip(inputs, self._inputs, strict=True)]

    def finish(self, results: list[Array]) -> tuple[Array, ...]:
        """Values of the file's output tensors as floats."""
        return tuple(dequantize(array, detail) for array, detail in zip(results, self._outputs, strict=True))

    def _run_batches(self, prepared: list[Array], size: int, batch: int) -> list[Array]:
        """The file runs on batches of a fixed size; the last one is filled up and its surplus dropped."""
        if size % batch:
            filling = [(0, batch - size % batch)]
            prepared = [np.pad(array, filling + [(0, 0)] * (array.ndim - 1), mode="edge") for array in prepared]
        results = [np.empty((len(prepared[0]), *detail["shape"][1:]), detail["dtype"]) for detail in self._outputs]
        interpreter = self._interpreter
        feeds = [(detail["index"], array) for detail, array in zip(self._inputs, prepared, strict=True)]
        fetches = [(detail["index"], array) for detail, array in zip(self._outputs, results, strict=True)]
        try:
            for start in range(0, len(prepared[0]), batch):
                for index, array in feeds:
                    interpreter.set_tensor(index, array[start : start + batch])
                # An LSTM's state would otherwise go on from one example to the next.
                interpreter.reset_all_variables()
                interpreter.invoke()
                for index, array in fetches:
                    array[start : start + batch] = interpreter.get_tensor(index)
        except (RuntimeError, ValueError) as error:
            raise cannot_run(error) from error
        return [array[:size] for array in results]

    def _check(self, inputs: tuple[Array, ...]) -> None:
        if len(inputs) != len(self._inputs):
            raise ExportError(f"the file takes {len(self._inputs)} inputs, found {len(inputs)} arrays")
        for array, detail in zip(inputs, self._inputs, strict=True):
            expected = tuple(int(length) for length in detail["shape"][1:])
            if array.shape[1:] != expected:
                raise ExportError(
                    f"input {detail['name']!r}: expected examples of shape {expected}, found {array.shape[1:]}"
                )


def quantize(array: Array, detail: dict[str, Any]) -> Array:
    """Values as the input tensor holds them: scaled, rounded and cut off where it is an integer with a scale."""
    dtype, (scale, zero_point) = detail["dtype"], detail["quantization"]
    if not scale or np.issubdtype(array.dtype, np.integer):
        return np.ascontiguousarray(array, dtype)
    limits = np.iinfo(dtype)
    whole: Array = np.clip(np.round(array / scale) + zero_point, limits.min, limits.max).astype(dtype)
    return whole


def dequantize(array: Array, detail: dict[str, Any]) -> Array:
    """Values of an output tensor as floats, where it is an integer with a scale; else as they are."""
    scale, zero_point = detail["quantization"]
    if not scale or not np.issubdtype(array.dtype, np.integer):
        return array
    values: Array = (array.astype(np.float32) - zero_point) * np.float32(scale)
    return values


def cannot_run(error: Exception) -> ExportError:
    """The error for a file that loads and then fails."""
    return ExportError(f"LiteRT loads the file but cannot run it: {_one_line(error, '')}")


def _one_line(error: Exception, captured: str) -> str:
    """The exception's text and what C++ wrote meanwhile, without the loader's chatter."""
    lines = [*str(error).splitlines(), *captured.splitlines()]
    return " ".join(line.strip() for line in lines if line.strip() and not line.startswith("INFO:"))[:300]
