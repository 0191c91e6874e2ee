"""Outputs before a last softmax or sigmoid: those of many classes are all nearly 0, whatever the file computes."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.tflite_export.contents.packing import packed
from edgeprune.tflite_export.contents.reader import output_scales, parse
from edgeprune.tflite_export.conversion.finish import embed_buffers
from edgeprune.tflite_export.runtimes.runtime import Runner

KEEPING_VALUES = ("DEQUANTIZE", "QUANTIZE", "RESHAPE")
ACTIVATIONS = {"SOFTMAX": "softmax", "LOGISTIC": "sigmoid"}

SMALLEST_LOG = -80.0
"""A smaller probability, in relation to the largest, is 0 in float32."""
LARGEST_LOGIT = 8.0
"""Of a sigmoid: beyond, float32 cannot tell the probability from 1 well enough."""


@dataclass(frozen=True, kw_only=True)
class RawRun:
    """A file's outputs, and for each what it was made of: raw values, activation (None: none), quantization step."""

    names: tuple[str, ...]
    outputs: tuple[Array, ...]
    raw: tuple[Array, ...]
    activations: tuple[str | None, ...]
    steps: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """A copy of a file whose outputs are the raw ones, and the activation that follows each."""

    data: bytes
    activations: tuple[str | None, ...]


def run_raw(data: bytes, examples: tuple[Array, ...]) -> RawRun:
    """Run a file, and where an output ends in an activation its raw copy too. Raises ExportError as `Runner` does."""
    runner = Runner(data)
    outputs = runner.run(examples)
    file = with_raw_outputs(data)
    return RawRun(
        names=runner.output_names,
        outputs=outputs,
        raw=Runner(file.data).run(examples) if any(file.activations) else outputs,
        activations=file.activations,
        steps=output_scales(file.data),
    )


def with_raw_outputs(data: bytes) -> RawFile:
    """The copy of a file; an output that no softmax or sigmoid makes is left as it is."""
    model = parse(data, "the exported file")
    embed_buffers(model, data)
    main = model.subgraphs[0]
    found = [_before_activation(model, main, int(index)) for index in main.outputs]
    main.outputs = [index for index, _ in found]
    model.signatureDefs = []  # they name the outputs that were
    return RawFile(data=packed(model), activations=tuple(activation for _, activation in found))


def _before_activation(model: Any, graph: Any, index: int) -> tuple[int, str | None]:
    """The tensor that the last activation before tensor `index` reads; the tensor itself where there is none."""
    tensor, examples = index, _examples(graph, index)
    while (operator := _maker(graph, tensor)) is not None:
        name, tensor = _name(model, operator), int(operator.inputs[0])
        if _examples(graph, tensor) != examples:
            break  # a reshape of the examples' axis
        if name in ACTIVATIONS:
            return tensor, ACTIVATIONS[name]
        if name not in KEEPING_VALUES:
            break
    return index, None


def _examples(graph: Any, tensor: int) -> int | None:
    """The length of a tensor's first axis, None for a single number."""
    shape = graph.tensors[tensor].shape
    return int(shape[0]) if shape is not None and len(shape) else None


def _maker(graph: Any, tensor: int) -> Any:
    return next((operator for operator in graph.operators or () if tensor in operator.outputs), None)


def _name(model: Any, operator: Any) -> str | None:
    from ai_edge_litert import schema_py_generated as schema

    code = model.operatorCodes[operator.opcodeIndex]
    kinds = {getattr(schema.BuiltinOperator, name): name for name in (*KEEPING_VALUES, *ACTIVATIONS)}
    return kinds.get(max(code.builtinCode, code.deprecatedBuiltinCode))


def comparable(raw: Array, activation: str | None) -> Array:
    """Raw outputs as float64 without what makes no difference to the activation: a softmax takes no note of a sum.

    raw: shape (examples, ...), the classes of a softmax last. What is beyond float32's probabilities is cut off.
    """
    values = raw.astype(np.float64)
    if activation == "softmax":
        values = np.maximum(values - values.max(-1, keepdims=True), SMALLEST_LOG)
        centred: Array = values - values.mean(-1, keepdims=True)
        return centred
    if activation == "sigmoid":
        return np.clip(values, -LARGEST_LOGIT, LARGEST_LOGIT)
    return values


def raw_of_outputs(outputs: Array, activation: str | None) -> Array:
    """Raw outputs from what a softmax or sigmoid made of them, but for a sum that makes no difference to a softmax."""
    values = outputs.astype(np.float64)
    with np.errstate(divide="ignore"):
        if activation == "softmax":
            logs: Array = np.maximum(np.log(values), 2 * SMALLEST_LOG)
            return logs
        if activation == "sigmoid":
            logits: Array = np.clip(np.log(values) - np.log1p(-values), -2 * LARGEST_LOGIT, 2 * LARGEST_LOGIT)
            return logits
    return values


def activated(raw: Array, activation: str | None) -> Array:
    """Outputs from raw ones, as the activation makes them."""
    values = raw.astype(np.float64)
    if activation == "softmax":
        powers = np.exp(values - values.max(-1, keepdims=True))
        probabilities: Array = powers / powers.sum(-1, keepdims=True)
        return probabilities
    if activation == "sigmoid":
        sigmoid: Array = 0.5 * (1 + np.tanh(values / 2))
        return sigmoid
    return values
